"""Written values of a row condition as Lake Formation's filters take them; refused where engines would not read them alike.

Used by `conditions.py`.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NoReturn

from governance.errors import GovernanceError
from metrics_catalog.source import ColumnType

_SENDABLE = re.compile("[\t\n\r\\u0020-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]*")
"""Characters that the API takes in a condition."""

EXACT_BESIDE_DECIMAL = 10**9
"""Below this a double tells every decimal of six places from its neighbours, so a literal means the same for both."""

EXACT_INTEGER = 2**53
"""Up to this every whole number is a double."""

DIGITS = 30
"""Digits of a written number: engines keep 38."""


class NotExpressibleError(GovernanceError):
    """A condition that Lake Formation's filters cannot say; the message is the reason, in the middle of a sentence."""

    def __init__(self, message: str, code: str = "RNG-GOV-090") -> None:
        super().__init__(message)
        self.code = code


def text(value: str) -> str:
    """A text in quotes."""
    if "\\" in value:
        refuse("it has a text with a backslash, which engines read differently")
    if not _SENDABLE.fullmatch(value):
        refuse("it has a text with a character that Lake Formation does not take")
    return "'" + value.replace("'", "''") + "'"


def number(value: float, kind: ColumnType) -> str:
    """Digits without an exponent; refuses numbers that do not mean the same beside a column of that type on every engine."""
    if kind is ColumnType.DECIMAL and abs(value) >= EXACT_BESIDE_DECIMAL:
        refuse(f"it compares a decimal with {value:g}, where engines round")
    if (isinstance(value, float) or kind is ColumnType.DOUBLE) and abs(value) > EXACT_INTEGER:
        refuse(f"it compares with {value:g}, where engines round")
    digits = format(Decimal(repr(value)), "f")
    if len(digits) > DIGITS:
        refuse(f"it compares with {value:g}, which has too many digits")
    return digits


def refuse(reason: str) -> NoReturn:
    """Refuse a condition; the reason stands in the middle of a sentence."""
    raise NotExpressibleError(reason)
