"""An independent oracle: what metrics mean, computed slowly and obviously, one row at a time, in plain Python.

Shares no code with `metrics_catalog.expression` or `jobs.compile`, so that the same mistake is not made twice. `evaluate`
computes one expression over one row; `facts` computes all metrics of a view over raw events.
"""

from tests.oracle.facts import Question, facts
from tests.oracle.text import evaluate

__all__ = ["Question", "evaluate", "facts"]
