"""Landing: raw bytes are kept as received, then each record is accepted, found repeated, or refused with a reason.

`land` is the one way into `bronze`; the design is in docs/adr/0005-landing.md.
"""

from __future__ import annotations

from jobs.land.landing import LandingLake, land
from jobs.land.report import Counts, Fault, FileReport, LandReport, Restated, Verdict

__all__ = ["Counts", "Fault", "FileReport", "LandReport", "LandingLake", "Restated", "Verdict", "land"]
