"""`retention.yaml` for people: an editor's schema accepts what Ringi accepts and refuses what it refuses; `check` names the line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from governance.retention import load
from metrics_catalog.catalog import load as load_catalog
from ringi.setup.editor_schemas import write_schemas
from tests.support.catalogs import small_project
from tests.support.command import ringi
from tests.support.policies import TODAY

ROOT = Path(__file__).parents[2]
HASH = "viewer_id:" + "9f" * 32
SOUND: list[dict[str, Any]] = [
    {},
    {"days": {"personal": 400}, "sources": {"viewing_events": {"personal": 200}}, "facts": "recompute"},
    {"holds": {"a": {"reason": "x", "subject": HASH, "until": "2037-06-30"}, "b": {"reason": "x", "source": "viewing_events"}}},
    {"holds": {"c": {"reason": "The regulator asked.", "by": "legal", "country": "DE"}}},
]
BROKEN: list[dict[str, Any]] = [
    {"day": {}},
    {"days": {"secret": 4}},
    {"days": {"personal": 0}},
    {"facts": "drop"},
    {"holds": {"a": {"reason": "x"}}},
    {"holds": {"a": {"source": "viewing_events"}}},
    {"holds": {"a": {"reason": "x", "source": "viewing_events", "country": "DE"}}},
    {"holds": {"a": {"reason": "x", "subject": "viewer_id:somebody"}}},
    {"subjects": {"viewer_id": ["profiles"]}},
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return small_project(tmp_path)


def schema_of(root: Path) -> dict[str, Any]:
    assert ".ringi/schema/retention.json" in write_schemas(root)
    found: dict[str, Any] = json.loads((root / ".ringi/schema/retention.json").read_text(encoding="utf-8"))
    return found


def blocks(root: Path, document: dict[str, Any]) -> bool:
    (root / "retention.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    return load(root, load_catalog(root)[0], TODAY)[0] is None


@pytest.mark.parametrize(("document", "is_sound"), [*((each, True) for each in SOUND), *((each, False) for each in BROKEN)])
def test_the_schema_and_the_check_agree(root: Path, document: dict[str, Any], is_sound: bool) -> None:
    schema = schema_of(root)
    Draft7Validator.check_schema(schema)
    assert (not [*Draft7Validator(schema).iter_errors(document)]) is is_sound
    assert blocks(root, document) is not is_sound


def test_editors_are_pointed_to_it_and_every_field_is_explained(root: Path) -> None:
    schema = schema_of(root)
    settings = json.loads((root / ".vscode/settings.json").read_text(encoding="utf-8"))
    assert settings["yaml.schemas"][".ringi/schema/retention.json"] == "retention.yaml"
    assert settings["yaml.schemas"][".ringi/schema/policy.json"] == "policy/**/*.yaml"
    for holder in (schema, schema["definitions"]["Hold"]):
        assert all(field["description"] for field in holder["properties"].values())


def test_the_example_of_the_documents_is_sound_for_the_schema(root: Path) -> None:
    text = (ROOT / "docs" / "erasure.md").read_text(encoding="utf-8")
    example = text.partition("# yaml-language-server: $schema=.ringi/schema/retention.json\n")[2].partition("```")[0]
    document = yaml.safe_load(example.replace("viewer_id:9f2c…", HASH))
    document["holds"]["case_4711"]["until"] = str(document["holds"]["case_4711"]["until"])
    assert document["holds"] and not [*Draft7Validator(schema_of(root)).iter_errors(document)]


def test_check_names_the_line(root: Path) -> None:
    (root / "retention.yaml").write_text("holds:\n  case:\n    reason: Yes.\n    source: viewing_event\n", encoding="utf-8")
    said = ringi("check", lake=root)
    assert said.code == 1
    assert (
        "RNG-JOB-101" in said.out + said.err
        and "retention.yaml:4" in said.out + said.err
        and "did you mean `viewing_events`" in said.out + said.err
    )
