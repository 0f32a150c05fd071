"""The lock of a lake in S3: one process at a time changes it; the others wait a while, or say who holds it.

An object `.lock` in the warehouse, written only where there is none (a conditional put) and renewed while its holder lives. A
killed holder stops renewing; after LIFE the next one takes the lock over and says so. Time is S3's own, so clocks of machines do
not matter. Whoever lost the lock while it worked is told at the end: its commits were checked one by one, so nothing is harmed.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import socket
import threading
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from infra.aws.foreign import CONFLICTS, code_of, translated
from infra.aws.keys import Keys
from infra.aws.objects import is_missing
from infra.errors import InfraError
from infra.waiting import PATIENCE, nobody_said, wait_until, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from infra.aws.account import Aws

LIFE = dt.timedelta(seconds=90)
"""How long a lock counts after it was written last; three renewals may fail before it ends."""

ASK_AGAIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lock: what it does, on which machine and as which process, and since when; `mark` is the object's version."""

    doing: str
    host: str
    pid: int
    since: str
    token: str
    mark: str
    age: dt.timedelta

    def __str__(self) -> str:
        return f"another {self.doing} (pid {self.pid} on {self.host}, since {self.since})"


@contextmanager
def held(
    aws: Aws,
    doing: str,
    *,
    patience: dt.timedelta = PATIENCE,
    life: dt.timedelta = LIFE,
    say: Callable[[str], object] = nobody_said,
) -> Iterator[None]:
    """Hold the lake while the body runs; waits up to `patience`, then refuses with an InfraError that names the holder.

    `doing` is one word for people: `run`, `land`. `say` gets one sentence when waiting begins, or when a lock is taken over.
    """
    lock = _Lock(aws, doing, life)
    wait_until(lambda: lock.taken(say), lambda: lock.other, patience, say, pause=ASK_AGAIN_SECONDS)
    stop = threading.Event()
    renewing = threading.Thread(target=lock.keep_renewing, args=(stop,), name="ringi-lock", daemon=True)
    renewing.start()
    try:
        yield
        lost = lock.lost
    finally:
        stop.set()
        renewing.join()
        lock.release()
    if lost:
        raise InfraError(
            f"Another process took the lake over while this {doing} worked: its lock was not renewed for {words(life)}.",
            hint="run the same command again: what both did was checked, nothing is harmed. More: ringi explain RNG-INF-039",
        )


class _Lock:
    """One process's hold on the object."""

    def __init__(self, aws: Aws, doing: str, life: dt.timedelta) -> None:
        self._aws, self._doing, self._life = aws, doing, life
        self._keys = Keys(aws)
        self._token = uuid.uuid4().hex
        self._since = dt.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S %z")
        self._mark = ""
        self.lost = False
        self.other: Holder | None = None
        """Who held the lake when it was asked for last."""

    def taken(self, say: Callable[[str], object]) -> bool:
        """Whether the lock is this process's after one attempt; `say` is told when it is taken from a holder that fell silent."""
        with translated("locking the lake"):
            self.other = holder = self._holder()
            if holder is None:
                return self._written(IfNoneMatch="*")
            if holder.token == self._token:  # our own put, whose answer was lost
                self._mark = holder.mark
                return True
            if holder.age <= self._life or not self._written(IfMatch=holder.mark):
                return False
        say(f"{holder} did not renew its hold on the lake for {words(holder.age)}; taking it over")
        return True

    def keep_renewing(self, stop: threading.Event) -> None:
        """Renews the lock until told to stop; a renewal that fails is tried again at the next turn."""
        while not stop.wait(self._life.total_seconds() / 4):
            try:
                with translated("renewing the lock"):
                    if not self._written(IfMatch=self._mark):
                        holder = self._holder()
                        if holder is None or holder.token != self._token:
                            self.lost = True
                            return
                        self._mark = holder.mark
            except InfraError:  # the lock lives for a few more turns
                continue

    def release(self) -> None:
        """Lets go; a lock that cannot be removed ends by itself."""
        try:
            with translated("letting the lake go"):
                holder = self._holder()
                if holder is not None and holder.token == self._token:
                    self._client.delete_object(Bucket=self._bucket, Key=self._key)
        except InfraError:
            return

    @property
    def _client(self) -> Any:
        return self._aws.client("s3")

    @property
    def _bucket(self) -> str:
        return self._aws.settings.bucket

    @property
    def _key(self) -> str:
        return f"{self._aws.settings.prefix}.lock"

    def _written(self, **condition: str) -> bool:
        """Whether the lock was written under the condition; False where another process was faster."""
        from botocore.exceptions import ClientError

        told = {"doing": self._doing, "host": socket.gethostname(), "pid": os.getpid(), "since": self._since, "token": self._token}
        body = json.dumps({**told, "written": time.time_ns()}).encode()  # each renewal has a version of its own
        encryption = self._keys.arguments(f"s3://{self._bucket}/{self._key}")
        try:
            answer = self._client.put_object(Bucket=self._bucket, Key=self._key, Body=body, **encryption, **condition)
        except ClientError as error:
            if code_of(error) in CONFLICTS or is_missing(error):
                return False
            raise
        self._mark = answer["ETag"]
        return True

    def _holder(self) -> Holder | None:
        from botocore.exceptions import ClientError

        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=self._key)
            signed = json.loads(answer["Body"].read())
        except ClientError as error:
            if is_missing(error):
                return None
            raise
        except ValueError:
            signed = {}
        age = _clock(answer) - answer["LastModified"]
        named = (str(signed.get(name, "")) for name in ("doing", "host"))
        doing, host = named
        return Holder(
            doing or "command",
            host,
            int(signed.get("pid", 0)),
            signed.get("since", "just now"),
            signed.get("token", ""),
            answer["ETag"],
            age,
        )


def _clock(answer: Any) -> dt.datetime:
    """What S3's own clock showed when it answered."""
    told = str(answer["ResponseMetadata"].get("HTTPHeaders", {}).get("date", ""))
    try:
        return parsedate_to_datetime(told)
    except (TypeError, ValueError):
        return dt.datetime.now(dt.UTC)
