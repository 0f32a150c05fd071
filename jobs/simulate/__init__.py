"""The simulator: seeded viewing events that look like a streaming service's week, with the faults of real deliveries.

Used by `ringi demo`, `ringi simulate` and the tests. The same arguments give the same bytes. What it is calibrated to is
said where the figure stands: `markets.py`, and the comments of the `.sql` files.
"""

from __future__ import annotations

from jobs.simulate.markets import MARKETS, Market
from jobs.simulate.report import SimulatedFile, SimulationReport
from jobs.simulate.simulation import START, simulate

__all__ = ["MARKETS", "START", "Market", "SimulatedFile", "SimulationReport", "simulate"]
