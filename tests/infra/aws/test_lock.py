"""The lock of a lake in S3: one changes it at a time, a killed holder's lock is taken over, and a lost one is told."""

from __future__ import annotations

import datetime as dt
import threading
import time

import pytest

from infra.aws.account import Aws
from infra.aws.lock import held
from infra.errors import InfraError
from tests.support.aws_faults import dropped, failing, lost_answer

SHORT = dt.timedelta(seconds=1.2)


def locks(aws: Aws) -> list[str]:
    found = aws.client("s3").list_objects_v2(Bucket=aws.settings.bucket).get("Contents", ())
    return [one["Key"] for one in found]


def test_a_lock_is_an_object_that_goes_when_the_work_is_done(aws: Aws) -> None:
    with held(aws, "run"):
        assert locks(aws) == ["prefix/.lock"]
        head = aws.client("s3").head_object(Bucket=aws.settings.bucket, Key="prefix/.lock")
        assert head["ServerSideEncryption"] == "aws:kms"
    assert locks(aws) == []
    with pytest.raises(ZeroDivisionError), held(aws, "run"):
        raise ZeroDivisionError
    assert locks(aws) == []


def test_the_second_waits_and_says_for_whom(aws: Aws) -> None:
    said: list[str] = []
    entered, leave, order = threading.Event(), threading.Event(), []

    def first() -> None:
        with held(aws, "run"):
            entered.set()
            leave.wait(30)
            order.append("first")

    working = threading.Thread(target=first)
    working.start()
    entered.wait(30)
    threading.Timer(0.3, leave.set).start()
    with held(aws, "land", say=said.append):
        order.append("second")
    working.join()
    assert order == ["first", "second"] and len(said) == 1
    assert said[0].startswith("another run (pid ") and said[0].endswith("holds the lake; waiting") and " on " in said[0]


def test_patience_ends_with_a_sentence_and_exit_5(aws: Aws) -> None:
    with (
        held(aws, "run"),
        pytest.raises(InfraError, match=r"Another run \(pid .*gave up after 0 seconds") as caught,
        held(aws, "land", patience=dt.timedelta(seconds=0.2)),
    ):
        pass
    assert caught.value.exit_code == 5 and "RNG-INF-009" in str(caught.value)


def test_a_lock_that_is_not_renewed_is_taken_over_with_a_sentence(aws: Aws) -> None:
    said: list[str] = []
    left = b'{"doing": "run", "host": "gone", "pid": 7, "since": "2026-11-22 09:00:00 +0000", "token": "x"}'
    aws.client("s3").put_object(Bucket=aws.settings.bucket, Key="prefix/.lock", Body=left)
    with held(aws, "land", life=SHORT, say=said.append):
        pass
    assert said[0] == "another run (pid 7 on gone, since 2026-11-22 09:00:00 +0000) holds the lake; waiting"
    assert said[1].startswith("another run (pid 7 on gone") and "did not renew its hold on the lake" in said[1]
    assert locks(aws) == []


def test_a_holder_that_lives_keeps_the_lock_longer_than_its_life(aws: Aws) -> None:
    with held(aws, "run", life=SHORT):
        time.sleep(3)  # S3 counts in whole seconds
        with pytest.raises(InfraError, match="gave up"), held(aws, "land", life=SHORT, patience=dt.timedelta(0)):
            pass


def test_whoever_lost_the_lock_is_told_at_the_end(aws: Aws) -> None:
    with (
        pytest.raises(InfraError, match="Another process took the lake over while this run worked") as caught,
        held(aws, "run", life=SHORT),
    ):
        aws.client("s3").put_object(Bucket=aws.settings.bucket, Key="prefix/.lock", Body=b'{"token": "another"}')
        time.sleep(1)
    assert "RNG-INF-039" in str(caught.value) and locks(aws) == ["prefix/.lock"]


@pytest.mark.parametrize("fault", [dropped, lost_answer])
def test_an_answer_that_was_lost_is_no_other_holder(aws: Aws, fault: object) -> None:
    said: list[str] = []
    with failing(aws, "s3", "PutObject", fault), held(aws, "run", say=said.append):  # type: ignore[arg-type]  # parametrized
        assert locks(aws) == ["prefix/.lock"] and not said
    assert locks(aws) == []
