"""The YAML of an approval file: each fact on a line of its own, the evidence of its method last.

Written by `approve`; what is written reads back as the same approval.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics_catalog.approval import Method

if TYPE_CHECKING:
    from metrics_catalog.approval import Approval
    from metrics_catalog.model import Model


def approval_text(approval: Approval) -> str:
    """The text of an approval file."""
    return (
        f"metric: {approval.metric}\n"
        f"side: {approval.side.value}\n"
        f"person: {approval.person}\n"
        f"meaning: {approval.meaning}\n"
        f'approved_at: "{approval.approved_at.isoformat()}"\n'
        f"method: {approval.method.value}\n"
        f"{_evidence(approval)}"
    )


def _evidence(approval: Approval) -> str:
    if approval.method is Method.SSH:
        return "signature: |\n" + "".join(f"  {line}\n" for line in (approval.signature or "").splitlines())
    held = approval.passkey if approval.method is Method.PASSKEY else approval.github
    return f"{approval.method.value}:\n" + ("" if held is None else _fields(held))


def _fields(held: Model) -> str:
    """Fields in their order; texts in quotes, since what a device or a server sends may look like a number."""
    return "".join(f"  {name}: {_value(value)}\n" for name, value in held.model_dump(mode="json", exclude_none=True).items())


def _value(value: str | int) -> str:
    if isinstance(value, str) and "\n" in value:  # an armoured signature
        return "|\n" + "\n".join(f"    {line}" for line in value.splitlines())
    return str(value) if isinstance(value, int) else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
