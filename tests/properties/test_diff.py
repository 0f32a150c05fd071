"""Laws of the diff: what is read in part finds what is read whole, a diff of nothing is empty, no voided key goes untold."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings

from governance.policy.policy_files import policy_definitions
from metrics_catalog.catalog import load
from metrics_catalog.diff.catalog_diff import BOTH, CatalogDiff
from metrics_catalog.diff.compare import compare
from metrics_catalog.diff.definitions import Version
from metrics_catalog.diff.partial import versions as partial_versions
from metrics_catalog.meaning import Meaning, resolve_all
from metrics_catalog.meaning_diff import covers
from tests.support.edits import EARLIER, LATER, Edit, changed_files, versions, written

TODAY = dt.date(2026, 11, 22)
Texts = dict[str, str]


def whole(root: Path, files: frozenset[str]) -> Version:
    catalog, findings = load(root)
    return Version(catalog, (), findings).with_others(*policy_definitions(root, files))


def diff_of(pair: tuple[Texts, Texts], folder: Path) -> CatalogDiff:
    files = changed_files(*pair)
    old, new = (written(folder / name, texts) for name, texts in zip(("old", "new"), pair, strict=True))
    return compare(whole(old, files), whole(new, files), files, TODAY)


@pytest.mark.slow
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(EARLIER, LATER)
def test_reading_only_what_a_change_can_reach_finds_the_same(earlier: list[Edit], later: list[Edit]) -> None:
    pair = versions(earlier, later)
    files = changed_files(*pair)
    with TemporaryDirectory() as name:
        folder = Path(name).resolve()
        expected = diff_of(pair, folder)
        then = written(folder / "then", {file: text for file, text in pair[0].items() if file in files})
        some = partial_versions(folder / "new", then, files)
        before, after = (one.with_others(*policy_definitions(one.catalog.root, files)) for one in some)
        found = compare(before, after, files, TODAY)
    assert found.changes == expected.changes
    assert (found.metrics, found.views, found.countries) == (expected.metrics, expected.views, expected.countries)
    assert found.effects == expected.effects
    assert found.notes == expected.notes


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(EARLIER, LATER)
def test_every_key_that_a_change_voids_is_told_with_the_field_that_voids_it(earlier: list[Edit], later: list[Edit]) -> None:
    pair = versions(earlier, later)
    with TemporaryDirectory() as name:
        found = diff_of(pair, Path(name).resolve())
    old, new = resolve_all(found.before), resolve_all(found.after)
    for metric, was in old.items():
        now = new.get(metric)
        if not isinstance(was, Meaning):
            continue
        lost = {side for side in BOTH if not isinstance(now, Meaning) or not covers(side, was, now)}
        effect = found.effect(metric)
        assert lost == set(effect.voids if effect else ()), metric
        told = {side for change in found.changes if metric in change.voided for side in change.voids}
        assert lost <= told, f"{metric}: {lost} but the changes tell {told}"


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(EARLIER, LATER)
def test_a_project_does_not_differ_from_itself(earlier: list[Edit], later: list[Edit]) -> None:
    with TemporaryDirectory() as name:
        texts = versions(earlier, later)[1]
        root = written(Path(name).resolve() / "one", texts)
        broken = whole(root, frozenset(texts)).faults(texts)
        files = frozenset(texts) - broken.keys()
        found = compare(whole(root, files), whole(root, files), files, TODAY)
    assert (found.changes, found.metrics, found.views, found.countries, found.effects) == ((), (), (), (), ())
