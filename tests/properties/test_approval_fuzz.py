"""Whatever stands in an approval, a meaning or people.yaml: nothing crashes, each file that does not count is named, nothing else is lost."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from governance.gate.gate import certified
from governance.keys import meaning_store
from governance.keys.approval_text import approval_text
from governance.verification.verified import Stand
from governance.verification.verify import Verification, verify
from metrics_catalog import canonical_json
from metrics_catalog.approval import NAMESPACE, Approval
from metrics_catalog.catalog import load
from metrics_catalog.codes import codes
from metrics_catalog.errors import RingiError
from metrics_catalog.person import Side
from metrics_catalog.records import read_records
from tests.support.keys import after, keyed_project, signer, talked, turn_both

if TYPE_CHECKING:
    from collections.abc import Iterator

NOON = after(180)
METRIC, OTHER = "viewing_hours", "plays"
FIELDS = ("metric", "side", "person", "meaning", "approved_at", "method", "signature", "passkey", "github")
WORDS = st.sampled_from(
    [METRIC, OTHER, "tech", "business", "aiko", "bernd", "carla", "ssh", "passkey", "github", "0" * 64, "..", "/etc/passwd", "nobody"]
)
FACTS = (
    "how",
    "what",
    "why",
    "hearing",
    "lifecycle",
    "deprecation",
    "countries",
    "proposer",
    "owners",
    "source",
    "dimensions",
    "upstream",
    "x",
)
"""Fields whose change was talked about, so that a crafted meaning may even be certified."""
INSTANTS = st.sampled_from(
    [
        "2025-06-02T09:00:00+00:00",
        "2025-06-02",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2025-06-02T09:00:00",
        "2025-02-30T00:00:00Z",
        1.5,
    ]
)
LEAVES: st.SearchStrategy[Any] = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | WORDS | INSTANTS
PASSKEY = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("credential_id", "authenticator_data", "client_data_json", "signature"), LEAVES)
)
REVIEW = st.fixed_dictionaries(
    {
        "repository": st.just("a/b"),
        "pull_request": st.just(1),
        "review_id": st.just(1),
        "commit": st.just("0" * 40),
        "login": st.just("aiko"),
        "submitted_at": INSTANTS,
        "url": st.just("https://github.com/a/b/pull/1"),
        "server": st.just("https://github.com"),
    },
    optional={"witnessed_at": INSTANTS, "witness": LEAVES},
)
VALUES = LEAVES | PASSKEY | REVIEW | st.lists(LEAVES, max_size=2)


@cache
def project() -> Path:
    """Two metrics with both keys, in a repository that lets reviews count."""
    root = keyed_project(Path(tempfile.mkdtemp(prefix="ringi-approvals-")))
    settings_text = f'\n[approval.github]\nrepository = "a/b"\nwitnesses = [{{public_key = "{signer("dora").public_line}"}}]\n'
    with (root / "ringi.toml").open("a", encoding="utf-8") as file:
        file.write(settings_text)
    turn_both(root, METRIC, 0)
    turn_both(root, OTHER, 10)
    talked(root, after(50), *FACTS, metric=METRIC)
    return root


def approval_of(side: str) -> Path:
    (path,) = (project() / "approvals" / METRIC).glob(f"{side}-*.yaml")
    return path


@contextmanager
def replaced(path: Path, raw: bytes) -> Iterator[None]:
    """The file with other bytes, for a while; a file that was not there is gone again afterwards."""
    kept = path.read_bytes() if path.exists() else None
    path.write_bytes(raw)
    try:
        yield
    finally:
        path.unlink() if kept is None else path.write_bytes(kept)


def verified() -> Verification:
    """What verification says: each file counts or is named, whatever it says has a page, and it agrees with the gate."""
    found = verify(read_records(project()), NOON)
    for finding in found.findings:
        assert finding.code in codes()
        assert finding.message
        assert finding.hint or finding.code.startswith("RNG-CAT-")
        assert "Error(" not in finding.message
    files = {path.relative_to(project()).as_posix() for path in (project() / "approvals").rglob("*.yaml")}
    assert found.keys + len(files & {finding.place.file for finding in found.findings}) >= len(files), (
        "a file is not named and does not count"
    )
    try:
        published = certified(load(project())[0], NOON).published
    except RingiError:
        return found
    assert {each.metric for each in found.metrics if each.stand is Stand.PUBLISHED} == set(published)
    return found


def stands(found: Verification, metric: str) -> Stand | None:
    return next((each.stand for each in found.metrics if each.metric == metric), None)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(b"")
@example(b"\xff\xfem\x00")
@example("metric: viewing_hours\n".encode("utf-16"))
@example(b"metric: &a [*a]\n")
@example(b"[" * 5000)
@example(b"metric: viewing_hours\nmetric: plays\n")
@example(b"!!python/object/apply:os.system ['true']\n")
def test_any_bytes_as_an_approval_are_named(raw: bytes) -> None:
    path = approval_of("tech")
    with replaced(path, raw):
        found = verified()
        assert path.relative_to(project()).as_posix() in {finding.place.file for finding in found.findings}
        assert stands(found, METRIC) is Stand.UNCERTIFIED
        assert stands(found, OTHER) is Stand.PUBLISHED


@settings(max_examples=120, deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), VALUES, min_size=1, max_size=3), st.sets(st.sampled_from(FIELDS), max_size=1))
@example({"method": "github", "signature": None, "github": {"submitted_at": "2025-06-02T09:00:00+00:00"}}, set())
@example({"approved_at": "0001-01-01T00:00:00+14:00"}, set())
@example({"metric": OTHER}, set())
def test_any_fields_of_an_approval_count_or_are_named(changes: dict[str, Any], gone: set[str]) -> None:
    path = approval_of("tech")
    facts = yaml.safe_load(path.read_text(encoding="utf-8"))
    changed = {name: value for name, value in (facts | changes).items() if name not in gone and not (name in changes and value is None)}
    with replaced(path, yaml.safe_dump(changed, allow_unicode=True, sort_keys=False).encode("utf-8", "surrogatepass")):
        assert stands(verified(), OTHER) is Stand.PUBLISHED


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_approvals_cut_or_put_together_from_others_count_or_are_named(data: st.DataObject) -> None:
    files = sorted(path for path in (project() / "approvals").rglob("*.yaml"))
    one, other = data.draw(st.sampled_from(files)), data.draw(st.sampled_from(files))
    first, second = one.read_bytes(), other.read_bytes()
    raw = first[: data.draw(st.integers(0, len(first)))] + second[data.draw(st.integers(0, len(second))) :]
    path = approval_of(data.draw(st.sampled_from(["tech", "business"])))
    with replaced(path, raw):
        verified()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
PATHS = st.sampled_from(
    [
        ("form",),
        ("metric",),
        ("countries",),
        ("business",),
        ("business", "hearing"),
        ("business", "deprecation.ends_on"),
        ("business", "lifecycle"),
        ("logic",),
        ("logic", "expression"),
        ("logic", "others"),
        ("logic", "source"),
        ("logic", "dimensions"),
        ("logic", "parts"),
        ("logic", "variants"),
    ]
)


@settings(max_examples=80, deadline=None)
@given(PATHS, JSON, st.sampled_from([b"", b" ", b"\n", b"\xef\xbb\xbf"]))
@example(("business", "deprecation.ends_on"), "tomorrow", b"")
@example(("business", "what.unit"), float("nan"), b"")
@example(("business", "what.unit"), "\ud800", b"")
def test_any_meaning_that_two_people_signed_counts_or_is_named(path: tuple[str, ...], value: Any, extra: bytes) -> None:
    """Both sides sign a file that no version of Ringi would have written."""
    present = meaning_of(METRIC)
    holder = present
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    raw = json.dumps(present, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8", "surrogatepass") + extra
    digest = canonical_json.sha256(raw)
    made = [project() / meaning_store.FOLDER / f"{digest}.json"]
    made[0].write_bytes(raw)
    for side, person in ((Side.TECH, "aiko"), (Side.BUSINESS, "bernd")):
        unsigned = Approval(metric=METRIC, side=side, person=person, meaning=digest, approved_at=after(60))
        signed = unsigned.model_copy(update={"signature": signer(person).sign(unsigned.signed_text(), NAMESPACE)})
        made.append(project() / f"approvals/{METRIC}/{side}-crafted.yaml")
        made[-1].write_text(approval_text(signed), encoding="utf-8")
    try:
        found = verified()
        metric = next(each for each in found.metrics if each.metric == METRIC)
        named = {finding.place.file for finding in found.findings}
        counts = metric.certificate is not None and metric.certificate.meaning == digest
        assert counts or {path.relative_to(project()).as_posix() for path in made[1:]} & named
        assert stands(found, OTHER) is Stand.PUBLISHED
    finally:
        for each in made:
            each.unlink()


def meaning_of(metric: str) -> dict[str, Any]:
    found = verify(read_records(project()), NOON, [metric]).metrics[0].certificate
    assert found is not None
    raw = (project() / meaning_store.FOLDER / f"{found.meaning}.json").read_bytes()
    facts: dict[str, Any] = json.loads(raw)
    return facts


PERSON_FIELDS = ("name", "team", "sides", "keys", "passkeys", "github", "valid_from", "valid_until", "earlier_sides", "email")
REGISTERED = st.fixed_dictionaries(
    {}, optional={"public_key": LEAVES, "valid_from": INSTANTS, "valid_until": INSTANTS, "revoked_at": INSTANTS, "compromised": LEAVES}
)


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(st.sampled_from(PERSON_FIELDS), VALUES | st.lists(REGISTERED, max_size=2), min_size=1, max_size=3))
@example({"valid_from": "0001-01-01T00:00:00+14:00"})
@example({"valid_until": "9999-12-31T23:59:59-14:00"})
def test_any_entry_of_a_person_takes_nobody_else_with_it(changes: dict[str, Any]) -> None:
    path = project() / "people.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    document["people"]["carla"].update(changes)
    with replaced(path, yaml.safe_dump(document, allow_unicode=True).encode("utf-8", "surrogatepass")):
        found = verified()
        assert stands(found, METRIC) is Stand.PUBLISHED or any(finding.place.file == "people.yaml" for finding in found.findings)
    document["people"]["carla"] = document["people"]["aiko"] | changes
    document["people"]["aiko"].update(changes)
    with replaced(path, yaml.safe_dump(document, allow_unicode=True).encode("utf-8", "surrogatepass")):
        verified()


def test_a_date_far_away_is_no_crash() -> None:
    for at in (dt.datetime(1, 1, 2, tzinfo=dt.UTC), dt.datetime(9999, 12, 30, tzinfo=dt.UTC)):
        verify(read_records(project()), at)
