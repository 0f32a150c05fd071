"""The catalog of a query: the same relations and policy as the whole catalog gives, and metrics read only when asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.access.reader_catalog import load_for_readers
from governance.policy.policy import load, load_quickly
from governance.policy.relation import Relations
from metrics_catalog.catalog import load as load_catalog
from tests.support.catalogs import edit, metric_file, small_project, write
from tests.support.policies import written

STARTER = Path(__file__).parents[2] / "metrics_catalog" / "starter"


def test_the_starter_is_the_same_for_a_query_as_for_a_check() -> None:
    whole, quick = load_catalog(STARTER)[0], load_for_readers(STARTER)
    assert dict(quick.metrics) == dict(whole.metrics)
    assert len(quick.metrics) == len(whole.metrics)
    one, other = Relations(whole), Relations(quick)
    assert one.schemas == other.schemas
    for view in whole.views:
        assert (one.classes_of(view), one.types_of(view)) == (other.classes_of(view), other.types_of(view))
    assert load_quickly(STARTER, quick)[0] == load(STARTER, whole)[0]


def test_a_metric_that_cannot_be_read_makes_its_column_personal(tmp_path: Path) -> None:
    small_project(tmp_path)
    assert Relations(load_for_readers(tmp_path)).classes_of("title_daily")["plays"] == "internal"
    write(tmp_path, metric_file("plays"), "metric: [")
    assert Relations(load_for_readers(tmp_path)).classes_of("title_daily")["plays"] == "personal"


@pytest.mark.parametrize("name", ["nothing", "plays"])
def test_a_metric_in_a_file_of_another_name_is_not_found(tmp_path: Path, name: str) -> None:
    small_project(tmp_path)
    edit(tmp_path, metric_file("plays"), lambda metric: metric.update(metric="other"))
    metrics = load_for_readers(tmp_path).metrics
    assert name not in metrics
    assert metrics.get(name) is None
    assert "other" not in metrics


def test_a_project_with_faults_still_answers(tmp_path: Path) -> None:
    written(tmp_path, {"principals": {"analyst_jp": {}}})
    write(tmp_path, "views/broken.yaml", "view: [")
    write(tmp_path, "sources/broken.yaml", "\t")
    catalog = load_for_readers(tmp_path)
    assert catalog.is_broken("view", "broken")
    assert set(catalog.views) == {"title_daily"}
