"""What a run did, as a value: printed by `ringi run` and by the demo, and as JSON for other programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jobs.land.report import Counts
    from metrics_catalog.finding import Finding


@dataclass(frozen=True, slots=True)
class Stage:
    """Seconds that one stage took."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ViewReport:
    """One view that was computed.

    `countries` whose facts changed, `periods` that were written, `rows` in them, `restated` published values that changed, and
    the additive metric whose sums were `recounted` from bronze (None: the view has none).
    """

    view: str
    reasons: tuple[str, ...]
    metrics: tuple[str, ...]
    countries: int
    periods: int
    rows: int
    restated: int
    recounted: str | None


@dataclass(frozen=True, slots=True)
class RunReport:
    """One run.

    `landed` counts the records that came since the last run, `published` and `withdrawn` saved copies, `definers` definer
    views, `restated` lines of the ledger. `notes` are further sentences for the closing summary.
    """

    run_id: str
    landed: Counts
    views: tuple[ViewReport, ...]
    published: int
    withdrawn: int
    definers: int
    restated: int
    findings: tuple[Finding, ...]
    stages: tuple[Stage, ...]
    notes: tuple[str, ...] = ()

    @property
    def did_nothing(self) -> bool:
        """Whether everything was up to date."""
        return not (self.run_id or self.published or self.withdrawn or self.definers)

    @property
    def seconds(self) -> float:
        return sum(stage.seconds for stage in self.stages)

    def summary(self) -> list[str]:
        """Closing lines for a person."""
        if self.did_nothing:
            return [f"Nothing to do: facts, saved copies and views are up to date ({self.seconds:.1f} s)."]
        counts = self.landed
        lines = []
        if counts.received:
            lines.append(
                f"{counts.received:,} records received since the last run: "
                f"{counts.accepted:,} accepted, {counts.repeated:,} repeated, {counts.refused:,} refused."
            )
        lines += [_view_line(view) for view in self.views]
        lines.append(
            f"Published {_count(self.published, 'saved copy', 'saved copies')}, {_count(self.definers, 'definer view', 'definer views')}"
            f"{f', withdrew {self.withdrawn}' if self.withdrawn else ''};"
            f" {_count(self.restated, 'published value', 'published values')} restated."
        )
        times = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in self._by_stage().items())
        return [*lines, *self.notes, f"Done in {self.seconds:.1f} s ({times})."]

    def as_json(self) -> dict[str, Any]:
        """The report for other programs."""
        return {
            "schema_version": 1,
            "run_id": self.run_id or None,
            "landed": {
                "received": self.landed.received,
                "accepted": self.landed.accepted,
                "repeated": self.landed.repeated,
                "refused": self.landed.refused,
            },
            "views": [
                {
                    "view": view.view,
                    "reasons": list(view.reasons),
                    "metrics": list(view.metrics),
                    "countries": view.countries,
                    "periods": view.periods,
                    "rows": view.rows,
                    "restated": view.restated,
                    "recounted": view.recounted,
                }
                for view in self.views
            ],
            "published": self.published,
            "withdrawn": self.withdrawn,
            "definer_views": self.definers,
            "restated": self.restated,
            "findings": [{"code": finding.code, "place": str(finding.place), "message": finding.message} for finding in self.findings],
            "seconds": {name: round(seconds, 3) for name, seconds in self._by_stage().items()},
        }

    def _by_stage(self) -> dict[str, float]:
        times: dict[str, float] = {}
        for stage in self.stages:
            times[stage.name] = times.get(stage.name, 0.0) + stage.seconds
        return times


def _view_line(view: ViewReport) -> str:
    what = (
        f"{_count(len(view.metrics), 'metric', 'metrics')}, {_count(view.periods, 'period', 'periods')}, {_count(view.rows, 'row', 'rows')}"
    )
    changed = f"facts of {_count(view.countries, 'country', 'countries')} changed"
    return f"{view.view}: {what}; {changed} ({'; '.join(view.reasons)})."


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
