"""What became of each object when all workers have answered: parts of one object are put together and judged as one.

An object that one worker read whole has its verdict already.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.engines.spark.files import quoted_name
from jobs.land.breaks import EXAMPLES, Evidence, refused_whole
from jobs.land.sniff import HEAD, looks_like
from jobs.land.tally import Tally, together
from jobs.land.workbench import PLACE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import DataFrame

    from jobs.land.sorting import Batch
    from jobs.land.spark.worker import Answer, Found


def tallies_of(batch: Batch, answers: Sequence[Answer], refused: DataFrame) -> dict[int, Tally]:
    """The tally of each object by its number; `refused` has the refused records of all parts."""
    whole = {one.number: one.tally for answer in answers for one in answer.found if one.evidence is None}
    parts: dict[int, list[Found]] = {}
    for one in (one for answer in answers for one in answer.found if one.evidence is not None):
        parts.setdefault(one.number, []).append(one)
    joined = {number: _joined(batch, sorted(held, key=lambda one: one.start), refused) for number, held in parts.items()}
    return {**whole, **joined}


def _joined(batch: Batch, parts: Sequence[Found], refused: DataFrame) -> Tally:
    tally = together(one.tally for one in parts)
    if tally.fault is not None:
        return tally
    number = parts[0].number
    unknown: Counter[str] = Counter()
    for one in parts:
        unknown.update(one.evidence.unknown if one.evidence else {})
    usual = parts[0].evidence.usual if parts[0].evidence else ()
    with batch.objects.open(batch.pieces[number].key) as raw:
        looks = looks_like(raw.read(HEAD))
    evidence = Evidence(unknown, usual, looks, is_json=True)
    filled = frozenset().union(*(one.filled for one in parts))
    fault = refused_whole(batch.source, number, tally, evidence, _Look({number: filled}, refused))
    return tally if fault is None else Tally(fault=fault)


@dataclass(frozen=True, slots=True)
class _Look:
    """A look at what all workers refused."""

    columns: Mapping[int, frozenset[str]]
    refused: DataFrame

    def filled(self, number: int) -> frozenset[str]:
        return self.columns[number]

    def seen(self, number: int, field: str) -> tuple[str, ...]:
        from pyspark.sql import functions as f

        ours = self.refused.where((f.col(PLACE) == number) & (f.col(quoted_name("field")) == field) & f.col("detail").isNotNull())
        counted = ours.groupBy("detail").agg(f.count("*").alias("times")).orderBy(f.desc("times"), "detail").limit(EXAMPLES)
        return tuple(row[0] for row in counted.collect())
