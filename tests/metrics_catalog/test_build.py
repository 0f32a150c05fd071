"""What a model refuses is told in plain words, at the place of the fault."""

import pytest
import yaml

from metrics_catalog.metric import Metric
from metrics_catalog.view import View
from metrics_catalog.yaml_io import build, parse
from tests.support.catalogs import measured, metric, view


def built(document: object, model: type = Metric) -> list[tuple[str, str, str]]:
    text = document if isinstance(document, str) else yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
    read, unread = parse(text, "x.yaml")
    assert read is not None, unread
    value, findings = build(model, read)
    assert (value is None) == bool(findings)
    return [(finding.code, finding.message, finding.hint) for finding in findings]


def test_a_faultless_document_becomes_a_model() -> None:
    assert built(metric("plays", measured("count"))) == []


@pytest.mark.parametrize(
    ("how", "code", "message", "hint"),
    [
        ({"kind": "summ"}, "RNG-CAT-024", "`how.kind` is `summ`; expected", "did you mean `sum`?"),
        ({"source": "viewing_events"}, "RNG-CAT-020", "`kind` is missing in `how`.", "add `kind: …`."),
        (5, "RNG-CAT-022", "`how` is the number 5; expected a mapping of", ""),
        (["a"], "RNG-CAT-022", "`how` is a list; expected a mapping of", ""),
        (measured("sum"), "RNG-CAT-020", "`expression` is missing in `how`.", "add `expression: …`."),
        (measured("count", filtr="x = 1"), "RNG-CAT-021", "`filtr` is not a field of `how`.", "did you mean `filter`?"),
        (measured("sum", "x", count=1), "RNG-CAT-021", "`count` is not a field of `how`.", "fields here are `source`, `filter`"),
        (measured("count", dimensions="plan"), "RNG-CAT-022", "`how.dimensions` is `plan`; expected a list such as `[a, b]`.", ""),
        (measured("count", dimensions=["a", 5]), "RNG-CAT-022", "`how.dimensions[2]` is the number 5; expected text.", "put it in quotes."),
        (measured("count", source="Über"), "RNG-CAT-025", "`how.source` is `Über`; expected a name of lower-case letters", ""),
        (measured("count", filter=True), "RNG-CAT-022", "`how.filter` is `true`; expected text.", "put it in quotes."),
    ],
)
def test_a_fault_of_how_is_told_in_plain_words(how: object, code: str, message: str, hint: str) -> None:
    ((found_code, found_message, found_hint),) = built(metric("plays", how))  # type: ignore[arg-type]  # broken on purpose
    assert found_code == code
    assert found_message.startswith(message) and found_hint.startswith(hint)


def test_a_renamed_field_is_told_from_both_sides() -> None:
    document = metric("plays", measured("count"))
    document["what"]["units"] = document["what"].pop("unit")
    assert built(document) == [
        ("RNG-CAT-020", "`unit` is missing in `what`.", "is that `units`?"),
        ("RNG-CAT-021", "`units` is not a field of `what`.", "did you mean `unit`?"),
    ]


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"tier": "crtical"}, "RNG-CAT-023", "`tier` is `crtical`; expected `critical`, `standard` or `optional`."),
        ({"countries": {"jp": {"filter": "a = 1", "reason": "x"}}}, "RNG-CAT-025", "A key of `countries` is `jp`; expected a country code"),
        ({"countries": {"JP": {"filter": "a = 1"}}}, "RNG-CAT-020", "`reason` is missing in `countries.JP`."),
        (
            {"countries": {"JP": {"filter": "a", "reason": "x", "until": 2027}}},
            "RNG-CAT-027",
            "`countries.JP.until` is the number 2027; expected a day",
        ),
        (
            {"countries": {"JP": {"filter": "a", "reason": "x", "until": "31.3.2027"}}},
            "RNG-CAT-027",
            "`countries.JP.until` is `31.3.2027`; expected a day",
        ),
        ({"owners": {"tech": " \u3000 ", "business": "b"}}, "RNG-CAT-026", "`owners.tech` is empty text; expected some text."),
        (
            {"examples": [{"name": "a", "country": "JP", "rows": [], "expect": "5"}]},
            "RNG-CAT-022",
            "`examples[1].expect` is `5`; expected a whole number or a number",
        ),
        ({"metric": None, "mertic": "plays"}, "RNG-CAT-020", "`metric` is missing."),
    ],
)
def test_a_fault_elsewhere_is_told_in_plain_words(change: dict[str, object], code: str, message: str) -> None:
    found = built(metric("plays", measured("count"), **change))
    assert found[0][0] == code
    assert found[0][1].startswith(message)


@pytest.mark.parametrize(
    ("countries", "code", "message"),
    [
        ("al", "RNG-CAT-023", "`countries` is `al`; expected `all` or a list such as `[a, b]`."),
        (5, "RNG-CAT-023", "`countries` is the number 5; expected `all` or a list such as `[a, b]`."),
        (["JP", "xx"], "RNG-CAT-025", "`countries[2]` is `xx`; expected a country code"),
    ],
)
def test_a_value_that_may_be_one_of_two_things_gives_one_finding(countries: object, code: str, message: str) -> None:
    ((found_code, found_message, _),) = built(view("v", ["plays"], countries=countries), View)
    assert found_code == code
    assert found_message.startswith(message)


def test_no_finding_shows_a_class_name_or_the_words_of_a_library() -> None:
    broken = {
        "metric": 5,
        "what": [],
        "why": {"question": 1, "x": 2},
        "how": {"kind": "sum", "source": {}},
        "countries": {"JP": 3},
        "tier": None,
    }
    for _, message, hint in built(broken):
        assert not any(word in message + hint for word in ("Input", "pydantic", "valid ", "StringConstraints", "Metric", "Sum"))


def test_texts_longer_than_a_line_are_cut_in_messages() -> None:
    ((_, message, _),) = built(metric("plays", measured("count"), tier="very " * 100))
    assert len(message) < 150
