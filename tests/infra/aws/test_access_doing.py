"""One call of access on an account: repeated where another writer was faster, checked before it is sent, told in plain words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from governance.lake_formation.port import Call
from infra.aws.account import Aws
from infra.aws.foreign import AccessRefusedError
from infra.aws.lake_formation.account import LakeFormationAccount
from infra.aws.lake_formation.settings_document import put_settings
from infra.errors import InfraError
from tests.support.aws_faults import answer, error, failing

READER = {"DataLakePrincipalIdentifier": "arn:aws:iam::123456789012:role/reader"}
ENTRY = {"Id": "0", "Principal": READER, "Resource": {"Database": {"Name": "views_jp"}}, "Permissions": ["DESCRIBE"]}
GRANT = Call("lakeformation", "BatchGrantPermissions", {"Entries": [ENTRY, {**ENTRY, "Id": "1", "Permissions": ["ALTER"]}]})


def given(aws: Aws) -> set[str]:
    told = aws.client("lakeformation").list_permissions(Resource={"Database": {"Name": "views_jp"}})["PrincipalResourcePermissions"]
    return {action for one in told for action in one["Permissions"]}


def test_a_call_is_sent_again_where_another_writer_was_faster(aws: Aws) -> None:
    with failing(aws, "lakeformation", "BatchGrantPermissions", error("ConcurrentModificationException", "somebody else")):
        outcome = LakeFormationAccount(aws).do(GRANT)
    assert outcome.failures == {}
    assert given(aws) == {"DESCRIBE", "ALTER"}


def test_entries_that_failed_for_a_passing_reason_are_sent_again_alone(aws: Aws) -> None:
    sent: list[list[str]] = []

    def once(name: str, request: Any) -> Any:
        said = {"ErrorCode": "ConcurrentModificationException", "ErrorMessage": "somebody else"}
        lasting = {"ErrorCode": "EntityNotFoundException", "ErrorMessage": "not there"}
        entries = [{"RequestEntry": {"Id": "1"}, "Error": said}, {"RequestEntry": {"Id": "0"}, "Error": lasting}]
        return answer(request, 200, json.dumps({"Failures": entries}).encode())

    def heard(params: dict[str, Any], **_: Any) -> None:
        sent.append([entry["Id"] for entry in params["Entries"]])

    aws.client("lakeformation").meta.events.register("provide-client-params.lakeformation.BatchGrantPermissions", heard, unique_id="heard")
    with failing(aws, "lakeformation", "BatchGrantPermissions", once):
        outcome = LakeFormationAccount(aws).do(GRANT)
    aws.client("lakeformation").meta.events.unregister("provide-client-params.lakeformation.BatchGrantPermissions", unique_id="heard")
    assert sent == [["0", "1"], ["1"]]
    assert outcome.failures == {"0": ("EntityNotFoundException", "not there")}
    assert given(aws) == {"ALTER"}


def test_a_call_that_is_not_as_aws_takes_it_is_not_sent(aws: Aws) -> None:
    with pytest.raises(InfraError, match="was not sent"):
        LakeFormationAccount(aws).do(Call("lakeformation", "BatchGrantPermissions", {"Entries": [{"Id": 1}]}))


def test_a_call_that_botocore_does_not_know_is_told_with_its_page(aws: Aws) -> None:
    with pytest.raises(InfraError, match="does not know the call GrantEverything") as told:
        LakeFormationAccount(aws).do(Call("lakeformation", "GrantEverything", {}))
    assert "RNG-INF-060" in (told.value.hint or "")


def test_a_refusal_names_the_call_and_is_no_reason_to_try_again(aws: Aws) -> None:
    with (
        failing(aws, "lakeformation", "BatchGrantPermissions", error("AccessDeniedException", "not an administrator")),
        pytest.raises(AccessRefusedError, match="doing BatchGrantPermissions, AWS refused"),
    ):
        LakeFormationAccount(aws).do(GRANT)


def test_settings_that_somebody_changed_meanwhile_are_told(aws: Aws) -> None:
    client = aws.client("lakeformation")
    client.put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": []})

    class Meanwhile:
        """The client, and another writer who is faster."""

        def get_data_lake_settings(self, **asked: Any) -> Any:
            return client.get_data_lake_settings(**asked)

        def put_data_lake_settings(self, **asked: Any) -> Any:
            client.put_data_lake_settings(**asked)
            return client.put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": []})

    with pytest.raises(InfraError, match="`DataLakeAdmins` now say something else"):
        put_settings(Meanwhile(), {"DataLakeSettings": {"DataLakeAdmins": [READER]}})


def test_settings_that_stand_there_already_are_not_written(aws: Aws) -> None:
    client = aws.client("lakeformation")
    client.put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": [READER]})
    assert put_settings(client, {"DataLakeSettings": {"DataLakeAdmins": [READER], "ReadOnlyAdmins": []}}) is None
