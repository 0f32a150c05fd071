"""Walks the types of a model along a path, to say which fields a place may have and to tell fields from pydantic's own tags.

Used by `build`. pydantic names the place of a fault by fields, keys and positions, mixed with the tags of unions
(`how`, `sum`, `expression`): only the model's own types tell which is which.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter

_UNIONS = (Union, types.UnionType)


@dataclass(frozen=True, slots=True)
class Shape:
    """The types that may stand at a place, unions taken apart."""

    members: tuple[Any, ...]

    def fields(self) -> tuple[str, ...]:
        """Names of the fields that models at this place have, in the order of the models."""
        names = (name for member in self.members if _is_model(member) for name in member.model_fields)
        return tuple(dict.fromkeys(names))

    def step(self, key: str | int) -> Shape | None:
        """The shape one step further, or None where no type here has that step (then it is a tag, or an unknown field)."""
        found = [inner for member in self.members for inner in _inner(member, key)]
        return Shape(tuple(part for inner in found for part in _members(inner))) if found else None

    def tagged(self, tag: str) -> Shape:
        """The members that a discriminator's tag leaves; all of them where it is no discriminator of theirs."""
        kept = tuple(member for member in self.members if _is_model(member) and tag in _literals_of(member))
        return Shape(kept) if kept else self


def shape_of(model: Any) -> Shape:
    """The shape of a whole document."""
    return Shape(tuple(_members(model)))


def own_path(model: type[BaseModel], location: Sequence[str | int], *, unknown: bool) -> tuple[tuple[str | int, ...], Shape]:
    """A fault's place without tags, and the shape of the place that holds its last step.

    `unknown` says that the last step is a field no model has.
    """
    holder = current = shape_of(model)
    path: list[str | int] = []
    for position, key in enumerate(location):
        inner = current.step(key)
        if inner is not None:
            holder, current = current, inner
            path.append(key)
        elif unknown and position == len(location) - 1:
            holder = current
            path.append(key)
        else:
            current = current.tagged(str(key))
    return tuple(path), holder


def _is_model(member: Any) -> bool:
    return isinstance(member, type) and issubclass(member, BaseModel)


def _members(annotation: Any) -> list[Any]:
    """A type's alternatives: `Annotated` and aliases peeled off, unions taken apart."""
    if isinstance(annotation, TypeAdapter):
        return _members(annotation._type)
    if get_origin(annotation) is Annotated:
        return _members(get_args(annotation)[0])
    if get_origin(annotation) in _UNIONS:
        return [part for member in get_args(annotation) for part in _members(member)]
    value = getattr(annotation, "__value__", None)  # `type X = …`
    return _members(value) if value is not None else [annotation]


def _inner(member: Any, key: str | int) -> list[Any]:
    if _is_model(member):
        field = member.model_fields.get(key) if isinstance(key, str) else None
        return [field.annotation] if field is not None else []
    origin, arguments = get_origin(member), get_args(member)
    if isinstance(origin, type) and issubclass(origin, Mapping) and isinstance(key, str):
        return [arguments[1]] if len(arguments) == 2 else [Any]
    if isinstance(origin, type) and issubclass(origin, Sequence | set | frozenset) and isinstance(key, int):
        return [arguments[0] if arguments else Any]
    return []


def _literals_of(model: type[BaseModel]) -> set[str]:
    """Every word that a literal field of the model may hold: the tags by which a union is told apart."""
    members = (member for field in model.model_fields.values() for member in _members(field.annotation))
    return {str(word) for member in members if get_origin(member) is Literal for word in get_args(member)}
