"""What a day of work costs, from a dated list of prices. Read by `report.py`."""

from __future__ import annotations

import importlib.resources
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

from jobs.scale.work import SECONDS_A_DAY

if TYPE_CHECKING:
    from jobs.scale.work import Work

MEMORY_GB_A_CORE = 4
DAYS_A_MONTH = 30
BUCKET_KEY_SHARE = 0.01
"""Requests that still reach KMS where buckets have keys of their own: the vendor says up to 99 % fewer."""

IDLE = 2.0
"""Cores paid for each core that is busy: peaks, stragglers, start-up. An assumption."""


@dataclass(frozen=True, slots=True)
class Prices:
    """A list of prices: of which day and region, whether anybody checked them, and US dollars by name; a name says the unit."""

    date: str
    region: str
    status: str
    dollars: Mapping[str, float]


def prices() -> Prices:
    """The list beside this file."""
    held = yaml.safe_load(importlib.resources.files("jobs.scale").joinpath("prices.yaml").read_text(encoding="utf-8"))
    return Prices(str(held["date"]), held["region"], held["status"], {name: float(value) for name, value in held["dollars"].items()})


def day_price(work: Work, stored_bytes: float, keys: int, price: Prices) -> dict[str, float]:
    """Dollars of a day by what they are for; compute by its own parts."""
    core_day = (price.dollars["core_hour"] + MEMORY_GB_A_CORE * price.dollars["memory_gb_hour"]) * SECONDS_A_DAY / 3600 * IDLE
    kms = (work.puts + work.gets) * BUCKET_KEY_SHARE
    return {
        "landing": work.landing_cores * core_day,
        "repeats": work.repeats_cores * core_day,
        "compaction": work.compaction_cores * core_day,
        "facts": work.facts_cores * core_day,
        "storage": stored_bytes / 1e9 * price.dollars["storage_gb_month"] / DAYS_A_MONTH,
        "requests": work.puts / 1000 * price.dollars["put_1000"] + work.gets / 1000 * price.dollars["get_1000"],
        "catalog": work.glue_calls / 1e6 * price.dollars["glue_million_requests"],
        "keys": keys * price.dollars["kms_key_month"] / DAYS_A_MONTH + kms / 10_000 * price.dollars["kms_10000_requests"],
    }
