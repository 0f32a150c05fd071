"""The one error of expressions; the rules turn it into a finding with file, line and column."""

from __future__ import annotations

UNREADABLE = "RNG-CAT-100"
OUTSIDE = "RNG-CAT-101"
UNKNOWN_FUNCTION = "RNG-CAT-102"
UNKNOWN_COLUMN = "RNG-CAT-103"
WRONG_TYPE = "RNG-CAT-104"
TOO_LARGE = "RNG-CAT-105"
BAD_LITERAL = "RNG-CAT-106"
ALWAYS_NULL = "RNG-CAT-107"


class ExpressionError(ValueError):
    """The text is outside the subset; `position` counts characters from 0, `message` and `hint` are shown to a person.

    `code` is the finding's code, RNG-CAT-100 to RNG-CAT-107.
    """

    def __init__(self, message: str, hint: str = "", position: int = 0, code: str = OUTSIDE) -> None:
        super().__init__(message)
        self.message, self.hint, self.position, self.code = message, hint, position, code
