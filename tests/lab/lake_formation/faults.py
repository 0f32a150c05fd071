"""The refusals of the lab's Lake Formation, by the names of the API."""

from __future__ import annotations

from moto.core.exceptions import JsonRESTError


class RefusedError(JsonRESTError):
    """One refusal; `wrong` is the API's name of the error. A batch turns it into the failure of one entry."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(name, message)
        self.wrong, self.said = name, message


def invalid(message: str) -> RefusedError:
    return RefusedError("InvalidInputException", message)


def missing(message: str) -> RefusedError:
    return RefusedError("EntityNotFoundException", message)


def denied(message: str) -> RefusedError:
    return RefusedError("AccessDeniedException", message)


def there_already(message: str) -> RefusedError:
    return RefusedError("AlreadyExistsException", message)


def overtaken(message: str) -> RefusedError:
    return RefusedError("ConcurrentModificationException", message)
