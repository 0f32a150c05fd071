"""Any value in any field: a change voids at least the keys that the field's class says, and another spelling of it voids none."""

from __future__ import annotations

import datetime as dt
import tempfile
import unicodedata
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from metrics_catalog import expression
from metrics_catalog.canonical_json import nfc
from metrics_catalog.catalog import Catalog
from metrics_catalog.meaning import UnresolvedError, resolve
from metrics_catalog.model import Model
from tests.metrics_catalog.test_field_classes import NAMES, Case, cannot_be_given, cases, rich_catalog, voided
from tests.support.fields import Leaf, leaves, with_value

TEXTS = st.text(max_size=12) | st.sampled_from(
    ["plays", "viewers", "viewing_events", "other_events", "plan", "seconds_viewed > 1", "position_s", "ガイド", "sum", "JP", "2036-01-01"]
)


@cache
def rich() -> tuple[Catalog, tuple[tuple[Case, Leaf], ...]]:
    """Every field of everything that the meanings of eight metrics are made of."""
    catalog = rich_catalog(Path(tempfile.mkdtemp(prefix="ringi-rich-")))
    found = [(case, leaf) for case in cases(catalog) for leaf in leaves(case.model)]
    return catalog, tuple((case, leaf) for case, leaf in found if leaf.owner not in NAMES and not cannot_be_given(leaf, case.model))


def values_like(value: Any) -> st.SearchStrategy[Any]:
    """Values of the kind that a field holds, and nothing at all."""
    if isinstance(value, Enum):
        return st.sampled_from(list(type(value)))
    if isinstance(value, bool):
        return st.booleans()
    if isinstance(value, str):
        return TEXTS | st.none()
    if isinstance(value, int | float):
        return st.integers(-5, 5) | st.floats(allow_nan=False, allow_infinity=False)
    if isinstance(value, dt.datetime):
        return st.datetimes(timezones=st.just(dt.UTC))
    if isinstance(value, dt.date):
        return st.dates()
    if isinstance(value, dt.timedelta):
        return st.timedeltas(dt.timedelta(0), dt.timedelta(days=90))
    if isinstance(value, tuple) and value and all(isinstance(item, str) for item in value):
        return st.lists(TEXTS | st.sampled_from(value), max_size=3).map(tuple)
    if isinstance(value, tuple) and value and all(isinstance(item, dict) for item in value):
        return st.lists(st.fixed_dictionaries(dict.fromkeys(value[0], TEXTS)), max_size=2).map(tuple)
    return st.none() | TEXTS


def says_the_same(leaf: Leaf, value: Any) -> bool:
    """Whether two values differ in spelling alone, or one of them only says what is so anyway."""
    if _written(leaf.value) == _written(value):
        return True
    if leaf.owner[1] not in ("filter", "expression") or not isinstance(value, str) or not isinstance(leaf.value, str):
        return False
    try:
        return expression.canonical(expression.parse(nfc(value))) == expression.canonical(expression.parse(leaf.value))
    except expression.ExpressionError:
        return False


def _written(value: Any) -> str:
    if isinstance(value, Model):
        return value.model_dump_json()
    return nfc(repr(value)) if not isinstance(value, str) else nfc(value)


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_any_other_value_voids_at_least_what_its_class_says(data: st.DataObject) -> None:
    catalog, fields = rich()
    case, leaf = data.draw(st.sampled_from(fields))
    value = data.draw(values_like(leaf.value))
    assume(not says_the_same(leaf, value))
    before = resolve(catalog, case.metric)
    try:
        after = resolve(case.put(with_value(case.model, leaf.path, value)), case.metric)
    except (UnresolvedError, AttributeError, TypeError, ValueError):  # no meaning any more: no key can cover it
        event("no meaning")
        return
    event(f"{leaf.field_class}")
    assert voided(before, after) >= case.expected(leaf), f"{leaf.dotted}: {leaf.value!r} -> {value!r}"


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_same_text_in_unicodes_other_form_voids_nothing(data: st.DataObject) -> None:
    catalog, fields = rich()
    case, leaf = data.draw(st.sampled_from([(case, leaf) for case, leaf in fields if isinstance(leaf.value, str)]))
    other = unicodedata.normalize("NFD", str(leaf.value))
    value = type(leaf.value)(other) if isinstance(leaf.value, Enum) else other
    assert not voided(resolve(catalog, case.metric), resolve(case.put(with_value(case.model, leaf.path, value)), case.metric))
