"""What decides about access beside grants: who asks, whether the bucket is encrypted, and whether principals are still the same.

Each is looked at by itself; what may not be looked at is a sentence, not a failure. Used by `ringi access drift` and `ringi doctor`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from governance.lake_formation.reads.effective import role_of
from infra.aws.foreign import AccessRefusedError, code_of, translated
from infra.aws.keys import Keys
from infra.aws.lake_formation.listing import entries
from infra.aws.objects import Objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from governance.lake_formation.state import Settings
    from infra.aws.account import Aws

IDENTITIES = "access/identities.json"


def caller_of(aws: Aws) -> str:
    """Who asks, as Lake Formation names it."""
    with translated("asking whose credentials these are"):
        return role_of(str(aws.client("sts").get_caller_identity()["Arn"]))


def short_listing(aws: Aws, settings: Settings) -> tuple[str, ...]:
    """A sentence where these credentials may see a part of the permissions only; nothing for an administrator."""
    caller = caller_of(aws)
    everyone = {role_of(one) for one in (*settings.administrators, *settings.read_only_administrators)}
    if caller in everyone:
        return ()
    return (
        f"{caller} is no administrator of Lake Formation: it may be shown a part of the permissions only, and what it is not shown "
        "looks missing. Look as an administrator; a read-only one suffices",
    )


def unencrypted(aws: Aws) -> tuple[str, ...]:
    """A sentence where the bucket's objects are not encrypted with a key of the lake's own by default."""
    with translated("reading the bucket's encryption"):
        try:
            told = aws.client("s3").get_bucket_encryption(Bucket=aws.settings.bucket)["ServerSideEncryptionConfiguration"]["Rules"]
        except Exception as error:
            if code_of(error) != "ServerSideEncryptionConfigurationNotFoundError":
                raise
            told = []
    defaults = [rule.get("ApplyServerSideEncryptionByDefault") or {} for rule in told]
    if any(one.get("SSEAlgorithm") == "aws:kms" and one.get("KMSMasterKeyID") for one in defaults):
        return ()
    return (f"s3://{aws.settings.bucket}: objects are not encrypted with a key of yours by default",)


def unique_ids(aws: Aws) -> dict[str, str]:
    """The unique id of every role and user of the account, by ARN: it changes where one is deleted and made anew."""
    iam = aws.client("iam")
    with translated("listing roles and users"):
        roles = {str(one["Arn"]): str(one["RoleId"]) for one in entries(iam, "list_roles", "Roles")}
        return roles | {str(one["Arn"]): str(one["UserId"]) for one in entries(iam, "list_users", "Users")}


def made_anew(aws: Aws) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Principals of applied plans that are no longer the ones they were, by ARN with a sentence; and what could not be looked at."""
    known = _known(aws)
    if not known:
        return {}, ()
    try:
        now = unique_ids(aws)
    except AccessRefusedError as error:
        return {}, (f"whether roles were made anew cannot be told: {error.message}",)
    changed = {arn: now.get(arn) for arn, was in known.items() if now.get(arn) != was}
    return {arn: _anew(is_now) for arn, is_now in changed.items()}, ()


def keep_identities(aws: Aws, principals: Iterable[str]) -> None:
    """Note who the principals of an applied plan are, beside those of earlier ones; without the right to look nothing is noted."""
    wanted, before = set(principals), _known(aws)
    try:
        after = before | {arn: number for arn, number in unique_ids(aws).items() if arn in wanted}
    except AccessRefusedError:
        return
    if after != before:
        with translated("noting whom access was given"):
            body = json.dumps({"schema_version": 1, "identities": dict(sorted(after.items()))}).encode()
            Objects(aws, Keys(aws)).put(f"{aws.settings.warehouse}/{IDENTITIES}", body)


def _known(aws: Aws) -> dict[str, str]:
    with translated("reading whom access was given"):
        data = Objects(aws, Keys(aws)).read(f"{aws.settings.warehouse}/{IDENTITIES}")
    return {} if data is None else dict(json.loads(data)["identities"])


def _anew(is_now: str | None) -> str:
    if is_now is None:
        return "it was deleted; whoever makes one of this name again is given all that stands under it"
    return "it was deleted and made anew under the same name, and holds what was given to the one before"
