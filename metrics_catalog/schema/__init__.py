"""JSON Schema of each kind of file, made from the models, so that editors complete, explain and check while one types.

`write` puts the schemas and the editor's settings into a lake project; `ringi init` calls it. Draft 07, because that is what
YAML language servers read.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from metrics_catalog.loading import BOOK_MODELS
from metrics_catalog.project_files import BOOKS, FOLDERS
from metrics_catalog.reading import MODELS
from metrics_catalog.schema.draft07 import Json, draft07

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from metrics_catalog.model import Model

FOLDER = ".ringi/schema"
"""Where the schemas lie in a lake project; the first line of each definition names one relative to itself."""


def schemas(others: Mapping[str, type[Model]] | None = None) -> dict[str, Json]:
    """The schema of each kind of file, by name: `metric`, …, `countries`, `people`, and `others` of rooms above."""
    models = {**MODELS, **{BOOKS[kind].removesuffix(".yaml"): model for kind, (model, _) in BOOK_MODELS.items()}, **(others or {})}
    return {name: draft07(model, name) for name, model in models.items()}


def write(root: Path, others: Mapping[str, type[Model]] | None = None, places: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Write schemas and, where there are none, settings for Visual Studio Code; gives the files, relative to the root.

    `others` are models of files that other rooms read, `places` the pattern of their paths, such as `policy/**/*.yaml`.
    """
    found = schemas(others)
    written = [_write(root, f"{FOLDER}/{name}.json", schema) for name, schema in found.items()]
    patterns = {kind: f"{folder}/**/*.yaml" for kind, folder in FOLDERS.items()}
    patterns |= {BOOKS[kind].removesuffix(".yaml"): BOOKS[kind] for kind in BOOKS} | dict(places or {})
    settings: Json = {
        "yaml.schemas": {f"{FOLDER}/{name}.json": pattern for name, pattern in patterns.items() if name in found},
        "[yaml]": {"editor.insertSpaces": True, "editor.tabSize": 2},
    }
    for file, content in ((".vscode/settings.json", settings), (".vscode/extensions.json", {"recommendations": ["redhat.vscode-yaml"]})):
        if not (root / file).exists():
            written.append(_write(root, file, content))
    return tuple(written)


def _write(root: Path, file: str, content: object) -> str:
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8", newline="\n")
    return file
