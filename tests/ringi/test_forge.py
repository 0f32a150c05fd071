"""What `ringi init` writes for a forge, what it leaves alone, and who owns which file."""

from __future__ import annotations

import re
import subprocess
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
import yaml

from metrics_catalog.catalog import load
from metrics_catalog.forge.codeowners import lines
from tests.support.catalogs import edit, metric_file, small_project
from tests.support.command import ringi
from tests.support.forge import commit, git

ROOT = Path(__file__).parents[2]
FILES = (
    ".github/workflows/ringi.yml",
    ".github/actions/ringi/action.yml",
    ".github/CODEOWNERS",
    ".pre-commit-config.yaml",
    ".pre-commit-hooks.yaml",
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = small_project(tmp_path / "lake")
    edit(root, "people.yaml", lambda d: (d["people"]["aiko"].update(github="aiko-sato"), d["people"]["bernd"].update(github="Bernd-M")))
    git(root, "init", "--quiet")
    commit(root, "base")
    return root


def owners_of(root: Path, file: str) -> set[str]:
    """Who owns a file: the last line that fits."""
    found: set[str] = set()
    for line in (root / ".github/CODEOWNERS").read_text(encoding="utf-8").splitlines():
        pattern, *who = line.split() if line and not line.startswith("#") else ("",)
        pattern = pattern.removeprefix("/")
        anywhere = pattern.replace("**/", "*/") if fnmatchcase(file, pattern.replace("**/", "*/")) else pattern.replace("**/", "")
        if pattern and (fnmatchcase(file, anywhere) or (pattern.endswith("/") and file.startswith(pattern))):
            found = set(who)
    return found


def test_init_leaves_a_repository_of_one_commit_with_the_files_of_the_forge(tmp_path: Path) -> None:
    assert ringi("init", tmp_path / "new").code == 0
    assert git(tmp_path / "new", "rev-list", "--count", "HEAD") == "1"
    assert git(tmp_path / "new", "status", "--porcelain") == ""
    assert set(FILES) <= set(git(tmp_path / "new", "ls-files").splitlines())
    assert owners_of(tmp_path / "new", "approvals/pauses/tech-x.yaml") == {"@lucas-ferreira_example", "@priya-nair_example"}


def test_an_existing_project_gets_what_it_lacks_and_a_second_call_changes_nothing(project: Path) -> None:
    first = ringi("init", "--forge", "github", lake=project, as_json=True)
    assert first.code == 0 and {each["file"]: each["state"] for each in first.json()["files"]} == dict.fromkeys(FILES, "new")
    before = {file: (project / file).read_bytes() for file in FILES}
    again = ringi("init", "--forge", "github", lake=project, as_json=True)
    assert {each["state"] for each in again.json()["files"]} == {"same"}
    assert before == {file: (project / file).read_bytes() for file in FILES}


def test_a_file_of_somebody_is_left_and_the_difference_shown(project: Path) -> None:
    (project / ".pre-commit-config.yaml").write_text("repos: []\n", encoding="utf-8")
    (project / ".vscode").mkdir()
    (project / ".vscode/settings.json").write_text("{}", encoding="utf-8")
    said = ringi("init", "--forge", "github", lake=project)
    assert said.code == 0 and ".pre-commit-config.yaml: yours differs; left as it is" in said.out
    assert "-repos: []" in said.err and "+      - id: ringi-check" in said.err
    assert (project / ".pre-commit-config.yaml").read_text(encoding="utf-8") == "repos: []\n"
    assert (project / ".vscode/settings.json").read_text(encoding="utf-8") == "{}"


def test_owners_are_brought_up_to_date_and_lines_of_people_stay(project: Path) -> None:
    ringi("init", "--forge", "github", lake=project)
    path = project / ".github/CODEOWNERS"
    path.write_text("* @acme/everyone\n" + path.read_text(encoding="utf-8") + "/secret/ @acme/security\n", encoding="utf-8")
    edit(project, "people.yaml", lambda d: d["people"]["bernd"].update(github="bernd-maier"))
    said = ringi("init", "--forge", "github", lake=project)
    text = path.read_text(encoding="utf-8")
    assert "its part is brought up to date" in said.out and "@Bernd-M" not in text and "@bernd-maier" in text
    assert text.startswith("* @acme/everyone\n") and text.endswith("/secret/ @acme/security\n")


@pytest.mark.parametrize("place", ["CODEOWNERS", "docs/CODEOWNERS", ".github/CODEOWNERS"])
def test_owners_without_our_part_are_never_touched_wherever_they_stand(project: Path, place: str) -> None:
    (project / place).parent.mkdir(exist_ok=True)
    (project / place).write_text("* @acme/everyone\n", encoding="utf-8")
    said = ringi("init", "--forge", "github", lake=project)
    assert f"{place}: yours differs" in said.out and "# ringi: begin" in said.err
    assert (project / place).read_text(encoding="utf-8") == "* @acme/everyone\n"
    assert place == ".github/CODEOWNERS" or not (project / ".github/CODEOWNERS").exists(), "it would hide the other one"


def test_tech_and_business_own_different_keys_and_both_a_metric(project: Path) -> None:
    ringi("init", "--forge", "github", lake=project)
    assert owners_of(project, "approvals/plays/tech-aiko-1.yaml") == {"@aiko-sato"}
    assert owners_of(project, "approvals/plays/business-bernd-1.yaml") == {"@Bernd-M"}
    assert owners_of(project, "metrics/engagement/plays.yaml") == {"@aiko-sato", "@Bernd-M"}
    assert owners_of(project, "people.yaml") == owners_of(project, ".github/workflows/ringi.yml") == {"@aiko-sato"}


def test_a_metric_of_another_team_has_its_own_owners(project: Path) -> None:
    edit(project, "people.yaml", lambda d: d["people"]["carla"].update(github="carla-r", sides=["business"], team="pricing"))
    edit(project, metric_file("plays"), lambda d: d["owners"].update(business="pricing"))
    ringi("init", "--forge", "github", lake=project)
    assert owners_of(project, "approvals/plays/business-carla-1.yaml") == {"@carla-r"}
    assert owners_of(project, "approvals/plays/tech-aiko-1.yaml") == {"@aiko-sato"}
    assert owners_of(project, "approvals/viewers/business-bernd-1.yaml") == {"@Bernd-M"}


def test_handles_of_teams_come_from_ringi_toml_and_wrong_ones_are_named(project: Path) -> None:
    toml = project / "ringi.toml"
    toml.write_text('[profiles.local]\n[forge.github.teams]\ndata-platform = "@acme/data-platform"\n', encoding="utf-8")
    ringi("init", "--forge", "github", lake=project)
    assert owners_of(project, "approvals/plays/tech-aiko-1.yaml") == {"@acme/data-platform"}
    toml.write_text('[profiles.local]\n[forge.github.teams]\ndata-platform = "acme data"\n', encoding="utf-8")
    said = ringi("init", "--forge", "github", lake=project)
    assert said.code == 2 and "the handle of team `data-platform` is 'acme data'" in said.err


def test_without_logins_the_file_says_so_and_owns_nothing(tmp_path: Path) -> None:
    made = lines(load(small_project(tmp_path / "lake"))[0], {})
    assert len([line for line in made if line.startswith("# Nobody who holds")]) == 2
    assert all(line.startswith("#") for line in made)


def test_a_project_in_a_folder_has_its_forge_at_the_top(tmp_path: Path) -> None:
    root = small_project(tmp_path / "repo" / "my lake")
    edit(root, "people.yaml", lambda d: d["people"]["aiko"].update(github="aiko-sato"))
    git(tmp_path / "repo", "init", "--quiet")
    assert ringi("init", "--forge", "github", lake=root).code == 0
    top = tmp_path / "repo"
    assert all((top / file).is_file() for file in FILES) and not (root / ".github").exists()
    assert "/my\\ lake/approvals/*/tech-*.yaml @aiko-sato" in (top / ".github/CODEOWNERS").read_text(encoding="utf-8")
    workflow = yaml.safe_load((top / FILES[0]).read_text(encoding="utf-8"))
    assert workflow["jobs"]["check"]["steps"][1]["with"]["lake"] == "my lake"
    (hook,) = yaml.safe_load((top / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
    assert hook["entry"] == "ringi --lake 'my lake' check"
    assert (root / ".vscode/settings.json").is_file() and (root / ".ringi/schema/metric.json").is_file()


def test_a_project_in_no_repository_and_a_missing_folder_name_are_told(tmp_path: Path) -> None:
    assert "git init" in ringi("init", "--forge", "github", lake=small_project(tmp_path / "lake")).err
    said = ringi("init")
    assert said.code == 2 and "No folder is named" in said.err


def test_the_workflow_asks_for_no_more_than_it_needs(project: Path) -> None:
    ringi("init", "--forge", "github", lake=project)
    text = (project / FILES[0]).read_text(encoding="utf-8") + (project / FILES[1]).read_text(encoding="utf-8")
    workflow = yaml.safe_load((project / FILES[0]).read_text(encoding="utf-8"))
    assert workflow["permissions"] == {}
    assert [job["permissions"] for job in workflow["jobs"].values()] == [
        {"contents": "read", "pull-requests": "write"},
        {"contents": "read"},
    ]
    assert "secrets." not in text and "pull_request_target" not in text
    others = re.findall(r"uses: (?!\./)(\S+)", text)
    assert others and all(re.fullmatch(r"actions/checkout@[0-9a-f]{40}", each) for each in others)
    scripts = [step["run"] for step in yaml.safe_load((project / FILES[1]).read_text(encoding="utf-8"))["runs"]["steps"]]
    assert not any("${{" in script for script in scripts), "what a pull request says never becomes part of a script"


def test_every_script_of_the_action_is_bash_that_can_be_read(project: Path) -> None:
    ringi("init", "--forge", "github", lake=project)
    for step in yaml.safe_load((project / FILES[1]).read_text(encoding="utf-8"))["runs"]["steps"]:
        subprocess.run(["bash", "-n", "-c", step["run"]], check=True)


def test_the_hook_for_others_calls_a_command_that_there_is() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hook["entry"] == "ringi check" and hook["language"] == "python" and hook["pass_filenames"] is False
    assert re.search(hook["files"], "metrics/engagement/plays.yaml") and not re.search(hook["files"], "README.md")
