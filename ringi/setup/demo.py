"""The demo: a new lake project from the starter, a simulated week of viewing, and everything between raw events and queries.

Called by `ringi demo` and `make demo`. It uses the same functions as the commands it imitates, and says which they are.
"""

from __future__ import annotations

import datetime as dt
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metrics_catalog.errors import RingiError, UsageError
from ringi.engines import EngineName
from ringi.lake import Lake

if TYPE_CHECKING:
    from jobs.land import LandReport
    from jobs.running.run_report import RunReport
    from jobs.simulate import SimulationReport
    from ringi.output import Output

INCOMING = "incoming"
KEYS = ".ringi/demo-keys"
APPROVERS = ("haruka_mori", "emi_takahashi")
MARK = ".ringi/demo"
"""A file that says: this folder is a demo, and may be replaced by another one."""

QUESTION = "select title_id, sum(viewing_hours) as viewing_hours, sum(plays) as plays from views_{cc}.title_daily group by 1 order by 2 desc, 1 limit 3"


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo is asked for; `engine` lands and computes."""

    folder: Path
    events: int
    engine: EngineName = EngineName.DUCKDB
    replace: bool = False


@dataclass(slots=True)
class Story:
    """Tells each step on stderr, with the seconds it took."""

    out: Output
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, command: str) -> Iterator[Callable[[str], None]]:
        """One step; the body calls the value with what happened."""
        begun, told = time.perf_counter(), list[str]()
        yield told.append
        spent = time.perf_counter() - begun
        self.seconds[command] = self.seconds.get(command, 0.0) + spent
        self.out.say(f"{command:<10} {told[0] if told else ''}  {spent:.1f} s")
        for line in told[1:]:
            self.out.say(f"{'':<10} {line}")


def run_demo(demo: Demo, out: Output) -> dict[str, Any]:
    """Play the demo; gives its figures as a JSON value."""
    _make_room(demo)
    story = Story(out)
    out.say(f"A demo lake in {demo.folder}: nothing leaves this machine.\n")
    lake = _start(demo, story)
    simulated = _simulate(demo, story)
    with _working(lake, story, demo.engine):
        landed = _land(lake, simulated, story, demo.engine)
        _check(lake, story)
        published = _run(lake, story, demo.engine)
    answers = _ask(lake, story)
    _close(demo, story, out)
    return {
        "schema_version": 1,
        "lake": str(demo.folder),
        "engine": demo.engine.value,
        "landed": {name: report.counts.received for name, report in landed.items()},
        "published": published.published,
        "answers": answers,
        "seconds": {name: round(value, 2) for name, value in story.seconds.items()},
    }


def _make_room(demo: Demo) -> None:
    folder = demo.folder
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (folder / MARK).exists():
        raise UsageError(f"`{folder}` is not empty and not a demo lake.", hint="name a new folder with --dir.")
    if not demo.replace:
        raise UsageError(f"`{folder}` already holds a demo lake.", hint="add --replace to make it anew, or name another folder with --dir.")
    shutil.rmtree(folder)


def _start(demo: Demo, story: Story) -> Lake:
    from ringi.setup.starting import start

    with story.step("init") as tell:
        start(demo.folder, _prepare)
        lake = Lake(demo.folder)
        catalog = lake.catalog
        tell(f"a lake project: {len(catalog.metrics)} metrics, {len(catalog.views)} views, {len(catalog.countries)} countries, in git")
    return lake


def _prepare(project: Path) -> None:
    """Mark the project as a demo, and lend its user keys: the starter's signatures are real and their private keys forgotten."""
    from governance.gate.resign import lend

    lend(project, APPROVERS, project / KEYS)
    (project / MARK).write_text("Made by `ringi demo`; `ringi demo --replace` may remove this folder.\n", encoding="utf-8")


