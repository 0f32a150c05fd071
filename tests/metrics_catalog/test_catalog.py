"""A lake project is read whole: every definition, every finding, every place."""

import os
from pathlib import Path

import pytest

from metrics_catalog.catalog import load
from metrics_catalog.finding import Place, Severity
from tests.support.catalogs import codes, edit, loaded, measured, metric, metric_file, small_project, write


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return small_project(tmp_path)


def approval(metric_name: str, at: str) -> dict[str, str]:
    return {"metric": metric_name, "side": "tech", "person": "aiko", "meaning": "0" * 64, "approved_at": at, "signature": "none"}


def test_a_faultless_project_is_read_without_a_finding(project: Path) -> None:
    catalog = loaded(project)
    assert sorted(catalog.countries) == ["DE", "JP", "NO", "NP", "US"]
    assert "viewing_hours" in catalog.metrics and "title_daily" in catalog.views
    assert list(catalog.sources) == ["viewing_events"] and list(catalog.dimensions) == ["titles"]
    assert list(catalog.hearings) == ["2026-11-engagement"] and len(catalog.people) == 3


def test_columns_of_a_source_keep_their_order(project: Path) -> None:
    names = list(loaded(project).sources["viewing_events"].columns)
    assert names[:3] == ["event_id", "viewer_id", "account_country"] and names[-1] == "player_version"


def test_every_field_has_a_place(project: Path) -> None:
    write(project, "metrics/x/x.yaml", "metric: x\nhow: {kind: count,\n  source: viewing_events}\nowners: {tech: a, business: b}\n" + WHAT)
    catalog = loaded(project)
    assert catalog.place("metric", "x", "how", "source") == Place("metrics/x/x.yaml", 3, 11)
    assert catalog.place("metric", "x", "tier") == Place("metrics/x/x.yaml", 1, 1)
    assert catalog.place("country", "NO").file == catalog.place("country", "NO", "currency").file == "countries.yaml"
    assert catalog.place("person", "aiko", "sides", 0).line > 1
    assert catalog.place("metric", "no_such") == Place(".")


WHAT = "what: {label: {en: a, ja: b}, description: {en: a, ja: b}, unit: u}\nwhy: {question: {en: a, ja: b}, decision: {en: a, ja: b}}\n"


