"""The files of keys over access plans, below `access/approvals/<digest>/`: read for a plan, written, and looked at by `ringi check`.

Whether a key counts is asked in `keys.py`; here is only what lies in the folder. Approvals of plans that are over stay as records.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from governance.keys.meaning_store import write
from governance.keys.refusal import Refusal
from governance.lake_formation.planning.plan_approval import PlanApproval
from metrics_catalog.finding import Finding, Place, Severity
from metrics_catalog.yaml_io import build, read, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FOLDER = Path("access", "approvals")
"""Where the files stand: kept in git, and apart from `approvals/`, whose files are about metrics."""

AGAIN = "delete the file and run `ringi access approve` again; never edit it."
CODE = "RNG-GOV-100"
STRAY = "RNG-GOV-103"
_DIGEST = re.compile(r"[0-9a-f]{64}")


def approvals(root: Path, plan: str) -> Iterator[tuple[str, PlanApproval | Refusal]]:
    """The files for one plan, in the order of their names."""
    folder = root / FOLDER / plan
    for path in sorted(folder.glob("*.yaml")) if folder.is_dir() else ():
        model, found = _built(path, root)
        yield shown(path, root), model or Refusal(CODE, _first(found), AGAIN, "plan")


def keep(root: Path, approval: PlanApproval) -> Path:
    """Write an approval; its path from the root. A file that is there is a record and is never overwritten."""
    stem, number = f"{approval.side.value}-{approval.person}", 1
    while (root / (path := FOLDER / approval.plan / f"{stem}{f'-{number}' if number > 1 else ''}.yaml")).exists():
        number += 1
    write(root, {path: approval.text().encode()})
    return path


def findings(root: Path) -> Iterator[Finding]:
    """What is wrong with the files themselves: cannot be read, stands in the wrong folder, is no file of a key.

    An approval of a plan that nobody has any more is none: the files are records.
    """
    top = root / FOLDER
    if not top.exists():
        return
    if not top.is_dir():
        message = "A file stands where the folder of keys over access plans should be."
        yield Finding(STRAY, Place(FOLDER.as_posix()), message, "move it away; no key over a plan can be written meanwhile.")
        return
    for entry in sorted(top.iterdir()):
        if _is_hidden(entry):
            continue
        if entry.is_dir() and _DIGEST.fullmatch(entry.name):
            for path in sorted(entry.iterdir()):
                yield from () if _is_hidden(path) else _of_file(path, root)
        else:
            yield _stray(entry, root, "is no folder of a plan, whose name is a SHA-256 of 64 letters and digits")


def _of_file(path: Path, root: Path) -> Iterator[Finding]:
    if path.suffix != ".yaml" or not path.is_file():
        yield _stray(path, root, "is no file of a key; expected `<side>-<person>.yaml`")
        return
    model, found = _built(path, root)
    if model is None:
        yield from found or (Finding(CODE, Place(shown(path, root)), "It cannot be read.", AGAIN),)
        return
    if model.plan != path.parent.name:
        place = Place(shown(path, root))
        told = f"It is a key over plan {model.plan[:12]}, and stands in the folder of {path.parent.name[:12]}, where it counts for nothing."
        yield Finding(CODE, place, told, f"move it to {(FOLDER / model.plan).as_posix()}/, or delete it.")


def _stray(path: Path, root: Path, what: str) -> Finding:
    name = shown(path, root)
    hint = f"move it out of {FOLDER.as_posix()}/; only `ringi access approve` writes there."
    return Finding(STRAY, Place(name), f"`{name.rpartition('/')[2]}` {what}.", hint, Severity.WARNING)


def _is_hidden(path: Path) -> bool:
    """`.gitkeep` and what editors and systems leave."""
    return path.name.startswith(".")


def _built(path: Path, root: Path) -> tuple[PlanApproval | None, tuple[Finding, ...]]:
    document, found = read(path, root)
    if document is None:
        return None, tuple(found)
    model, found = build(PlanApproval, document)
    return model, tuple(found)


def _first(found: Sequence[Finding]) -> str:
    return f"It cannot be read: {found[0].message}" if found else "It cannot be read."
