"""What a day of work costs, from dated lists of prices. Read by `report.py`."""

from __future__ import annotations

import importlib.resources
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.backfill.prices import prices as compute_prices
from jobs.scale.work import SECONDS_A_DAY

if TYPE_CHECKING:
    from jobs.scale.work import Work

DAYS_A_MONTH = 30
BUCKET_KEY_SHARE = 0.01
"""Requests that still reach KMS where buckets have keys of their own: the vendor says up to 99 % fewer."""

IDLE = 2.0
"""Cores paid for each core that is busy: peaks, stragglers, start-up. An assumption."""


@dataclass(frozen=True, slots=True)
class Prices:
    """A list of prices: of which day and region, whether anybody checked them, and US dollars by name; a name says the unit.

    `core_day` is one core for a day, with its memory.
    """

    date: str
    region: str
    status: str
    dollars: Mapping[str, float]
    core_day: float


def prices() -> Prices:
    """The list beside this file, and that of computing; both must be of one region."""
    held = tomllib.loads(importlib.resources.files("jobs.scale").joinpath("prices.toml").read_text(encoding="utf-8"))
    compute = compute_prices()
    if compute.region != held["region"]:
        raise ValueError(f"the prices of computing are those of {compute.region}, the others of {held['region']}")
    oldest = min(held["dated"], compute.dated)
    return Prices(str(oldest), held["region"], held["status"], held["dollars"], compute.emr_serverless(SECONDS_A_DAY))


def day_price(work: Work, stored_bytes: float, keys: int, price: Prices) -> dict[str, float]:
    """Dollars of a day by what they are for; compute by its own parts."""
    core_day, dollars = price.core_day * IDLE, price.dollars
    kms = (work.puts + work.gets) * BUCKET_KEY_SHARE
    return {
        "landing": work.landing_cores * core_day,
        "repeats": work.repeats_cores * core_day,
        "compaction": work.compaction_cores * core_day,
        "facts": work.facts_cores * core_day,
        "storage": stored_bytes / 1e9 * dollars["storage_gb_month"] / DAYS_A_MONTH,
        "requests": work.puts / 1000 * dollars["put_1000"] + work.gets / 1000 * dollars["get_1000"],
        "catalog": work.glue_calls / 1e6 * dollars["glue_million_requests"],
        "keys": keys * dollars["kms_key_month"] / DAYS_A_MONTH + kms / 10_000 * dollars["kms_10000_requests"],
    }
