"""Where the jobs of a forge get Ringi from: what ringi.toml says, a new project's first word, and the action's own script."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from metrics_catalog.errors import UsageError
from ringi.setup.installing import EXAMPLE, install_of, origin, settings_text
from tests.support.catalogs import small_project
from tests.support.command import ringi
from tests.support.forge import commit, git

COMMIT = "3f9c2b7d" * 5
FROM_GIT = '{"url": "https://example.com/acme/ringi", "vcs_info": {"vcs": "git", "commit_id": "HERE"}}'.replace("HERE", COMMIT)
SECRET_URL = '{"url": "https://token@example.com/acme/ringi", "vcs_info": {"vcs": "git", "commit_id": "HERE"}}'.replace("HERE", COMMIT)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = small_project(tmp_path / "lake")
    git(root, "init", "--quiet")
    commit(root, "base")
    assert ringi("init", "--forge", "github", lake=root).code == 0
    return root


@pytest.mark.parametrize(
    ("noted", "found"),
    [
        (None, "ringi==1.2"),
        (FROM_GIT, f"ringi @ git+https://example.com/acme/ringi@{COMMIT}"),
        (SECRET_URL, None),
        ('{"url": "https://example.com/ringi-1.2.whl", "archive_info": {}}', "ringi @ https://example.com/ringi-1.2.whl"),
        ('{"url": "https://user:word@example.com/ringi-1.2.whl", "archive_info": {}}', None),
        ('{"url": "file:///somewhere/ringi", "dir_info": {"editable": true}}', None),
    ],
)
def test_where_this_ringi_came_from_is_told_where_others_can_go_too(noted: str | None, found: str | None) -> None:
    assert origin(noted, "1.2") == found
    section = tomllib.loads("[profiles.local]\n" + settings_text(found)).get("forge", {})
    assert install_of(section) == found


@pytest.mark.parametrize("said", ["", "-e .", "--index-url x", "-r ", "a\nb", 5, ["ringi"]])
def test_what_pip_could_not_take_is_refused_with_an_example(said: object) -> None:
    with pytest.raises(UsageError) as caught:
        install_of({"github": {"install": said}})
    assert EXAMPLE in str(caught.value.hint)


def test_a_project_that_does_not_say_it_is_told_and_one_that_does_is_not(project: Path) -> None:
    assert "does not say where the jobs install Ringi from" in ringi("init", "--forge", "github", lake=project).err
    with (project / "ringi.toml").open("a", encoding="utf-8") as file:
        file.write('\n[forge.github]\ninstall = "-r requirements.lock"\n')
    assert "install Ringi from" not in ringi("init", "--forge", "github", lake=project).err
    (project / "ringi.toml").write_text("[profiles.local]\n[forge.github]\ninstall = 5\n", encoding="utf-8")
    said = ringi("init", "--forge", "github", lake=project)
    assert said.code == 2 and "`install` of [forge.github] is 5" in said.err


def test_a_new_project_has_the_lines_to_fill_in_and_no_requirement_by_name_alone(tmp_path: Path) -> None:
    said = ringi("init", tmp_path / "new")
    assert said.code == 0
    text = (tmp_path / "new" / "ringi.toml").read_text(encoding="utf-8")
    assert "install = " in text and ("does not say where" in said.err) is (install_of(tomllib.loads(text).get("forge", {})) is None)
    assert "ringi==" not in (tmp_path / "new" / ".github/actions/ringi/action.yml").read_text(encoding="utf-8")


def installed(project: Path, folder: Path, given: str = "") -> tuple[int, str, str]:
    """Runs the action's step with a `python3` that makes no environment but a `pip` that notes what it is asked for."""
    folder.mkdir(exist_ok=True)
    python = folder / "python3"
    python.write_text(
        '#!/bin/sh\nif [ "$2" != venv ]; then exec "$REAL_PYTHON" "$@"; fi\nmkdir -p "$3/bin"\n'
        'printf \'#!/bin/sh\\nprintf "%%s|" "$@" > "$NOTED"\\n\' > "$3/bin/pip"\nchmod +x "$3/bin/pip"\n'
    )
    python.chmod(0o755)
    action = yaml.safe_load((project / ".github/actions/ringi/action.yml").read_text(encoding="utf-8"))
    (step,) = [each for each in action["runs"]["steps"] if each["name"] == "Install Ringi"]
    noted = folder / "noted"
    environment = {
        "PATH": f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin",
        "REAL_PYTHON": sys.executable,
        "NOTED": str(noted),
        "REQUIREMENT": given,
        "RUNNER_TEMP": str(folder),
        "GITHUB_PATH": str(folder / "path"),
    }
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", step["run"]], env=environment, cwd=project, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, noted.read_text(encoding="utf-8") if noted.is_file() else ""


@pytest.mark.parametrize(
    ("setting", "given", "asked"),
    [
        (f"ringi @ git+https://example.com/acme/ringi@{COMMIT}", "", f"ringi @ git+https://example.com/acme/ringi@{COMMIT}|"),
        ("-r locks/ringi lock.txt", "", "--requirement|locks/ringi lock.txt|"),
        ("ringi==0.1.0", "ringi @ https://example.com/r.whl", "ringi @ https://example.com/r.whl|"),
        ("$(touch x); `touch x`", "", "$(touch x); `touch x`|"),
    ],
)
def test_the_action_installs_what_the_project_says(project: Path, tmp_path: Path, setting: str, given: str, asked: str) -> None:
    with (project / "ringi.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[forge.github]\ninstall = "{setting}"\n')
    code, said, noted = installed(project, tmp_path / "runner", given)
    assert code == 0, said
    assert noted == f"install|--quiet|--disable-pip-version-check|{asked}"
    assert not (project / "x").exists()


def test_the_action_fails_with_a_sentence_where_nothing_says_it(project: Path, tmp_path: Path) -> None:
    code, said, noted = installed(project, tmp_path / "runner")
    assert code == 1 and noted == "" and "::error::Nothing says where Ringi is installed from" in said
    (project / "ringi.toml").write_text("[broken", encoding="utf-8")
    code, said, _ = installed(project, tmp_path / "runner")
    assert code == 1 and "::error::ringi.toml of the lake project cannot be read" in said
