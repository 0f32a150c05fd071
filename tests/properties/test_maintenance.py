"""Any history of landings, runs, maintenance and backfills publishes what the landings and runs alone publish."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from jobs.maintain import as_published
from tests.support.backfilling import backfilled
from tests.support.lakes import NOW, RunningLake, event
from tests.support.maintaining import maintained

DAY = dt.timedelta(days=1)

events = st.builds(
    lambda country, day, hour, kind: (country, f"2026-11-0{day} {hour:02}:15", kind),
    st.sampled_from(["JP", "DE", "NP"]),
    st.integers(1, 3),
    st.integers(0, 23),
    st.sampled_from(["start", "heartbeat", "stop"]),
)
landings = st.tuples(st.just("land"), st.lists(events, min_size=1, max_size=3))
steps = st.one_of(
    landings,
    st.just(("run", None)),
    st.tuples(st.just("maintain"), st.sampled_from([0.0, 40.0])),
    st.tuples(st.just("backfill"), st.integers(1, 3)),
)


@settings(max_examples=3, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate], suppress_health_check=[HealthCheck.too_slow])
@given(first=landings, history=st.lists(steps, min_size=2, max_size=5))
def test_maintenance_and_backfills_change_no_published_number(first: tuple[str, Any], history: list[tuple[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        kept, plain = RunningLake(Path(folder, "kept")), RunningLake(Path(folder, "plain"))
        published: dict[dt.datetime, Any] = {}
        number = 0
        for place, (what, value) in enumerate([first, ("run", None), *history, ("run", None)]):
            moment = NOW + place * DAY
            if what == "land":
                rows = [event(number := number + 1, country, at, kind) for country, at, kind in value]
                for lake in (kept, plain):
                    lake.events(rows)
            elif what == "run":
                for lake in (kept, plain):
                    lake.run(now=moment)
                published[moment] = copies(kept, moment)
            elif what == "maintain":
                maintained(kept, now=moment, keep_days=value, keep_published_days=365.0)
            else:
                backfilled(kept, "2026-10-01", f"2026-11-0{value + 5}", parallel=value, now=moment)
                published[moment] = copies(kept, moment)
            for when, was in published.items():
                assert copies(kept, when) == was, "as it was published"
        assert facts(kept) == facts(plain)
        assert kept.run().did_nothing
        for lake in (kept, plain):
            lake.engine.close()


def facts(lake: RunningLake) -> dict[str, Any]:
    seen = lake.everything()
    return {name: rows for name, rows in seen.items() if name.startswith(("gold.", "saved_", "views_"))}


def copies(lake: RunningLake, at: dt.datetime) -> dict[str, Any]:
    """What could be read at a moment, in each country with a copy."""
    found = {}
    for country in ("JP", "DE", "NP"):
        spec = lake.tables.spec(f"saved_{country.lower()}.title_daily")
        try:
            copy = as_published.copy_at(lake.tables, lake.engine, "title_daily", country, at)
        except as_published.NotKeptError:
            continue
        assert spec is not None
        found[country] = lake.engine.rows(
            f"SELECT * FROM {lake.engine.relation([file.path for file in copy.files], spec.columns)} ORDER BY ALL"
        )
    return found
