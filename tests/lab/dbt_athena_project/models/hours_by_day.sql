{{ config(materialized='table', table_type='iceberg') }}
select viewing_date, sum(plays) as plays, sum(viewing_hours) as viewing_hours
from {{ source('views_jp', 'title_daily') }}
group by viewing_date
