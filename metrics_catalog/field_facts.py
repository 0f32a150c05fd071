"""The facts that a model states, each with the class its field was marked with: what keys cover is read from the marks.

Made by `facts_of` from any model of a lake project, used by `resolve`. A fact is one leaf: a dotted path as people read it
(`what.label.ja`), its class, and a plain value. A field that equals its default states nothing: writing a default out
voids no key, and a field added to Ringi later changes no digest.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from metrics_catalog.canonical_json import plain
from metrics_catalog.model import FieldClass, Model, class_of

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


class Fact(NamedTuple):
    """One leaf of a model."""

    path: str
    field_class: FieldClass
    value: Any


class _Field(NamedTuple):
    name: str
    default: Any
    own_class: FieldClass | None
    """None: the field belongs to a plain value such as `Text`, and takes the class of what holds it."""


def facts_of(model: Model) -> list[Fact]:
    """Every fact of a model, in the order of its fields; paths begin with the names of its fields."""
    found: list[Fact] = []
    for field in _fields(type(model)):
        _add_field(found, getattr(model, field.name), field, field.name, FieldClass.LOGIC)
    return found


@cache
def _fields(model: type[Model]) -> tuple[_Field, ...]:
    """The fields of a model. Where no field at all is marked the model is a plain value and takes its holder's class.

    In every other model each field speaks for itself, and one that nobody marked is `logic`, the strictest.
    """
    infos = model.model_fields
    is_value = not any(isinstance(mark, FieldClass) for info in infos.values() for mark in info.metadata)
    return tuple(_Field(name, _default(info), None if is_value else class_of(info)) for name, info in infos.items())


def _default(info: FieldInfo) -> Any:
    return _REQUIRED if info.is_required() else info.get_default(call_default_factory=True, validated_data={})


_REQUIRED = object()


def _add_field(found: list[Fact], value: Any, field: _Field, path: str, holder: FieldClass) -> None:
    if value is field.default or (value == field.default and type(value) is type(field.default)):
        return
    _add_leaves(found, value, path, field.own_class or holder)


def _add_leaves(found: list[Fact], value: Any, path: str, field_class: FieldClass) -> None:
    if isinstance(value, Model):
        _add_member(found, value, path, field_class)
    elif isinstance(value, dict):
        for key, item in value.items():
            _add_leaves(found, item, f"{path}.{key}", field_class)
    elif isinstance(value, tuple | list) and any(isinstance(item, Model) for item in value):
        for position, item in enumerate(value):
            _add_leaves(found, item, f"{path}.{position}", field_class)
    else:
        found.append(Fact(path, field_class, plain(value)))


def _add_member(found: list[Fact], model: Model, path: str, field_class: FieldClass) -> None:
    """Facts of a model inside another. That it is there at all is a fact of its holder's class, even if it says no more."""
    before = len(found)
    for field in _fields(type(model)):
        _add_field(found, getattr(model, field.name), field, f"{path}.{field.name}", field_class)
    if not any(fact.field_class is field_class for fact in found[before:]):
        found.append(Fact(path, field_class, {}))