def test_a_place_follows_an_edited_file(project: Path) -> None:
    catalog = loaded(project)
    before = catalog.place("metric", "plays", "owners")
    path = project / metric_file("plays")
    path.write_text("# a line more\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert catalog.place("metric", "plays", "owners").line == before.line + 1
    path.unlink()
    assert catalog.place("metric", "plays", "owners") == Place(metric_file("plays"))


def test_a_broken_file_takes_nothing_else_with_it(project: Path) -> None:
    write(project, metric_file("plays"), "metric: plays\n")
    catalog, findings = load(project)
    assert "plays" not in catalog.metrics and "viewers" in catalog.metrics
    assert catalog.is_broken("metric", "plays") and not catalog.is_broken("metric", "viewers")
    assert set(codes(findings)) == {"RNG-CAT-020"} and {finding.place.file for finding in findings} == {metric_file("plays")}


def test_a_name_that_differs_from_its_file_is_a_finding(project: Path) -> None:
    (project / metric_file("plays")).rename(project / metric_file("starts"))
    catalog, findings = load(project)
    assert codes(findings) == ["RNG-CAT-017"] and "plays" in catalog.metrics


def test_a_name_defined_twice_counts_once(project: Path) -> None:
    write(project, "metrics/other/plays.yaml", metric("plays", measured("count")))
    catalog, findings = load(project)
    assert [(finding.code, finding.place.file) for finding in findings] == [("RNG-CAT-018", "metrics/other/plays.yaml")]
    assert catalog.place("metric", "plays").file == metric_file("plays")


@pytest.mark.parametrize(
    ("file", "severity"),
    [
        ("metrics/plays.yml", Severity.ERROR),
        ("metrics/plays.YAML", Severity.ERROR),
        ("views/deep/er/x.Yml", Severity.ERROR),
        ("sources/x.toml", Severity.WARNING),
        ("metrics/x.yaml~", Severity.WARNING),
        ("metrics/README.md", None),
        ("metrics/.x.yaml.swp", None),
        ("metrics/.cache/x.yml", None),
        ("approvals/meanings/x.yml", None),
    ],
)
def test_files_that_only_look_like_definitions(project: Path, file: str, severity: Severity | None) -> None:
    write(project, file, "whatever")
    findings = load(project)[1]
    assert [(finding.code, finding.severity, finding.place.file) for finding in findings] == (
        [("RNG-CAT-016", severity, file)] if severity else []
    )


def test_links_in_folders_are_told_and_never_followed(project: Path) -> None:
    (project / "metrics" / "again").symlink_to(project / "metrics", target_is_directory=True)
    (project / "metrics" / "self.yaml").symlink_to("self.yaml")
    (project / "more").symlink_to(project / "views", target_is_directory=True)
    assert [(finding.code, finding.place.file) for finding in load(project)[1]] == [
        ("RNG-CAT-002", "metrics/again"),
        ("RNG-CAT-002", "metrics/self.yaml"),
    ]


def test_a_folder_that_is_a_link_is_told(project: Path, tmp_path: Path) -> None:
    (project / "views").rename(project / "elsewhere")
    (project / "views").symlink_to(project / "elsewhere", target_is_directory=True)
    assert codes(load(project)[1]) == ["RNG-CAT-002"]


def test_folders_and_pipes_called_like_definitions_do_no_harm(project: Path) -> None:
    (project / "metrics" / "folder.yaml").mkdir()
    os.mkfifo(project / "metrics" / "pipe.yaml")
    assert [(finding.code, finding.place.file) for finding in load(project)[1]] == [("RNG-CAT-001", "metrics/pipe.yaml")]


def test_a_file_name_of_bytes_that_are_no_text_can_be_printed(project: Path) -> None:
    Path(os.fsdecode(os.fsencode(project / "metrics") + b"/\xff\xfe.yaml")).write_text("- x\n", encoding="utf-8")
    (finding,) = load(project)[1]
    assert str(finding.place).encode("utf-8")


@pytest.mark.parametrize("file", ["countries.yaml", "people.yaml"])
def test_a_missing_or_broken_book_is_one_finding_and_all_names_pass(project: Path, file: str) -> None:
    kind = "country" if file == "countries.yaml" else "person"
    for content, code in (("[]\n", "RNG-CAT-011"), ("", "RNG-CAT-010"), ("x: 1\n", "RNG-CAT-020")):
        write(project, file, content)
        catalog, findings = load(project)
        assert findings[0].code == code and catalog.is_broken(kind, "anything")
    (project / file).unlink()
    assert codes(load(project)[1]) == ["RNG-CAT-019"]


def test_one_broken_country_does_not_take_the_others_with_it(project: Path) -> None:
    edit(project, "countries.yaml", lambda book: book["countries"]["DE"].pop("currency"))
    catalog, findings = load(project)
    assert codes(findings) == ["RNG-CAT-020"]
    assert "DE" not in catalog.countries and "JP" in catalog.countries
    assert catalog.is_broken("country", "DE") and not catalog.is_broken("country", "FR")


def test_approvals_come_in_the_order_in_which_they_were_given(project: Path) -> None:
    write(project, "approvals/plays/a.yaml", approval("plays", "2026-11-03T00:00:00Z"))
    write(project, "approvals/plays/b.yaml", approval("plays", "2026-11-02T23:00:00-05:00"))
    write(project, "approvals/plays/c.yaml", approval("plays", "2026-11-01T00:00:00Z"))
    catalog = loaded(project)
    assert [each.approved_at.day for each in catalog.approvals["plays"]] == [1, 3, 2]
    assert [catalog.place("approval", f"plays/{position}").file[-6:] for position in range(3)] == ["c.yaml", "a.yaml", "b.yaml"]


def test_an_approval_in_the_folder_of_another_metric_is_a_finding(project: Path) -> None:
    write(project, "approvals/viewers/a.yaml", approval("plays", "2026-11-03T00:00:00Z"))
    assert codes(load(project)[1]) == ["RNG-CAT-017"]


def test_an_empty_folder_has_findings_and_no_definitions(tmp_path: Path) -> None:
    catalog, findings = load(tmp_path)
    assert not catalog.metrics and codes(findings) == ["RNG-CAT-019", "RNG-CAT-019"]


def test_findings_come_in_the_order_of_their_places(project: Path) -> None:
    write(project, "views/b.yaml", "")
    write(project, "metrics/a.yaml", "")
    write(project, metric_file("plays"), "metric: Plays\ntier: x\n")
    places = [finding.place for finding in load(project)[1]]
    assert places == sorted(places) and len(places) > 5
