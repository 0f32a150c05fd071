"""The compiler from certified meanings to SQL: all metrics of a view in one statement.

`compile_facts` is all there is to call. `utc_span` says which events periods can hold, so that a caller opens no other files.
"""

from jobs.compile.calendar import utc_span
from jobs.compile.facts import compile_facts
from jobs.compile.request import FactsRequest, Periods, Relations, next_start, start_of
from jobs.compile.statement import OutputColumn, Statement

__all__ = [
    "FactsRequest",
    "OutputColumn",
    "Periods",
    "Relations",
    "Statement",
    "compile_facts",
    "next_start",
    "start_of",
    "utc_span",
]
