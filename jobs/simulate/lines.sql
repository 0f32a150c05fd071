-- Deliveries as lines of files, in the order of receipt. Made for `files.py`. Broken lines are broken here, each in one of six ways;
-- a missing country is a field with null in one half of the cases, and no field at all in the other.
select opens,
    case
        when broken_as is not null then case broken_as
            when 0 then left(line, (length(line) * 0.6)::bigint)
            when 1 then regexp_replace(line, '"position_s":[0-9]+', '"position_s":"12:30"')
            when 2 then regexp_replace(line, '"event_id":"[^"]*",', '')
            when 3 then regexp_replace(line, '"event_type":"[a-z]+"', '"event_type":"seek"')
            when 4 then regexp_replace(line, '"occurred_at":"[^"]*"', '"occurred_at":"yesterday"')
            when 5 then regexp_replace(line, '"seconds_viewed":[0-9]+', '"seconds_viewed":-1')
        end
        when country_missing and number % 2 = 0 then replace(line, '"viewing_country":null,', '')
        else line
    end
from (
    select opens, broken_as, country_missing, number, to_json({
            'event_id': event_id, 'viewer_id': viewer_id, 'account_country': account_country, 'viewing_country': viewing_country,
            'device_type': device_type, 'plan': plan, 'title_id': title_id, 'event_type': event_type, 'position_s': position_s,
            'seconds_viewed': seconds_viewed, 'duration_s': duration_s, 'occurred_at': strftime(occurred_at, '%Y-%m-%dT%H:%M:%S.%gZ'),
            'received_at': strftime(received_at, '%Y-%m-%dT%H:%M:%S.%gZ'), 'player_version': player_version
        })::varchar as line
    from (
        select *, if(received_at < getvariable('busy_until'), time_bucket(interval 6 hours, received_at), date_trunc('day', received_at)) as opens
        from delivery
        order by received_at, event_id, again
    )
)
