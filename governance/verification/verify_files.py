"""Files of approved meanings that no approval leads to; asked by `verify`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from governance.keys.meaning_store import FOLDER
from metrics_catalog.finding import Finding, Place, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.verification.verify_shared import Needs
    from metrics_catalog.catalog import Catalog

CODE = "RNG-GOV-074"


def unneeded(catalog: Catalog, needs: Needs) -> Iterator[Finding]:
    """A warning for each file that no approval names, and that nothing of what approvals name needs.

    None where an approval, or what it names, cannot be read: then nobody can tell what it needs.
    """
    named = {approval.meaning for given in catalog.approvals.values() for approval in given}
    if catalog.broken.get("approval") or not named <= needs.sound:
        return
    needed = named | needs.files
    for name in _names(catalog):
        if name.removesuffix(".json") not in needed or not name.endswith(".json"):
            place = Place((FOLDER / name).as_posix().encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
            yield Finding(CODE, place, "No approval leads to this file.", "delete it, or restore the approval from git.", Severity.WARNING)


def _names(catalog: Catalog) -> list[str]:
    try:
        with os.scandir(catalog.root / FOLDER) as entries:
            return sorted(entry.name for entry in entries if not entry.name.startswith("."))
    except OSError:  # no meaning was ever approved, or each that is looked for has a finding of its own
        return []
