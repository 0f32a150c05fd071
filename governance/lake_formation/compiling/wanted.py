"""What the compiler is asked about, an account as `Target`, and what it answers, `Wanted`. Used by plans, drift and explanations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from governance.lake_formation.compiling.work import JobRole
from governance.lake_formation.state import AccountState, Element
from metrics_catalog.finding import Finding

OWN_DATABASES = ("bronze", "gold", "ledger", "quarantine")
"""Databases of a lake that belong to no country; the policy gives nothing there."""


@dataclass(frozen=True)
class Target:
    """One account and region that the policy is compiled for.

    `pattern` is the profile's `principal_identity`, `definer` its `definer_role`; `job_roles` land, compute, publish and so on, and
    have what each one's work needs in the lake's databases. `warehouse` (`s3://bucket/folder`) is registered, with `registration_role` reading it (None:
    the service-linked role), in hybrid mode where `hybrid` says so. `row_policies`: use them where the account has them.
    """

    account: str
    region: str = ""
    pattern: str | None = None
    definer: str | None = None
    job_roles: tuple[JobRole, ...] = ()
    warehouse: str | None = None
    registration_role: str | None = None
    hybrid: bool = False
    row_policies: bool = False
    tags: bool = True
    """Whether databases, views and columns are tagged with country, view and classification."""
    own_databases: tuple[str, ...] = OWN_DATABASES

    @property
    def partition(self) -> str:
        """AWS's partition, as ARNs name it."""
        return "aws-cn" if self.region.startswith("cn-") else "aws-us-gov" if self.region.startswith("us-gov-") else "aws"


class Reads(Mapping[tuple[str, str], str]):
    """Which table a principal reads for a relation: the view itself, or its saved copy where rows are filtered.

    By principal and relation, such as (`analyst_jp`, `views_jp.title_daily`). Principals that hold the same share one table.
    """

    def __init__(self, shared: Mapping[str, Mapping[str, str]]) -> None:
        self._shared = shared

    def __getitem__(self, key: tuple[str, str]) -> str:
        principal, relation = key
        return self._shared[principal][relation]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((principal, relation) for principal, tables in self._shared.items() for relation in tables)

    def __len__(self) -> int:
        return sum(map(len, self._shared.values()))


@dataclass(frozen=True)
class Wanted:
    """What the policy wants of an account. What is `managed` and not in `state` is to go; all else stays as it is."""

    state: AccountState
    refused: tuple[Finding, ...]
    reads: Mapping[tuple[str, str], str]
    managed: Callable[[Element], bool]
    databases: tuple[str, ...] = ()
    """Databases that are managed and there, in order."""
    identities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The identities of each principal that is given something, by name."""
    waiting: tuple[str, ...] = ()
    """Relations that the policy gives to somebody and that are not published yet; they get their grants when they are."""


def saved_schema(schema: str) -> str:
    """The database of a country's saved copies: `saved_jp` of `views_jp`."""
    return f"saved_{schema.removeprefix('views_')}"
