"""What an account holds otherwise than the policy says: the drift, as values with what to do about each.

A pure function of two states and of what was looked at beside them (`Seen`). Made for `ringi access drift` by
`ringi/access/looking.py`; the same function serves the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from governance.lake_formation.api.canonical import ALL
from governance.lake_formation.describe import describe, where
from governance.lake_formation.elements import database_of, table_of
from governance.lake_formation.elements import elements as every_element
from governance.lake_formation.looking.drift_item import Drift, Kind
from governance.lake_formation.looking.drift_settings import Wrong, wrong_settings
from governance.lake_formation.looking.drift_views import TextsOf, wrong_views
from governance.lake_formation.reads.effective import Index
from governance.lake_formation.resource import EVERY_TABLE, Catalog, Columns, Database, Filter, Other, Table, TagPolicy
from governance.lake_formation.state import (
    IAM_ALLOWED,
    AccountState,
    Attachment,
    CellsFilter,
    Element,
    OptIn,
    Permission,
    Registration,
    RowPolicy,
    Settings,
    Tag,
    Tagged,
)


@dataclass(frozen=True)
class Seen:
    """What was looked at beside the two states; what nobody looked at is left empty, and nothing is said of it.

    `texts` says what Ringi would write into a view, by dialect (None: nothing is known of that view). `expired` are elements that
    only grants give whose last day has passed, with the grant's name and that day. `given` is what applied plans had given.
    `unregistered` and `unencrypted` are sentences on places in S3. `identities` are principals that were made anew under the same
    ARN. `unseen` are sentences on what could not be seen.
    """

    texts: TextsOf = field(default=lambda database, table: None)
    expired: Mapping[Element, tuple[str, str]] = field(default_factory=dict)
    given: frozenset[Element] = frozenset()
    places: tuple[str, ...] = ()
    identities: Mapping[str, str] = field(default_factory=dict)
    unseen: tuple[str, ...] = ()


def drift(wanted: AccountState, held: AccountState, managed: Callable[[Element], bool], seen: Seen | None = None) -> tuple[Drift, ...]:
    """Everything that drifted, by place, then principal. Empty where the account is as the policy says."""
    look = seen or Seen()
    found = [
        *_of_elements(wanted, held, managed, look),
        *_outside(held, managed),
        *(Drift(Kind.OPEN, name, _given_on_new_tables(given)) for name, given in held.new_tables.items() if managed(_on(name))),
        *(_of_setting(wrong) for wrong in wrong_settings(wanted.settings, held.settings)),
        *(Drift(Kind.STALE if stale else Kind.VIEW, where, what) for where, what, stale in wrong_views(held, look.texts)),
        *(Drift(Kind.PLACE, "S3", what) for what in look.places),
        *(Drift(Kind.IDENTITY, "", what, principal) for principal, what in look.identities.items()),
        *(Drift(Kind.UNSEEN, "", what) for what in look.unseen),
    ]
    return tuple(sorted(found, key=Drift.sort_key))


def _on(database: str) -> Element:
    """Something on a database, to ask whether it is managed."""
    return Permission("", Database(database), "DESCRIBE")


def _given_on_new_tables(given: tuple[str, ...]) -> str:
    return f"the database gives every new table to {', '.join(given)}; `ringi run` closes that before it makes a table there"


def _outside(held: AccountState, managed: Callable[[Element], bool]) -> Iterator[Drift]:
    """Permissions that nobody manages here, and by which somebody reads tables of the lake all the same."""
    ours = [table for table in held.tables.values() if managed(_on(table.database))]
    wide = [one for one in held.permissions if isinstance(one.resource, Catalog | TagPolicy | Other) and not managed(one)]
    for one in wide if ours else ():
        index, reader = Index(replace(held, permissions=frozenset({one}))), frozenset({one.principal})
        reached = [
            f"{table.database}.{table.name}"
            for table in ours
            if any(one in path.witnesses for path in index.paths(reader, table.database, table.name))
        ]
        if reached:
            at, by = held.updated.get(one, (None, None))
            what = f"{describe(one)} lets {one.principal} read {len(reached)} tables of the lake, such as {min(reached)}"
            yield Drift(Kind.OUTSIDE, where(one.resource), what, one.principal, (one,), (), at, by)


def _of_setting(wrong: Wrong) -> Drift:
    return Drift(Kind.OPEN if wrong.opens else Kind.SETTING, "settings", wrong.what)


def _of_elements(wanted: AccountState, held: AccountState, managed: Callable[[Element], bool], seen: Seen) -> Iterator[Drift]:
    """Everything but settings, compared by what it is about: a pair of one thing missing and one foreign is one thing changed."""
    want, have = _elements(wanted), {one for one in _elements(held) if managed(one)}
    whole = {(one.principal, one.resource) for one in have if isinstance(one, Permission) and one.action == ALL}
    gone_now = {one for one in want - have if not (isinstance(one, Permission) and (one.principal, one.resource) in whole)}
    missing, foreign = _by_subject(gone_now), _by_subject(have - want)
    lost = _recreated(want, have, held, seen)
    for subject in missing.keys() | foreign.keys():
        gone, extra = missing.get(subject, []), foreign.get(subject, [])
        place, principal = subject[1], subject[2] or None
        expired = [one for one in extra if one in seen.expired]
        open_to_all = [one for one in extra if is_everybody(getattr(one, "principal", None))]
        others = [one for one in extra if one not in seen.expired and one not in open_to_all]
        yield from (_told(Kind.EXPIRED, held, place, principal, [one], [], _until(seen.expired[one])) for one in expired)
        yield from (_told(Kind.OPEN, held, place, principal, [one], [], "") for one in open_to_all)
        if gone and others:
            yield _told(Kind.CHANGED, held, place, principal, others, gone, "")
        elif others:
            yield _told(Kind.FOREIGN, held, place, principal, others, [], "")
        elif gone and place not in lost:
            yield _told(Kind.MISSING, held, place, principal, [], gone, _by_nobody(gone, held))
    for place, count in lost.items():
        what = f"it was made anew, or emptied: all {count} permissions and filters that an applied plan had given on it are gone"
        yield Drift(Kind.RECREATED, place, what)


def _elements(state: AccountState) -> set[Element]:
    """All elements of a state but its settings, which are compared field by field."""
    return {one for one in every_element(state) if not isinstance(one, Settings)}


def is_everybody(principal: str | None) -> bool:
    """Whether a principal is the group of all whom IAM lets in, in either of its two forms."""
    return principal is not None and (principal == IAM_ALLOWED or principal.endswith(":IAMPrincipals"))


def _by_subject(found: Iterable[Element]) -> dict[tuple[str, str, str, str], list[Element]]:
    """By what an element is about: two of one subject stand in each other's place."""
    groups: dict[tuple[str, str, str, str], list[Element]] = {}
    for one in sorted(found, key=repr):
        groups.setdefault(_subject(one), []).append(one)
    return groups


