"""A definition as text for a terminal: a word on the left that says what a line is, sentences on the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


_ADDITIVITY = {
    "additive": "values may be summed over days, countries and dimensions",
    "semi_additive": "values may be compared, not summed",
    "non_additive": "values must not be summed: read it at the grain you need",
}


def text(facts: Mapping[str, Any]) -> str:
    """The whole text."""
    title = f"{facts['kind']} {facts['name']}"
    label = facts["definition"].get("label") or facts["definition"].get("what", {}).get("label")
    names = f"  {label['en']} / {label['ja']}" if label else ""
    lines = [*_OF_KIND.get(facts["kind"], _of_any)(facts), ("File", f"{facts['file']}:{facts['line']}")]
    width = max(len(word) for word, _ in lines) + 2
    return "\n".join([title + names, "", *_aligned(lines, width)])


def _aligned(lines: list[tuple[str, str]], width: int) -> Iterator[str]:
    """Each word once; further lines of the same word stand below its first."""
    before = ""
    for word, sentence in lines:
        yield f"{word if word != before else '':<{width}}{sentence}"
        before = word


def _of_metric(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    what, why = facts["definition"]["what"], facts["definition"]["why"]
    yield from _both("What", what["description"])
    yield "Unit", f"{what['unit']}; {_ADDITIVITY[facts['additivity']]}"
    yield from _both("Not for", what["not_for"])
    aliases = [*what["aliases"]["en"], *what["aliases"]["ja"]]
    if aliases:
        yield "Also", ", ".join(aliases)
    yield from _both("Why", why["question"])
    yield from _both("Decides", why["decision"])
    if why["consumers"]:
        yield "Used by", ", ".join(why["consumers"])
    yield from _how(facts)
    for sentence in (facts.get("comparable") or {}).get("sentences", ()):
        yield "Comparable", sentence
    yield from _keys(facts)
    yield from _owners(facts["definition"])
    yield from _hearing_of(facts)
    yield "Views", ", ".join(facts["views"]) or "in none"


def _hearing_of(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    held, ending = facts["hearing"], facts["ending"]
    if held["id"]:
        review = f"; to be talked about again on {held['review_on']}" if held["review_on"] else ""
        yield "Hearing", f"{held['id']}{review}{', which is due' if held['due'] else ''}"
    if ending is not None:
        last = f" Its last day is {ending['ends_on']}." if ending["ends_on"] else ""
        yield "Ends", f"read {ending['successor'] or 'something else'} instead.{last} {ending['reason']}".rstrip()
        readers = ", ".join(f"{one['principal']} ({one['queries']})" for one in facts["readers"])
        yield "Ends", f"read in the last 90 days by {readers or 'nobody'}"


def _how(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    how, canonical = facts["definition"]["how"], facts["canonical"]
    if how["kind"] == "ratio":
        yield "How", f"{how['numerator']} / {how['denominator']}, divided after aggregation"
    else:
        yield "How", f"{how['kind'].replace('_', ' ')}{' of ' + canonical['expression'] if 'expression' in canonical else ' of rows'}"
    if "source" in how:
        yield "How", f"from {how['source']}{', where ' + canonical['filter'] if 'filter' in canonical else ''}"
    if how.get("dimensions"):
        yield "How", f"by {', '.join(how['dimensions'])}"
    if facts["part_of"]:
        yield "Part of", ", ".join(facts["part_of"])
    for code, variant in facts["definition"]["countries"].items():
        differs = "; ".join(f"{field} {text}" for field, text in facts["variants"][code].items())
        until = f" (until {variant['until']})" if variant["until"] else ""
        yield f"In {code}", f"{differs}{until}. {variant['reason']}"


def _keys(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "State", f"{facts['lifecycle']}, {facts['definition']['tier']}"
    for side, key in facts["keys"].items():
        by = f", turned by {key['by']}" if key["by"] else ""
        void = f"; changed since: {', '.join(key['voided_by'])}" if key["voided_by"] else ""
        yield "Keys", f"{side}: {key['state']}{by}{void}"
    digest = facts["published_digest"]
    yield (
        "Published",
        "no" if digest is None else "yes, in this meaning" if digest == facts["current_digest"] else "yes, in an earlier meaning",
    )


def _of_view(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    view = facts["definition"]
    yield from _both("What", view["description"])
    dimensions = ", ".join(("viewing country", view["grain"]["time"], *view["grain"]["dimensions"]))
    yield "A row", f"one {dimensions}"
    yield "Metrics", ", ".join(view["metrics"])
    yield "Countries", view["countries"] if view["countries"] == "all" else ", ".join(view["countries"])
    yield from _owners(view)


def _of_source(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    source = facts["definition"]
    yield from _both("What", source["description"])
    yield "Delivery", f"{source['delivery']}, key {', '.join(source['key'])}, late up to {source['lateness']}"
    for name, column in source["columns"].items():
        yield "Columns", f"{name}: {column['type']}{', required' if column['required'] else ''}, {column['classification']}"
    yield from _owners(source)
    yield "Metrics", ", ".join(facts["metrics"]) or "none"


def _of_dimension(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    dimension = facts["definition"]
    yield from _both("What", dimension["description"])
    yield "Joined by", dimension["key"]
    rows = f"{len(dimension['rows'])} in the file" if dimension["source"] is None else f"from {dimension['source']}"
    yield "Rows", rows
    for name, attribute in dimension["attributes"].items():
        yield "Attributes", f"{name}: {attribute['type']}"
    yield from _owners(dimension)
    yield "Metrics", ", ".join(facts["metrics"]) or "none"


def _of_hearing(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    said = facts["definition"]
    yield "Date", said["date"]
    yield "Metrics", ", ".join(said["metrics"])
    yield from _talk(said)
    yield "Outcome", said["outcome"]
    for entry in said["entries"]:
        about = f"; changed {', '.join(entry['changed'])}" if entry["changed"] else ""
        yield "Later", f"{entry['date']}, about {', '.join(entry['metrics'])}{about}"
        yield from (("Later", f"  {word}: {sentence}") for word, sentence in _talk(entry))


def _talk(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a hearing and an entry have in common, and the agenda of a hearing."""
    for attendee in said["attendees"]:
        yield "There", f"{attendee['person']} for {attendee['side']}"
    for field in ("question", "decides"):
        if said.get(field):
            yield field.capitalize(), said[field]
    agenda = said.get("agenda", {})
    for point, answer in agenda.items():
        if answer:
            yield "Agenda", f"{point.replace('_', ' ')}: {answer}"
    if any(agenda.values()):
        still = [point.replace("_", " ") for point, answer in agenda.items() if not answer]
        yield from [("Agenda", f"not talked about: {', '.join(still)}")] if still else []
    for each in said["questions"]:
        yield "Asked", f"{each['question']} {each['answer']}"
    for one in said["dissent"]:
        yield "Dissent", one
    yield "Decision", said["decision"]
    if said["review_on"]:
        yield "Review", said["review_on"]


def _of_any(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """People and countries: their fields as they stand."""
    for field, value in facts["definition"].items():
        for line in value if isinstance(value, list) else [value]:
            told = "; ".join(f"{key} {part}" for key, part in line.items()) if isinstance(line, dict) else line
            if told not in (None, ""):
                yield field.replace("_", " ").capitalize(), str(told)


def _both(word: str, words: Mapping[str, str] | None) -> Iterator[tuple[str, str]]:
    if words is not None:
        yield word, words["en"]
        yield word, words["ja"]


def _owners(definition: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "Owners", f"tech {definition['owners']['tech']}, business {definition['owners']['business']}"


_OF_KIND: dict[str, Callable[[Mapping[str, Any]], Iterator[tuple[str, str]]]] = {
    "metric": _of_metric,
    "hearing": _of_hearing,
    "view": _of_view,
    "source": _of_source,
    "dimension": _of_dimension,
}
