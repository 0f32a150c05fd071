"""The one way in which a test of the lab says that it cannot run here; used by every fixture of the lab.

On a machine that lacks something (a JDK, a network), the test is skipped and says why. Continuous integration sets
`RINGI_LAB=required`, and there the same call fails: a lab that silently stopped running would prove nothing.
"""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

REQUIRED = "required"


def lab_skip(reason: str) -> NoReturn:
    """Leave the test out because of `reason`, or fail it where the lab is required."""
    if os.environ.get("RINGI_LAB") == REQUIRED:
        pytest.fail(f"The lab is required here (RINGI_LAB={REQUIRED}), but it cannot run: {reason}", pytrace=False)
    pytest.skip(f"the lab cannot run here: {reason}")
