"""Walks and changes single fields of models: what the tests of field classes need, written without the product's own walk."""

from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from metrics_catalog.model import FieldClass, Model, class_of

if TYPE_CHECKING:
    from collections.abc import Iterator

Step = str | int


class Leaf(NamedTuple):
    """One field that holds no further model: the way to it, the model and field it belongs to, its class, its value."""

    path: tuple[Step, ...]
    owner: tuple[str, str]
    field_class: FieldClass
    value: Any

    @property
    def dotted(self) -> str:
        return ".".join(str(step) for step in self.path)


def leaves(model: Model, holder: FieldClass = FieldClass.LOGIC, path: tuple[Step, ...] = ()) -> Iterator[Leaf]:
    """All leaves of a model. A model without any mark (such as `Text`) has the class of the field that holds it."""
    marked = any(isinstance(mark, FieldClass) for info in type(model).model_fields.values() for mark in info.metadata)
    for name, info in type(model).model_fields.items():
        yield from _below(getattr(model, name), class_of(info) if marked else holder, (*path, name), (type(model).__name__, name))


def _below(value: Any, field_class: FieldClass, path: tuple[Step, ...], owner: tuple[str, str]) -> Iterator[Leaf]:
    if isinstance(value, Model):
        yield from leaves(value, field_class, path)
    elif isinstance(value, dict) and any(isinstance(item, Model) for item in value.values()):
        for key, item in value.items():
            yield from _below(item, field_class, (*path, key), owner)
    elif isinstance(value, tuple) and any(isinstance(item, Model) for item in value):
        for position, item in enumerate(value):
            yield from _below(item, field_class, (*path, position), owner)
    else:
        yield Leaf(path, owner, field_class, value)


def with_value(model: Any, path: tuple[Step, ...], value: Any) -> Any:
    """A copy of a model, dictionary or tuple with one leaf replaced."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(model, Model):
        return model.model_copy(update={str(step): with_value(getattr(model, str(step)), rest, value)})
    if isinstance(model, dict):
        return {**model, step: with_value(model[step], rest, value)}
    position = int(step)
    return (*model[:position], with_value(model[position], rest, value), *model[position + 1 :])


def another(value: Any) -> Any:
    """A different value of the same kind; raises TypeError where none is known, so that no field is skipped unseen."""
    if isinstance(value, Enum):
        return next(member for member in type(value) if member is not value)
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return value + "x"
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, dt.datetime | dt.date):
        return value + dt.timedelta(days=1)
    if isinstance(value, dt.timedelta):
        return value * 2
    if isinstance(value, tuple) and value:
        return value[:-1]
    raise TypeError(f"no other value is known for {value!r}")


def models_below(model: type[Model]) -> set[type[Model]]:
    """A model and all models that its fields may hold, read from the annotations."""
    found = {model}
    for info in model.model_fields.values():
        for below in _models_in(info.annotation):
            found |= models_below(below)
    return found


def _models_in(annotation: Any) -> Iterator[type[Model]]:
    if isinstance(annotation, type) and issubclass(annotation, Model):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)
