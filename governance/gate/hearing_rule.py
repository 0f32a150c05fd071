"""What Business was heard about before it turns its key over a changed meaning.

Asked by `replay` for each Business key, with the certificate that the key would replace. The rule: every field that changed
since then was talked about, by both sides, in a talk that was written down after that certificate and before the key. A
certificate so uses up all talks before it: none counts for a second change. See docs/adr/0022-hearings-and-the-query-ledger.md.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from governance.keys.refusal import Refusal, utc
from metrics_catalog.hearing import holds
from metrics_catalog.meaning_diff import changes, covers
from metrics_catalog.person import Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance.gate.replay import Certificate
    from governance.keys.turned_key import TurnedKey
    from metrics_catalog.catalog import Catalog
    from metrics_catalog.hearing import Attendee, Entry, Hearing

CODE = "RNG-GOV-015"
CLOCK_SKEW = dt.timedelta(minutes=5)
"""How far the clocks of two machines may differ before a talk counts as held after the key was turned."""

A_DAY_AHEAD = dt.timedelta(hours=14)
"""A day begins in the east of the earth so long before it begins in UTC."""


def unheard(catalog: Catalog, key: TurnedKey, last: Certificate) -> Refusal | None:
    """Why a Business key may not replace the last certificate: a change that no talk was about. None where it may.

    A hearing whose file has a fault at present takes no number away.
    """
    name = str(key.meaning.business.get("hearing", ""))
    if covers(Side.BUSINESS, last.meaning, key.meaning) or catalog.is_broken("hearing", name):
        return None
    hearing = catalog.hearings.get(name)
    heard = hearing.talks(key.approval.metric) if hearing is not None else ()
    talks = [talk for talk in heard if _were_there(catalog, talk) and _is_between(talk, last, key)]
    fields = [change.field for change in changes(last.meaning, key.meaning)]
    silent = [field for field in fields if not any(talk.hears(field) for talk in talks)]
    return _refusal(key, last, silent, name) if silent or not talks else None


def _were_there(catalog: Catalog, talk: Hearing | Entry) -> bool:
    """For each side somebody spoke who held it on that day; an entry of people.yaml that cannot be read is not held against them."""
    return all(any(_speaks_for(catalog, one, talk.date) for one in talk.attendees if one.side is side) for side in Side)


def _speaks_for(catalog: Catalog, attendee: Attendee, day: dt.date) -> bool:
    person = catalog.people.get(attendee.person)
    return holds(person, attendee.side, day) if person is not None else catalog.is_broken("person", attendee.person)


def _is_between(talk: Hearing | Entry, last: Certificate, key: TurnedKey) -> bool:
    """Whether the talk was written down after the last certificate and before this key."""
    if talk.recorded_at is not None:
        return utc(last.certified_at) < utc(talk.recorded_at) <= utc(key.at) + CLOCK_SKEW
    begun = dt.datetime.combine(talk.date, dt.time(), dt.UTC)
    return utc(last.certified_at) < begun <= utc(key.at) + A_DAY_AHEAD


def _refusal(key: TurnedKey, last: Certificate, silent: Sequence[str], hearing: str) -> Refusal:
    metric = key.approval.metric
    what = ", ".join(f"`{field}`" for field in silent[:3]) or "the meaning"
    more = f" and {len(silent) - 3} more fields" if len(silent) > 3 else ""
    message = (
        f"{what}{more} of `{metric}` changed since it was certified on {last.certified_at.date().isoformat()}, "
        f"and the hearing `{hearing}` has no entry about that."
    )
    return Refusal(
        CODE, message, f"talk about it with both sides and write it down: `ringi hearing add {metric}`; then approve.", "meaning"
    )
