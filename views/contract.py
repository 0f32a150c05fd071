"""Makes the contract of a published view from its file and the certified meanings of its metrics.

Only certified meanings give columns; what cannot be published is withheld with a finding, never guessed. Called by `run`
before it computes and publishes; `check` prints the same findings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.policy.view_columns import classification_of
from metrics_catalog.expression import parse, type_of
from metrics_catalog.finding import Finding, Severity
from metrics_catalog.lifecycle import certified_end
from metrics_catalog.source import ColumnType
from metrics_catalog.view import COUNTRY_COLUMN, TimeGrain
from views.published_view import Ending, PublishedColumn, PublishedView, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.lifecycle import End
    from metrics_catalog.logic import Logic
    from metrics_catalog.meaning import Meaning
    from metrics_catalog.view import View

_TIME_DOC = {
    TimeGrain.DAY: ("Day on the viewing country's clock.", "視聴国の現地日。"),
    TimeGrain.WEEK: ("ISO week on the viewing country's clock, named by its Monday.", "視聴国の現地 ISO 週(月曜日)。"),
    TimeGrain.MONTH: ("Month on the viewing country's clock, named by its first day.", "視聴国の現地月(初日)。"),
}
_COUNTRY_DOC = ("Country in which it was watched.", "視聴された国。")
_ENDING_DOC: tuple[Callable[[End], str], Callable[[End], str]] = (
    lambda end: f"Deprecated: use `{end.successor}`, this column ends on {end.ends_on}." if end.successor else "Deprecated.",
    lambda end: f"非推奨。`{end.successor}` を使用してください(この列は {end.ends_on} まで)。" if end.successor else "非推奨。",
)
_UNKNOWN_DOC = ("A missing member reads `unknown`.", "不明な値は `unknown`。")


@dataclass(frozen=True, slots=True)
class Contract:
    """The view as it can be published now, or None where none of its metrics can; and what is withheld, as findings."""

    view: PublishedView | None
    findings: tuple[Finding, ...]


def publish(catalog: Catalog, name: str, certified: Mapping[str, Meaning]) -> Contract:
    """The contract of one view, from the meanings that the gate lets through (`Certification.published`)."""
    return _Contract(catalog, catalog.views[name], certified).made()


def type_of_metric(logic: Logic) -> ColumnType:
    """The type of a metric's column: counts are integers, what divides is double, all else has its expression's type."""
    if logic.kind in ("count", "count_distinct"):
        return ColumnType.INTEGER
    if logic.kind in ("average", "ratio", "derived"):
        return ColumnType.DOUBLE
    columns = logic.source.columns if logic.source is not None else {}
    return type_of(parse(logic.expression or ""), columns)


class _Contract:
    """The work on one view: columns and findings are gathered side by side."""

    def __init__(self, catalog: Catalog, view: View, certified: Mapping[str, Meaning]) -> None:
        self._catalog, self._view, self._certified = catalog, view, certified
        self._findings: list[Finding] = []

    def made(self) -> Contract:
        metrics = {name: meaning for name in dict.fromkeys(self._view.metrics) if (meaning := self._usable(name)) is not None}
        if not metrics:
            self._find("RNG-VIEW-002", f"The view `{self._view.view}` has no metric that can be published.", "turn both keys of one.")
            return Contract(None, tuple(self._findings))
        columns = [*self._grain(), *(self._metric(name, meaning) for name, meaning in metrics.items()), *self._parts(metrics)]
        label, description = self._view.label, self._view.description
        codes = self._catalog.countries if self._view.countries == "all" else self._view.countries
        view = PublishedView(
            name=self._view.view,
            label_en=label.en,
            label_ja=label.ja,
            description_en=description.en if description else label.en,
            description_ja=description.ja if description else label.ja,
            columns=tuple(columns),
            countries=tuple(sorted(set(codes))),
        )
        return Contract(view, tuple(self._findings))

    def _usable(self, name: str) -> Meaning | None:
        """The certified meaning of a listed metric; or None, and a finding that says why its column is withheld."""
        meaning = self._certified.get(name)
        if meaning is None:
            self._withhold("RNG-VIEW-001", name, self._why_not(name), f"see `ringi status {name}`.")
        elif meaning.business.get("lifecycle") == "retired":
            self._withhold("RNG-VIEW-007", name, "it is retired.", "take it out of the view.")
        elif lacking := [each for each in self._view.grain.dimensions if each not in meaning.logic.sliceable()]:
            which = ", ".join(f"`{each}`" for each in lacking)
            self._withhold(
                "RNG-VIEW-003", name, f"its certified meaning may not be sliced by {which}.", "turn both keys on a meaning that may."
            )
        else:
            return meaning
        return None

    def _why_not(self, name: str) -> str:
        """Why the gate lets no meaning through, in words; it has decided, the file only says the day."""
        metric = self._catalog.metrics.get(name)
        ends = f" Its last day is {metric.deprecation.ends_on}." if metric is not None and metric.deprecation is not None else ""
        return f"no meaning of it has both keys, can run and has not ended.{ends}"

    def _grain(self) -> Iterator[PublishedColumn]:
        yield self._key(COUNTRY_COLUMN, ColumnType.STRING, Role.COUNTRY, _COUNTRY_DOC)
        yield self._key(self._view.time_column, ColumnType.DATE, Role.TIME, _TIME_DOC[self._view.grain.time])
        for name in self._view.grain.dimensions:
            en, ja = self._label_of_dimension(name)
            docs = (f"{en}. {_UNKNOWN_DOC[0]}", f"{ja}。{_UNKNOWN_DOC[1]}")
            yield self._key(name, ColumnType.STRING, Role.DIMENSION, docs)  # text, so that `unknown` fits whatever its type

    def _key(self, name: str, kind: ColumnType, role: Role, docs: tuple[str, str]) -> PublishedColumn:
        return PublishedColumn(name, kind, role, *docs, classification=classification_of(self._catalog, self._view.view, name))

    def _label_of_dimension(self, name: str) -> tuple[str, str]:
        for table in self._catalog.dimensions.values():
            if name in table.attributes and (label := table.attributes[name].label) is not None:
                return label.en, label.ja
        for source in self._catalog.sources.values():
            if name in source.columns and (described := source.columns[name].description) is not None:
                return described.en.rstrip("."), described.ja.rstrip("。")
        return name, name

    def _metric(self, name: str, meaning: Meaning) -> PublishedColumn:
        said = meaning.business
        end = certified_end(said)
        en = f"{said['what.label.en']} ({said['what.unit']}). {said['what.description.en']}"
        ja = f"{said['what.label.ja']}({said['what.unit']})。{said['what.description.ja']}"
        return PublishedColumn(
            name=name,
            type=type_of_metric(meaning.logic),
            role=Role.METRIC,
            doc_en=en if end is None else f"{_ENDING_DOC[0](end)} {en}",
            doc_ja=ja if end is None else f"{_ENDING_DOC[1](end)}{ja}",
            classification=classification_of(self._catalog, self._view.view, name),
            unit=str(said["what.unit"]),
            ending=None if end is None else Ending(str(said["what.label.en"]), str(said["what.label.ja"]), end),
            logic=meaning.logic,
            digest=meaning.digest,
        )

    def _parts(self, metrics: Mapping[str, Meaning]) -> Iterator[PublishedColumn]:
        """Numerators and denominators that the view does not list, once each; those on which two ratios differ are withheld."""
        taken: dict[str, tuple[str, Logic]] = {}
        refused: set[str] = set()
        for name, meaning in metrics.items():
            for part in dict.fromkeys((meaning.logic.numerator, meaning.logic.denominator)):
                if part is None or part not in meaning.logic.parts:
                    continue
                logic = meaning.logic.parts[part]
                if part in metrics:
                    self._same_as_listed(name, part, logic, metrics[part].logic)
                elif part in taken and taken[part][1] != logic:
                    self._withhold("RNG-VIEW-006", part, f"`{taken[part][0]}` and `{name}` were certified with different meanings of it.",
                                   f"turn the keys of both on the present meaning of `{part}`.")  # fmt: skip
                    refused.add(part)
                else:
                    taken.setdefault(part, (name, logic))
        for part, (ratio, logic) in taken.items():
            if part not in refused:
                yield self._part(part, logic, ratio, metrics[ratio])

    def _same_as_listed(self, ratio: str, part: str, inside: Logic, listed: Logic) -> None:
        if inside != listed:
            message = f"`{ratio}` was certified with another meaning of `{part}` than the column `{part}` beside it."
            self._find("RNG-VIEW-005", message, f"turn the keys of `{ratio}` again, or do not divide the two columns yourself.")

    def _part(self, name: str, logic: Logic, ratio: str, meaning: Meaning) -> PublishedColumn:
        unit = str(meaning.business.get(f"upstream.{name}.what.unit", ""))
        metric = self._catalog.metrics.get(name)
        en, ja = (metric.what.label.en, metric.what.label.ja) if metric is not None else (name, name)
        return PublishedColumn(
            name=name,
            type=type_of_metric(logic),
            role=Role.PART,
            doc_en=f"{en} ({unit}). Part of `{ratio}`.",
            doc_ja=f"{ja}({unit})。`{ratio}` の内訳。",
            classification=classification_of(self._catalog, self._view.view, name),
            unit=unit,
            logic=logic,
            digest=meaning.digest,
        )

    def _withhold(self, code: str, metric: str, why: str, hint: str) -> None:
        self._find(code, f"The column `{metric}` of the view `{self._view.view}` is withheld: {why}", hint, metric)

    def _find(self, code: str, message: str, hint: str, metric: str = "") -> None:
        path = ("metrics", self._view.metrics.index(metric)) if metric in self._view.metrics else ("metrics",)
        place = self._catalog.place("view", self._view.view, *path)
        self._findings.append(Finding(code, place, message, hint, Severity.WARNING))
