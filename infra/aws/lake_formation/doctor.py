"""Looks at what decides about access in an account: settings, administrators, defaults, registered places, the definer's grants.

Reads only. Used by `ringi doctor --profile …` after the checks of `infra/aws/machine.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from governance.lake_formation.api import canonical
from governance.lake_formation.elements import database_of
from governance.lake_formation.reads.effective import EVERYBODY, role_of
from governance.lake_formation.reads.registered import Places
from governance.lake_formation.resource import EVERY_TABLE, Table
from governance.lake_formation.state import IAM_ALLOWED
from infra.aws.foreign import code_of
from infra.aws.lake_formation.listing import PAGE, entries
from infra.aws.lake_formation.surroundings import caller_of
from infra.aws.machine import Found, looked
from infra.local.machine import Check, Health

if TYPE_CHECKING:
    from governance.lake_formation.state import Permission, Settings
    from infra.aws.account import Aws

PLAN = "`ringi access plan`, then `apply`, sets it"
SHARING = 3
"""The cross-account version from which a principal of another account can be given something directly."""


def examine_access(aws: Aws, countries: Collection[str]) -> Iterator[Check]:
    """All checks of access for a lake with these countries (codes)."""
    desk = _Desk(aws, frozenset(f"{kind}_{code.lower()}" for kind in ("saved", "views") for code in countries))
    yield looked("Lake Formation settings", "lakeformation:GetDataLakeSettings", desk.defaults)
    yield looked("Lake Formation administrator", "lakeformation:GetDataLakeSettings", desk.administrator)
    yield looked("Sessions in CloudTrail", "lakeformation:GetDataLakeSettings", desk.source_identity)
    yield looked("Sharing across accounts", "lakeformation:GetDataLakeSettings", desk.sharing)
    yield looked("Registered place", "lakeformation:ListResources", desk.place)
    yield looked("Databases left to IAM", "lakeformation:ListPermissions, glue:GetDatabases", desk.open_to_iam)
    if aws.settings.definer_role:
        yield looked("Definer's grants", "lakeformation:ListPermissions, glue:GetTables", desk.definer)


class _Desk:
    """One account; what several checks need is asked once."""

    def __init__(self, aws: Aws, databases: frozenset[str]) -> None:
        self._aws, self._databases = aws, databases
        self._told: dict[str, Any] | None = None
        self._held: frozenset[Permission] | None = None

    def defaults(self) -> Found:
        settings = self._settings
        given = (*settings.database_defaults, *settings.table_defaults)
        if given:
            return Health.FAIL, f"every new database or table is given to {', '.join(sorted(set(given)))}", PLAN
        return Health.OK, "nothing is given with a new database or table", ""

    def administrator(self) -> Found:
        settings, caller = self._settings, caller_of(self._aws)
        if caller in {role_of(one) for one in settings.administrators}:
            return Health.OK, f"{caller} administers access", ""
        if caller in {role_of(one) for one in settings.read_only_administrators}:
            return Health.OK, f"{caller} sees all of access, and changes nothing: `plan`, `drift` and `explain` work, `apply` does not", ""
        mend = "work as an administrator: a listing that is cut short looks like missing grants"
        return Health.WARN, f"{caller} administers nothing, so it may see a part of the permissions only", mend

    def source_identity(self) -> Found:
        if self._parameters.get("SET_SOURCE_IDENTITY", "").upper() == "TRUE":
            return Health.OK, "the role behind each query stands in CloudTrail's data events", ""
        mend = "set the parameter SET_SOURCE_IDENTITY to TRUE in the data lake settings (lakeformation:PutDataLakeSettings)"
        return Health.WARN, "CloudTrail does not say whose query read an object", mend

    def sharing(self) -> Found:
        version = self._parameters.get("CROSS_ACCOUNT_VERSION", "1")
        if version.isdigit() and int(version) >= SHARING:
            return Health.OK, f"cross-account version {version}", ""
        return (
            Health.WARN,
            f"cross-account version {version}: no role of another account can be given anything",
            (f"set it to {SHARING} or more before the policy names principals of other accounts; else leave it"),
        )

    def place(self) -> Found:
        told = entries(self._aws.client("lakeformation"), "list_resources", "ResourceInfoList", MaxResults=PAGE)
        found = Places(canonical.registration(one) for one in told).of(self._aws.settings.warehouse)
        if found is None:
            return Health.FAIL, f"`{self._aws.settings.warehouse}` is not registered: IAM alone decides who reads it", PLAN
        if found.hybrid and self._aws.settings.access != "hybrid":
            return Health.WARN, f"{found.arn} is in hybrid mode: IAM decides for whoever is not opted in", PLAN
        return Health.OK, f"{found.arn}{' in hybrid mode' if found.hybrid else ''}", ""

    def open_to_iam(self) -> Found:
        everyone = [one for one in self._permissions if one.principal == IAM_ALLOWED or one.principal.endswith(EVERYBODY)]
        open_now = {database_of(one) or "" for one in everyone} & self._databases
        glue = self._aws.client("glue")
        told = entries(glue, "get_databases", "DatabaseList", **self._place)
        later = {one["Name"] for one in told if one.get("CreateTableDefaultPermissions")} & self._databases
        if not open_now and not later:
            return Health.OK, "none of the lake's", ""
        which = sorted(open_now | later)
        what = "tables there are open to whoever IAM lets in" if open_now else "new tables there will be open to whoever IAM lets in"
        mend = f"{PLAN}; `ringi run` closes a database before it makes a table in it"
        return Health.FAIL, f"{len(which)} of the lake's, such as `{which[0]}`: {what}", mend

    def definer(self) -> Found:
        role = role_of(self._aws.settings.definer_role or "")
        its = {
            one.resource
            for one in self._permissions
            if role_of(one.principal) == role and one.action in ("SELECT", "ALL") and one.grantable
        }
        copies = [
            Table(database, name)
            for database in sorted(self._databases)
            if database.startswith("saved_")
            for name in self._tables(database)
        ]
        missing = [one for one in copies if one not in its and Table(one.database, EVERY_TABLE) not in its]
        if missing:
            first = f"{missing[0].database}.{missing[0].name}"
            told = f"may not hand on {len(missing)} of {len(copies)} saved copies, such as `{first}`: nobody reads views over them yet"
            return Health.WARN, told, PLAN  # as it is between the first run and the first apply
        return Health.OK, f"reads {len(copies)} saved copies and may hand them on", ""

    def _tables(self, database: str) -> list[str]:
        from botocore.exceptions import ClientError

        try:
            told = list(entries(self._aws.client("glue"), "get_tables", "TableList", DatabaseName=database, **self._place))
        except ClientError as error:
            if code_of(error) == "EntityNotFoundException":
                return []
            raise
        return [one["Name"] for one in told if one.get("TableType") != "VIRTUAL_VIEW"]

    @property
    def _document(self) -> dict[str, Any]:
        if self._told is None:
            self._told = dict(self._aws.client("lakeformation").get_data_lake_settings(**self._place)["DataLakeSettings"])
        return self._told

    @property
    def _settings(self) -> Settings:
        return canonical.settings(self._document)

    @property
    def _parameters(self) -> dict[str, str]:
        return {key: str(value) for key, value in (self._document.get("Parameters") or {}).items()}

    @property
    def _permissions(self) -> frozenset[Permission]:
        if self._held is None:
            client = self._aws.client("lakeformation")
            told = entries(client, "list_permissions", "PrincipalResourcePermissions", MaxResults=PAGE, **self._place)
            self._held = canonical.permissions(told, self._aws.account_id)
        return self._held

    @property
    def _place(self) -> dict[str, str]:
        catalog = self._aws.settings.catalog_id
        return {"CatalogId": catalog} if catalog else {}
