"""The dated price file `prices.toml`, read once; used by estimates."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TERABYTE = 10**12


@dataclass(frozen=True, slots=True)
class Prices:
    """List prices in one currency and region on one day; `rates` are events a second and processor, by engine."""

    dated: dt.date
    currency: str
    region: str
    sources: Mapping[str, str]
    per_tb_scanned: float
    least_bytes_a_query: int
    per_vcpu_hour: float
    per_gb_hour: float
    gb_per_vcpu: float
    rates: Mapping[str, float]

    def athena(self, queries: int, size: int) -> float:
        """Price of so many queries that scan so many bytes together."""
        return max(size, queries * self.least_bytes_a_query) / TERABYTE * self.per_tb_scanned

    def emr_serverless(self, vcpu_seconds: float) -> float:
        """Price of processors for so many seconds together, with the memory that belongs to them."""
        return vcpu_seconds / 3600 * (self.per_vcpu_hour + self.gb_per_vcpu * self.per_gb_hour)


@cache
def prices() -> Prices:
    """The prices that this version knows."""
    held = tomllib.loads((resources.files("jobs.backfill") / "prices.toml").read_text(encoding="utf-8"))
    athena, emr = held["athena"], held["emr_serverless"]
    return Prices(
        dated=held["dated"],
        currency=held["currency"],
        region=held["region"],
        sources={"athena": athena["source"], "emr_serverless": emr["source"]},
        per_tb_scanned=athena["per_tb_scanned"],
        least_bytes_a_query=athena["least_bytes_a_query"],
        per_vcpu_hour=emr["per_vcpu_hour"],
        per_gb_hour=emr["per_gb_hour"],
        gb_per_vcpu=emr["gb_per_vcpu"],
        rates=held["rates"],
    )
