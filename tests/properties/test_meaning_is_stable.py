"""A meaning does not depend on how its files are spelled: order of keys, comments, line endings, Unicode's two forms."""

from __future__ import annotations

import random
import tempfile
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.gate.gate import certified
from metrics_catalog import canonical_json, meaning
from metrics_catalog.catalog import load
from metrics_catalog.country_parts import CountryParts
from metrics_catalog.meaning import Meaning, resolve_all
from metrics_catalog.rules import check
from tests.support.breaking import TODAY
from tests.support.catalogs import edit, metric_file
from tests.support.keys import after, keyed_project, turn_both

GA = "カ\u3099"
"""`ガ` as some keyboards and file systems write it: two characters that are one."""
HOURS = metric_file("viewing_hours")
Form = Literal["NFC", "NFD"]
FORMS: list[Form] = ["NFC", "NFD"]


@cache
def project() -> Path:
    """A project with keys, whose words, rows and hearing hold characters that Unicode can write in two ways."""
    root = keyed_project(Path(tempfile.mkdtemp(prefix="ringi-stable-")))
    edit(root, HOURS, lambda d: d["what"]["label"].update(ja="視聴ガイド"))
    edit(root, HOURS, lambda d: d.update(hearing="2026-11-ガイド"))
    edit(root, HOURS, lambda d: d["how"].update(filter="event_type = 'heartbeat' and player_version <> 'ガ'"))
    edit(root, "dimensions/titles.yaml", lambda d: d["rows"].append({"title_id": "t3", "genre": "ガールズ"}))
    hearing = yaml.safe_load((root / "hearings/2026-11-engagement.yaml").read_text(encoding="utf-8"))
    (root / "hearings/2026-11-ガイド.yaml").write_text(
        yaml.safe_dump(hearing | {"hearing": "2026-11-ガイド"}, allow_unicode=True), encoding="utf-8"
    )
    turn_both(root, "viewing_hours", 0)
    return root


def respelled(text: str, chance: random.Random, form: Form, ending: str, *, comments: bool) -> bytes:
    """The same YAML written in another way."""
    data = yaml.safe_load(text)
    flow = chance.choice([None, False])
    written = yaml.safe_dump(
        _shuffled(data, chance), allow_unicode=True, sort_keys=False, width=chance.choice([40, 4000]), default_flow_style=flow
    )
    if comments:
        lines = written.split("\n")
        written = "\n".join(
            ["# 承認ガイド: read this first", *(f"{line}  # {chance.random()}" if line.endswith(":") else line for line in lines)]
        )
    return unicodedata.normalize(form, written).replace("\n", ending).encode()


def _shuffled(data: Any, chance: random.Random) -> Any:
    if isinstance(data, dict):
        return {key: _shuffled(data[key], chance) for key in chance.sample(list(data), len(data))}
    return [_shuffled(item, chance) for item in data] if isinstance(data, list) else data


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(FORMS), st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
def test_no_spelling_of_the_files_changes_a_meaning_or_a_key(seed: int, form: Form, ending: str, comments: bool, names: bool) -> None:
    root, chance = project(), random.Random(seed)  # test data
    expected = {name: found.digest for name, found in resolve_all(load(root)[0]).items() if isinstance(found, Meaning)}
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted(path for path in root.rglob("*") if path.is_file()):
            relative = path.relative_to(root).as_posix()
            target = Path(folder, unicodedata.normalize(form, relative) if names else relative)
            target.parent.mkdir(parents=True, exist_ok=True)
            is_definition = path.suffix == ".yaml" and "approvals" not in path.parts
            text = path.read_bytes()
            target.write_bytes(respelled(text.decode(), chance, form, ending, comments=comments) if is_definition else text)
        catalog, findings = load(Path(folder))
        assert findings == ()
        assert {name: found.digest for name, found in resolve_all(catalog).items() if isinstance(found, Meaning)} == expected
        assert {finding.code for finding in check(catalog, TODAY)} == {finding.code for finding in check(load(root)[0], TODAY)}
        status = certified(catalog, after(180)).metrics["viewing_hours"]
        assert {key.state.value for key in status.keys.values()} == {"valid"}
        assert status.published_digest == expected["viewing_hours"]


@given(
    st.text(alphabet=st.sampled_from("がぎ゙゚a\u3099\u0301é e'\"\\\n"), max_size=12),
    st.integers() | st.floats(allow_nan=False, allow_infinity=False),
)
def test_digests_taken_from_bytes_are_those_of_the_meaning(text: str, number: float) -> None:
    """What is read is either written canonically, or known not to be; a shortcut never says otherwise."""
    present = resolve_all(load(project())[0])["viewing_hours"]
    assert isinstance(present, Meaning)
    odd = Meaning(present.metric, present.logic, {**present.business, f"x.{text}": text, "y": number}, present.countries)
    parts = {odd.country_parts.digest: odd.country_parts}
    for raw in (odd.canonical(), _uncomposed(odd)):
        found = meaning.read(raw, lambda digest: parts.get(digest, CountryParts()))
        again = Meaning(found.metric, found.logic, found.business, found.countries)
        assert (found.digest, found.logic_digest) == (again.digest, again.logic_digest)
        assert (found.digest == canonical_json.sha256(raw)) is (raw == odd.canonical())


def _uncomposed(odd: Meaning) -> bytes:
    return unicodedata.normalize("NFD", odd.canonical().decode()).encode()
