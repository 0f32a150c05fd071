"""What a browser sends of a passkey's answer, read into its parts. Used by the desks of the approval page."""

from __future__ import annotations

from pydantic import ValidationError

from governance.errors import GovernanceError
from metrics_catalog.approval import PasskeyAssertion


def assertion(said: object) -> PasskeyAssertion:
    """The four parts of an answer; raises GovernanceError for anything else."""
    try:
        return PasskeyAssertion.model_validate(said, strict=True)
    except ValidationError as error:
        raise GovernanceError("The browser's answer is not that of a passkey.", hint="press the button again.") from error
