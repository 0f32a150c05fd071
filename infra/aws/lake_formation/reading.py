"""Reading the whole access state of an account: what Lake Formation and the Glue catalog hold, folded into one value.

Listings run beside each other. What an account does not have (row policies are new) is left out, with a sentence; what it has and
these credentials may not see is an error, because a short list would look like missing grants.

Facts without evidence from a real account, kept small on purpose: that the listing of the whole catalog holds the permissions on
data cells filters too is not documented, so tables that have filters are asked for theirs once more (`IncludeRelated`); that filters
are listed without naming a table is not, so where nothing is listed the tables are asked one by one.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from governance.lake_formation.api import canonical
from governance.lake_formation.resource import Database, Table
from infra.aws.foreign import code_of, translated
from infra.aws.lake_formation.folding import Answers, Entry, folded
from infra.aws.lake_formation.glue_state import databases_of, tables_of
from infra.aws.lake_formation.listing import PAGE, entries, if_there

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from governance.lake_formation.state import AccountState, CataloguedTable, Tagged
    from infra.aws.account import Aws

CALLERS = 16


@dataclass
class _Look:
    """Notes and features that turn up while an account is read."""

    notes: list[str] = field(default_factory=list)
    features: set[str] = field(default_factory=set)

    def feature(self, name: str, doing: str, look: Callable[[], list[Entry]], *, may_be_refused: bool = False) -> list[Entry]:
        """What a look gives, and that the account has the feature; nothing, and why, where it does not."""
        found, why = if_there(doing, look, may_be_refused=may_be_refused)
        if found is None:
            self.notes.append(f"{name}: {why}")
            return []
        self.features.add(name)
        return found


class Reader:
    """Reads one account. `notes` of the last reading say what was left out, and why."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self.notes: tuple[str, ...] = ()

    def read(self, wanted: Sequence[str] | None) -> AccountState:
        """The state; of databases that are not `wanted` (None: all are) nothing but what is on the catalog as a whole."""
        return folded(self._asked(wanted), self._aws.account_id)

    def _asked(self, wanted: Sequence[str] | None) -> Answers:
        look = _Look()
        with ThreadPoolExecutor(max_workers=CALLERS) as pool:
            permissions, registrations = pool.submit(self._permissions), pool.submit(self._registrations)
            settings, tags = pool.submit(self._settings), pool.submit(self._tags)
            every = databases_of(self._glue, self._place)
            names = sorted(name for name in every if wanted is None or name in wanted)
            tables = [one for some in pool.map(lambda name: tables_of(self._glue, name, self._place), names) for one in some]
            filters = self._filters(look, pool, tables, permissions.result())
            policies = self._policies(look)
            found = Answers(
                databases={name: every[name] for name in names},
                only=None if wanted is None else frozenset(wanted),
                tables=tables,
                permissions=[*permissions.result(), *self._related(pool, filters)],
                registrations=registrations.result(),
                settings=settings.result(),
                tags=tags.result(),
                tagged=self._tagged(pool, names, tables) if tags.result() else [],
                filters=filters,
                opt_ins=look.feature("opt-ins", "listing opt-ins", self._opt_ins),
                policies=policies,
                attachments=self._attachments(look) if "row-policies" in look.features else [],
                expressions=self._named_expressions(look),
                features=frozenset(look.features),
            )
        self.notes = tuple(look.notes)
        return found

    @property
    def _client(self) -> Any:
        return self._aws.client("lakeformation")

    @property
    def _glue(self) -> Any:
        return self._aws.client("glue")

    @property
    def _place(self) -> dict[str, str]:
        catalog = self._aws.settings.catalog_id
        return {"CatalogId": catalog} if catalog else {}

    def _permissions(self) -> list[Entry]:
        """Every permission that was given, on anything; nothing is asked of one principal, since that answers with what follows too."""
        with translated("listing permissions"):
            return list(entries(self._client, "list_permissions", "PrincipalResourcePermissions", MaxResults=PAGE, **self._place))

    def _registrations(self) -> list[Entry]:
        with translated("listing the places that are registered"):
            return list(entries(self._client, "list_resources", "ResourceInfoList", MaxResults=PAGE))

    def _settings(self) -> Entry:
        with translated("reading the data lake settings"):
            return dict(self._client.get_data_lake_settings(**self._place)["DataLakeSettings"])

    def _tags(self) -> list[Entry]:
        with translated("listing tags"):
            return list(entries(self._client, "list_lf_tags", "LFTags", MaxResults=PAGE, **self._place))

    def _opt_ins(self) -> list[Entry]:
        return list(entries(self._client, "list_lake_formation_opt_ins", "LakeFormationOptInsInfoList", MaxResults=PAGE))

    def _policies(self, look: _Look) -> list[Entry]:
        def listed() -> list[Entry]:
            return list(entries(self._client, "list_rls_policies", "RLSPolicies", MaxResults=PAGE))

        return look.feature("row-policies", "listing row policies", listed, may_be_refused=True)

    def _attachments(self, look: _Look) -> list[Entry]:
        def listed() -> list[Entry]:
            return list(entries(self._client, "list_rls_policy_attachments", "RLSPolicyAttachments", MaxResults=PAGE))

        return look.feature("row-policies", "listing where row policies are attached", listed, may_be_refused=True)

    def _named_expressions(self, look: _Look) -> list[Entry]:
        def listed() -> list[Entry]:
            return list(entries(self._client, "list_lf_tag_expressions", "LFTagExpressions", MaxResults=PAGE, **self._place))

        return look.feature("tag-expressions", "listing tag expressions", listed, may_be_refused=True)

    def _filters(
        self, look: _Look, pool: ThreadPoolExecutor, tables: Iterable[CataloguedTable], permissions: Iterable[Entry]
    ) -> list[Entry]:
        """The data cells filters of some tables; a view cannot have one.

        Asked without a table, the API tells them all in a few pages. Only that it may be asked so is documented: where it told
        none, every table is asked by itself, and so is one on which a permission names a filter that was not told.
        """
        can_have = {(one.database, one.name) for one in tables if not one.is_view}
        every = look.feature("cells-filters", "listing data cells filters", self._every_filter)
        if "cells-filters" not in look.features:
            return []
        told = [one for one in every if (one["DatabaseName"], one["TableName"]) in can_have]
        untold = {named[:2] for named in _named_filters(permissions) - {_filter_key(one) for one in told}}
        asked = sorted(can_have & untold if every else can_have)
        known = [one for one in told if (one["DatabaseName"], one["TableName"]) not in asked]
        with translated("listing data cells filters"):
            return [*known, *(one for some in pool.map(self._filters_of, asked) for one in some)]

    def _every_filter(self) -> list[Entry]:
        found = entries(self._client, "list_data_cells_filter", "DataCellsFilters", MaxResults=PAGE)
        return [one for one in found if one.get("TableCatalogId", self._aws.account_id) == self._aws.account_id]

    def _filters_of(self, table: tuple[str, str]) -> list[Entry]:
        named = {"CatalogId": self._aws.account_id, "DatabaseName": table[0], "Name": table[1]}
        return self._or_gone(lambda: entries(self._client, "list_data_cells_filter", "DataCellsFilters", Table=named, MaxResults=PAGE))

    def _related(self, pool: ThreadPoolExecutor, filters: Iterable[Entry]) -> Iterator[Entry]:
        """Permissions on the filters of those tables that have some."""
        filtered = sorted({(one["DatabaseName"], one["TableName"]) for one in filters})
        with translated("listing permissions on data cells filters"):
            yield from (entry for some in pool.map(self._related_to, filtered) for entry in some)

    def _related_to(self, table: tuple[str, str]) -> list[Entry]:
        named = {"Table": {"DatabaseName": table[0], "Name": table[1], **self._place}}
        found = self._or_gone(
            lambda: entries(
                self._client,
                "list_permissions",
                "PrincipalResourcePermissions",
                Resource=named,
                ResourceType="TABLE",
                IncludeRelated="TRUE",
                MaxResults=PAGE,
                **self._place,
            )
        )
        return [entry for entry in found if "DataCellsFilter" in entry["Resource"]]

    def _tagged(self, pool: ThreadPoolExecutor, databases: Sequence[str], tables: Sequence[CataloguedTable]) -> list[Tagged]:
        """The tags that were put on databases, tables and columns themselves, without those they inherit."""
        asked: list[Database | Table] = [
            *(Database(name) for name in databases),
            *(Table(one.database, one.name) for one in tables),
        ]
        with translated("reading the tags of databases and tables"):
            return [one for some in pool.map(self._tags_of, asked) for one in some]

    def _tags_of(self, asked: Database | Table) -> list[Tagged]:
        if isinstance(asked, Database):
            named: Entry = {"Database": {"Name": asked.name, **self._place}}
        else:
            named = {"Table": {"DatabaseName": asked.database, "Name": asked.name, **self._place}}
        answers = self._or_gone(lambda: iter([self._client.get_resource_lf_tags(Resource=named, ShowAssignedLFTags=True, **self._place)]))
        return [one for answer in answers for one in canonical.tagged(asked, answer)]

    def _or_gone(self, look: Callable[[], Iterator[Entry]]) -> list[Entry]:
        """What a look at one table gives; nothing where the table was dropped since it was listed."""
        from botocore.exceptions import ClientError

        try:
            return list(look())
        except ClientError as error:
            if code_of(error) == "EntityNotFoundException":
                return []
            raise


def _filter_key(told: Entry) -> tuple[str, str, str]:
    return told["DatabaseName"], told["TableName"], told["Name"]


def _named_filters(permissions: Iterable[Entry]) -> set[tuple[str, str, str]]:
    """The filters that permissions are on."""
    return {_filter_key(named) for entry in permissions if (named := entry["Resource"].get("DataCellsFilter"))}
