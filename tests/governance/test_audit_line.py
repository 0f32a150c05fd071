"""A line of the audit ledger: names, digests, counts and instants find room in it, values of rows do not."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.ledgers.audit_line import DETAILS, AuditLine, Kind, NotForTheLedgerError, Shape

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
DIGEST = "ab" * 32


def line(**change: Any) -> AuditLine:
    facts: dict[str, Any] = {"at": NOW, "kind": Kind.ACCESS_APPLY, "actor": "aiko", "subject": "aws"}
    return AuditLine(**{**facts, **change})


def test_a_line_tells_its_details_in_one_way() -> None:
    made = line(details={"steps": 3, "plan_digest": DIGEST, "until": dt.date(2027, 3, 31), "tech": None, "databases": ("views_jp",)})
    assert made.details_text() == f'{{"databases":["views_jp"],"plan_digest":"{DIGEST}","steps":3,"until":"2027-03-31"}}'


def test_the_same_thing_has_the_same_block_at_any_time() -> None:
    assert line().block == line(at=NOW + dt.timedelta(hours=1)).block
    assert line().block != line(subject="local").block != line(details={"steps": 1}).block


@pytest.mark.parametrize(
    "details",
    [
        {"note": "anything"},
        {"tech": "Jane Doe"},
        {"tech": "it's"},
        {"plan_digest": "viewer-000123"},
        {"steps": "3"},
        {"steps": True},
        {"resumed": 1},
        {"until": NOW},
        {"turned_at": NOW.replace(tzinfo=None)},
        {"columns": "viewer_id"},
        {"columns": ["viewer_id = 'v-1'"]},
        {"columns": ["x"] * 2001},
    ],
)
def test_what_is_not_declared_or_of_another_shape_is_refused_and_not_repeated(details: dict[str, Any]) -> None:
    with pytest.raises(NotForTheLedgerError) as refused:
        line(details=details)
    [value] = details.values()
    assert next(iter(details)) in refused.value.message
    if isinstance(value, str) and len(value) > 4:
        assert value not in str(refused.value)


@pytest.mark.parametrize("subject", ["viewer-000123", "viewer_id=viewer-000123", "viewer_id:viewer-000123"])
def test_the_subject_of_an_erasure_is_a_hash(subject: str) -> None:
    with pytest.raises(NotForTheLedgerError) as refused:
        line(kind=Kind.ERASURE, subject=subject)
    assert "viewer-000123" not in str(refused.value)
    assert line(kind=Kind.ERASURE, subject=f"viewer_id:{DIGEST}").subject.endswith(DIGEST)


@pytest.mark.parametrize(
    "change", [{"actor": ""}, {"actor": "a b"}, {"subject": "x\ny"}, {"at": NOW.replace(tzinfo=None)}, {"request_id": "a b"}]
)
def test_the_names_of_a_line_are_names(change: dict[str, Any]) -> None:
    with pytest.raises(NotForTheLedgerError):
        line(**change)


@given(st.sampled_from(sorted(DETAILS)), st.text(max_size=40))
def test_a_text_with_a_space_or_a_quote_fits_nowhere(name: str, text: str) -> None:
    try:
        made = line(details={name: text})
    except NotForTheLedgerError:
        return
    assert DETAILS[name] in (Shape.NAME, Shape.DIGEST)
    assert not set(text) & set(" '\"\n\t<>(){}[];") and json.loads(made.details_text()) == {name: text}
