"""Why a principal reads a table of an account: every way to it, and the fewest revokes that close them all.

A pure function of an account's state; the ways are those of `effective.py`. Made for `ringi access explain` by
`ringi/access/looking.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from governance.access.smallest_set import smallest
from governance.lake_formation.describe import describe, where, who
from governance.lake_formation.elements import database_of
from governance.lake_formation.reads.effective import EVERYBODY, How, Index, Path
from governance.lake_formation.resource import EVERY_TABLE, Catalog, Columns, Resource, Table, TagPolicy
from governance.lake_formation.state import IAM_ALLOWED, AccountState, Permission

HOW: Mapping[How, str] = {
    How.GRANT: "by a grant on it",
    How.WILDCARD: "by a grant on every table of its database, those of later days too",
    How.TAG: "by a grant on whatever carries certain tags, and it carries them",
    How.INHERITED: "by a grant on the whole catalog",
    How.DEFINER: "as the definer of the view: the view reads with its rights",
    How.ADMINISTRATOR: "as an administrator of Lake Formation: it reads nothing yet, and may give itself anything at any time",
    How.CREATOR: "as whoever made the table: Lake Formation gives that one everything on it, and no listing shows it",
    How.IAM: "because Lake Formation does not decide here: whoever IAM lets in reads",
}

INSTEAD: Mapping[How, str] = {
    How.DEFINER: "name another definer in policy/, then run `ringi run`, which makes the view anew",
    How.ADMINISTRATOR: "take it off `administrators` in policy/, then `ringi access plan` and `apply`",
    How.CREATOR: "drop the table and let `ringi run` make it anew: then the role of the jobs has made it",
    How.IAM: "`ringi access plan`, then `apply`: it registers the place and opts readers in",
}
"""What to do about ways that no revoke closes."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way in words: how it comes, what it shows, what gives it, and who changed that last."""

    path: Path
    how: str
    columns: tuple[str, ...] | None
    """The columns in the table's order; None for all of them."""
    rows: str | None
    given_by: tuple[str, ...]
    changed_at: str | None = None
    changed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """The fewest revokes that close all ways that a revoke can close; `also` says what else is lost by each.

    `others` are ways that no revoke closes, each with what to do instead. `is_smallest` is False where the search was cut short.
    """

    revokes: tuple[Permission, ...]
    also: tuple[str, ...]
    others: tuple[tuple[str, str], ...]
    is_smallest: bool = True


@dataclass(frozen=True)
class Explained:
    """What one principal reads of one table, and why. `below` are the ways past a view to the tables it stands on, by table."""

    identities: tuple[str, ...]
    table: str
    column: str | None
    ways: tuple[Way, ...]
    cut: Cut
    below: Mapping[str, tuple[Way, ...]]
    is_there: bool = True
    """Whether the account has the table at all."""

    @property
    def reads(self) -> bool:
        """Whether anything is shown now; an administrator who gave itself nothing reads nothing."""
        return any(way.path.how is not How.ADMINISTRATOR for way in self.ways)


def explain(state: AccountState, identities: frozenset[str], database: str, table: str, column: str | None = None) -> Explained:
    """Every way of a principal (all its identities and groups) to a table, or to one column of it."""
    known = state.tables.get((database, table))
    places = frozenset({database, *(base[0] for base in (known.base_tables if known else ()))})
    index = Index(_about(state, identities, places))
    found = _ways(index, identities, (database, table), column)
    below = {".".join(base): ways for base in (known.base_tables if known else ()) if (ways := _ways(index, identities, base, column))}
    named = tuple(sorted(identities))
    return Explained(named, f"{database}.{table}", column, found, cut(found), below, known is not None)


def cut(ways: tuple[Way, ...]) -> Cut:
    """The fewest revokes that close some ways."""
    revocable = {way: frozenset(one for one in way.path.witnesses if isinstance(one, Permission)) for way in ways}
    chosen, exact = smallest(
        (some for some in revocable.values() if some), {one: _breadth(one) for some in revocable.values() for one in some}
    )
    others = tuple(dict.fromkeys((way.how, INSTEAD.get(way.path.how, "")) for way, some in revocable.items() if not some))
    return Cut(chosen, tuple(_also(one) for one in chosen), others, exact)


def _about(state: AccountState, identities: frozenset[str], places: frozenset[str]) -> AccountState:
    """The state without what answers nothing here, other principals' permissions and those on other databases: there may be very many."""
    readers = identities | {IAM_ALLOWED}
    its = [one for one in state.permissions if one.principal in readers or one.principal.endswith(EVERYBODY)]
    kept = frozenset(one for one in its if (database := database_of(one)) is None or database in places)
    return replace(state, permissions=kept, opt_ins=frozenset(one for one in state.opt_ins if one.principal in identities))


def _ways(index: Index, identities: frozenset[str], place: tuple[str, str], column: str | None) -> tuple[Way, ...]:
    found = (path for path in index.paths(identities, *place) if column is None or column in path.columns)
    known = index.state.tables.get(place)
    order = known.columns if known is not None else ()
    return tuple(_way(path, order, index.state) for path in found)


def _way(path: Path, order: tuple[str, ...], state: AccountState) -> Way:
    columns = None if path.columns >= set(order) else tuple(name for name in order if name in path.columns)
    changes = [state.updated[one] for one in path.witnesses if isinstance(one, Permission) and one in state.updated]
    at, by = max(changes) if changes else (None, None)
    given = tuple(
        dict.fromkeys([describe(one) for one in (*path.witnesses, *path.narrowed_by)] if path.how is not How.ADMINISTRATOR else [])
    )
    why = f" ({path.why})" if path.why and path.how is How.IAM else ""
    return Way(path, f"{HOW[path.how]}{why}", columns, path.rows, given, at or None, by or None)


def _breadth(one: Permission) -> int:
    """How much else a revoke takes away: between equals, what touches least is revoked."""
    on: Resource = one.resource
    wide = 2 if isinstance(on, Catalog | TagPolicy) or (isinstance(on, Table) and on.name == EVERY_TABLE) else 0
    everybody = one.principal == IAM_ALLOWED or one.principal.endswith(EVERYBODY)
    return wide + (4 if everybody else 0) + (0 if isinstance(on, Columns | Table) else 1)


def _also(one: Permission) -> str:
    """What else a revoke takes away; empty where nothing."""
    if one.principal == IAM_ALLOWED or one.principal.endswith(EVERYBODY):
        return f"everyone whom IAM lets in loses {one.action} on {where(one.resource)}: see first who reads by it"
    match one.resource:
        case Table(database, name) if name == EVERY_TABLE:
            return f"{who(one.principal)} loses every other table of {database} too"
        case TagPolicy():
            return f"{who(one.principal)} loses {where(one.resource)}, not this one alone"
        case Catalog():
            return f"{who(one.principal)} loses it on the whole catalog"
    return ""
