"""What differs between two meanings, field by field as people write them, and which keys that voids.

Used by the gate (`ringi status` names the fields that voided a key), by `ringi approve` (shows what is being agreed to) and
by `ringi diff`. A path reads as in the files: `how.filter`, `what.label.ja`, `countries.JP.filter`,
`source.viewing_events.columns.plan.type`, `dimensions.titles.key`, `upstream.plays.how.filter`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from metrics_catalog.model import FieldClass
from metrics_catalog.person import Side

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from metrics_catalog.logic import DimensionLogic, Logic
    from metrics_catalog.meaning import Meaning

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs; None stands for a field that is not there."""

    field: str
    field_class: FieldClass
    before: Any
    after: Any

    @property
    def voids(self) -> tuple[Side, ...]:
        """The keys that the change voids."""
        return (Side.TECH, Side.BUSINESS) if self.field_class is FieldClass.LOGIC else (Side.BUSINESS,)


def changes(before: Meaning | None, after: Meaning) -> tuple[Change, ...]:
    """All fields that differ, sorted; from nothing, all that the metric's own file says.

    What follows from another change is not repeated: a filter that no longer reads a column does not also name the column.
    Where no other change is left to tell why a key is void, it is.
    """
    old, new = facts(before), facts(after)
    both = _members(old) & _members(new)
    found: dict[str, Change] = {}
    following: dict[str, Change] = {}
    for path in sorted(old.keys() | new.keys()):
        field_class, was = old.get(path, (None, None))
        field_class, now = new.get(path, (field_class, None))
        if was != now and field_class:
            told = found if both.issuperset(_members_of(path)) else following
            told[path] = Change(path, field_class, was, now)
    found |= {change.field: change for change in _country_changes(before, after)}
    if before is not None and any(not covers(side, before, after) for side in _not_voided(found.values())):
        found |= following
    return tuple(found[path] for path in sorted(found))


def _not_voided(found: Iterable[Change]) -> set[Side]:
    return set(Side) - {side for change in found for side in change.voids}


def covers(side: Side, approved: Meaning, present: Meaning) -> bool:
    """Whether a key of this side, turned over `approved`, holds for `present`. A country that joined since voids nothing."""
    if approved.metric != present.metric or approved.logic_digest != present.logic_digest:
        return False
    if side is Side.BUSINESS and approved.business != present.business:
        return False
    return not any(side in change.voids for change in _country_changes(approved, present))


def same_logic(one: Meaning, other: Meaning) -> bool:
    """Whether both compute the same numbers for every country that both know."""
    if one.metric != other.metric or one.logic_digest != other.logic_digest:
        return False
    logic, others = one.country_parts.logic, other.country_parts.logic
    return logic is others or all(others[code] == facts for code, facts in logic.items() if code in others)


def _country_changes(before: Meaning | None, after: Meaning) -> Iterator[Change]:
    if before is None or before.country_parts is after.country_parts or before.country_parts.digest == after.country_parts.digest:
        return
    old, new = before.country_parts, after.country_parts
    for field_class, was, now in ((FieldClass.LOGIC, old.logic, new.logic), (FieldClass.BUSINESS, old.business, new.business)):
        for code, facts in was.items():
            present: Mapping[str, Any] = now.get(code, {})
            for field in facts.keys() | present.keys():
                if facts.get(field) != present.get(field):
                    yield Change(f"countries.{code}.{field}", field_class, facts.get(field), present.get(field))


def facts(meaning: Meaning | None) -> dict[str, tuple[FieldClass, Any]]:
    """Every fact of a meaning but those of the countries, by path, with its class; nothing for no meaning."""
    if meaning is None:
        return {}
    logic = {path: (FieldClass.LOGIC, value) for path, value in _logic_facts(meaning.logic, "").items()}
    return {path: (FieldClass.BUSINESS, value) for path, value in meaning.business.items()} | logic


def _logic_facts(logic: Logic, prefix: str) -> Facts:
    """The facts of a logic as they stand in files; those of an upstream metric under `upstream.NAME`, those of shared parts plain."""
    own: Facts = {"how.kind": logic.kind, "how.expression": logic.expression, "how.filter": logic.filter}
    own |= {"how.numerator": logic.numerator, "how.denominator": logic.denominator, "how.dimensions": sorted(logic.dimensions) or None}
    for code, variant in logic.variants.items():
        said = {f"countries.{code}.{field}": value for field, value in variant.model_dump(mode="json").items() if value is not None}
        own |= said or {f"countries.{code}": {}}
    shared = _source_facts(logic) | _all_dimension_facts(logic)
    for path, value in logic.others.items():
        (shared if path.startswith(("source.", "dimensions.")) else own)[path] = value
    if logic.source:
        own["how.source"] = logic.source.source
    facts = {prefix + path: value for path, value in own.items() if value is not None} | shared
    for name, part in logic.parts.items():
        facts |= _logic_facts(part, f"upstream.{name}.")
    return facts


def _source_facts(logic: Logic) -> Facts:
    if logic.source is None:
        return {}
    plain = logic.source.model_dump(mode="json", exclude={"source", "columns"})
    types = {f"columns.{column}.type": column_type.value for column, column_type in logic.source.columns.items()}
    return {f"source.{logic.source.source}.{field}": value for field, value in (plain | types).items()}


def _all_dimension_facts(logic: Logic) -> Facts:
    facts: Facts = {}
    for dimension in logic.dimensions.values():
        facts |= {} if dimension is None else _dimension_facts(dimension)
    return facts


def _dimension_facts(logic: DimensionLogic) -> Facts:
    fields = {
        "key": logic.key,
        "source": logic.source,
        f"rows.{logic.attribute}": logic.rows_digest,
        "validity.valid_from": logic.valid_from,
        "validity.valid_until": logic.valid_until,
        f"attributes.{logic.attribute}.type": logic.type.value,
    }
    return {f"dimensions.{logic.dimension}.{field}": value for field, value in fields.items()}


def _members(facts: Mapping[str, object]) -> set[str]:
    return {member for path in facts for member in _members_of(path)}


def _members_of(path: str) -> list[str]:
    """The things that a path belongs to and that a meaning may use or not: a source, its column, a dimension, an upstream metric."""
    words = path.split(".")
    if words[0] not in ("source", "dimensions", "upstream"):
        return []
    inner = words[0] != "upstream" and len(words) > 3 and words[2] in ("columns", "attributes", "rows")
    return [".".join(words[:2]), *([".".join(words[:4])] if inner else [])]
