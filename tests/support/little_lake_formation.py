"""A little Lake Formation in memory: takes the calls of a plan as the API does and holds what they leave, for tests of plans and applies.

It keeps permissions as the API does (ALL is all of its parts), refuses what the API refuses (some columns beside the whole table, a
filter that is not there, an unknown tag), fails entries of batches one by one, and stops where a test says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from botocore import xform_name

from governance.lake_formation.api import canonical
from governance.lake_formation.port import Call, Outcome
from governance.lake_formation.resource import Columns, Filter, Resource, Table
from governance.lake_formation.state import AccountState, CellsFilter, Permission, RowPolicy, Tag, Tagged
from metrics_catalog.errors import RingiError

Key = tuple[str, Resource, str | None]
SELECT = "SELECT"


class StoppedError(RuntimeError):
    """The process was stopped in the middle."""


class CallError(RingiError):
    """The API refused a whole call."""


class LittleLakeFormation:
    """One account. `state` is what it holds; `calls` are those that were done."""

    def __init__(self, state: AccountState) -> None:
        self._state = replace(state, permissions=frozenset())
        self._permissions: dict[Key, dict[str, bool]] = {}
        for permission in state.permissions:
            self._give(permission)
        self.calls: list[Call] = []
        self.fails: Callable[[str, Permission], tuple[str, str] | None] = lambda operation, permission: None
        """Says which entry of a batch fails, and with which code and message."""
        self.stops: Callable[[int], str | None] = lambda number: None
        """Says before which call the process dies (`before`), or after which that was done but not answered (`after`)."""

    @property
    def state(self) -> AccountState:
        held = (
            Permission(principal, on, action, grantable, condition)
            for (principal, on, condition), actions in self._permissions.items()
            for action, grantable in actions.items()
        )
        return replace(self._state, permissions=frozenset(canonical.folded(held)))

    def read(self, databases: Sequence[str] | None = None) -> AccountState:
        """The whole state, whatever is asked for."""
        return self.state

    def do(self, call: Call) -> Outcome:
        when = self.stops(len(self.calls))
        if when == "before":
            raise StoppedError
        self.calls.append(call)
        outcome = getattr(self, f"_{xform_name(call.operation)}")(call.parameters)
        if when == "after":
            raise StoppedError
        return Outcome(outcome or {}, f"request-{len(self.calls)}")

    # permissions

    def _give(self, permission: Permission) -> None:
        actions = self._permissions.setdefault((permission.principal, permission.resource, permission.condition), {})
        for action in _parts(permission):
            actions[action] = actions.get(action, False) or permission.grantable

    def _batch_grant_permissions(self, said: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
        return self._entries(said, self._grant, "grant")

    def _batch_revoke_permissions(self, said: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
        return self._entries(said, self._revoke, "revoke")

    def _entries(self, said: Mapping[str, Any], act: Any, operation: str) -> dict[str, tuple[str, str]]:
        assert len(said["Entries"]) <= 20
        failures = {}
        for entry in said["Entries"]:
            failed = next((found for each in canonical.permission(entry) if (found := self.fails(operation, each))), None) or act(entry)
            if failed:
                failures[entry["Id"]] = failed
        return failures

    def _grant(self, entry: Mapping[str, Any]) -> tuple[str, str] | None:
        for permission in canonical.permission(entry):
            on = permission.resource
            if isinstance(on, Filter) and not any(
                (each.database, each.table, each.name) == (on.database, on.table, on.name) for each in self._state.filters
            ):
                return "EntityNotFoundException", "there is no such filter"
            if permission.action == SELECT and self._clashes(permission):
                return "InvalidInputException", "Permissions modification is invalid."
            self._give(permission)
        return None

    def _clashes(self, permission: Permission) -> bool:
        on = permission.resource
        for (principal, other, _), actions in self._permissions.items():
            if principal != permission.principal or SELECT not in actions or other == on:
                continue
            if isinstance(on, Columns) and other == Table(on.database, on.table):
                return True
            if isinstance(on, Table) and isinstance(other, Columns) and Table(other.database, other.table) == on:
                return True
        return False

    def _revoke(self, entry: Mapping[str, Any]) -> tuple[str, str] | None:
        on = canonical.resource(entry["Resource"])
        condition = (entry.get("Condition") or {}).get("Expression")
        who = entry["Principal"]["DataLakePrincipalIdentifier"]
        held = self._permissions.get((who, on, condition), {})
        taken = {part for action in entry.get("Permissions", ()) for part in _parts(Permission(who, on, action))}
        told = {part for action in entry.get("PermissionsWithGrantOption", ()) for part in _parts(Permission(who, on, action))}
        if not (taken | told) & held.keys():
            return "InvalidInputException", "No permissions revoked. Grantee has no permissions on the resource."
        for action in told & held.keys():
            held[action] = False
        for action in taken & held.keys():
            del held[action]
        if not held:
            self._permissions.pop((who, on, condition), None)
        return None

    # filters, row policies

    def _create_data_cells_filter(self, said: Mapping[str, Any]) -> None:
        made = canonical.cells_filter(said["TableData"])
        others = self._state.filters - {made}  # making it once more is done already, as the port promises
        self._require(_filter_key(made) not in {_filter_key(each) for each in others}, "another filter has that name")
        self._state = replace(self._state, filters=self._state.filters | {made})

    def _update_data_cells_filter(self, said: Mapping[str, Any]) -> None:
        made = canonical.cells_filter(said["TableData"])
        rest = frozenset(each for each in self._state.filters if _filter_key(each) != _filter_key(made))
        self._state = replace(self._state, filters=rest | {made})

    def _delete_data_cells_filter(self, said: Mapping[str, Any]) -> None:
        key = (said["DatabaseName"], said["TableName"], said["Name"])
        self._require(not any(on == Filter(*key) for _, on, _ in self._permissions), "somebody reads by the filter that is deleted")
        self._state = replace(self._state, filters=frozenset(each for each in self._state.filters if _filter_key(each) != key))

    def _create_rls_policy(self, said: Mapping[str, Any]) -> None:
        self._state = replace(self._state, row_policies=self._state.row_policies | {canonical.row_policy(said)})

    def _update_rls_policy(self, said: Mapping[str, Any]) -> None:
        held = {each.name: each for each in self._state.row_policies}
        held[said["Name"]] = RowPolicy(said["Name"], said["FilterExpression"], held[said["Name"]].columns)
        self._state = replace(self._state, row_policies=frozenset(held.values()))

    def _delete_rls_policy(self, said: Mapping[str, Any]) -> None:
        rest = frozenset(each for each in self._state.row_policies if each.name != said["Name"])
        attachments = frozenset(each for each in self._state.attachments if each.policy != said["Name"])
        self._state = replace(self._state, row_policies=rest, attachments=attachments)

    def _attach_rls_policy(self, said: Mapping[str, Any]) -> None:
        self._state = replace(self._state, attachments=self._state.attachments | {canonical.attachment(_told(said))})

    def _detach_rls_policy(self, said: Mapping[str, Any]) -> None:
        self._state = replace(self._state, attachments=self._state.attachments - {canonical.attachment(_told(said))})

    # tags

    def _create_lf_tag(self, said: Mapping[str, Any]) -> None:
        self._state = replace(self._state, tags=self._state.tags | {canonical.tag(said)})

    def _update_lf_tag(self, said: Mapping[str, Any]) -> None:
        held = {each.key: set(each.values) for each in self._state.tags}
        values = (held[said["TagKey"]] | set(said.get("TagValuesToAdd", ()))) - set(said.get("TagValuesToDelete", ()))
        rest = frozenset(each for each in self._state.tags if each.key != said["TagKey"])
        self._state = replace(self._state, tags=rest | {Tag(said["TagKey"], tuple(sorted(values)))})

    def _delete_lf_tag(self, said: Mapping[str, Any]) -> None:
        self._state = replace(
            self._state,
            tags=frozenset(each for each in self._state.tags if each.key != said["TagKey"]),
            tagged=frozenset(each for each in self._state.tagged if each.key != said["TagKey"]),
        )

    def _add_lf_tags_to_resource(self, said: Mapping[str, Any]) -> None:
        known = {(each.key, value) for each in self._state.tags for value in each.values}
        for on in _single(canonical.resource(said["Resource"])):
            for pair in said["LFTags"]:
                (value,) = pair["TagValues"]
                self._require((pair["TagKey"], value) in known, "the tag is not defined")
                rest = frozenset(each for each in self._state.tagged if (each.resource, each.key) != (on, pair["TagKey"]))
                self._state = replace(self._state, tagged=rest | {Tagged(on, pair["TagKey"], value)})

    def _remove_lf_tags_from_resource(self, said: Mapping[str, Any]) -> None:
        gone = {pair["TagKey"] for pair in said["LFTags"]}
        on = set(_single(canonical.resource(said["Resource"])))
        rest = frozenset(each for each in self._state.tagged if not (each.resource in on and each.key in gone))
        self._state = replace(self._state, tagged=rest)

    # places, opt-ins, settings

    def _register_resource(self, said: Mapping[str, Any]) -> None:
        self._state = replace(self._state, registrations=self._state.registrations | {canonical.registration(said)})

    def _update_resource(self, said: Mapping[str, Any]) -> None:
        self._deregister_resource(said)
        self._register_resource(said)

    def _deregister_resource(self, said: Mapping[str, Any]) -> None:
        rest = frozenset(each for each in self._state.registrations if each.arn != said["ResourceArn"])
        self._state = replace(self._state, registrations=rest)

    def _create_lake_formation_opt_in(self, said: Mapping[str, Any]) -> None:
        self._state = replace(self._state, opt_ins=self._state.opt_ins | {canonical.opt_in(said)})

    def _delete_lake_formation_opt_in(self, said: Mapping[str, Any]) -> None:
        self._state = replace(self._state, opt_ins=self._state.opt_ins - {canonical.opt_in(said)})

    def _put_data_lake_settings(self, said: Mapping[str, Any]) -> None:
        self._state = replace(self._state, settings=canonical.settings(said["DataLakeSettings"]))

    @staticmethod
    def _require(holds: bool, otherwise: str) -> None:
        if not holds:
            raise CallError(otherwise)


def _parts(permission: Permission) -> frozenset[str]:
    if permission.action != canonical.ALL:
        return frozenset({permission.action})
    return canonical.TABLE_ACTIONS if isinstance(permission.resource, Table) else canonical.DATABASE_ACTIONS


def _filter_key(found: CellsFilter) -> tuple[str, str, str]:
    return found.database, found.table, found.name


def _single(on: Resource) -> tuple[Any, ...]:
    """Columns one by one."""
    if isinstance(on, Columns):
        return tuple(Columns(on.database, on.table, (name,)) for name in on.included)
    return (on,)


def _told(said: Mapping[str, Any]) -> dict[str, Any]:
    """An attachment as the API lists it."""
    default = said.get("SetDefault") or said.get("RemoveDefault") or False
    return {**said, "PolicyName": said["Name"], "DefaultRLSPolicy": default}
