"""A run on S3 and Glue that AWS breaks anywhere: the next run ends with the same lake as one that nobody disturbed."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from metrics_catalog.errors import ExitCode, RingiError
from tests.support.aws_engine import AwsRunningLake
from tests.support.aws_faults import Fault, dropped, error, failing, glue_versions, lost_answer, s3_error
from tests.support.aws_lake import make_aws_lake, pretended_aws
from tests.support.lakes import RunningLake, event

EVENTS = [event(1, "JP", "2026-11-01 10:00"), event(2, "JP", "2026-11-01 20:00"), event(3, "DE", "2026-11-01 20:00", "heartbeat")]
LATE = [event(4, "JP", "2026-11-01 10:05"), event(5, "DE", "2026-11-02 10:00")]


class World:
    """A lake with work to do, kept as it was before, and what an unharmed run makes of it."""

    def __init__(self, root: Path) -> None:
        self.aws = make_aws_lake(attempts=1)
        self.root, self._numbers = root, itertools.count()
        lake = self.lake()
        lake.events(EVENTS)
        lake.run()
        lake.events(LATE)
        self._before = self._state()
        lake.run()
        self.unharmed = lake.everything()
        with failing(self.aws, "glue", "*", dropped, at=10**6) as glue, failing(self.aws, "s3", "*", dropped, at=10**6) as s3:
            self.restore()
            self.lake().run()
        self.calls = {"glue": glue.seen, "s3": s3.seen}

    def lake(self) -> AwsRunningLake:
        """The lake as a new process opens it."""
        return AwsRunningLake(self.root, self.aws, writers=1)

    def restore(self) -> None:
        """Make S3 and Glue what they were before the run."""
        glue, s3 = self._backends()
        glue.databases, s3.buckets[self.aws.settings.bucket].keys = copy.deepcopy(self._before)

    def _state(self) -> Any:
        glue, s3 = self._backends()
        return copy.deepcopy((glue.databases, s3.buckets[self.aws.settings.bucket].keys))

    def _backends(self) -> tuple[Any, Any]:
        from moto.backends import get_backend

        account = self.aws.account_id
        return get_backend("glue")[account][self.aws.settings.region], get_backend("s3")[account]["aws"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with pretended_aws():
        yield World(tmp_path_factory.mktemp("aws") / "lake")


@pytest.fixture(autouse=True)
def restored(world: World) -> None:
    world.restore()


def broken_then_completed(world: World, service: str, operation: str, fault: Fault, at: int, times: int = 1) -> RingiError | None:
    """Run with the fault, then run again undisturbed; what the first run said, or None where it met the fault and went on."""
    said = None
    with glue_versions(world.aws):
        with failing(world.aws, service, operation, fault, at=at, times=times) as calls:
            try:
                world.lake().run()
            except RingiError as problem:
                said = problem
        assert calls.failed, "the fault was never met"
        halves(world.lake())
        world.lake().run()
    assert world.lake().everything() == world.unharmed
    return said


def halves(lake: RunningLake) -> None:
    """What a reader sees between the two runs: each copy and each view whole, of the one state or of the other."""
    for namespace in lake.tables.namespaces():
        for view in lake.tables.views(namespace):
            name = f"saved_{namespace.removeprefix('views_')}.{view.name.rpartition('.')[2]}"
            assert lake.tables.spec(name) is not None, "tables come before views"
            assert len(lake.read(name)) >= 1


@pytest.mark.parametrize("share", [step / 4 for step in range(5)])
def test_a_run_whose_nth_call_of_glue_fails_is_completed_by_the_next(world: World, share: float) -> None:
    at = 1 + round(share * (world.calls["glue"] - 1))
    broken_then_completed(world, "glue", "*", error("AccessDeniedException", "no more"), at, times=10**6)


@pytest.mark.parametrize("share", [step / 4 for step in range(5)])
def test_a_run_whose_nth_call_of_s3_fails_is_completed_by_the_next(world: World, share: float) -> None:
    at = 1 + round(share * (world.calls["s3"] - 1))
    broken_then_completed(world, "s3", "*", s3_error("SlowDown"), at, times=10**6)


@pytest.mark.parametrize("at", (1, 2, 4))
def test_a_publication_that_is_cut_off_between_two_tables_is_completed(world: World, at: int) -> None:
    said = broken_then_completed(world, "glue", "UpdateTable", error("InternalServiceException", status=500), at, times=10**6)
    assert said is not None and said.exit_code is ExitCode.OUTSIDE


def test_the_key_of_a_country_that_fails_stops_its_copy_and_is_told(world: World) -> None:
    fault = s3_error("KMS.DisabledException", "arn:aws:kms:eu-west-1:123456789012:key/x is disabled.", 400)
    said = broken_then_completed(world, "s3", "CopyObject", fault, 1, times=10**6)
    assert said is not None and "the encryption key cannot be used" in said.message and "RNG-INF-034" in str(said)


@pytest.mark.parametrize(
    ("service", "operation", "fault"),
    [("s3", "PutObject", lost_answer), ("glue", "UpdateTable", lost_answer), ("glue", "UpdateTable", dropped)],
    ids=["metadata", "pointer", "connection"],
)
def test_a_single_lost_connection_leaves_nothing_behind(world: World, service: str, operation: str, fault: Fault) -> None:
    broken_then_completed(world, service, operation, fault, 2)


def test_two_runs_at_the_same_time_leave_the_lake_of_one(world: World) -> None:
    """Without the lock: the second moves a pointer while the first commits, and Glue's version refuses the first."""
    entered: list[bool] = []

    def overtaken(name: str, request: Any) -> None:
        if not entered:
            entered.append(True)
            world.lake().run()

    broken_then_completed(world, "glue", "UpdateTable", overtaken, 1)
    assert entered


def test_the_aws_lake_equals_the_local_one(world: World, tmp_path: Path) -> None:
    local = RunningLake(tmp_path / "lake")
    local.events(EVENTS)
    local.run()
    local.events(LATE)
    local.run()
    assert local.everything() == world.unharmed
