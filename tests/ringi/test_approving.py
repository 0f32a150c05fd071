"""The page for passkeys, asked over HTTP as a browser asks it: who gets in, what is shown, what is written."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import re
import socket
import struct
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from governance.errors import GovernanceError
from governance.gate.approve import Approved, Refused, Request, proposal, proposals
from governance.keys.passkey_answer import decoded
from metrics_catalog.catalog import load
from metrics_catalog.errors import UsageError
from metrics_catalog.metric import ADDITIVITY_OF_KIND
from metrics_catalog.person import Side
from ringi.approving.desk import ApprovalDesk
from ringi.approving.registering import RegistrationDesk
from ringi.approving.server import PageServer
from ringi.approving.shown import shown
from ringi.approving.sitting import Place, sit
from ringi.approving.words import KINDS, field_words
from tests.support.catalogs import edit
from tests.support.command import ringi
from tests.support.keys import BUSINESS, START, TECH, after, gate, keyed_project, turn, turn_both
from tests.support.page_visitor import Visitor, visited
from tests.support.passkeys import Device

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

HERS = Device(which=1)
METRIC = "viewing_hours"
PAGE = Path(__file__).parents[2] / "ringi" / "approving" / "page"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    keyed_project(tmp_path)
    edit(tmp_path, "people.yaml", lambda book: book["people"]["bernd"].update(passkeys=[HERS.entry]))
    return tmp_path


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = after(5)

    def __call__(self) -> dt.datetime:
        return self.now


def desk(root: Path, *metrics: str, person: str = "bernd", side: Side = BUSINESS, clock: Clock | None = None) -> ApprovalDesk:
    catalog = load(root)[0]
    wanted = [proposal(catalog, metric, START) for metric in metrics or (METRIC,)]
    return ApprovalDesk(root, catalog, wanted, Request(side, person, START), lambda each: shown(catalog, each), clock or Clock())


def served(desk: ApprovalDesk | RegistrationDesk) -> AbstractContextManager[Visitor]:
    return visited(desk, METRIC, HERS)


def test_a_person_reads_a_proposal_and_turns_the_key(root: Path) -> None:
    turn(root, METRIC, TECH, "aiko", START)
    sitting = desk(root)
    with served(sitting) as browser:
        _, state = browser.open().ask("proposal")
        told = state["proposal"]
        assert (state["side"], state["person"]["id"], state["position"], state["total"]) == ("business", "bernd", 1, 1)
        assert told["label"]["ja"] and told["how"]["ja"] and told["question"]["en"]
        assert told["keys"]["tech"] == {"state": "valid", "by": "Aiko", "at": "2025-06-02T09:00:00+00:00"}
        status, done = browser.approve()
        assert (status, done["left"]) == (200, 0)
        assert (root / done["file"]).is_file()
        assert browser.ask("proposal")[1]["proposal"] is None
    (result,) = sitting.results
    assert isinstance(result, Approved) and not result.already
    assert METRIC in gate(root, after(10)).published


def test_what_changed_is_shown_field_by_field_with_its_class(root: Path) -> None:
    turn_both(root, METRIC, 0)
    edit(root, f"metrics/engagement/{METRIC}.yaml", lambda metric: metric["how"].update(filter="event_type = 'stop'"))
    edit(root, f"metrics/engagement/{METRIC}.yaml", lambda metric: metric["what"]["label"].update(ja="別の名"))
    catalog = load(root)[0]
    told = shown(catalog, proposal(catalog, METRIC, after(5)))
    by_field = {change["field"]: change for change in told["changes"]}
    assert by_field["how.filter"]["class"] == "logic" and by_field["how.filter"]["after"] == "event_type = 'stop'"
    assert by_field["what.label.ja"]["class"] == "business"
    assert by_field["what.label.ja"]["words"] == {"en": "Name, in Japanese", "ja": "名称(日本語)"}
    assert told["certified_at"] == "2025-06-02T09:01:00+00:00"


def test_the_link_works_once(root: Path) -> None:
    with served(desk(root)) as browser:
        token = browser.server.url.partition("#")[2]
        assert browser.ask("open", {"token": token[:-1]})[0] == 403
        assert browser.ask("open", {"token": None})[0] == 403
        assert browser.ask("open", {"token": "é"})[0] == 403
        browser.open()
        status, answer = browser.ask("open", {"token": token})
        assert status == 403 and "used already" in answer["error"]["message"]
        assert browser.ask("open", {"token": ""})[0] == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X_Ringi_Session": ""}, 403),
        ({"X_Ringi_Session": "guessed"}, 403),
        ({"Origin": "http://localhost:1"}, 400),
        ({"Origin": "https://example.com"}, 400),
        ({"Origin": "null"}, 400),
        ({"Host": "example.com"}, 400),
        ({"Host": "127.0.0.1"}, 400),
        ({"Content_Type": "text/plain"}, 400),
        ({"Content_Type": "application/x-www-form-urlencoded"}, 400),
    ],
)
def test_no_other_page_can_ask_anything(root: Path, headers: dict[str, Any], status: int) -> None:
    with served(desk(root)) as browser:
        browser.open()
        for question in ("proposal", "challenge", "answer", "leave"):
            assert browser.ask(question, {"metric": METRIC}, **headers)[0] == status
    assert not (root / "approvals").exists()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"[" * 50_000, b"x" * 70_000])
def test_a_body_that_is_no_question_is_refused(root: Path, body: bytes) -> None:
    with served(desk(root)) as browser:
        browser.open()
        assert browser.ask("answer", body=body)[0] == 400
        assert browser.ask("proposal")[0] == 200


def test_an_unknown_question_and_an_unknown_file_are_not_found(root: Path) -> None:
    with served(desk(root)) as browser:
        browser.open()
        assert browser.ask("keys")[0] == 404
        for path in ("page.py", "../server.py", "..%2fserver.py", "page.html", ""):
            status, _ = browser.ask(path, method="GET")
            assert status == (200 if path == "" else 404)


def test_every_answer_forbids_foreign_code_and_frames(root: Path) -> None:
    with served(desk(root)) as browser:
        for question, method in (("", "GET"), ("page.js", "GET"), ("page.css", "GET"), ("open", "POST"), ("nothing", "GET")):
            browser.ask(question, method=method)
            policy = browser.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
            assert browser.headers["Cache-Control"] == "no-store" and browser.headers["X-Content-Type-Options"] == "nosniff"


def test_the_page_loads_nothing_from_elsewhere_and_holds_no_code_of_its_own() -> None:
    for path in PAGE.iterdir():
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|innerHTML|eval\(|style=", text), path.name
    html = (PAGE / "page.html").read_text(encoding="utf-8")
    assert re.findall(r"<script[^>]*>([^<]*)", html) == [""]


def test_both_languages_say_the_same_words() -> None:
    text = (PAGE / "words.js").read_text(encoding="utf-8")
    english, japanese = text.split("  ja: {", 1)

    def names(part: str) -> list[str]:
        return re.findall(r"(?:^|[{,])\s*(\w+):", re.sub(r'"(?:[^"\\]|\\.)*"', '""', part), re.MULTILINE)

    def places(part: str) -> list[list[str]]:
        return [sorted(set(re.findall(r"\{(\w+)\}", words))) for words in re.findall(r'"((?:[^"\\]|\\.)*)"', part)]

    assert names(english)[1:] == names(japanese)
    assert places(english) == places(japanese)


def test_every_kind_of_metric_has_a_sentence_and_every_field_a_word() -> None:
    assert KINDS.keys() == ADDITIVITY_OF_KIND.keys()
    assert field_words("countries.JP.filter") == {"en": "In JP: which rows count", "ja": "JP: 数える行の条件"}
    assert field_words("countries.JP.until")["en"] == "In JP: until when it differs"
    assert field_words("upstream.plays.how.filter")["en"] == "In plays: which rows count"
    assert field_words("source.viewing_events.delivery")["en"] == "source.viewing_events.delivery"


def test_the_wrong_passkey_writes_nothing_and_the_right_one_may_try_again(root: Path) -> None:
    with served(desk(root)) as browser:
        status, answer = browser.open().approve(device=Device(which=2))
        assert status == 409 and "is not registered for `bernd`" in answer["error"]["message"]
        assert not (root / "approvals").exists()
        assert browser.approve()[0] == 200


def test_an_answer_is_to_the_last_question_only_and_only_in_time(root: Path) -> None:
    clock = Clock()
    with served(desk(root, clock=clock)) as browser:
        browser.open()
        _, first = browser.ask("challenge", {"metric": METRIC})
        clock.now += dt.timedelta(seconds=1)
        _, second = browser.ask("challenge", {"metric": METRIC})
        assert first["challenge"] != second["challenge"]
        here = HERS.but(origin=browser.server.origin)
        old = here.answer(decoded(first["challenge"])).model_dump()
        status, answer = browser.ask("answer", {"metric": METRIC, "assertion": old})
        assert status == 409 and "asked about another approval" in answer["error"]["message"]
        status, answer = browser.ask("answer", {"metric": METRIC, "assertion": here.answer(decoded(second["challenge"])).model_dump()})
        assert status == 409 and "came too late" in answer["error"]["message"], "one question, one answer"
        _, third = browser.ask("challenge", {"metric": METRIC})
        clock.now += dt.timedelta(minutes=11)
        status, answer = browser.ask("answer", {"metric": METRIC, "assertion": here.answer(decoded(third["challenge"])).model_dump()})
        assert status == 409 and "came too late" in answer["error"]["message"]
    assert not (root / "approvals").exists()


@pytest.mark.parametrize("assertion", [None, [], {}, {"credential_id": "AA"}, {"credential_id": 5}, "x"])
def test_an_answer_of_no_passkey_is_refused(root: Path, assertion: Any) -> None:
    with served(desk(root)) as browser:
        browser.open().ask("challenge", {"metric": METRIC})
        status, answer = browser.ask("answer", {"metric": METRIC, "assertion": assertion})
        assert status == 409 and "not that of a passkey" in answer["error"]["message"]


def test_several_metrics_come_one_after_the_other(root: Path) -> None:
    sitting = desk(root, METRIC, "plays", "viewers")
    with served(sitting) as browser:
        assert browser.open().approve()[1]["left"] == 2
        status, answer = browser.ask("challenge", {"metric": METRIC})
        assert status == 409 and "answered already" in answer["error"]["message"], "a second click signs nothing"
        assert browser.ask("leave", {"metric": "plays"})[1]["left"] == 1
        assert not browser.server.wait(0)
        assert browser.approve("viewers")[1]["left"] == 0
        assert browser.server.wait(10)
    assert [type(result) for result in sitting.results] == [Approved, Refused, Approved]
    assert sorted(path.name for path in (root / "approvals").iterdir()) == ["meanings", "viewers", METRIC]


@pytest.mark.parametrize(
    ("person", "side", "words"),
    [
        ("nobody", BUSINESS, "There is no person `nobody`"),
        ("aiko", BUSINESS, "may not turn the business key"),
        ("carla", BUSINESS, "`carla` proposes"),
        ("chie", BUSINESS, "`chie` has no passkey for `localhost`"),
    ],
)
def test_who_may_not_approve_is_told_before_a_page_opens(root: Path, person: str, side: Side, words: str) -> None:
    sitting = desk(root, person=person, side=side)
    assert sitting.is_done
    (result,) = sitting.results
    assert isinstance(result, Refused) and words in result.error.message


@pytest.mark.parametrize(
    "change",
    [
        {"revoked_at": "2025-06-01T00:00:00Z"},
        {"compromised": True},
        {"rp_id": "ringi.example.com"},
        {"valid_until": "2025-01-01T00:00:00Z"},
    ],
)
def test_a_passkey_that_does_not_count_here_and_now_opens_no_page(root: Path, change: dict[str, Any]) -> None:
    edit(root, "people.yaml", lambda book: book["people"]["bernd"]["passkeys"][0].update(change))
    (result,) = desk(root).results
    assert isinstance(result, Refused) and "has no passkey" in result.error.message


def test_a_key_that_holds_already_opens_no_page(root: Path) -> None:
    turn_both(root, METRIC, 0)
    catalog = load(root)[0]
    wanted = [proposal(catalog, METRIC, after(5))]
    sitting = ApprovalDesk(root, catalog, wanted, Request(BUSINESS, "bernd", after(5)), lambda each: shown(catalog, each))
    assert sitting.is_done and isinstance(sitting.results[0], Approved) and sitting.results[0].already
    assert METRIC not in [each.metric for each in proposals(catalog, BUSINESS, after(5))]


def test_a_passkey_is_made_and_its_line_comes_out(root: Path) -> None:
    person = load(root)[0].people["chie"]
    kept: list[Any] = []

    def keep(made: Any) -> bool:
        kept.append(made)
        return False

    sitting = RegistrationDesk("chie", person, keep)
    device = Device(which=3)
    with served(sitting) as browser:
        _, state = browser.open().ask("proposal")
        assert (state["kind"], state["sides"]) == ("registration", ["tech", "business"])
        challenge = decoded(state["options"]["challenge"])
        here = device.but(origin=browser.server.origin)

        def send(made: tuple[str, str]) -> tuple[int, Any]:
            return browser.ask("register", {"authenticator_data": made[0], "client_data_json": made[1]})

        status, answer = send(here.made(b"another"))
        assert status == 409 and "does not answer the question" in answer["error"]["message"]
        status, answer = send(here.made(challenge))
        assert status == 200 and answer["written"] is False and device.entry["credential_id"] in answer["entry"]
        assert send(here.made(challenge))[0] == 409, "one question, one answer"
    assert sitting.made == kept[0]


def test_nobody_who_comes_is_waited_for_only_so_long(root: Path) -> None:
    said: list[str] = []
    with pytest.raises(GovernanceError, match="Nobody finished on the page"):
        sit(desk(root), Place(minutes=0.001), said.append)
    assert re.search(r"http://localhost:\d+/#[\w-]{40,}", said[0])


def test_a_port_that_is_taken_is_a_sentence(root: Path) -> None:
    with PageServer(desk(root)) as server, pytest.raises(UsageError, match="is taken"):
        PageServer(desk(root), int(server.authority.split(":")[1]))


def test_nobody_else_answers_on_the_other_address_of_localhost(root: Path) -> None:
    with served(desk(root)) as browser, socket.socket(socket.AF_INET6 if socket.has_ipv6 else socket.AF_INET) as other:
        address = "::1" if socket.has_ipv6 else "127.0.0.1"
        with pytest.raises(OSError):
            other.bind((address, int(browser.server.authority.split(":")[1])))


def test_an_idle_connection_does_not_hold_the_command(root: Path) -> None:
    with served(desk(root)) as browser:
        idle = http.client.HTTPConnection("127.0.0.1", int(browser.server.authority.split(":")[1]))
        idle.connect()
        assert browser.open().approve()[0] == 200
        assert browser.server.wait(10)
    idle.close()


def test_a_disk_that_takes_nothing_more_ends_the_command_with_its_reason(root: Path) -> None:
    (root / "approvals").write_text("a file stands where the folder should be", encoding="utf-8")
    with served(desk(root)) as browser:
        status, answer = browser.open().approve()
        assert status == 500 and "the terminal says why" in answer["error"]["hint"]
        with pytest.raises(OSError):
            browser.server.wait(10)


def test_a_browser_that_goes_away_does_not_hold_the_command(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with served(desk(root)) as browser:
        _, asked = browser.open().ask("challenge", {"metric": METRIC})
        given = HERS.but(origin=browser.server.origin).answer(decoded(asked["challenge"])).model_dump()
        body = json.dumps({"metric": METRIC, "assertion": given}).encode()
        headers = f"Host: {browser.server.authority}\r\nOrigin: {browser.server.origin}\r\nX-Ringi-Session: {browser.session}\r\n"
        head = f"POST /answer HTTP/1.0\r\n{headers}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", int(browser.server.authority.split(":")[1]))) as gone:
            gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close with a reset
            gone.sendall(head.encode() + body)
        assert browser.server.wait(10)
    assert (root / "approvals" / METRIC).is_dir()
    assert "Traceback" not in capfd.readouterr().err


def test_the_command_wants_one_way_to_approve(root: Path) -> None:
    for words in ([], ["--page", "--key", "id"]):
        said = ringi("approve", METRIC, "--side", "business", "--as", "bernd", *words, lake=root)
        assert said.code == 2 and "--page" in said.err and "--key FILE" in said.err
    said = ringi("passkey", "register", "bernnd", lake=root)
    assert said.code == 2 and "did you mean `bernd`" in said.err


def test_the_server_ends_with_its_block(root: Path) -> None:
    before = threading.active_count()
    with served(desk(root)) as browser:
        browser.open()
    with pytest.raises(OSError):
        browser.ask("proposal")
    assert threading.active_count() <= before + 2
