{{ config(materialized='view') }}
select viewing_date, plays from {{ ref('hours_by_day') }} order by plays desc, viewing_date limit 3
