"""Findings as annotations of a GitHub workflow."""

from __future__ import annotations

from pathlib import Path

from metrics_catalog.finding import Finding, Place, Severity
from ringi.output import annotation
from tests.support.catalogs import edit, metric_file, small_project
from tests.support.command import ringi
from tests.support.forge import git


def test_an_annotation_stands_on_its_line_and_cannot_be_broken_out_of() -> None:
    finding = Finding("RNG-CAT-037", Place("metrics/a,b:c%.yaml", 3, 5), "100 % of\n::error::x", "mend\r\nit.")
    assert annotation(finding, "lake/") == (
        "::error file=lake/metrics/a%2Cb%3Ac%25.yaml,line=3,col=5,title=RNG-CAT-037::100 %25 of%0A::error::x%0AHint: mend%0D%0Ait.\n"
    )


def test_what_does_not_block_is_a_warning() -> None:
    finding = Finding("RNG-CAT-091", Place("people.yaml"), "No key.", "", Severity.WARNING)
    assert annotation(finding) == "::warning file=people.yaml,line=1,col=1,title=RNG-CAT-091::No key.\n"


def test_paths_of_a_project_in_a_folder_begin_at_the_repository(tmp_path: Path) -> None:
    root = small_project(tmp_path / "repo" / "lake")
    git(tmp_path / "repo", "init", "--quiet")
    edit(root, metric_file("plays"), lambda metric: metric.update(proposer="karla"))
    said = ringi("--format", "github", "check", lake=root)
    assert said.code == 1 and said.out.startswith(f"::error file=lake/{metric_file('plays')},line=")
