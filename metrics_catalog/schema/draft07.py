"""A model's JSON Schema in draft 07: pydantic writes draft 2020-12, which YAML language servers read only in part.

The differences that matter here: definitions live under `definitions`, and what stands beside a `$ref` is ignored, so a
field's own description moves the reference into `allOf`. Titles that only repeat a field's name are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from metrics_catalog.model import Model

Json = dict[str, Any]

_NOT_IN_DRAFT_07 = ("discriminator",)


def draft07(model: type[Model], name: str) -> Json:
    """The schema of a whole file of this kind."""
    made = model.model_json_schema(ref_template="#/definitions/{model}")
    definitions = {name: _node(schema) for name, schema in made.pop("$defs", {}).items()}
    description = " ".join((model.__doc__ or "").split("\n\n")[0].split())
    head = {"$schema": "http://json-schema.org/draft-07/schema#", "title": f"Ringi {name}", "description": description}
    return {**head, **{key: value for key, value in _node(made).items() if key not in head}, "definitions": definitions}


def _node(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_node(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _parts(key, value) for key, value in schema.items() if key not in _NOT_IN_DRAFT_07 and not _is_title(key, value)}
    if "patternProperties" in kept:
        kept.setdefault("additionalProperties", False)  # a key of another form is a fault, not something else
    reference = kept.pop("$ref", None)
    if reference is None:
        return kept
    return {"allOf": [{"$ref": reference}], **kept} if kept else {"$ref": reference}


def _parts(key: str, value: Any) -> Any:
    """Values under `properties` are schemas by name: a field may be called `title` and is kept."""
    if key == "properties":
        return {name: _node(part) for name, part in value.items()}
    return value if key in ("default", "enum", "const", "examples", "required") else _node(value)


def _is_title(key: str, value: Any) -> bool:
    return key == "title" and isinstance(value, str)
