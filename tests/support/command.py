"""Calls the command line in this process, as the script does, and gives back what it said and its exit code."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ringi.cli.app import main

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Said:
    """One finished call."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


def ringi(*words: str | Path, lake: Path | None = None, as_json: bool = False) -> Said:
    """Run `ringi WORDS…`; nothing is asked, since neither stream is a terminal."""
    options = [*(["--lake", str(lake)] if lake else []), *(["--format", "json"] if as_json else [])]
    out, err, code, before = io.StringIO(), io.StringIO(), 0, sys.argv
    sys.argv = ["ringi", *options, *(str(word) for word in words)]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    finally:
        sys.argv = before
    return Said(code, out.getvalue(), err.getvalue())
