"""The git repository round a lake project: what changed since a commit, and the files as they were then.

Made by `Repository.of`, used by `ringi.proposal.diffing` and by every door that compares with a base. Only the program `git` is asked,
and it is only ever asked to read.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from infra.errors import InfraError
from metrics_catalog.errors import UsageError
from metrics_catalog.forked import forked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_OF_A_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
"""Set by git for its hooks, relative to another folder: a check in a hook looks at the project as any other does."""

_LINK, _SUBMODULE, _NOWHERE = b"120000", b"160000", b"000000"
WORTH_SHARING = 4_000
"""Files; fewer are written before other processes have begun."""
_Entry = tuple[bytes, bytes, str]
"""Mode, hash and name of a file at a commit."""


class Changed(NamedTuple):
    """A file that may differ from a commit, relative to the project; its mode and hash there, None where it was not there."""

    file: str
    mode: bytes | None = None
    entry: bytes | None = None


@dataclass(frozen=True, slots=True)
class Repository:
    """The repository that a lake project lies in; `prefix` is the project's folder in it (`lake/`), empty where it is the top."""

    root: Path
    prefix: str

    @staticmethod
    def of(root: Path) -> Repository:
        """The repository of a lake project; raises UsageError where there is none, InfraError where git cannot be asked."""
        done = _run(root, "rev-parse", "--show-prefix")
        if done.returncode != 0:
            raise _no_repository(root, _said(done))
        return Repository(root, os.fsdecode(done.stdout).rstrip("\n"))

    @property
    def top(self) -> Path:
        """The repository's own folder: a forge reads its settings there."""
        return self.root.joinpath(*[".."] * len(PurePosixPath(self.prefix).parts)).resolve()

    def resolve(self, ref: str) -> str:
        """The full hash of the commit that a branch, tag, hash or `HEAD~3` names; `main...` is where the work left `main`."""
        if ref.endswith("..."):
            return self._fork_of(ref.removesuffix("..."))
        if not ref or ref.startswith("-"):
            raise UsageError(f"`{ref}` is no name of a commit.", hint="name a branch, a tag or a commit, such as `main` or `HEAD~1`.")
        done = _run(self.root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        if done.returncode != 0:
            raise self._unknown(ref)
        return _line(done)

    def fork_of(self, one: str, other: str) -> str:
        """The commit at which two commits, given by their full hashes, parted; raises UsageError where they never were one."""
        done = _run(self.root, "merge-base", one, other)
        if done.returncode != 0:
            raise self._unknown(f"{one[:12]}...{other[:12]}")
        return _line(done)

    def remote(self, name: str = "origin") -> str | None:
        """The address of a remote; None where there is none of that name."""
        done = _run(self.root, "config", "--get", f"remote.{name}.url")
        return _line(done) or None

    def committed_on(self, commit: str) -> dt.date:
        """The day, in UTC, on which a commit was made; raises InfraError where git cannot say."""
        done = _run(self.root, "show", "--no-patch", "--format=%ct", commit)
        if done.returncode != 0:
            raise InfraError(f"git cannot tell when {commit[:12]} was made: {_said(done)}.", hint="see whether `git fsck` is content.")
        return dt.datetime.fromtimestamp(int(_line(done)), dt.UTC).date()

    def changed(self, commit: str, folders: Sequence[str]) -> tuple[Changed, ...]:
        """Files below `folders` (relative to the project) that may differ from a commit, sorted, and as what the commit has them.

        Uncommitted and untracked files count as they are on disk, ignored ones too. A file whose mode or line endings alone
        changed may be among them.
        """
        differing = ("diff", "--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff", "--no-textconv", "--relative", commit, "--")
        untracked = ("ls-files", "--others", "-z", "--")
        both = [_start(self.root, *words, *folders) for words in (differing, untracked)]
        answers = [process.communicate() for process in both]
        for process, (_, said) in zip(both, answers, strict=True):
            if process.returncode != 0:
                raise InfraError(f"git cannot compare {self.root} with {commit[:12]}: {_last(said)}.", hint="see whether `git diff` works.")
        new = (Changed(file) for name in answers[1][0].split(b"\0") if name for file in self._files(os.fsdecode(name)))
        found = {one.file: one for one in (*new, *_differing(answers[0][0]))}
        return tuple(found[file] for file in sorted(found))

    def write(self, changed: Iterable[Changed], into: Path) -> None:
        """Write changed files as the commit has them below `into`; those that it lacks are left out."""
        self._write([(one.mode, one.entry, one.file) for one in changed if one.mode and one.entry], into)

    def materialise(self, commit: str, into: Path, only: Sequence[str] | None = None) -> None:
        """Write the project's files as they were at a commit below `into`; only these files and folders where they are given.

        A link is written as a link that leads nowhere. What did not exist then is left out.
        """
        if only is None or only:
            self._write(list(self._entries(commit, only)), into)

    def _write(self, entries: Sequence[_Entry], into: Path) -> None:
        """Write files below `into`; many by all cores, each of which asks a git of its own."""
        write = partial(self._write_piece, into)
        if len(entries) < WORTH_SHARING or forked(write, entries) is None:
            write(entries)

    def _write_piece(self, into: Path, entries: Sequence[_Entry]) -> None:
        there: set[str] = set()
        for (mode, _, name), content in zip(entries, self._contents([entry for _, entry, _ in entries]), strict=True):
            path = os.path.join(into, name)  # noqa: PTH118  # of tens of thousands; a Path of each takes longer than the file
            folder = os.path.dirname(path)  # noqa: PTH120
            if folder not in there:
                Path(folder).mkdir(parents=True, exist_ok=True)
                there.add(folder)
            try:
                _put(path, mode, content)
            except FileExistsError:
                Path(path).unlink()
                _put(path, mode, content)

    def _entries(self, commit: str, only: Sequence[str] | None) -> Iterator[_Entry]:
        """Mode, hash and name of each file at a commit."""
        done = _run(self.root, "ls-tree", "-r", "-z", commit, "--", *(only or (".",)))
        if done.returncode != 0:
            raise InfraError(f"git cannot list the files of {commit[:12]}: {_said(done)}.", hint="see whether `git fsck` is content.")
        for line in done.stdout.split(b"\0"):
            if line:
                facts, _, name = line.partition(b"\t")
                mode, _, entry = facts.split(b" ")
                text = os.fsdecode(name)
                if mode != _SUBMODULE and ".." not in PurePosixPath(text).parts:
                    yield mode, entry, text

    def _contents(self, hashes: Sequence[bytes]) -> Iterator[bytes]:
        if not hashes:
            return
        done = _run(self.root, "cat-file", "--batch", given=b"\n".join(hashes) + b"\n")
        if done.returncode != 0:
            raise InfraError(f"git cannot read its files: {_said(done)}.", hint="see whether `git fsck` is content.")
        at, raw = 0, done.stdout
        for entry in hashes:
            end = raw.index(b"\n", at)
            head = raw[at:end].split(b" ")
            if len(head) != 3:
                raise InfraError(f"git lacks the file {entry.decode()[:12]}.", hint="fetch the commit whole: `git fetch --refetch`.")
            size = int(head[2])
            yield raw[end + 1 : end + 1 + size]
            at = end + 1 + size + 1

    def _files(self, name: str) -> Iterable[str]:
        """A name itself; the files below it where git names a whole folder, as it does for a repository within."""
        if not name.endswith("/"):
            return (name,)
        return (path.relative_to(self.root).as_posix() for path in (self.root / name).rglob("*") if path.is_file())

    def _fork_of(self, ref: str) -> str:
        other = self.resolve(ref)
        done = _run(self.root, "merge-base", other, "HEAD")
        if done.returncode != 0:
            raise self._unknown(f"{ref}...")
        return _line(done)

    def _unknown(self, ref: str) -> UsageError:
        if _line(_run(self.root, "rev-parse", "--is-shallow-repository")) == "true":
            return UsageError(
                f"This clone is shallow and does not hold `{ref}`.",
                hint="fetch the history with `git fetch --unshallow`; in a workflow, check out with `fetch-depth: 0`.",
            )
        if _run(self.root, "rev-parse", "--verify", "--quiet", "HEAD").returncode != 0:
            return UsageError("This repository has no commit yet.", hint="commit the project once: `git add . && git commit`.")
        return UsageError(
            f"git knows no commit `{ref}` here.",
            hint="name a branch, a tag or a commit (see `git branch --all`), or bring it in with `git fetch`.",
        )


def _put(path: str, mode: bytes, content: bytes) -> None:
    """Write one file that is not there yet; never through a link that lies in its place."""
    if mode == _LINK:
        Path(path).symlink_to("link")
        return
    with open(path, "xb") as file:  # noqa: PTH123  # as above
        file.write(content)


def _differing(raw: bytes) -> Iterator[Changed]:
    """What `git diff --raw -z` says: `:100644 100644 HASH HASH M` and the name, for each file."""
    parts = raw.split(b"\0")
    for facts, name in zip(parts[0::2], parts[1::2], strict=False):
        mode, _, entry, _, _ = facts.lstrip(b":").split(b" ")
        was_there = mode not in (_NOWHERE, _SUBMODULE)
        yield Changed(os.fsdecode(name), mode if was_there else None, entry if was_there else None)


def _no_repository(root: Path, said: str) -> UsageError | InfraError:
    if "not a git repository" in said:
        return UsageError(
            f"{root} is not in a git repository, so there is no earlier version to compare with.",
            hint="run `git init` there and commit the project once.",
        )
    if "dubious ownership" in said:
        return InfraError(
            f"git does not read {root}: its folder belongs to another person.",
            hint=f"if you trust it, run `git config --global --add safe.directory {root}`.",
        )
    return InfraError(f"git cannot read {root}: {said}.", hint="see whether `git status` works there.")


def _start(folder: Path, *words: str) -> subprocess.Popen[bytes]:
    environment = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}
    environment |= {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_LITERAL_PATHSPECS": "1"}
    pipe = subprocess.PIPE
    try:
        return subprocess.Popen(["git", "-C", str(folder), *words], stdin=pipe, stdout=pipe, stderr=pipe, env=environment)  # noqa: S603, S607  # the person's own git
    except FileNotFoundError as error:
        raise InfraError(
            "git is not installed; earlier versions of a lake project are read from its repository.", hint="install git and run it again."
        ) from error


def _run(folder: Path, *words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    with _start(folder, *words) as process:
        out, said = process.communicate(given)
    return subprocess.CompletedProcess(words, process.returncode, out, said)


def _line(done: subprocess.CompletedProcess[bytes]) -> str:
    return os.fsdecode(done.stdout).strip()


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    return _last(done.stderr)


def _last(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].removeprefix("fatal: ").rstrip(".") if lines else "it gave no reason"
