"""What a search found, as text for a terminal and as rows for CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from metrics_catalog.search.hit import Found, Hit

_MATCHED = {"dimension": "found by its dimensions", "description": "found in its description", "part": "has a part of the question"}


def rows(found: Found) -> list[dict[str, Any]]:
    """One row a hit."""
    return [
        {
            "kind": hit.kind,
            "name": hit.name,
            "label_en": (hit.facts.get("label") or {}).get("en"),
            "label_ja": (hit.facts.get("label") or {}).get("ja"),
            "unit": hit.facts.get("unit"),
            "matched": hit.matched,
        }
        for hit in found.hits
    ]


def text(found: Found) -> str:
    """All hits, a few lines each, then what a person should know of the search itself."""
    japanese = not found.query.isascii()
    blocks = ["\n".join(_lines(hit, found.country, japanese=japanese)) for hit in found.hits]
    blocks.append("\n".join(_closing(found)))
    return "\n\n".join(block for block in blocks if block)


def _lines(hit: Hit, country: str | None, *, japanese: bool) -> Iterator[str]:
    facts = hit.facts
    label = facts.get("label") or {}
    names = " / ".join(dict.fromkeys(filter(None, (label.get("ja"), label.get("en")) if japanese else (label.get("en"), label.get("ja")))))
    unit = f" ({facts['unit']})" if facts.get("unit") else ""
    yield f"{hit.kind} {hit.name}" + (f"  {names}{unit}" if names else "")
    described = facts.get("description") or {}
    if sentence := described.get("ja" if japanese else "en"):
        yield f"  {sentence}"
    yield from (f"  {line}" for line in _OF_KIND[hit.kind](facts, country))
    if hit.matched in _MATCHED:
        yield f"  {_MATCHED[hit.matched]}"


def _metric(facts: Mapping[str, Any], country: str | None) -> Iterator[str]:
    if facts["lifecycle"] != "active":
        yield f"{facts['lifecycle']}: look for its successor"
    yield f"keys: tech {facts['keys']['tech']}, business {facts['keys']['business']}; {_published(facts['views'], country)}"
    yield f"owners: {facts['owners']['tech']}, {facts['owners']['business']}"
    if facts["dimensions"]:
        yield f"sliced by: {', '.join(facts['dimensions'])}"


def _published(views: list[Mapping[str, Any]], country: str | None) -> str:
    if not views:
        return "in no view"
    if country is not None:
        listed = ", ".join(f"views_{country.lower()}.{view['view']}" for view in views)
    else:
        listed = ", ".join(f"{view['view']} ({view['countries']} {_plural(view['countries'], 'country', 'countries')})" for view in views)
    return f"published in {listed}" if views[0]["published"] else f"not published yet, planned in {listed}"


def _view(facts: Mapping[str, Any], country: str | None) -> Iterator[str]:
    yield f"one row a {facts['grain']['time']}{''.join(f' x {name}' for name in facts['grain']['dimensions'])}"
    yield f"metrics: {', '.join(facts['metrics'])}"
    where = f"views_{country.lower()}.{facts['view']}" if country else f"views_<country>.{facts['view']}"
    yield f"query it as {where}, in {facts['countries']} {_plural(facts['countries'], 'country', 'countries')}"


def _dimension(facts: Mapping[str, Any], _: str | None) -> Iterator[str]:
    count, shown = facts["metric_count"], facts["metrics"]
    if not count:
        yield "a dimension that slices no metric yet"
        return
    more = f" and {count - len(shown):,} more" if count > len(shown) else ""
    yield f"a dimension that slices {count:,} {_plural(count, 'metric', 'metrics')}: {', '.join(shown)}{more}"


def _source(facts: Mapping[str, Any], _: str | None) -> Iterator[str]:
    yield f"columns: {', '.join(facts['columns'])}"


def _hearing(facts: Mapping[str, Any], _: str | None) -> Iterator[str]:
    yield f"{facts['date']}: {facts['question']}"
    yield f"decided: {facts['decision']}"
    yield f"about: {', '.join(facts['metrics'])}"


def _country(facts: Mapping[str, Any], _: str | None) -> Iterator[str]:
    yield f"views: {', '.join(facts['views']) or 'none'}"


_OF_KIND = {"metric": _metric, "view": _view, "dimension": _dimension, "source": _source, "hearing": _hearing, "country": _country}


def _closing(found: Found) -> Iterator[str]:
    for word, others in (found.corrected or {}).items():
        yield f"Searched for {' or '.join(f'`{other}`' for other in others)} instead of `{word}`."
    if found.note:
        yield found.note
    if found.did_you_mean:
        yield f"Did you mean {' or '.join(f'`{word}`' for word in found.did_you_mean)}?"
    if found.total > len(found.hits) > 0:
        yield f"{len(found.hits)} of {found.total:,} shown; --limit shows more."
    if not found.hits:
        yield "Hint: use fewer or other words, or `ringi show METRIC` where you know the name."


def _plural(count: int, one: str, many: str) -> str:
    return one if count == 1 else many
