"""Puts back on tables and views that were made anew what applied plans had given on them: implements `jobs.publishing.regain.Regain`.

Glue and Lake Formation forget grants, filters, tags and opt-ins with the table. Between the moment a table is made and the moment
its grants are back it is open to nobody: its database gives nothing to new tables (`making` sees to that), and what comes back comes
in the order of `calls.of`, filters before the grants on them. Marks in the bucket say what is being made, so that a run that was
killed in between is completed by the next one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING

from governance.lake_formation.api import calls
from governance.lake_formation.describe import describe
from governance.lake_formation.port import Call
from governance.lake_formation.resource import Table
from governance.lake_formation.state import IAM_ALLOWED, Element, Permission
from infra.aws.foreign import translated
from infra.aws.keys import Keys
from infra.aws.lake_formation.doing import do
from infra.aws.lake_formation.given import S3Given, table_element
from infra.aws.objects import Objects
from infra.errors import InfraError
from jobs.errors import CommitConflictError

if TYPE_CHECKING:
    from infra.aws.account import Aws

MARKS = "access/regaining"
CALLERS = 8
NARROWING = frozenset({"AttachRLSPolicy", "CreateLakeFormationOptIn", "BatchRevokePermissions"})
"""Calls without which a grant that follows would show more than was given."""

PUBLISHED = ("saved_", "views_")
"""How the namespaces begin in which a plan gives something to readers; for others the bucket is not even asked."""


class LakeFormationRegain:
    """Of one lake. Tables in whose databases no plan was ever applied cost one listing a process, and nothing more."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._given = S3Given(aws)
        self._objects = Objects(aws, Keys(aws))
        self._marks = f"{aws.settings.warehouse}/{MARKS}"
        self._left: dict[str, str] = {}
        self._closed: set[str] = set()

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(f"`{name}` did not get all of its access back: {why}" for name, why in sorted(self._left.items()))

    def governs(self, name: str) -> bool:
        return name.startswith(PUBLISHED) and name.partition(".")[0] in self._databases

    def making(self, names: Sequence[str]) -> None:
        ours = self._ours(names)
        for database in sorted({name.partition(".")[0] for name in ours} - self._closed):
            self._close(database)
        with translated("noting what is being made"), ThreadPoolExecutor(max_workers=CALLERS) as pool:
            list(pool.map(lambda name: self._objects.put(self._mark(name), b"{}"), ours))

    def made(self, names: Sequence[str]) -> None:
        if ours := self._ours(names):
            self._put_back(ours)

    def complete(self) -> None:
        if not self._databases:
            return
        if left := self._unfinished():
            self._put_back(left)

    def foreseen(self, names: Sequence[str]) -> tuple[Call, ...]:
        """In the order in which `made` would send them."""
        if not self._databases:
            return ()
        ours, account = sorted({*self._ours(names), *self._unfinished()}), self._aws.account_id
        grants, before = self._lost(ours)
        return (*_closing(ours, account), *calls.of(before, (), account), *calls.of(grants, (), account)) if ours else ()

    def _unfinished(self) -> list[str]:
        """What an earlier run was making when it was stopped."""
        with translated("looking for what was being made"):
            return [name.removesuffix(".json") for name in self._objects.names(self._marks)]

    @cached_property
    def _databases(self) -> frozenset[str]:
        return self._given.databases()

    def _ours(self, names: Sequence[str]) -> list[str]:
        return sorted(filter(self.governs, names))

    def _mark(self, name: str) -> str:
        return f"{self._marks}/{name}.json"

    def _close(self, database: str) -> None:
        """A database made while the account left new tables to IAM keeps doing so until it is told otherwise."""
        glue, place = self._aws.client("glue"), self._place
        with translated(f"closing new tables of `{database}` to all but those with a grant"):
            held = glue.get_database(Name=database, **place)["Database"]
            if held.get("CreateTableDefaultPermissions"):
                kept = {key: held[key] for key in ("Name", "Description", "LocationUri", "Parameters") if key in held}
                glue.update_database(Name=database, DatabaseInput={**kept, "CreateTableDefaultPermissions": []}, **place)
        self._closed.add(database)

    @property
    def _place(self) -> dict[str, str]:
        catalog = self._aws.settings.catalog_id
        return {"CatalogId": catalog} if catalog else {}

    def _put_back(self, names: Sequence[str]) -> None:
        """What cannot be put back leaves less access, never more; its mark stays, so that the next run tries again."""
        failed = self._done(names, *self._lost(names))
        for name in names:
            if name in failed:
                self._left[name] = failed[name]
            else:
                self._left.pop(name, None)
                with translated("noting what was made"):
                    self._objects.delete(self._mark(name))

    def _lost(self, names: Sequence[str]) -> tuple[list[Permission], list[Element]]:
        """What is lost with some tables: the grants on them, and all that comes before those."""
        wanted = {tuple(name.split(".", 1)) for name in names}
        held = self._given.elements({database for database, _ in wanted})
        lost = [one for one in held if table_element(one) in wanted]
        return [one for one in lost if isinstance(one, Permission)], [one for one in lost if not isinstance(one, Permission)]

    def _done(self, names: Sequence[str], grants: Sequence[Permission], before: Sequence[Element]) -> dict[str, str]:
        """Does all calls; gives for each table the first thing that failed.

        What narrows comes first. A table on which it failed gets no grant: without its row policy a grant would show more than before.
        """
        account = self._aws.account_id
        failed, still_wide = dict[str, str](), set[str]()
        for call in (*_closing(names, account), *calls.of(before, (), account)):
            for name, why in self._one(call):
                failed.setdefault(name, why)
                still_wide |= {name} if call.operation in NARROWING else set()
        safe = [one for one in grants if ".".join(table_element(one) or ()) not in still_wide]
        for call in calls.of(safe, (), account):
            for name, why in self._one(call):
                failed.setdefault(name, why)
        return failed

    def _one(self, call: Call) -> Iterator[tuple[str, str]]:
        try:
            outcome = do(self._aws, call)
        except (InfraError, CommitConflictError) as error:
            yield from ((name, error.message) for name in _tables_of(call))
            return
        about = calls.elements(call)
        for key, (code, said) in outcome.failures.items():
            for one in about.get(key, ()):
                place = table_element(one)
                yield (".".join(place) if place else describe(one)), f"{describe(one)}: {said or code}"


def _closing(names: Sequence[str], account: str) -> Iterator[Call]:
    """Takes from the new tables what the account may have given to everyone at their creation; nothing where it gave nothing."""
    everyone = [Permission(IAM_ALLOWED, Table(*name.split(".", 1)), "ALL") for name in names]
    return calls.of((), everyone, account)


def _tables_of(call: Call) -> list[str]:
    """The tables that a call is about."""
    told = call.parameters
    data = told.get("TableData")
    if data is not None:
        return [f"{data['DatabaseName']}.{data['TableName']}"]
    resources = [told["Resource"]] if "Resource" in told else [entry["Resource"] for entry in told.get("Entries", ())]
    inner = [one.get("Table") or one.get("TableWithColumns") or one.get("DataCellsFilter") or {} for one in resources]
    return sorted({f"{one['DatabaseName']}.{one.get('TableName') or one.get('Name')}" for one in inner if "DatabaseName" in one})
