"""Where an AWS lake is and with which keys it is written: the AWS half of a profile, as a value.

Read from `ringi.toml` by `ringi/project.py`; taken by every adapter of this package. Importing it imports nothing of AWS.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from governance.lake_formation.compiling.work import EVERY_WORK, JobRole, Work
from metrics_catalog.errors import UsageError

SCHEME = "s3://"
COUNTRY = "{country}"
VIEW_KINDS = ("multi-dialect", "presto")
JOB_ROLES = "job_roles"
"""The one field that may be a table: work and the roles that do it."""

FIELDS: Mapping[str, str] = {
    "region": "the AWS region, such as `eu-west-1`",
    "kms_key": "the key of the lake: `alias/ringi-lake` or a key's ARN",
    "country_key_alias": "the key of a country's saved copies: `alias/ringi-{country}`; `{country}` becomes `jp`",
    "catalog_id": "the account whose Glue catalog holds the lake, where it is not your own: twelve digits",
    "endpoint_url": "an endpoint that takes the calls of all services: a private endpoint or a test server",
    "athena_workgroup": "the Athena workgroup whose results are encrypted",
    "definer_role": "the ARN of the role with whose rights definer views read",
    "principal_identity": "the identity of a principal that names none: `arn:aws:iam::123456789012:role/{principal}`",
    "job_roles": 'which role does which work: `{ land = "ARN", run = "ARN" }`, of access, erase, land, maintain and run; '
    "or ARNs of roles that do all of it, with spaces between",
    "registration_role": "the ARN of the role with which Lake Formation reads the warehouse (default: its service-linked role)",
    "access": "who decides about the warehouse: `lake-formation` alone, or `hybrid`: IAM for whoever is not opted in",
    "row_policies": "`yes`: conditions over all columns become row policies where the account has them; `no`: always filters",
    "views": "how definer views are kept: `multi-dialect` (Athena, Spark, Redshift) or `presto` (Athena and Trino alone)",
    "views_catalog": "the catalog that the text of a `presto` view reads from",
}
"""Fields of an AWS profile beside those that every profile has, and what each is."""

_ROLE = r"arn:[\w-]+:iam::\d{12}:role/[\w+=,.@/-]+"
_PATTERNS: Mapping[str, str] = {
    "region": r"[a-z]{2}(-[a-z]+)+-\d",
    "kms_key": r"alias/[\w/-]+|arn:[\w-]+:kms:[\w-]+:\d{12}:(key|alias)/[\w/-]+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}",
    "country_key_alias": r"(arn:[\w-]+:kms:[\w-]+:\d{12}:)?alias/[\w/-]*\{country\}[\w/-]*",
    "catalog_id": r"\d{12}",
    "endpoint_url": r"https?://\S+",
    "athena_workgroup": r"[a-zA-Z0-9._-]{1,128}",
    "definer_role": _ROLE,
    "principal_identity": r"arn:[\w-]+:iam::\d{12}:(role|user|saml-provider/[\w.-]+:(user|group))/[\w+=,.@/-]*\{principal\}[\w+=,.@/-]*",
    "registration_role": _ROLE,
    "access": "lake-formation|hybrid",
    "row_policies": "yes|no",
    "views": "|".join(VIEW_KINDS),
    "views_catalog": r"\S+",
}
_ROLES = rf"{_ROLE}( +{_ROLE})*"
_WAREHOUSE = r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9!_.*'()=-]+)*"


@dataclass(frozen=True, slots=True)
class AwsSettings:
    """One lake on AWS. `warehouse` is `s3://bucket/prefix` without a slash at its end; the other fields are told in FIELDS."""

    warehouse: str
    region: str
    kms_key: str
    country_key_alias: str = "alias/ringi-{country}"
    catalog_id: str | None = None
    endpoint_url: str | None = None
    athena_workgroup: str = "ringi"
    definer_role: str | None = None
    principal_identity: str | None = None
    job_roles: tuple[JobRole, ...] = ()
    registration_role: str | None = None
    access: str = "lake-formation"
    row_policies: str = "no"
    views: str = "multi-dialect"
    views_catalog: str = "awsdatacatalog"

    @property
    def bucket(self) -> str:
        return self.warehouse.removeprefix(SCHEME).partition("/")[0]

    @property
    def prefix(self) -> str:
        """The warehouse's own part of keys: empty or ending in a slash."""
        inside = self.warehouse.removeprefix(SCHEME).partition("/")[2]
        return f"{inside}/" if inside else ""


def read_settings(place: str, fields: Mapping[str, Any]) -> AwsSettings:
    """The settings in the fields of a profile; `place` names it in errors, such as ``ringi.toml: profile `aws` ``."""
    warehouse = str(fields.get("warehouse", "")).rstrip("/")
    if not re.fullmatch(_WAREHOUSE, warehouse):
        raise UsageError(
            f"{place}: `warehouse` is `{warehouse}`.", hint="expected `s3://bucket/prefix`, such as `s3://acme-lake/ringi`, without spaces."
        )
    for name in ("region", "kms_key"):
        if name not in fields:
            raise UsageError(f"{place} lacks `{name}`, {FIELDS[name]}.", hint=f"add `{name}` to it; a lake in S3 needs one.")
    known = {name: fields[name] for name in _PATTERNS if name in fields}
    for name, value in known.items():
        if not isinstance(value, str) or not re.fullmatch(_PATTERNS[name], value):
            raise UsageError(f"{place}: `{name}` is {value!r}.", hint=f"expected {FIELDS[name]}.")
    settings = AwsSettings(warehouse=warehouse, job_roles=_job_roles(place, fields.get(JOB_ROLES, {})), **known)
    if settings.views == "multi-dialect" and settings.definer_role is None:
        raise UsageError(
            f"{place} lacks `definer_role`, {FIELDS['definer_role']}.", hint='add it, or set views = "presto" where only Athena reads.'
        )
    return settings


def _job_roles(place: str, told: Any) -> tuple[JobRole, ...]:
    """Roles with their work, each once, in order; ARNs without a word do all of it."""
    named: Mapping[str | None, Any] = told if isinstance(told, dict) else {None: told}
    works: dict[str, frozenset[Work]] = {}
    for word, roles in named.items():
        if not isinstance(roles, str) or not re.fullmatch(_ROLES, roles) or word not in {None, *Work}:
            said = f"`{JOB_ROLES}` is {told!r}" if word is None else f"`{JOB_ROLES}` has {word!r} = {roles!r}"
            raise UsageError(f"{place}: {said}.", hint=f"expected {FIELDS[JOB_ROLES]}.")
        done = EVERY_WORK if word is None else frozenset({Work(word)})
        for role in roles.split():
            works[role] = works.get(role, frozenset()) | done
    return tuple(JobRole(role, works[role]) for role in sorted(works))
