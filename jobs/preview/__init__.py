"""Preview: what a change does to a metric's numbers, on the lake at hand, by the very code of a run; nothing is written.

`scan` computes metrics by country and day over a sample of whole country-days, or over all of them; `compare` says country by
country what differs between two meanings, and what of the world's change is known. Used by `ringi preview` and `ringi report`.
"""

from __future__ import annotations

from jobs.preview.comparison import Comparison, CountryChange, Pair, compare
from jobs.preview.sample import Limits, Sample
from jobs.preview.scan import Scan, scan
from jobs.preview.world import Change, Method, method_of

__all__ = ["Change", "Comparison", "CountryChange", "Limits", "Method", "Pair", "Sample", "Scan", "compare", "method_of", "scan"]
