"""The rules about masks: on a column that is given, of a type that can have it, and not undone by another grant.

The first two are among the rules of one grant (`policy_rules.py`); the last compares grants (`policy_warnings.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.policy.given_columns import given_columns
from governance.policy.masks import Mask
from metrics_catalog.finding import Finding, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.policy.grant import Grant
    from governance.policy.ground import Ground
    from governance.policy.names import Entry


def masks_are_given(entry: Entry[Grant], ground: Ground) -> Iterator[Finding]:
    """A mask is put on a column that the grant gives of one of its views."""
    if not entry.model.masks:
        return
    classes = [ground.relations.classes_of(view) for view in ground.views_of(entry.model)]
    known = {name for each in classes for name in each}
    given = {name for each in classes for name in given_columns(entry.model, each)}
    for name in entry.model.masks:
        if known and name not in given:
            message = f"The grant `{entry.name}` masks the column `{name}`, which it does not give."
            hint = "take the mask out, or give the column; what is not given is not shown at all." if name in known else None
            hint = hint or did_you_mean(name, known) or f"its views have {', '.join(sorted(known)[:20])}."
            yield Finding("RNG-GOV-083", entry.document.place_of_key(*entry.path, "masks", name), message, hint)


def masks_fit(entry: Entry[Grant], ground: Ground) -> Iterator[Finding]:
    """A mask is one that the type of its column can have; where it is not, the evaluator gives no cell of the column."""
    for name, mask in entry.model.masks.items():
        for view in ground.views_of(entry.model):
            kind = ground.relations.types_of(view).get(name)
            if kind is not None and not mask.fits(kind):
                fitting = ", ".join(f"`{each}`" for each in Mask if each.fits(kind))
                message = f"The mask `{mask}` cannot be put on `{name}` of the view `{view}`, whose type is {kind}."
                yield Finding("RNG-GOV-084", entry.place("masks", name), message, f"a column of type {kind} can have {fitting}.")
                break
