"""The rules of the policy: what each grant and role must keep, each a function that yields findings.

A finding that blocks takes its grant out of the policy, so what is doubtful gives nothing. Used by `policy.load`; what compares
grants with each other or with the day is in `policy_warnings.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.policy.given_columns import given_columns
from governance.policy.grant import Excluded, Included
from governance.policy.mask_rules import masks_are_given, masks_fit
from governance.policy.people_rules import purpose_is_known
from metrics_catalog.expression import ExpressionError, parse, type_of
from metrics_catalog.finding import Finding, did_you_mean
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from governance.policy.grant import Grant
    from governance.policy.ground import Ground
    from governance.policy.names import Entry

    Rule = Callable[[Entry[Grant], "Ground"], Iterator[Finding]]


def check(ground: Ground, rules: Sequence[Rule]) -> list[tuple[Entry[Grant], Finding]]:
    """All findings of the rules, each with the grant it is about."""
    return [(grant, finding) for grant in ground.parts.grants for rule in rules for finding in rule(grant, ground)]


def check_roles(ground: Ground) -> Iterator[Finding]:
    """A role's members are principals of the policy."""
    known = {entry.name for entry in ground.parts.principals}
    for role in ground.parts.roles:
        for position, member in enumerate(role.model.members):
            if member not in known:
                hint = did_you_mean(member, known) or "declare it under `principals`, or take it out."
                yield Finding(
                    "RNG-GOV-031", role.place("members", position), f"The role `{role.name}` has the unknown member `{member}`.", hint
                )


def _receivers(entry: Entry[Grant], ground: Ground) -> Iterator[Finding]:
    """A grant is given to principals and roles of the policy."""
    for position, name in enumerate(entry.model.to):
        if name not in ground.parts.members:
            hint = did_you_mean(name, ground.parts.members) or "declare it under `principals` or `roles`, or take it out."
            yield Finding("RNG-GOV-030", entry.place("to", position), f"`{name}` is neither a principal nor a role.", hint)


def _views(entry: Entry[Grant], ground: Ground) -> Iterator[Finding]:
    """A grant is on published views of countries of the catalog."""
    relations = ground.relations
    for position, pattern in enumerate(entry.model.views):
        schema, _, view = pattern.partition(".")
        place = entry.place("views", position)
        if schema != "*" and schema not in relations.schemas:
            hint = did_you_mean(schema, relations.schemas) or "schemas are `views_` and a country of countries.yaml, in lower case."
            yield Finding("RNG-GOV-033", place, f"The schema `{schema}` is no country's.", hint)
        elif view != "*" and view not in relations.views:
            if not relations.is_broken(view):
                hint = did_you_mean(view, relations.views) or "see the files of views/."
                yield Finding("RNG-GOV-032", place, f"There is no view `{view}`.", hint)
        elif "*" not in (schema, view) and not entry.repeated and not relations.has(schema, view):
            message = f"The view `{view}` is not published in {relations.schemas[schema]}."
            yield Finding("RNG-GOV-032", place, message, f"add the country to views/{view}.yaml, or take it out here.")


def _columns(entry: Entry[Grant], ground: Ground) -> Iterator[Finding]:
    """Columns that are named exist in a view that the grant reaches, and personal ones are meant."""
    match entry.model.columns:
        case Included(include=names):
            kind = "include"
        case Excluded(exclude=names):
            kind = "exclude"
        case _:
            return
    known = {name: level for view in ground.views_of(entry.model) for name, level in ground.relations.classes_of(view).items()}
    if not known:
        return  # the rule about views says why
    for position, name in enumerate(names):
        place = entry.place("columns", kind, position)
        if name not in known:
            hint = did_you_mean(name, known) or f"known: {', '.join(sorted(known)[:20])}."
            yield Finding("RNG-GOV-034", place, f"No view of this grant has a column `{name}`.", hint)
        elif kind == "include" and known[name] not in entry.model.classifications:
            level = known[name]
            message = f"The column `{name}` is {level}, and this grant does not reach {level} columns."
            yield Finding(
                "RNG-GOV-044", place, message, f"write `classifications: [public, internal, {level}]` if it is meant, or take it out."
            )


def _condition(entry: Entry[Grant], ground: Ground) -> Iterator[Finding]:
    """The row condition can be read, and is a condition over the columns of every view that it reaches."""
    rows = entry.model.rows
    if rows is None:
        return
    try:
        node = parse(rows)
    except ExpressionError as error:
        yield Finding("RNG-GOV-035", entry.place("rows", offset=error.position), error.message, error.hint)
        return
    for view in ground.views_of(entry.model):
        try:
            found = type_of(node, ground.relations.types_of(view))
        except ExpressionError as error:
            place = entry.place("rows", offset=error.position)
            yield Finding("RNG-GOV-036", place, f"On the view `{view}`: {error.message}", error.hint)
            continue
        if found is not ColumnType.BOOLEAN:
            message = f"`{rows}` is a {found}; expected a condition, which is TRUE or FALSE."
            yield Finding("RNG-GOV-036", entry.place("rows"), message, "compare it with something, such as `device_type = 'tv'`.")
            return


def _something(entry: Entry[Grant], ground: Ground) -> Iterator[Finding]:
    """A grant gives at least one column of the views that it reaches."""
    views = () if isinstance(entry.model.columns, Included) else ground.views_of(entry.model)  # names have their own rule
    if views and not any(given_columns(entry.model, ground.relations.classes_of(view)) for view in views):
        hint = "name columns that are left, or delete the grant."
        yield Finding("RNG-GOV-037", entry.place("columns"), f"The grant `{entry.name}` gives no column.", hint)


def _days(entry: Entry[Grant], ground: Ground) -> Iterator[Finding]:
    """A grant's days are a span of at least one day."""
    first, end = entry.model.valid_from, entry.model.valid_until
    if first is not None and end is not None and first >= end:
        message = f"The grant `{entry.name}` begins on {first} and ends before {end}: it never holds."
        yield Finding("RNG-GOV-041", entry.place("valid_until"), message, "`valid_until` is the first day on which it no longer holds.")


RULES: tuple[Rule, ...] = (_receivers, _views, _columns, _something, _days, masks_are_given, purpose_is_known)
"""Rules about one grant that are quick to check; a grant that breaks one is left out of the policy."""

CONDITION_RULES: tuple[Rule, ...] = (_condition, masks_fit)
"""Rules about row conditions and types; reading these takes half a second at first. The evaluator asks again for each relation."""
