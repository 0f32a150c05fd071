"""One proposal as the approval page shows it: What, Why and How in words, what changed, and how both keys stand.

Everything here is of the meaning that the key will cover, plus names that make it readable. Plain data; the page decides
how it looks. Used by the approval desk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metrics_catalog.describe import describe
from ringi.approving.words import field_words, how_words, value_text

if TYPE_CHECKING:
    from governance.gate.approve import Proposal
    from metrics_catalog.catalog import Catalog


def shown(catalog: Catalog, wanted: Proposal, report: str | None = None) -> dict[str, Any]:
    """The JSON value of a proposal; `report` is the text with the numbers, in Markdown, where there is one."""
    facts = describe(catalog, wanted.metric)
    definition = facts["definition"]
    what, why = definition["what"], definition["why"]
    certificate = wanted.status.certificate
    return {
        "metric": wanted.metric,
        "label": what["label"],
        "description": what["description"],
        "unit": what["unit"],
        "not_for": what["not_for"],
        "question": why["question"],
        "decision": why["decision"],
        "consumers": why["consumers"],
        "how": how_words(definition["how"], facts["canonical"]),
        "countries": [_variant(catalog, code, facts) for code in sorted(definition["countries"])],
        "hearing": _hearing(catalog, definition["hearing"], wanted.metric),
        "certified_at": certificate.certified_at.isoformat(timespec="seconds") if certificate else None,
        "changes": [_change(change.field, change.field_class.value, change.before, change.after) for change in wanted.changes],
        "keys": {side.value: _key(catalog, key.state.value, key.by, key.at) for side, key in wanted.status.keys.items()},
        "meaning": wanted.meaning.digest,
        "report": report,
    }


def _variant(catalog: Catalog, code: str, facts: dict[str, Any]) -> dict[str, Any]:
    variant = facts["definition"]["countries"][code]
    country = catalog.countries.get(code)
    return {
        "country": country.name.model_dump() if country else {"en": code, "ja": code},
        "differs": [{"field": field_words(f"variant.{field}"), "text": text} for field, text in facts["variants"][code].items()],
        "reason": variant["reason"],
        "until": variant["until"],
    }


def _hearing(catalog: Catalog, name: str | None, metric: str) -> list[dict[str, Any]]:
    """What was decided about the metric at each talk, newest first."""
    hearing = catalog.hearings.get(name) if name else None
    talks = hearing.talks(metric) if hearing is not None else ()
    return [
        {
            "date": talk.date.isoformat(),
            "decision": talk.decision,
            "dissent": list(talk.dissent),
            "attendees": [{"name": _name(catalog, each.person), "side": each.side.value} for each in talk.attendees],
        }
        for talk in reversed(talks)
    ]


def _change(field: str, field_class: str, before: Any, after: Any) -> dict[str, Any]:
    return {"field": field, "words": field_words(field), "class": field_class, "before": value_text(before), "after": value_text(after)}


def _key(catalog: Catalog, state: str, by: str | None, at: Any) -> dict[str, Any]:
    return {"state": state, "by": _name(catalog, by) if by else None, "at": at.isoformat(timespec="seconds") if at else None}


def _name(catalog: Catalog, person: str) -> str:
    return catalog.people[person].name if person in catalog.people else person
