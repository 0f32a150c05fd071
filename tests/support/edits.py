"""Two versions of a small lake project that differ by a few edits, drawn by Hypothesis: what people do to such files, and worse.

`EARLIER` and `LATER` draw edits, `versions` applies them and gives both versions as `{file: text}`, `written` puts one on disk.
"""

from __future__ import annotations

import copy
import shutil
from typing import TYPE_CHECKING, Any

import yaml
from hypothesis import strategies as st

from tests.support.catalogs import dimension, measured, metric, metric_file, small_documents, source, text, view

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Yaml = dict[str, Any]
Files = dict[str, Yaml | str]
Edit = tuple[str, Any]

VIEWS = ("title_daily", "nordic_daily", "parts_daily")
FILTERS = ("event_type = 'start'", "EVENT_TYPE  =  'start'", "event_type = 'stop' and plan = 'basic'", "position_s > 3")
ESCAPED = 'metric: "pl\\u0061ys"\n'


def rich_documents() -> Files:
    """`small_documents` with towers of metrics, a second source, a dimension with rows in a source, views of a few countries."""
    files: Files = dict(small_documents())
    titles = {"title_id": {"type": "string"}, "form": {"type": "string"}}
    files["sources/title_list.yaml"] = source("title_list", delivery="snapshot", columns=titles, key=["title_id"], event_time=None,
                                              received_time=None, country=None)  # fmt: skip
    files["dimensions/forms.yaml"] = dimension("forms", attributes={"form": {}}, rows=None, source="title_list")
    how = measured("count_distinct", "viewer_id", dimensions=["form", "device_type"])
    spain = {"DE": {"filter": "plan = 'basic'", "reason": "Trials.", "until": "2026-01-01"}}
    for document in (
        metric("form_viewers", how, countries=spain),
        metric("plays_per_viewer", {"kind": "ratio", "numerator": "plays", "denominator": "form_viewers"}),
        metric("tower", {"kind": "derived", "expression": "HOURS_PER_PLAY * 2 + plays_per_viewer"}),
    ):
        files[metric_file(document["metric"])] = document
    files["views/nordic_daily.yaml"] = view("nordic_daily", ["tower", "form_viewers"], ["device_type"], countries=["NO", "DE"])
    files["views/parts_daily.yaml"] = view("parts_daily", ["completion_rate"], countries=["JP"])
    files["policy/analysts.yaml"] = {"principals": {"analyst_jp": {}}}
    return copy.deepcopy(files)


def _metrics(files: Files) -> list[str]:
    return sorted(file for file, document in files.items() if file.startswith("metrics/") and isinstance(document, dict))


def _apply(files: Files, edit: Edit) -> None:
    """One edit; one that does not fit what the earlier edits left does nothing."""
    action, argument = edit
    try:
        _ACTIONS[action](files, argument)
    except (KeyError, IndexError, TypeError):
        return


def _pick(files: Files, number: int) -> str:
    names = _metrics(files)
    return names[number % len(names)]


def _document(files: Files, file: str) -> Yaml:
    """A file that is YAML; KeyError where an earlier edit removed or broke it."""
    found = files[file]
    if isinstance(found, str):
        raise KeyError(file)
    return found


def _picked(files: Files, number: int) -> Yaml:
    return _document(files, _pick(files, number))


def _filter(files: Files, argument: tuple[int, str]) -> None:
    _picked(files, argument[0])["how"]["filter"] = argument[1]


def _words(files: Files, argument: tuple[int, str]) -> None:
    what = _picked(files, argument[0])["what"]
    what |= {"label": {"label": text("Other")}, "unit": {"unit": "other"}, "aliases": {"aliases": {"en": ["other"]}}}[argument[1]]


def _variant(files: Files, argument: tuple[int, str, Yaml | None]) -> None:
    variants = _picked(files, argument[0]).setdefault("countries", {})
    if argument[2] is None:
        variants.pop(argument[1])
    else:
        variants[argument[1]] = dict(argument[2])


def _delete(files: Files, number: int) -> None:
    del files[sorted(files)[number % len(files)]]


def _break(files: Files, argument: tuple[int, str]) -> None:
    files[sorted(files)[argument[0] % len(files)]] = argument[1]


def _rename(files: Files, argument: tuple[int, str]) -> None:
    file = _pick(files, argument[0])
    document = _document(files, file)
    del files[file]
    files[metric_file(argument[1])] = document | {"metric": argument[1]}


def _copy(files: Files, argument: tuple[int, str, str]) -> None:
    files[f"metrics/{argument[1]}/copy.yaml"] = copy.deepcopy(_picked(files, argument[0])) | {"metric": argument[2]}


def _move(files: Files, number: int) -> None:
    file = _pick(files, number)
    files["metrics/elsewhere/" + file.rpartition("/")[2]] = files.pop(file)


def _compose(files: Files, argument: tuple[int, str]) -> None:
    _picked(files, argument[0])["how"] = {"kind": "derived", "expression": argument[1]}


def _column(files: Files, argument: tuple[str, str, Yaml | None]) -> None:
    columns = _document(files, f"sources/{argument[0]}.yaml")["columns"]
    if argument[2] is None:
        columns.pop(argument[1])
    else:
        columns[argument[1]] = dict(argument[2])


def _field(files: Files, argument: tuple[str, str, Any]) -> None:
    document = files[argument[0]]
    if not isinstance(document, dict):
        return
    document[argument[1]] = copy.deepcopy(argument[2])


