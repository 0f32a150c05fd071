"""Words of SQL and PartiQL that a column name in a filter must not be mistaken for; such names are put in double quotes."""

_WORDS = """
absolute action add all allocate alter and any are as asc assertion at authorization avg bag before begin between bit blob bool
boolean both by call can_cast can_lossless_cast cascade cascaded case cast catalog char character character_length char_length
check clob close coalesce collate collation column commit connect connection constraint constraints continue convert
corresponding count create create_role cross cube current current_date current_time current_timestamp current_user cursor date
day deallocate dec decimal declare default deferrable deferred delete desc describe descriptor diagnostics disconnect distinct
domain double drop each else end end_exec escape every except exception exec execute exists external extract false fetch first
float for foreign from full function get global go goto grant group grouping having hour identity immediate in index indicator
initially inner input insensitive insert int integer intersect interval into is isolation join key language last leading left
let level like limit list listagg local lower match max min minute missing module month names national natural nchar next no
normalize not null nullif numeric object octet_length of on only open option or order outer output over overlaps pad partial
pivot position precision prepare preserve primary prior privileges procedure public range read real recursive references
relative restrict revoke right rollback rollup row rows schema scroll second section select session session_user set sexp size
skip smallint some space sql sqlcode sqlerror sqlstate string struct substring sum symbol system_user table temporary then time
timestamp timezone_hour timezone_minute to trailing transaction translate translation trim true tuple undrop union unique
unknown unnest unpivot update upper usage user using value values varchar varying view when whenever where window with work
write year zone
"""

RESERVED = frozenset(_WORDS.split())
