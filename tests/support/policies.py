"""Policies for tests: written into a small lake project, or made of plain values."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from governance.policy.grant import Grant
from governance.policy.policy import Policy, load
from governance.policy.principal import Principal, Role
from governance.policy.relation import Relation, RelationColumn
from metrics_catalog.source import Classification, ColumnType
from tests.support.catalogs import loaded, small_project, write

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from metrics_catalog.finding import Finding

NOW = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
TODAY = NOW.date()

TITLE_DAILY = Relation(
    "views_jp",
    "title_daily",
    (
        RelationColumn("viewing_country", ColumnType.STRING, Classification.PUBLIC),
        RelationColumn("viewing_date", ColumnType.DATE, Classification.PUBLIC),
        RelationColumn("title_id", ColumnType.STRING, Classification.PUBLIC),
        RelationColumn("device_type", ColumnType.STRING, Classification.PUBLIC),
        RelationColumn("viewing_hours", ColumnType.DOUBLE, Classification.INTERNAL),
        RelationColumn("plays", ColumnType.INTEGER, Classification.INTERNAL),
        RelationColumn("last_viewer_id", ColumnType.STRING, Classification.PERSONAL),
    ),
)


def grant(**fields: Any) -> Grant:
    """A grant to `analyst_jp` on `views_jp.title_daily`, with fields replaced."""
    return Grant.model_validate({"to": ("analyst_jp",), "views": ("views_jp.title_daily",), "reason": "test", **fields})


def policy(
    *grants: Grant, principals: tuple[str, ...] = ("analyst_jp", "analyst_de"), roles: Mapping[str, tuple[str, ...]] | None = None
) -> Policy:
    """A policy of values; grants are called g0, g1, …"""
    return Policy(
        principals={name: Principal() for name in principals},
        roles={name: Role(members=members) for name, members in (roles or {}).items()},
        grants={f"g{number}": each for number, each in enumerate(grants)},
    )


def written(root: Path, document: dict[str, Any] | str, file: str = "policy/access.yaml") -> tuple[Policy, tuple[Finding, ...]]:
    """The policy of a small lake project with this file, and its findings on TODAY."""
    if not (root / "countries.yaml").exists():
        small_project(root)
    write(root, file, document)
    return load(root, loaded(root), today=TODAY)
