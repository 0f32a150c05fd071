"""What the roles that Terraform makes may do: as the guide tells it, and as their policies say when they are asked object by object.

Used by the tests of `infra/terraform`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tests.lab.moto_server import ACCOUNT, Moto
from tests.lab.terraform import ROOT
from tests.support.bucket_policy import allowed

GUIDE = (ROOT / "docs" / "aws.md").read_text(encoding="utf-8").partition("### In IAM")[2].partition("### ")[0]
MAY: Mapping[str, tuple[set[str], ...]] = {
    role: (*(set(re.findall("`([^`]+)`", cell)) for cell in (reads, writes, removes)), set(keys.split(", ")))
    for role, reads, writes, removes, keys in re.findall(r"^\| `(ringi-[\w-]+)` \|(.+?)\|(.+?)\|(.+?)\| (.+?) \|$", GUIDE, re.MULTILINE)
}
"""By role the folders that it reads, writes and removes from, and the keys that it uses, as the guide tells them."""


PLACES: Mapping[str, str] = {
    **{folder: f"{folder}/some/file" for folder in ("landing", "bronze", "quarantine", "gold", "ledger", "access", ".staging")},
    "saved_*": "saved_jp/title_daily/data/1.parquet",
    "saved_* metadata": "saved_jp/title_daily/metadata/1.json",
    "views_*": "views_jp/some/file",
}
"""An object of each folder."""

KEYS = {"lake": "ringi-lake", "countries": "ringi-jp", "results": "ringi-results"}


def statements_of(aws: Moto, role: str) -> list[dict[str, Any]]:
    """All that the policies of a job's role say."""
    iam = aws.client("iam")
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    return [each for name in names for each in iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"]]


def may(statements: Iterable[Mapping[str, Any]], lake: str, keys: Mapping[str, str]) -> tuple[set[str], ...]:
    """What policies allow, in the form of `MAY`; `lake` is the bucket, `keys` are ARNs by name."""
    held, any_key = list(statements), f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/any"

    def folders(action: str) -> set[str]:
        return {folder for folder, place in PLACES.items() if allowed(held, action, f"arn:aws:s3:::{lake}/warehouse/{place}", {})}

    used = {
        name
        for name, alias in KEYS.items()
        if allowed(held, "kms:Decrypt", keys.get(name, any_key), {"kms:ResourceAliases": f"alias/{alias}"})
    }
    return folders("s3:GetObject"), folders("s3:PutObject"), folders("s3:DeleteObject"), used
