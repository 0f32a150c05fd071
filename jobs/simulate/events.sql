-- Every event of every sitting, in closed form: no event needs to look at its neighbour. Made for `simulation.py`; read by `faults.sql`.
--
-- `seconds_viewed` is what was played since the sitting's previous event, so that `position_s` of an event is the position of
-- the previous one plus its own `seconds_viewed`.

create table event as
with numbered as (
    select *, unnest(range(event_count)) as seq, pause_s // beat_s + 1 as pause_seq from sitting where first_event < getvariable('event_count')
),
typed as (
    select *, case
            when seq = 0 then 'start'
            when closed and seq = event_count - 1 then 'stop'
            when seq = pause_seq then 'pause'
            else 'heartbeat'
        end as event_type,
        seq - coalesce((seq > pause_seq)::integer, 0) as beat
    from numbered
    where first_event + seq < getvariable('event_count')
),
timed as (
    select *, case event_type when 'start' then 0 when 'stop' then watched_s when 'pause' then pause_s else beat * beat_s end as at_s,
        case event_type
            when 'start' then 0
            when 'stop' then watched_s - greatest(beats * beat_s, coalesce(pause_s, 0))
            when 'pause' then pause_s - (pause_s // beat_s) * beat_s
            else beat * beat_s - greatest((beat - 1) * beat_s, if(pause_s <= beat * beat_s, pause_s, 0))
        end::integer as seconds_viewed
    from typed
),
placed as (
    select *, first_event + seq as number,
        started_at + to_milliseconds(3 * seq) + to_seconds(at_s + coalesce(if(seq > pause_seq, gap_s, 0), 0)) as happened_at
    from timed
)
select number, printf('%016x', hash(sitting, 'sitting', getvariable('seed'))) || '-' || lpad(seq::varchar, 4, '0') as event_id,
    'v' || lpad(n::varchar, 7, '0') as viewer_id, account_country, viewing_country, device_type, plan, title_id, event_type,
    (from_s + at_s)::integer as position_s, seconds_viewed, duration_s,
    date_trunc('millisecond', happened_at + to_seconds(skew_s)) as occurred_at,
    date_trunc('millisecond', coalesce(
        started_at + to_seconds(watched_s + gap_s + late_s) + to_milliseconds(20 * seq),
        happened_at + to_milliseconds(150 - 2000 * ln(1 - 0.999 * u(number, 'network')))
    )) as received_at,
    player_version
from placed;
