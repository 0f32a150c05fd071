"""Raw bytes in S3: complete or not there, under the lake's key, and nothing is left of what was not kept."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from infra.aws.account import Aws
from infra.aws.object_store import S3ObjectStore
from infra.errors import InfraError
from tests.support.aws_faults import dropped, failing, lost_answer, s3_error


@pytest.fixture
def store(aws: Aws) -> S3ObjectStore:
    return S3ObjectStore(aws)


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    path = tmp_path / "sent.jsonl"
    path.write_bytes(b"0123456789abcdef" * 1_250_000)  # 20 MB: sent in parts
    return path


def objects(aws: Aws) -> set[str]:
    s3, settings = aws.client("s3"), aws.settings
    return {one["Key"].removeprefix(f"{settings.prefix}landing/") for one in s3.list_objects_v2(Bucket=settings.bucket).get("Contents", ())}


def uploads(aws: Aws) -> int:
    return len(aws.client("s3").list_multipart_uploads(Bucket=aws.settings.bucket).get("Uploads", ()))


def test_what_is_kept_is_there_at_once_and_what_is_not_leaves_nothing(aws: Aws, store: S3ObjectStore, sent: Path) -> None:
    heard: list[int] = []
    with store.staging("events") as staging:
        received = staging.receive(str(sent), "a", heard.append)
        staging.receive(str(sent), "b", heard.append)
        staging.discard("b")
        staging.write("manifest.json", b"{}")
        assert not store.exists("events/one")
        staging.keep("events/one")
    assert (received.sha256, received.size) == (hashlib.sha256(sent.read_bytes()).hexdigest(), sent.stat().st_size)
    assert sum(heard) == 2 * sent.stat().st_size
    assert objects(aws) == {"events/one/a", "events/one/manifest.json"}
    with store.open("events/one/a") as read:
        assert hashlib.sha256(read.read()).hexdigest() == received.sha256
        read.seek(16)
        assert read.read(4) == b"0123"
    with store.staging("events") as staging:
        staging.receive(store.path("events/one/a"), "again", heard.append)
    assert objects(aws) == {"events/one/a", "events/one/manifest.json"} and uploads(aws) == 0


def test_every_object_is_encrypted_with_the_lakes_key(aws: Aws, store: S3ObjectStore, sent: Path) -> None:
    with store.staging("events") as staging:
        staging.receive(str(sent), "a", lambda _: None)
        staging.write("manifest.json", b"{}")
        staging.keep("events/one")
    store.write("_unfinished/events/one", b"")
    key = aws.client("kms").describe_key(KeyId="alias/ringi-lake")["KeyMetadata"]["Arn"]
    for name in objects(aws):
        head = aws.client("s3").head_object(Bucket=aws.settings.bucket, Key=f"{aws.settings.prefix}landing/{name}")
        assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)


def test_a_batch_that_is_there_is_not_replaced(store: S3ObjectStore) -> None:
    for content, good in ((b"{}", True), (b"{}", True), (b"{1}", False)):  # the same bytes are the same batch
        with store.staging("events") as staging:
            staging.write("manifest.json", content)
            if good:
                staging.keep("events/one")
            else:
                with pytest.raises(InfraError):
                    staging.keep("events/one")
    assert store.read("events/one/manifest.json") == b"{}"


@pytest.mark.parametrize("call", ["CopyObject", "PutObject"])
def test_a_batch_that_broke_off_is_not_there_and_the_next_landing_removes_it(aws: Aws, store: S3ObjectStore, sent: Path, call: str) -> None:
    with store.staging("events") as staging, failing(aws, "s3", call, s3_error("AccessDenied", status=403), times=99, only="events/one"):
        staging.receive(str(sent), "a", lambda _: None)
        staging.write("manifest.json", b"{}")
        with pytest.raises(InfraError):
            staging.keep("events/one")
        staging.clear = lambda: None  # type: ignore[method-assign]  # the process is killed here
    assert not store.exists("events/one/manifest.json") and store.read("events/one/manifest.json") is None
    assert objects(aws)
    with store.staging("events"):
        pass
    assert objects(aws) == set()


def test_leftovers_of_a_killed_upload_are_removed_by_the_next(aws: Aws, store: S3ObjectStore) -> None:
    s3, place = aws.client("s3"), f"{aws.settings.prefix}landing/_incoming/events/old"
    s3.put_object(Bucket=aws.settings.bucket, Key=f"{place}/a", Body=b"half")
    s3.create_multipart_upload(Bucket=aws.settings.bucket, Key=f"{place}/b")
    assert uploads(aws) == 1
    with store.staging("events"):
        pass
    assert objects(aws) == set() and uploads(aws) == 0


def test_a_batch_that_was_kept_stays_when_its_landing_was_killed_after(aws: Aws, store: S3ObjectStore, sent: Path) -> None:
    with store.staging("events") as staging:
        staging.receive(str(sent), "a", lambda _: None)
        staging.write("manifest.json", b"{}")
        staging.keep("events/one")
        staging.clear = lambda: None  # type: ignore[method-assign]  # the process is killed here
    with store.staging("events"):
        pass
    assert objects(aws) == {"events/one/a", "events/one/manifest.json"}


def test_small_objects_are_replaced_whole_and_forgotten_quietly(aws: Aws, store: S3ObjectStore) -> None:
    assert store.read("_digests/events/x") is None and store.names("_digests/events") == ()
    store.write("_digests/events/x", b"1")
    store.write("_digests/events/x", b"2")
    store.write_all("_digests/events", {"y": b"3", "z/deep": b"4"})
    assert store.read("_digests/events/x") == b"2" and store.names("_digests/events") == ("x", "y", "z")
    assert store.exists("_digests/events") and not store.exists("_digests/event")
    for name in ("x", "x", "y", "z/deep"):
        store.remove(f"_digests/events/{name}")
    assert objects(aws) == set()


@pytest.mark.parametrize("fault", [s3_error("SlowDown"), dropped, lost_answer])
@pytest.mark.parametrize("call", ["PutObject", "UploadPart", "CopyObject"])
def test_a_landing_goes_on_after_what_s3_mends_by_itself(aws: Aws, store: S3ObjectStore, sent: Path, call: str, fault: object) -> None:
    with failing(aws, "s3", call, fault) as calls, store.staging("events") as staging:  # type: ignore[arg-type]  # parametrized
        received = staging.receive(str(sent), "a", lambda _: None)
        staging.write("manifest.json", b"{}")
        staging.keep("events/one")
    assert calls.failed == 1 and received.sha256 == hashlib.sha256(sent.read_bytes()).hexdigest()
    with store.open("events/one/a") as read:
        assert hashlib.sha256(read.read()).hexdigest() == received.sha256


def test_a_bucket_that_refuses_is_a_sentence(aws: Aws, store: S3ObjectStore) -> None:
    with (
        failing(aws, "s3", "PutObject", s3_error("AccessDenied", "not authorized to perform: s3:PutObject", 403)),
        pytest.raises(InfraError, match=r"While writing `events/x`, AWS refused \(not authorized to perform: s3:PutObject\)") as caught,
    ):
        store.write("events/x", b"1")
    assert caught.value.exit_code == 4 and "RNG-INF-031" in str(caught.value)
