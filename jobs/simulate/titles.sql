-- The catalogue of titles, and each market's chart of them. Made for `simulation.py`; read by `viewing.sql` and the snapshots.
--
-- Calibrated to the public Netflix Top 10 lists: of 2,299 titles 900 charted in one country only and 150 in more than 50 of
-- 94, and Japan charts more titles alone than others do. So a title is `local`, `regional` or `global`. Regional ones reach
-- from one or two markets to nearly half of them, most often few; those that end up in one market complete the 39 %.

create table title as
with drawn as (
    select t.n, m.code as home,
        -- Multiples of the golden ratio spread evenly, so that the shares of the three scopes come out as wanted.
        (t.n * 0.61803398875) % 1 as scope_u,
        1.6 / getvariable('market_count') * pow(0.28 * getvariable('market_count'), pow(u(t.n, 'reach'), 1.5)) as reach,
        if(u(t.n, 'kind') < 0.42, 'film', 'series') as kind,
        case when u(t.n, 'new') < 0.3 then 2026 else 2026 - floor(25 * pow(u(t.n, 'year'), 2))::integer end as release_year,
        pick(getvariable('genres'), u(t.n, 'genre')) as genre,
        case when m.code = 'JP' then 'ja' when m.code in ('DE', 'AT', 'CH') then 'de' else 'en' end as language
    from (select range::bigint as n from range(getvariable('title_count') + getvariable('announced_count'))) as t
    asof join market as m on u(t.n, 'home') >= m.makes_from
),
named as (
    -- Each pair of a first and a last word is used once in a language, in an order that looks like chance.
    select *, 389 * row_number() over (partition by language order by n) as word,
        case language when 'ja' then getvariable('ja_first') when 'de' then getvariable('de_first') else getvariable('en_first') end as firsts,
        case language when 'ja' then getvariable('ja_last') when 'de' then getvariable('de_last') else getvariable('en_last') end as lasts
    from drawn
)
select n, home, kind, reach, release_year, genre, 'T' || lpad((10000 + n)::varchar, 6, '0') as title_id,
    case
        when n >= getvariable('title_count') then 'announced'
        when scope_u < if(home = 'JP', 0.9, 0.33) then 'local'
        when scope_u < 0.935 then 'regional'
        else 'global'
    end as scope,
    60 * if(kind = 'film', 80 + floor(70 * u(n, 'length')), 22 + floor(40 * u(n, 'length')))::integer as duration_s,
    firsts[1 + word % len(firsts)] || if(language = 'en', ' ', '') || lasts[1 + (word // len(firsts)) % len(lasts)]
        || if(kind = 'series' and u(n, 'season') < 0.4, ': ' || (2 + floor(3 * u(n, 'season number')))::integer, '') as label
from named;

-- Which titles a market watches, best first. A global title is watched nearly everywhere, at a different rank in each place.
create table chart as
select m.code, t.n,
    row_number() over (partition by m.code order by score desc, t.n) as rank,
    count(*) over (partition by m.code) as size
from title as t
cross join market as m
cross join lateral (
    select u(t.n, 'quality') + 0.7 * u(t.n, m.code) + case t.scope when 'global' then 0.6 when 'local' then 0.35 else 0 end as score
)
where (t.scope <> 'announced' and t.home = m.code)
    or (t.scope = 'global' and u(t.n, 'global ' || m.code) < 0.8)
    or (t.scope = 'regional' and u(t.n, 'reach ' || m.code) < t.reach);
