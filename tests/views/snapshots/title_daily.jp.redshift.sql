select
    "viewing_country",
    "viewing_date",
    "title_id",
    "device_type",
    "viewing_hours",
    "viewers",
    "completion_rate",
    "completed_plays",
    "plays"
from "awsdatacatalog"."saved_jp"."title_daily"
where "viewing_country" = 'JP'