def _simulate(demo: Demo, story: Story) -> SimulationReport:
    from jobs.simulate import simulate

    with story.step("simulate") as tell:
        made = simulate(demo.folder / INCOMING, events=demo.events)
        tell(f"{made.records:,} records of viewing events of one week in {len(made.countries)} countries")
        tell(
            f"with faults as in life: {made.repeated:,} repeated, {made.late:,} late, {made.without_country:,} without a country, {made.broken:,} broken"
        )
    return made


@contextmanager
def _working(lake: Lake, story: Story, engine: EngineName) -> Iterator[None]:
    """One session of Spark for all that the demo does with it, since Java takes seconds to start; the embedded engine takes none."""
    with ExitStack() as held:
        if engine is EngineName.SPARK:
            with story.step("spark") as tell:
                held.enter_context(lake.engine(engine))
                tell("started on this machine; it lands, computes and publishes")
        yield


def _land(lake: Lake, simulated: SimulationReport, story: Story, engine: EngineName) -> dict[str, LandReport]:
    from ringi.operations.landing import land_files

    reports = {}
    for source in dict.fromkeys(file.source for file in simulated.files):
        with story.step("land") as tell:
            report = reports[source] = land_files(lake, source, list(simulated.of(source)), story.out, engine=engine)
            counts = report.counts
            tell(
                f"{source}: {counts.received:,} received = {counts.accepted:,} accepted + {counts.repeated:,} repeated + {counts.refused:,} quarantined"
            )
            for file in report.refused_whole:
                tell(f"{file.name} refused whole, and kept: {file.fault.message if file.fault else ''}")
    return reports


def _check(lake: Lake, story: Story) -> None:
    from metrics_catalog.errors import CatalogError

    with story.step("check") as tell:
        findings = lake.findings()
        certified = lake.certification(dt.datetime.now(dt.UTC)).published
        tell(f"{len(certified)} metrics hold both keys, Tech and Business, by two different people")
        if blocking := [finding for finding in findings if finding.blocks]:
            raise CatalogError(
                f"The starter has {len(blocking)} findings: {blocking[0].message}", hint="run `ringi check` in the demo lake."
            )


def _run(lake: Lake, story: Story, engine: EngineName) -> RunReport:
    from ringi.operations.running import run_lake

    with story.step("run") as tell:
        report = run_lake(lake, story.out, engine=engine)
        for line in report.summary():
            tell(line)
    return report


def _ask(lake: Lake, story: Story) -> dict[str, Any]:
    from infra.local.query_process import Limits
    from ringi.query.answering import run_query

    def ask(lake: Lake, sql: str, principal: str) -> list[dict[str, Any]]:
        return run_query(lake, sql, principal, Limits())[0].rows

    answers: dict[str, Any] = {}
    for code in ("jp", "de"):
        with story.step("query") as tell:
            rows = answers[code] = ask(lake, QUESTION.format(cc=code), f"analyst_{code}")
            best = "; ".join(f"title {row['title_id']}: {row['viewing_hours']:.1f} h" for row in rows)
            tell(f"as analyst_{code}, the most watched titles: {best}")
    with story.step("query") as tell:
        try:
            ask(lake, QUESTION.format(cc="jp"), "analyst_de")
        except RingiError as refused:
            tell(f"as analyst_de on Japan's view: refused. {refused.message}")
        else:
            raise RingiError("A German analyst read Japan's view.", hint="report this: it is a fault of Ringi.")
    return answers


def _close(demo: Demo, story: Story, out: Output) -> None:
    out.say(f"\nDone in {sum(story.seconds.values()):.1f} s. The lake is in {demo.folder}; try next:")
    where = f"{_command()} --lake {shlex.quote(str(demo.folder))}"
    out.say(f"  {where} search 視聴")
    out.say(f'  {where} query "select * from views_jp.title_daily order by viewing_hours desc limit 5" --as analyst_jp')
    out.say(f"  {where} show viewing_hours")


def _command() -> str:
    """How the person calls Ringi from here: by name where the shell finds it, otherwise by the path it was started by."""
    return "ringi" if shutil.which("ringi") else shlex.quote(str(Path(sys.argv[0]).resolve()))
