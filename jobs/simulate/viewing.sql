-- Who watches, and each sitting: one viewer, one device, one title, from start to stop. Made for `simulation.py`; read by `events.sql`.

-- The first viewers live one in each market, so that no market is empty; the others follow the weights.
create table viewer as
with drawn as (
    select v.n, coalesce(f.code, m.code) as account_country, u(v.n, 'plan') as plan_u, u(v.n, 'device') as device_u, f.code is not null as first
    from (select range::bigint as n from range(getvariable('viewer_count'))) as v
    asof join market as m on u(v.n, 'country') >= m.viewers_from
    left join market as f on f.n = v.n
)
select d.n, d.first, d.account_country,
    -- 3 % watch from another country: travellers, and VPNs.
    if(not d.first and u(d.n, 'away') < 0.03, away.code, d.account_country) as viewing_country,
    case when d.plan_u < 0.003 then null when d.plan_u < 0.45 then 'standard' when d.plan_u < 0.8 then 'ads' else 'premium' end as plan,
    case
        when device_u < if(home.mobile_first, 0.28, 0.52) then 'tv'
        when device_u < if(home.mobile_first, 0.82, 0.78) then 'mobile'
        when device_u < if(home.mobile_first, 0.92, 0.91) then 'web'
        else 'tablet'
    end as main_device,
    0.25 + 0.7 * u(d.n, 'keenness') as keenness,
    -- 1.5 % have a device whose clock is wrong by minutes, a few of them by a day.
    case
        when u(d.n, 'skewed') >= 0.015 then 0
        when u(d.n, 'skewed') < 0.0007 then 86400
        else -1200 + floor(3600 * u(d.n, 'skew'))
    end::integer as skew_s
from drawn as d
join market as home on home.code = d.account_country
asof join market as away on u(d.n, 'away_country') >= away.viewers_from;

-- When somebody sits down: at most once in the daytime and once in the evening of a local day, most often from 20 to 21 o'clock.
create table sitting as
with chance as (
    select v.*, d.n as day, s.n as slot, (v.n * getvariable('days') + d.n) * 2 + s.n as sitting
    from viewer as v
    cross join (select range::bigint as n from range(getvariable('days'))) as d
    cross join (select range::bigint as n from range(2)) as s
),
chosen as (
    select *, getvariable('start')::timestamp + to_days(day::integer) as local_day, isodow(getvariable('start')::date + day::integer) > 5 as weekend
    from chance
    where (first and day = 0 and slot = 1)
        or u(sitting, 'sits') < keenness * case when slot = 1 then 1 when isodow(getvariable('start')::date + day::integer) > 5 then 0.6 else 0.3 end
),
planned as (
    select c.*, timezone('UTC', timezone(m.zone, local_day + to_milliseconds(1000 * 3600 * case slot
            when 0 then 6 + 11 * u(sitting, 'hour')
            else 17 + 3.5 * (u(sitting, 'hour') + u(sitting, 'hour again')) end))) as planned_at,
        if(u(sitting, 'same device') < 0.75, main_device, pick(['tv', 'mobile', 'web', 'tablet'], u(sitting, 'device'))) as device_type
    from chosen as c
    join market as m on m.code = c.viewing_country
),
-- A title by its rank in the country: weight rank^-0.85, as in the lists' weekly hours (0.79 to 0.90 in the four of them).
-- The weight of a rank is the area of x^-0.85 from half a rank below it to half a rank above.
titled as (
    select p.*, t.n as title_n, t.duration_s as known_duration_s,
        if(u(sitting, 'unknown title') < 0.005, 'T9' || lpad((sitting % 7)::varchar, 5, '0'), t.title_id) as title_id,
        if(u(sitting, 'unknown title') < 0.005, null, t.duration_s) as duration_s,
        u(hash(p.n, device_type), 'version') as version_u
    from planned as p
    join lateral (select max(size) as size from chart where chart.code = p.viewing_country) as s on true
    join chart as c on c.code = p.viewing_country
        and c.rank = greatest(1, least(s.size, round(pow(pow(0.5, 0.15) + u(sitting, 'rank') * (pow(s.size + 0.5, 0.15) - pow(0.5, 0.15)), 1 / 0.15))))
    join title as t on t.n = c.n
),
-- Where in the title they begin, and whether it is a preview that played by itself (more of them in Japan).
begun as (
    select *, case when version_u < 0.2 then '8.9.3' when version_u < 0.5 then '9.0.1' else '9.1.0' end as player_version,
        if(u(sitting, 'resumes') < 0.18, floor(known_duration_s * (0.1 + 0.5 * u(sitting, 'resume at'))), 0)::integer as from_s,
        from_s = 0 and u(sitting, 'preview') < if(viewing_country = 'JP', 0.12, 0.015) as preview,
        u(sitting, 'ending') as ending, u(sitting, 'how far') as far
    from titled
),
-- How long they watch: previews, early exits, completions (in Germany often up to the dubbing credits only), and the rest.
watched as (
    select *, case
            when preview then 2 + floor(3 * far)
            when ending < 0.08 then 5 + floor(24 * far)
            when ending < 0.45 and viewing_country = 'DE' and u(sitting, 'credits') < 0.3 then ceil(known_duration_s * (0.855 + 0.04 * far)) - from_s
            when ending < 0.45 then ceil(known_duration_s * (0.91 + 0.09 * far)) - from_s
            else greatest(30, floor((known_duration_s - from_s) * (0.03 + 0.82 * far)))
        end::integer as watched_s
    from begun
),
-- The player sends a heartbeat every `beat_s` seconds of play (older players more often), and one at the end of a preview.
paced as (
    select *, case when preview then watched_s when player_version < '9' then 180 else 300 end as beat_s,
        case when not preview and watched_s > 90 and u(sitting, 'pauses') < 0.3 then 30 + floor(u(sitting, 'pause at') * (watched_s - 60)) end::integer as pause_try_s,
        (15 + floor(885 * pow(u(sitting, 'pause'), 2)))::integer as gap_s,
        u(sitting, 'stop lost') >= 0.03 as closed,
        -- 3 % reach us an hour to seven days late: mostly phones and tablets that were offline.
        if(u(sitting, 'late') < if(device_type in ('mobile', 'tablet'), 0.062, 0.012), 3600 + floor(597600 * pow(u(sitting, 'how late'), 2)), null)::integer as late_s
    from watched
),
counted as (
    select *, pause_try_s + (pause_try_s % beat_s = 0)::integer as pause_s, watched_s // beat_s as beats,
        1 + beats + (pause_try_s is not null)::integer + closed::integer as event_count
    from paced
)
select * exclude (planned_at),
    -- Nobody watches two things at once: an evening that would begin inside the daytime's sitting begins a minute after it.
    greatest(planned_at, lag(planned_at + to_seconds(watched_s + gap_s + 60)) over (partition by n order by sitting)) as started_at,
    sum(event_count) over (order by sitting rows unbounded preceding)::bigint - event_count as first_event
from counted;
