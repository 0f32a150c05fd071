"""Which tests share a worker, so that there is one Spark, one Trino and one demo lake at a time, and none is made twice.

Told by their files: a mark is known only inside the workers, and the one who hands out tests sees their names alone.
"""

from __future__ import annotations

GROUPS = {
    "tests/lab/test_spark": "spark",
    "tests/journeys/test_kill_spark": "spark",
    "tests/journeys/test_kill_stream": "spark",
    "tests/journeys/test_stream_kafka": "spark",
    "tests/lab/test_terraform": "terraform",
    "tests/lab/test_state_machine": "terraform",
    "tests/lab/test_passkey": "browser",
    "tests/journeys/test_propose": "browser",
    "tests/lab/": "lab",
    "tests/journeys/test_first_hour": "demo",
    "tests/journeys/test_last_day": "demo",
    "tests/journeys/test_kill_land": "kill_land",
    "tests/journeys/test_netflix_top10": "netflix",
}
"""The group by how the path of a test begins; the first that fits."""


def group_of(nodeid: str) -> str:
    """The group of a test; its own name where it shares nothing."""
    return next((group for path, group in GROUPS.items() if nodeid.startswith(path)), nodeid)
