"""The page for passkeys in a real browser: a passkey is made, a proposal is read, the key is turned, by hand and by keyboard."""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from governance.gate.approve import Approved, Refused, Request, proposal
from governance.gate.gate import certified
from governance.lake_formation.planning.keys import turned
from governance.lake_formation.planning.plan import Effect, Plan, Shows, Step
from governance.lake_formation.planning.plan_file import digest
from governance.lake_formation.resource import Table
from governance.lake_formation.state import Permission
from metrics_catalog.catalog import load
from metrics_catalog.person import Passkey
from ringi.approving.desk import ApprovalDesk
from ringi.approving.plan_desk import PlanDesk
from ringi.approving.registering import RegistrationDesk
from ringi.approving.server import PageServer
from ringi.approving.shown import shown
from tests.lab.browser import Sitting, chromium, on_its_page, sitting
from tests.support.catalogs import edit
from tests.support.command import ringi
from tests.support.keys import BUSINESS, TECH, keyed_project, turn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Dialog

METRIC = "viewing_hours"


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    keyed_project(tmp_path)
    turn(tmp_path, METRIC, TECH, "aiko", now())
    return tmp_path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def tab(browser: Browser) -> Iterator[Sitting]:
    with sitting(browser) as tab:
        yield tab


def registered(root: Path, tab: Sitting) -> Passkey:
    """Make a passkey for bernd on the page, and put it into people.yaml."""
    desk = RegistrationDesk("bernd", load(root)[0].people["bernd"], lambda made: False)
    with PageServer(desk) as server:
        tab.page.goto(server.url)
        tab.page.get_by_role("button", name="Make my passkey").click()
        tab.page.get_by_role("heading", name="Your passkey is made").wait_for()
        line = tab.page.locator("#entry").inner_text()
        assert server.wait(10)
    edit(root, "people.yaml", lambda book: book["people"]["bernd"].update(passkeys=[yaml.safe_load(line)]))
    assert desk.made is not None
    return desk.made


@contextmanager
def asked(root: Path, *metrics: str, report: str | None = None) -> Iterator[tuple[PageServer, ApprovalDesk]]:
    catalog = load(root)[0]
    wanted = [proposal(catalog, metric, now()) for metric in metrics or (METRIC,)]
    desk = ApprovalDesk(root, catalog, wanted, Request(BUSINESS, "bernd", now()), lambda each: shown(catalog, each, report))
    with PageServer(desk) as server:
        yield server, desk


def is_published(root: Path, metric: str = METRIC) -> bool:
    return metric in certified(load(root)[0], now()).published


def test_a_passkey_is_made_and_turns_a_key_that_verifies_offline(root: Path, tab: Sitting) -> None:
    registered(root, tab)
    assert not is_published(root)
    with asked(root) as (server, desk):
        tab.page.goto(server.url)
        assert tab.page.get_by_role("heading", level=1).inner_text() == "Viewing hours"
        assert "#" not in tab.page.url
        tab.page.get_by_role("button", name="Approve with my passkey").click()
        tab.page.get_by_role("heading", name="Your key is turned").wait_for()
        assert server.wait(10)
    (result,) = desk.results
    assert isinstance(result, Approved)
    assert yaml.safe_load((root / result.files[0]).read_text(encoding="utf-8"))["method"] == "passkey"
    assert is_published(root)
    assert tab.faults == []


def test_a_device_that_does_not_recognise_its_owner_writes_nothing(root: Path, tab: Sitting) -> None:
    registered(root, tab)
    with asked(root) as (server, desk):
        tab.page.goto(server.url)
        tab.device.recognises_its_owner(False)
        tab.page.get_by_role("button", name="Approve with my passkey").click()
        alert = tab.page.get_by_role("alert")
        alert.wait_for()
        assert "Nothing was written" in alert.inner_text()
        tab.device.recognises_its_owner(True)
        tab.page.get_by_role("button", name="Approve with my passkey").click()
        tab.page.get_by_role("heading", name="Your key is turned").wait_for()
    assert len(desk.results) == 1


