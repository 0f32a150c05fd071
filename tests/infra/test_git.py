"""The repository round a lake project: commits by any name, files as they were, and a sentence for each thing that can be wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from infra.errors import InfraError
from infra.local.git import Repository
from metrics_catalog.errors import UsageError
from tests.support.repositories import committed, git


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project in a subfolder of a repository, with two commits; the second changed `metrics/a.yaml`."""
    root = tmp_path / "repository" / "lakes" / "content"
    (root / "metrics").mkdir(parents=True)
    (root / "metrics" / "a.yaml").write_text("metric: a\n")
    (root / "metrics" / "b c.yaml").write_text("metric: b\n")
    (root.parents[1] / "unrelated.yaml").write_text("x\n")
    committed(root.parents[1])
    (root / "metrics" / "a.yaml").write_text("metric: changed\n")
    committed(root.parents[1])
    return root


def changed(root: Path, ref: str = "HEAD", folders: tuple[str, ...] = ("metrics",)) -> list[str]:
    repository = Repository.of(root)
    return [one.file for one in repository.changed(repository.resolve(ref), folders)]


@pytest.mark.parametrize("ref", ["HEAD", "main", "@{0}", "HEAD^{commit}", "v1", "main..."])
def test_any_name_that_git_knows_is_a_commit(project: Path, ref: str) -> None:
    git(project, "tag", "-a", "v1", "-m", "annotated")
    assert Repository.of(project).resolve(ref) == git(project, "rev-parse", "HEAD")


def test_three_dots_name_the_commit_at_which_the_work_left_a_branch(project: Path) -> None:
    forked = git(project, "rev-parse", "HEAD")
    git(project, "checkout", "--quiet", "-b", "work")
    committed(project.parents[1])
    git(project, "checkout", "--quiet", "main")
    committed(project.parents[1], "The branch moved on")
    git(project, "checkout", "--quiet", "work")
    assert Repository.of(project).resolve("main...") == forked


@pytest.mark.parametrize("ref", ["nowhere", "HEAD~9", "--all", "", "HEAD:lakes", "a b"])
def test_a_name_that_is_no_commit_is_said_to_be_none(project: Path, ref: str) -> None:
    with pytest.raises(UsageError, match=r"no commit|no name of a commit") as caught:
        Repository.of(project).resolve(ref)
    assert caught.value.hint


def test_a_folder_that_is_in_no_repository_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not in a git repository") as caught:
        Repository.of(tmp_path)
    assert "git init" in str(caught.value.hint)


def test_a_repository_without_a_commit_is_told_with_what_to_do(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    with pytest.raises(UsageError, match="no commit yet"):
        Repository.of(tmp_path).resolve("HEAD")


def test_a_shallow_clone_is_told_how_to_fetch_the_rest(project: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{project.parents[1]}", "shallow")
    shallow = Repository.of(tmp_path / "shallow" / "lakes" / "content")
    assert shallow.resolve("HEAD")
    with pytest.raises(UsageError, match="shallow") as caught:
        shallow.resolve("HEAD~1")
    assert "git fetch --unshallow" in str(caught.value.hint)


def test_without_git_it_is_said_that_git_is_missing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InfraError, match="git is not installed"):
        Repository.of(project)


def test_uncommitted_untracked_and_ignored_files_count_as_changed(project: Path) -> None:
    (project / "metrics" / "b c.yaml").unlink()
    (project / "metrics" / "new.yaml").write_text("metric: new\n")
    (project / "metrics" / "ignored.yaml").write_text("metric: ignored\n")
    (project / ".gitignore").write_text("ignored.yaml\n")
    (project / "metrics" / "staged.yaml").write_text("metric: staged\n")
    git(project, "add", "metrics/staged.yaml")
    assert changed(project) == ["metrics/b c.yaml", "metrics/ignored.yaml", "metrics/new.yaml", "metrics/staged.yaml"]


def test_only_the_project_s_own_folders_are_looked_at(project: Path) -> None:
    (project.parents[1] / "unrelated.yaml").write_text("y\n")
    (project / "elsewhere.yaml").write_text("y\n")
    assert changed(project) == []
    assert changed(project, "HEAD~1") == ["metrics/a.yaml"]


def test_a_hook_s_environment_does_not_lead_elsewhere(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", "nowhere/.git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/other-index")
    assert changed(project, "HEAD~1") == ["metrics/a.yaml"]


def test_changed_files_are_written_as_they_were(project: Path, tmp_path: Path) -> None:
    repository = Repository.of(project)
    (project / "metrics" / "new.yaml").write_text("metric: new\n")
    repository.write(repository.changed(repository.resolve("HEAD~1"), ("metrics",)), tmp_path / "then")
    assert (tmp_path / "then" / "metrics" / "a.yaml").read_text() == "metric: a\n"
    assert not (tmp_path / "then" / "metrics" / "new.yaml").exists()


def test_a_whole_project_is_written_as_it_was_twice_if_asked(project: Path, tmp_path: Path) -> None:
    repository = Repository.of(project)
    for _ in range(2):
        repository.materialise(repository.resolve("HEAD~1"), tmp_path / "then")
    files = {path.relative_to(tmp_path / "then").as_posix() for path in (tmp_path / "then").rglob("*.yaml")}
    assert files == {"metrics/a.yaml", "metrics/b c.yaml"}


def test_a_project_that_did_not_exist_yet_gives_no_files(project: Path, tmp_path: Path) -> None:
    late = project.parent / "late"
    (late / "metrics").mkdir(parents=True)
    repository = Repository.of(late)
    repository.materialise(repository.resolve("HEAD"), tmp_path / "then")
    assert not (tmp_path / "then").exists()


def test_a_link_of_then_is_written_as_a_link_that_leads_nowhere(project: Path, tmp_path: Path) -> None:
    (project / "metrics" / "link.yaml").symlink_to("/etc/passwd")
    commit = committed(project.parents[1])
    Repository.of(project).materialise(commit, tmp_path / "then")
    link = tmp_path / "then" / "metrics" / "link.yaml"
    assert link.is_symlink()
    assert link.readlink() == Path("link")


def test_all_cores_write_what_one_would(project: Path, tmp_path: Path) -> None:
    """In a process of its own: one with other threads, as this may be, does not fork."""
    script = (
        "import sys; from pathlib import Path; from infra.local import git\n"
        "git.WORTH_SHARING = int(sys.argv[3]); held = git.Repository.of(Path(sys.argv[1]))\n"
        "held.materialise(held.resolve('HEAD'), Path(sys.argv[2]))\n"
    )
    (project / "metrics" / "link.yaml").symlink_to("/etc/passwd")
    committed(project.parents[1])
    for name, least in (("alone", "99"), ("shared", "1")):
        subprocess.run([sys.executable, "-c", script, str(project), str(tmp_path / name), least], check=True)
    alone, shared = (_held(tmp_path / name) for name in ("alone", "shared"))
    assert alone == shared
    assert len(alone) == 3


def _held(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*.yaml"))
    return {path.relative_to(folder).as_posix(): str(path.readlink()) if path.is_symlink() else path.read_text() for path in files}
