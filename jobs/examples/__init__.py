"""Worked examples of metrics, computed for real: a few raw rows in, one number out, beside the number worked out by hand.

`work_out` computes them; `trial_of` reads one example's rows, `compute` works out any logics over any trials in few statements.
Used by `ringi check --examples`, by the approval door and by the mutation gate (`jobs.mutants`).
"""

from jobs.examples.bench import Ask, Failed, Number, alike, compute, number_of
from jobs.examples.rows import ExampleError
from jobs.examples.trial import Shift, Trial, trial_of
from jobs.examples.work import Worked, work_out

__all__ = [
    "Ask",
    "ExampleError",
    "Failed",
    "Number",
    "Shift",
    "Trial",
    "Worked",
    "alike",
    "compute",
    "number_of",
    "trial_of",
    "work_out",
]
