"""The mutation gate: a metric's examples must notice every small change of what it computes.

`mutants_of` changes the typed logic of a metric in every way of `docs/proposal/examples.md`, one change each; `judge` computes the
metric's examples under each; what no example notices is looked into by `search.py`, which finds, by computing, a few raw events
that the change would count differently. A change for which no such events are found is never demanded.
Used by `ringi.proposal.checking` for `ringi check --examples` and for the approval door.
"""

from jobs.mutants.gate import Survivor, Verdict, judge
from jobs.mutants.mutant import Mutant
from jobs.mutants.of_metric import mutants_of

__all__ = ["Mutant", "Survivor", "Verdict", "judge", "mutants_of"]