def _entry(files: Files, argument: tuple[str, str, Yaml | None]) -> None:
    file, name, changes = argument
    entries = _document(files, f"{file}.yaml")[file]
    if changes is None:
        entries.pop(name)
    else:
        entries[name] = {**entries.get(name, entries[min(entries)]), **changes}


_ACTIONS: dict[str, Callable[[Files, Any], None]] = {
    "filter": _filter, "words": _words, "variant": _variant, "delete": _delete, "break": _break, "rename": _rename, "copy": _copy,
    "move": _move, "compose": _compose, "column": _column, "field": _field, "entry": _entry,
}  # fmt: skip

_NUMBER = st.integers(0, 40)
_CODE = st.sampled_from(("JP", "DE", "NO"))
_NAME = st.sampled_from(("plays", "aaa", "viewers", "zzz"))
_ANY_VARIANT = st.none() | st.fixed_dictionaries(
    {"filter": st.sampled_from(FILTERS), "reason": st.sampled_from(("One.", "Two."))},
    optional={"until": st.sampled_from(("2026-01-01", "2030-01-01"))},
)
_BROKEN = st.sampled_from(("metric: [", "", "metric: plays\n", ESCAPED, "kind: derived\n"))
_FIELDS = st.sampled_from((
    ("views/title_daily.yaml", "metrics", ["viewers", "tower"]),
    ("views/title_daily.yaml", "countries", ["JP", "DE"]),
    ("views/title_daily.yaml", "label", text("Other")),
    ("views/nordic_daily.yaml", "countries", "all"),
    ("dimensions/titles.yaml", "rows", [{"title_id": "t1", "genre": "other", "release_year": 1}]),
    ("dimensions/titles.yaml", "attributes", {"genre": {"label": text("G")}, "form": {}}),
    ("dimensions/titles.yaml", "key", "plan"),
    ("dimensions/titles.yaml", "description", text("Other")),
    ("dimensions/forms.yaml", "source", "viewing_events"),
    ("dimensions/forms.yaml", "dimension", "shapes"),
    ("sources/viewing_events.yaml", "key", ["event_id", "viewer_id"]),
    ("sources/viewing_events.yaml", "source", "other_events"),
    ("sources/viewing_events.yaml", "owners", {"tech": "other", "business": "other"}),
    ("hearings/2026-11-engagement.yaml", "decision", "Other."),
    ("policy/analysts.yaml", "principals", {"analyst_de": {}}),
))  # fmt: skip
_ENTRIES = st.one_of(
    st.tuples(st.just("countries"), st.sampled_from(("JP", "DE", "FR")), st.none() | st.sampled_from(
        ({"reporting_time_zone": "Asia/Seoul"}, {"currency": "USD"}, {"team": "other"}, {"name": text("Other")}, {"currency": 7}))),
    st.tuples(st.just("people"), st.sampled_from(("aiko", "dora")), st.none() | st.sampled_from(({"sides": ["business"]}, {"team": "x"}))),
)  # fmt: skip

EDITS = st.one_of(
    st.tuples(st.just("filter"), st.tuples(_NUMBER, st.sampled_from(FILTERS))),
    st.tuples(st.just("words"), st.tuples(_NUMBER, st.sampled_from(("label", "unit", "aliases")))),
    st.tuples(st.just("variant"), st.tuples(_NUMBER, _CODE, _ANY_VARIANT)),
    st.tuples(st.just("delete"), _NUMBER),
    st.tuples(st.just("break"), st.tuples(_NUMBER, _BROKEN)),
    st.tuples(st.just("rename"), st.tuples(_NUMBER, _NAME)),
    st.tuples(st.just("copy"), st.tuples(_NUMBER, st.sampled_from(("a", "z")), _NAME)),
    st.tuples(st.just("move"), _NUMBER),
    st.tuples(st.just("compose"), st.tuples(_NUMBER, st.sampled_from(("Plays * 2", "viewers + tower", "nobody / plays")))),
    st.tuples(st.just("column"), st.tuples(st.sampled_from(("viewing_events", "title_list")), st.sampled_from(("plan", "form", "new")),
              st.none() | st.sampled_from(({"type": "integer"}, {"type": "string", "classification": "personal"})))),
    st.tuples(st.just("field"), _FIELDS),
    st.tuples(st.just("entry"), _ENTRIES),
)  # fmt: skip


EARLIER, LATER = st.lists(EDITS, max_size=2), st.lists(EDITS, min_size=1, max_size=4)
"""Edits that made the earlier version, so that what is broken may be mended, and those that made the later from it."""


def versions(earlier: list[Edit], later: list[Edit]) -> tuple[dict[str, str], dict[str, str]]:
    """The files of two versions, by path."""
    before = rich_documents()
    for edit in earlier:
        _apply(before, edit)
    after = copy.deepcopy(before)
    for edit in later:
        _apply(after, edit)
    return _texts(before), _texts(after)


def _texts(files: Files) -> dict[str, str]:
    return {file: document if isinstance(document, str) else _dumped(document) for file, document in files.items()}


def _dumped(document: Yaml) -> str:
    return str(yaml.dump(document, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False, width=200))


def written(folder: Path, files: dict[str, str]) -> Path:
    """A folder with these files and no others."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for file, content in files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(content, encoding="utf-8", newline="\n")
    return folder


def changed_files(before: dict[str, str], after: dict[str, str]) -> frozenset[str]:
    """Files that differ in any byte."""
    return frozenset(file for file in before.keys() | after.keys() if before.get(file) != after.get(file))
