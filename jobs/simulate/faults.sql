-- What goes wrong on the way: redelivered events, records without a viewing country, broken lines. Made for `simulation.py`.
--
-- Redelivered and broken events are picked one from each block of consecutive events, so that their number is exact. A record
-- that will be refused is never one that is redelivered: it is refused once.

create table delivery as
with picked as (
    select *, number // getvariable('repeat_block') as repeat_n, number // getvariable('broken_block') as broken_n from event
),
marked as (
    select *,
        repeat_n < getvariable('repeat_count') and number % getvariable('repeat_block') = hash(repeat_n, 'repeat', getvariable('seed')) % getvariable('repeat_block') as repeated,
        broken_n < getvariable('broken_count') and number % getvariable('broken_block') = hash(broken_n, 'broken', getvariable('seed')) % getvariable('broken_block') as broken
    from picked
),
faulty as (
    select * exclude (viewing_country, broken, repeat_n, broken_n),
        if(not repeated and broken, broken_n % 6, null)::integer as broken_as,
        not repeated and not broken and u(number, 'country') < 0.002 as country_missing,
        if(country_missing, null, viewing_country) as viewing_country
    from marked
)
select *, false as again from faulty
union all
-- Redelivered from a second to fifty minutes later, otherwise unchanged.
select * replace (received_at + to_milliseconds(1000 + floor(3000000 * pow(u(number, 'again'), 3))) as received_at), true from faulty where repeated;
