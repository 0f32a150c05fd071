"""The schemas that editors get: they accept what the registry accepts and refuse what it refuses."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from metrics_catalog.project_files import FOLDERS
from metrics_catalog.schema import schemas, write
from metrics_catalog.yaml_io import read
from tests.support.catalogs import Yaml, measured, metric, small_documents, source, view

STARTER = Path(str(resources.files("metrics_catalog"))) / "starter"
KIND_OF_FOLDER = {folder: kind for kind, folder in FOLDERS.items()}


def kind_of(file: str) -> str:
    return KIND_OF_FOLDER.get(file.split("/", maxsplit=1)[0], file.removesuffix(".yaml"))


def faults(kind: str, data: Any) -> list[str]:
    return [error.message for error in Draft7Validator(schemas()[kind]).iter_errors(data)]


def starter_files() -> list[str]:
    files = (path.relative_to(STARTER).as_posix() for path in STARTER.rglob("*.yaml"))
    return sorted(file for file in files if kind_of(file) in schemas())


@pytest.mark.parametrize("kind", sorted(schemas()))
def test_a_schema_is_draft_07_and_describes_every_field(kind: str) -> None:
    schema = schemas()[kind]
    Draft7Validator.check_schema(schema)
    assert schema["$schema"].startswith("http://json-schema.org/draft-07")
    for holder in (schema, *schema["definitions"].values()):
        for name, field in holder.get("properties", {}).items():
            assert field.get("description"), f"{kind}: {name}"


def test_no_schema_uses_words_that_draft_07_does_not_know() -> None:
    text = json.dumps(schemas())
    assert not [word for word in ("$defs", "prefixItems", "unevaluated", "discriminator", "dependentRequired") if f'"{word}"' in text]


@pytest.mark.parametrize("file", starter_files())
def test_each_file_of_the_starter_passes(file: str) -> None:
    document, _ = read(STARTER / file, STARTER)
    assert document is not None
    assert faults(kind_of(file), document.data) == []


@pytest.mark.parametrize(("file", "document"), list(small_documents().items()))
def test_each_file_of_the_small_project_passes(file: str, document: Yaml) -> None:
    assert faults(kind_of(file), json.loads(json.dumps(document))) == []


BROKEN: list[tuple[str, Yaml]] = [
    ("metric", metric("plays", measured("count"), tier="high")),
    ("metric", metric("Plays", measured("count"))),
    ("metric", metric("plays", measured("count"), title="Plays")),
    ("metric", metric("plays", measured("sum"))),
    ("metric", metric("plays", {"kind": "summ", "source": "viewing_events"})),
    ("metric", metric("plays", measured("count"), countries={"jp": {"filter": "a = 1", "reason": "x"}})),
    ("metric", metric("plays", measured("count"), countries={"JP": {"filter": "a = 1"}})),
    ("metric", metric("plays", measured("count"), owners={"tech": "a"})),
    ("metric", metric("plays", measured("count"), what={"label": {"en": "Plays"}, "unit": "plays"})),
    ("view", view("v", [])),
    ("view", view("v", ["plays"], countries="every")),
    ("view", view("v", ["plays"], grain={"time": "hour"})),
    ("source", source(columns={"a": {"type": "text"}})),
    ("countries", {"countries": {"Japan": {}}}),
    ("people", {"people": {"aiko": {"name": "Aiko", "team": "t", "sides": ["sales"]}}}),
]


@pytest.mark.parametrize(("kind", "document"), BROKEN)
def test_a_broken_file_fails(kind: str, document: Yaml) -> None:
    assert faults(kind, json.loads(json.dumps(document)))


def test_a_project_gets_schemas_and_settings_that_point_to_them(tmp_path: Path) -> None:
    written = write(tmp_path)
    assert ".ringi/schema/metric.json" in written and ".vscode/settings.json" in written
    settings = json.loads((tmp_path / ".vscode/settings.json").read_text(encoding="utf-8"))
    assert settings["yaml.schemas"][".ringi/schema/metric.json"] == "metrics/**/*.yaml"
    assert settings["yaml.schemas"][".ringi/schema/people.json"] == "people.yaml"
    for file in settings["yaml.schemas"]:
        assert json.loads((tmp_path / file).read_text(encoding="utf-8"))["title"].startswith("Ringi ")


def test_settings_that_are_there_already_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / ".vscode").mkdir()
    (tmp_path / ".vscode" / "settings.json").write_text("{}", encoding="utf-8")
    write(tmp_path)
    assert (tmp_path / ".vscode" / "settings.json").read_text(encoding="utf-8") == "{}"