def _subject(one: Element) -> tuple[str, str, str, str]:
    """Sort of element, where, principal, and what of it there can be only one of."""
    place, principal = _where(one), getattr(one, "principal", None) or ""
    match one:
        case Permission(resource=Table() | Columns() | Filter()):
            return "permission", place, principal, one.action
        case Permission():
            return "permission", place, principal, f"{one.action} {where(one.resource)}"
        case CellsFilter() | RowPolicy():
            return "filter", place, "", one.name
        case Tagged():
            return "tagged", place, "", f"{one.key} {where(one.resource)}"
        case Attachment():
            return "attachment", place, principal, one.policy
    return type(one).__name__, place, principal, ""


def _where(one: Element) -> str:
    """Where it is shown: `database.table`, a database, or what it is on in words."""
    database, table = _table(one)
    if table:
        return f"{database}.{table}"
    match one:
        case Permission() | Tagged() | OptIn():
            return database or where(one.resource)
        case Tag():
            return f"tag {one.key}"
        case Registration():
            return one.arn
        case RowPolicy():
            return f"row policy {one.name}"
    return database or "settings"


def _table(one: Element) -> tuple[str, str]:
    """Database and table that an element is about, empty names where it is about more than one."""
    if isinstance(one, CellsFilter | Attachment):
        return one.database, one.table
    found = table_of(one.resource) if isinstance(one, Permission | Tagged | OptIn) else None
    return found if found is not None and found[1] != EVERY_TABLE else (database_of(one) or "", "")


def _told(kind: Kind, held: AccountState, place: str, principal: str | None, have: list[Element], want: list[Element], more: str) -> Drift:
    is_words = " and ".join(describe(one) for one in have)
    want_words = " and ".join(describe(one) for one in want)
    match kind:
        case Kind.MISSING:
            what = f"the policy gives {want_words}; the account does not have it"
        case Kind.CHANGED:
            what = f"the policy gives {want_words}; the account has {is_words}"
        case Kind.OPEN:
            what = f"{is_words}: whoever IAM lets in reads here, whatever the policy says"
        case Kind.EXPIRED:
            what = f"{is_words} still stands"
        case _:
            what = f"{is_words}; nothing in the policy gives it"
    at, by = _last_change(have, held)
    return Drift(kind, place, f"{what}{more}", principal, tuple(have), tuple(want), at, by)


def _last_change(have: list[Element], held: AccountState) -> tuple[str | None, str | None]:
    changes = [held.updated[one] for one in have if isinstance(one, Permission) and one in held.updated]
    return max(changes, default=(None, None)) if changes else (None, None)


def _until(expired: tuple[str, str]) -> str:
    grant, day = expired
    return f"; the grant {grant} ended before {day}"


def _by_nobody(gone: list[Element], held: AccountState) -> str:
    """That a permission cannot be given because what it is on is not there."""
    tables = {_table(one) for one in gone if isinstance(one, Permission)}
    absent = sorted(f"{database}.{table}" for database, table in tables if table and (database, table) not in held.tables)
    return f", since {absent[0]} is not there" if absent else ""


def _recreated(want: set[Element], have: set[Element], held: AccountState, seen: Seen) -> dict[str, int]:
    """Tables that exist and lost all that an applied plan had given on them and the policy still gives, with how much that is."""
    lost: dict[str, int] = {}
    kept: set[str] = set()
    for one in seen.given:
        database, table = _table(one)
        if not table or (database, table) not in held.tables or one not in want:
            continue
        name = f"{database}.{table}"
        lost[name] = lost.get(name, 0) + 1
        if one in have:
            kept.add(name)
    return {name: count for name, count in lost.items() if name not in kept}
