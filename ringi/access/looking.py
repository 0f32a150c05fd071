"""What an account holds otherwise than the policy of a lake says. Used by `ringi access drift`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from governance.lake_formation.compiling.wanted import Target, Wanted
    from governance.lake_formation.looking.drift_item import Drift
    from governance.lake_formation.looking.drift_views import WantedTexts
    from governance.lake_formation.port import Account
    from governance.lake_formation.state import AccountState, Element
    from ringi.access.wanted import Meant
    from ringi.lake import Lake


@dataclass(frozen=True)
class Looked:
    """What was found. `names` are the policy's names of identities; `notes` say what could not be looked at, or was left out."""

    account: str
    found: tuple[Drift, ...]
    names: Mapping[str, str]
    notes: tuple[str, ...]

    def text(self) -> str:
        """For a person."""
        from governance.lake_formation.looking.drift_text import text

        return text(self.found, self.account, self.names)

    def as_json(self) -> dict[str, Any]:
        """For other programs."""
        from governance.lake_formation.looking.drift_text import document

        return document(self.found, self.account, self.names, self.notes)


def find_drift(lake: Lake, *, account: Account | None = None, now: dt.datetime | None = None) -> Looked:
    """Compare the profile's account with the policy; nothing is changed.

    Raises UsageError for a lake on this machine, CatalogError for a policy that cannot be read, InfraError where AWS does not answer.
    """
    from governance.lake_formation.looking.drift import drift
    from ringi.access.accounts import account_of
    from ringi.access.wanted import meant, target_of

    moment = now or dt.datetime.now(dt.UTC)
    policy, target = meant(lake, moment.date()), target_of(lake)
    held_by = account or account_of(lake)
    held = held_by.read(databases_of(policy, target))
    wanted = policy.wanted(target, held, moment)
    beside = _Beside(lake, held)
    found = drift(wanted.state, held, wanted.managed, beside.seen(policy, target, wanted, moment))
    names = {identity: name for name, identities in wanted.identities.items() for identity in identities}
    refused = tuple(f"{one.code} {one.place}: {one.message}" for one in wanted.refused)
    return Looked(target.account, found, names, (*getattr(held_by, "notes", ()), *beside.notes, *refused))


def databases_of(policy: Meant, target: Target) -> tuple[str, ...]:
    """The lake's databases, whether they are there or not: what is looked at of an account."""
    from governance.lake_formation.compiling.wanted import saved_schema

    schemas = policy.relations.schemas
    return (*schemas, *map(saved_schema, schemas), *target.own_databases)


class _Beside:
    """What is looked at beside the account's state."""

    def __init__(self, lake: Lake, held: AccountState) -> None:
        self._lake, self._held = lake, held
        self.notes: list[str] = []

    def seen(self, policy: Meant, target: Target, wanted: Wanted, now: dt.datetime) -> Any:
        """As `drift` takes it; on a lake whose account is none of AWS's only what the policy itself says."""
        from governance.lake_formation.looking.drift import Seen

        expired = expired_elements(policy, target, wanted, self._held, now)
        if self._lake.aws is None:
            return Seen(expired=expired)
        from infra.aws.lake_formation.given import S3Given
        from infra.aws.lake_formation.surroundings import made_anew, short_listing, unencrypted

        self.notes += short_listing(self._lake.aws, self._held.settings)
        anew, notes = made_anew(self._lake.aws)
        self.notes += notes
        given = S3Given(self._lake.aws)
        return Seen(
            texts=_Texts(self._lake, now),
            expired=expired,
            given=given.elements(given.databases() & set(wanted.databases)),
            places=unencrypted(self._lake.aws),
            identities=anew,
        )


class _Texts:
    """What Ringi would write into a view: asked view by view, since an account may hold thousands."""

    def __init__(self, lake: Lake, now: dt.datetime) -> None:
        from infra.aws.glue_view_input import ViewMaker
        from views.contract import publish

        if lake.aws is None:
            raise ValueError("a lake on this machine has no views in Glue")
        certified = lake.certification(now).published
        contracts = (publish(lake.catalog, name, certified).view for name in lake.catalog.views)
        self._contracts = {contract.name: contract for contract in contracts if contract is not None}
        self._countries = {code.lower(): code for code in lake.catalog.countries}
        self._maker = ViewMaker(lake.aws.settings, lake.aws.account_id)

    def __call__(self, database: str, table: str) -> WantedTexts | None:
        from governance.lake_formation.api import canonical
        from governance.lake_formation.looking.drift_views import WantedTexts
        from jobs.publishing.definers import as_table_view
        from views.plan import wanted

        contract, country = self._contracts.get(table), self._countries.get(database.removeprefix("views_"))
        if contract is None or country is None:
            return None
        for view in wanted(contract, [country]):
            if view.name == f"{database}.{table}":
                told = canonical.table({**self._maker.table_input(as_table_view(view), {}), "DatabaseName": database})
                texts = {dialect: (shown, executed) for dialect, (shown, executed, _) in told.dialects.items()}
                return WantedTexts(texts, told.definer, told.base_tables if told.definer is not None else None)
        return None


def expired_elements(
    policy: Meant, target: Target, wanted: Wanted, held: AccountState, now: dt.datetime
) -> Mapping[Element, tuple[str, str]]:
    """Elements that only grants give whose last day has passed, each with such a grant and the day on which it ended."""
    today = now.astimezone(dt.UTC).date()
    old = {name: grant for name, grant in policy.policy.grants.items() if grant.valid_until is not None and grant.valid_until <= today}
    if not old:
        return {}
    in_force = {name: grant.model_copy(update={"valid_from": None, "valid_until": None}) for name, grant in old.items()}
    once = replace(policy, policy=replace(policy.policy, grants=in_force)).wanted(target, held, now)
    whose = {identity: name for name, identities in once.identities.items() for identity in identities}
    ended: dict[Element, tuple[str, str]] = {}
    for one in once.state.permissions - wanted.state.permissions:
        name = _grant_of(policy, old, whose.get(one.principal), one)
        if name is not None:
            ended[one] = (name, str(old[name].valid_until))
    return ended


def _grant_of(policy: Meant, old: Mapping[str, Any], principal: str | None, element: Any) -> str | None:
    """The first expired grant of a principal that reaches what an element is on."""
    from governance.lake_formation.elements import database_of, table_of

    if principal is None:
        return None
    database, table = database_of(element) or "", table_of(element.resource)
    schema = f"views_{database.removeprefix('saved_')}" if database.startswith("saved_") else database
    reached = (name for name in policy.policy.given_to(principal) if name in old)
    return next((name for name in reached if table is None or old[name].reaches(schema, table[1])), None)
