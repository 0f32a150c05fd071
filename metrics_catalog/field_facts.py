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
    from collections.abc import Iterator

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


def facts_of(model: Model) -> Iterator[Fact]:
    """Every fact of a model, in the order of its fields; paths begin with the names of its fields."""
    for field in _fields(type(model)):
        yield from _facts(getattr(model, field.name), field, field.name, FieldClass.LOGIC)


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


def _facts(value: Any, field: _Field, path: str, holder: FieldClass) -> Iterator[Fact]:
    if field.default is not _REQUIRED and value == field.default and type(value) is type(field.default):
        return
    yield from _leaves(value, path, field.own_class or holder)


def _leaves(value: Any, path: str, field_class: FieldClass) -> Iterator[Fact]:
    if isinstance(value, Model):
        yield from _member(value, path, field_class)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}", field_class)
    elif isinstance(value, tuple | list) and any(isinstance(item, Model) for item in value):
        for position, item in enumerate(value):
            yield from _leaves(item, f"{path}.{position}", field_class)
    else:
        yield Fact(path, field_class, plain(value))


def _member(model: Model, path: str, field_class: FieldClass) -> Iterator[Fact]:
    """Facts of a model inside another. That it is there at all is a fact of its holder's class, even if it says no more."""
    told = False
    for field in _fields(type(model)):
        for fact in _facts(getattr(model, field.name), field, f"{path}.{field.name}", field_class):
            told = told or fact.field_class is field_class
            yield fact
    if not told:
        yield Fact(path, field_class, {})
