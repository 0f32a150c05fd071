"""Which columns of a relation a grant gives, by their names and classes; used by the evaluator and by the rules of the policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.policy.grant import Excluded, Included

if TYPE_CHECKING:
    from collections.abc import Mapping

    from governance.policy.grant import Grant
    from metrics_catalog.source import Classification


def given_columns(grant: Grant, classes: Mapping[str, Classification]) -> frozenset[str]:
    """The columns of a relation that a grant gives: those it names, of the classes it reaches."""
    of_class = {name for name, level in classes.items() if level in grant.classifications}
    match grant.columns:
        case Included(include=names):
            return frozenset(of_class.intersection(names))
        case Excluded(exclude=names):
            return frozenset(of_class.difference(names))
    return frozenset(of_class)
