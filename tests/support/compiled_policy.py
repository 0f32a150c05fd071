"""A small policy compiled to Lake Formation, for tests: one view with five columns in two countries, and who is given what."""

from __future__ import annotations

from typing import Any

from governance.lake_formation.compiling.compile import desired
from governance.lake_formation.compiling.wanted import Target, Wanted
from governance.lake_formation.resource import Table
from governance.lake_formation.state import AccountState
from governance.policy.grant import Grant
from governance.policy.policy import Policy
from governance.policy.principal import Principal, Role
from metrics_catalog.source import Classification, ColumnType
from tests.support.access_account import TARGET, WAREHOUSE, Declared, account, identity
from tests.support.policies import NOW

COLUMNS = {
    "title_id": ColumnType.STRING,
    "day": ColumnType.DATE,
    "plays": ColumnType.INTEGER,
    "device": ColumnType.STRING,
    "person": ColumnType.STRING,
}
DECLARED = Declared(("DE", "JP"), {"v": COLUMNS, "w": {"title_id": ColumnType.STRING}}, {"person": Classification.PERSONAL})
VIEW, COPY = Table("views_jp", "v"), Table("saved_jp", "v")
PLACE = WAREHOUSE.replace("s3://", "arn:aws:s3:::")
EVERYTHING = ("public", "internal", "personal")


def grant(to: str = "ann", views: str = "views_jp.v", **more: Any) -> Grant:
    return Grant.model_validate({"to": (to,), "views": (views,), "reason": "test", **more})


def policy(*grants: Grant, **principals: Principal) -> Policy:
    people = {"ann": Principal(), "bob": Principal(), **principals}
    return Policy(people, {"both": Role(members=("ann", "bob"))}, {f"g{number}": each for number, each in enumerate(grants)})


def compiled(given: Policy, target: Target = TARGET, held: AccountState | None = None) -> Wanted:
    return desired(given, DECLARED, target, account(DECLARED) if held is None else held, NOW)


def given_to(wanted: Wanted, name: str) -> set[tuple[Any, str]]:
    return {(each.resource, each.action) for each in wanted.state.permissions if each.principal == identity(name)}


def refused(wanted: Wanted) -> list[tuple[str, str]]:
    return [(finding.code, finding.message) for finding in wanted.refused]