def test_the_whole_page_is_used_by_keyboard_alone(root: Path, tab: Sitting) -> None:
    registered(root, tab)
    with asked(root, METRIC, "plays") as (server, desk):
        tab.page.goto(server.url)
        tab.page.get_by_role("heading", level=1).wait_for()
        assert tab.page.evaluate("document.activeElement.id") == "title", "a reader begins at the name of the metric"

        def press_until(name: str) -> None:
            for _ in range(30):
                tab.page.keyboard.press("Tab")
                if tab.page.evaluate("document.activeElement.textContent").startswith(name):
                    return
            raise AssertionError(f"the keyboard never reaches {name}")

        press_until("Not now")
        tab.page.keyboard.press("Enter")
        tab.page.get_by_role("heading", name="Not approved").wait_for()
        press_until("Next proposal")
        tab.page.keyboard.press("Space")
        tab.page.get_by_role("heading", name="Plays").wait_for()
        press_until("Approve with my passkey")
        tab.page.keyboard.press("Enter")
        tab.page.get_by_role("heading", name="Your key is turned").wait_for()
    assert [type(each) for each in desk.results] == [Refused, Approved]


def test_the_page_speaks_japanese_where_the_browser_does(root: Path, browser: Browser) -> None:
    with sitting(browser, "ja-JP") as tab:
        desk = RegistrationDesk("bernd", load(root)[0].people["bernd"], lambda made: False)
        with PageServer(desk) as server:
            tab.page.goto(server.url)
            tab.page.get_by_role("button", name="パスキーを作る").wait_for()
            assert tab.page.evaluate("document.documentElement.lang") == "ja"
            tab.page.get_by_role("button", name="English").click()
            tab.page.get_by_role("button", name="Make my passkey").wait_for()


def test_a_phone_shows_everything_without_scrolling_sideways(root: Path, browser: Browser) -> None:
    with sitting(browser, viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True) as tab:
        registered(root, tab)
        edit(
            root,
            f"metrics/engagement/{METRIC}.yaml",
            lambda metric: metric["how"].update(expression="seconds_viewed / " + "3600.0 / " * 9 + "1"),
        )
        turn(root, METRIC, TECH, "aiko", now())
        wide = "| metric | " + " | ".join(f"column {n}" for n in range(12)) + " |\n|---|" + "---|" * 12 + "\n| `a` |" + " 1 |" * 12
        with asked(root, report=wide) as (server, _):
            tab.page.goto(server.url)
            tab.page.get_by_role("heading", name="Viewing hours").wait_for()
            assert tab.page.evaluate("document.documentElement.scrollWidth") <= 360
            for button in tab.page.get_by_role("button").all():
                box = button.bounding_box()
                assert box is not None and box["height"] >= 44, "a finger hits it"


HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>`**[x](javascript:alert(3))"


def test_what_files_say_is_never_run_and_never_hidden(root: Path, tab: Sitting) -> None:
    registered(root, tab)
    edit(root, f"metrics/engagement/{METRIC}.yaml", lambda metric: metric["what"].update(description={"en": HOSTILE, "ja": HOSTILE}))
    dialogs: list[Any] = []

    def dismiss(dialog: Dialog) -> None:
        dialogs.append(dialog)
        dialog.dismiss()

    tab.page.on("dialog", dismiss)
    with asked(root, report=f"## {HOSTILE}\n\n{HOSTILE}\n\n| {HOSTILE} |\n|---|\n| `x` |") as (server, _):
        tab.page.goto(server.url)
        tab.page.get_by_role("heading", name="Viewing hours").wait_for()
        assert "<script>alert(2)</script>" in tab.page.locator("main").inner_text()
        assert tab.page.locator("main img, main script, main a").count() == 0
    assert dialogs == [] and tab.faults == []


def test_the_link_does_not_open_a_second_time(root: Path, tab: Sitting) -> None:
    registered(root, tab)
    with asked(root) as (server, _):
        tab.page.goto(server.url)
        tab.page.get_by_role("heading", name="Viewing hours").wait_for()
        tab.page.reload()
        tab.page.get_by_role("heading", name="Viewing hours").wait_for()
        other = tab.page.context.new_page()
        other.goto(server.url)
        other.get_by_role("alert").wait_for()
        assert "This link was used already" in other.get_by_role("alert").inner_text()
        other.close()
    tab.page.get_by_role("button", name="Approve with my passkey").click()
    tab.page.get_by_role("alert").wait_for()
    assert "The page lost its command" in tab.page.get_by_role("alert").inner_text()


def test_the_commands_make_a_passkey_and_approve_with_it(tmp_path: Path, tab: Sitting) -> None:
    """Through the command line, on the starter: the label changes, business hears it and turns its key in the browser."""
    lake = tmp_path / "lake"
    assert ringi("init", lake).code == 0
    code, out, _ = on_its_page(tab, "--lake", lake, "passkey", "register", "emi_takahashi", "--write", press="Make my passkey")
    assert code == 0
    (entry,) = load(lake)[0].people["emi_takahashi"].passkeys
    assert yaml.safe_load(out)["credential_id"] == entry.credential_id
    edit(lake, f"metrics/engagement/{METRIC}.yaml", lambda metric: metric["what"]["label"].update(en="Hours viewed"))
    sides = ("--tech", "haruka_mori", "--business", "emi_takahashi")
    heard = ringi("hearing", "add", METRIC, *sides, "--decision", "It is called so elsewhere.", lake=lake)
    assert heard.code == 0, heard.err
    assert keys_of(lake) == ("valid", "void")
    words = ("--lake", lake, "approve", METRIC, "--side", "business", "--as", "emi_takahashi", "--page", "--base", "HEAD")
    code, out, said = on_its_page(tab, *words, press="Approve with my passkey")
    assert code == 0, said
    assert f"{METRIC}: emi_takahashi turned the business key" in out
    assert keys_of(lake) == ("valid", "valid")


def keys_of(lake: Path) -> tuple[str, str]:
    (metric,) = [each for each in ringi("status", lake=lake, as_json=True).json()["metrics"] if each["metric"] == METRIC]
    return metric["keys"]["tech"]["state"], metric["keys"]["business"]["state"]


def test_a_plan_of_access_is_read_in_words_and_approved(root: Path, tab: Sitting) -> None:
    registered(root, tab)
    grants = tuple(
        Step(
            None,
            Permission(f"arn:aws:iam::123456789012:role/analyst_{code}", Table(f"views_{code}", "title_daily"), "SELECT"),
            Effect.WIDENS,
            code.upper(),
            Shows(60, 180),
        )
        for code in ("de", "fr", "gb", "jp")
    )
    intern = Permission("arn:aws:iam::123456789012:role/intern", Table("views_jp", "title_daily"), "SELECT")
    plan = Plan((*grants, Step(intern, None, Effect.NARROWS, "JP")), account="123456789012", at=now(), made_at=now(), authors=("carla",))
    desk = PlanDesk(root, load(root)[0], plan, BUSINESS, "bernd")
    with PageServer(desk) as server:
        tab.page.goto(server.url)
        tab.page.get_by_role("heading", name="Who may see more from now on").wait_for()
        said = tab.page.locator("main").inner_text()
        assert "Read all columns of views_<cc>.title_daily." in said and "240 rows, 720 cells newly visible" in said
        assert "role/intern" in said and "Carla" in said
        tab.page.get_by_text("Which they are").click()
        assert "role/analyst_fr" in tab.page.locator("main").inner_text()
        tab.page.get_by_role("button", name="日本語").click()
        assert "のすべての列を読む" in tab.page.locator("main").inner_text()
        tab.page.get_by_role("button", name="English").click()
        tab.page.get_by_role("button", name="Approve with my passkey").click()
        tab.page.get_by_role("heading", name="Your key is turned").wait_for()
        assert server.wait(10)
    key, path = desk.result()
    assert path is not None and yaml.safe_load((root / path).read_text(encoding="utf-8"))["plan"] == digest(plan)
    assert turned(root, load(root)[0].people, plan, now()).keys[BUSINESS].person == key.person == "bernd"
    assert tab.faults == []
