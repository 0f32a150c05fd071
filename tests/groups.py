"""Which tests share a worker, and which groups begin first.

A group is a file, so that what a module makes is made once; tests that share a server, an engine or a demo lake are one group across
files. The costliest begin first, so that at the end no worker waits for another. Told by files: a mark is known only inside the
workers, and the one who hands out tests sees their names alone.
"""

from __future__ import annotations

GROUPS = {
    "tests/lab/test_spark": "spark",
    "tests/journeys/test_kill_spark": "spark",
    "tests/journeys/test_kill_stream": "spark",
    "tests/journeys/test_stream_": "spark",
    "tests/lab/test_lake_formation_terraform": "terraform",
    "tests/lab/test_terraform": "terraform",
    "tests/lab/test_state_machine": "terraform",
    "tests/lab/test_passkey": "browser",
    "tests/journeys/test_propose": "browser",
    "tests/lab/test_governed_athena": "governed",
    "tests/lab/test_access_equal": "governed",
    "tests/lab/test_access_journey": "governed",
    "tests/lab/test_access_account": "moto",
    "tests/lab/test_access_apply": "moto",
    "tests/lab/test_access_drift": "moto",
    "tests/lab/test_access_regained": "moto",
    "tests/lab/test_aws_profile": "moto",
    "tests/lab/test_check_lake_formation": "moto",
    "tests/lab/test_job_roles": "moto",
    "tests/lab/test_lake_formation": "moto",
    "tests/lab/test_moto_server": "moto",
    "tests/lab/": "lab",
    "tests/journeys/test_first_hour": "demo",
    "tests/journeys/test_last_day": "demo",
}
"""The group by how the path of a test begins; the first that fits."""

COSTS = {
    "spark": 830,
    "lab": 350,
    "terraform": 190,
    "moto": 150,
    "governed": 115,
    "demo": 100,
    "browser": 80,
    "tests/jobs/test_maintain.py": 52,
    "tests/journeys/test_nothing_told.py": 52,
    "tests/infra/test_query_texts.py": 48,
    "tests/journeys/test_kill_erase.py": 41,
    "tests/ringi/test_approving.py": 37,
    "tests/journeys/test_kill_backfill.py": 32,
    "tests/infra/aws/test_run_faults.py": 28,
    "tests/infra/test_query_process.py": 23,
    "tests/journeys/test_kill_run.py": 23,
    "tests/jobs/erase/test_erase.py": 22,
    "tests/journeys/test_pull_request.py": 21,
    "tests/journeys/test_kill_land.py": 17,
    "tests/ringi/github_reviews/test_which_count.py": 16,
    "tests/infra/test_dbt_views.py": 15,
    "tests/journeys/test_kill_maintain.py": 15,
    "tests/journeys/test_erase_door.py": 14,
    "tests/journeys/test_odd_words.py": 14,
    "tests/jobs/test_mutants.py": 14,
    "tests/ringi/github_reviews/test_records.py": 13,
    "tests/journeys/test_netflix_top10.py": 13,
    "tests/jobs/test_ledger.py": 12,
    "tests/jobs/test_backfill.py": 12,
    "tests/properties/test_access.py": 11,
    "tests/infra/aws/test_tables.py": 10,
    "tests/infra/aws/test_object_store.py": 10,
    "tests/properties/test_keys_machine.py": 10,
}
"""Seconds of the groups that take longest, rounded, on two idle cores; `make test PYTEST_ARGS=--durations=40` prints them anew."""


def group_of(nodeid: str) -> str:
    """The group of a test; its file where it shares nothing with another."""
    file = nodeid.partition("::")[0]
    return next((group for path, group in GROUPS.items() if file.startswith(path)), file)


def cost_of(group: str) -> int:
    """How long a group takes, about; 0 where nobody would wait for it."""
    return COSTS.get(group, 0)
