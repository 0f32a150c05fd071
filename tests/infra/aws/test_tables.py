"""Tables in S3 and Glue: what we write, other readers of the Glue catalog read; every object names its key; two writers agree."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from infra.aws.account import Aws
from infra.aws.tables import AwsTables
from infra.errors import InfraError
from jobs.errors import CommitConflictError
from jobs.table import Commit, DefinerView, Snapshot, TableColumn, TableSpec
from metrics_catalog.source import ColumnType
from tests.support.aws_engine import S3DuckDb
from tests.support.aws_faults import dropped, error, failing, glue_versions, lost_answer, s3_error
from tests.support.aws_lake import aws_settings
from tests.support.tables import EVENTS, ROWS

COPY = TableSpec(
    "saved_jp.title_daily", (TableColumn("viewing_country", ColumnType.STRING, True), TableColumn("plays", ColumnType.INTEGER))
)


class AwsLake:
    """Tables and an engine of one account."""

    def __init__(self, aws: Aws, root: Path) -> None:
        self.aws, self.tables, self.engine = aws, AwsTables(aws), S3DuckDb(aws, root)

    def written(self, spec: TableSpec, sql: str) -> list[str]:
        folder = f"{self.tables.data_folder(spec.name)}/{uuid.uuid4().hex}"
        return [file.path for file in self.engine.write(sql, folder, spec.columns, spec.partition)]

    def append(self, first: int, last: int, **change: Any) -> Snapshot:
        spec = self.tables.ensure(EVENTS)
        change.setdefault("check_parent", False)
        return self.tables.commit(Commit(spec.name, self.written(spec, ROWS.format(first=first, last=last)), **change))

    def ids(self) -> list[int]:
        spec = self.tables.spec(EVENTS.name)
        assert spec is not None
        held = self.engine.relation([file.path for file in self.tables.files(spec.name)], spec.columns)
        return [row[0] for row in self.engine.rows(f"SELECT id FROM {held} ORDER BY id")]

    def keys_of(self, prefix: str) -> set[str]:
        """The keys that encrypt the objects below a place, by their aliases."""
        s3, settings = self.aws.client("s3"), self.aws.settings
        found = set()
        for one in s3.list_objects_v2(Bucket=settings.bucket, Prefix=f"{settings.prefix}{prefix}").get("Contents", ()):
            head = s3.head_object(Bucket=settings.bucket, Key=one["Key"])
            assert head["ServerSideEncryption"] == "aws:kms", one["Key"]
            found.add(head["SSEKMSKeyId"])
        aliases = self.aws.client("kms").list_aliases()["Aliases"]
        return {alias["AliasName"] for alias in aliases if any(key.endswith(alias.get("TargetKeyId", "-")) for key in found)}


@pytest.fixture
def lake(aws: Aws, tmp_path: Path) -> AwsLake:
    return AwsLake(aws, tmp_path / "cache")


def glue_table(aws: Aws, name: str) -> dict[str, Any]:
    database, _, table = name.partition(".")
    return dict(aws.client("glue").get_table(DatabaseName=database, Name=table)["Table"])


def test_reading_a_lake_that_does_not_exist_creates_nothing(aws: Aws) -> None:
    tables = AwsTables(aws)
    assert tables.namespaces() == () and tables.names("gold") == () and tables.spec("gold.x") is None
    assert tables.files("gold.x") == () and tables.snapshot("gold.x") is None and tables.view("views_jp.x") is None
    assert aws.client("glue").get_databases()["DatabaseList"] == []
    assert "Contents" not in aws.client("s3").list_objects_v2(Bucket=aws.settings.bucket)


def test_pyiceberg_finds_the_table_in_glue_and_reads_it(lake: AwsLake) -> None:
    from pyiceberg.catalog.glue import GlueCatalog

    lake.append(0, 10, summary={"ringi.run-id": "r1"})
    lake.append(10, 12)
    catalog = GlueCatalog("glue", client=lake.aws.client("glue"))
    held = catalog._get_glue_table("bronze", "events")
    assert held["Parameters"]["table_type"] == "ICEBERG" and held["TableType"] == "EXTERNAL_TABLE"
    assert held["Parameters"]["metadata_location"].startswith("s3://ringi-test-lake/prefix/bronze/events/metadata/00002-")
    assert held["Parameters"]["previous_metadata_location"].startswith("s3://ringi-test-lake/prefix/bronze/events/metadata/00001-")
    assert held["StorageDescriptor"]["Location"] == "s3://ringi-test-lake/prefix/bronze/events"
    assert lake.ids() == list(range(12))


def test_the_catalog_shows_columns_with_hives_types(lake: AwsLake) -> None:
    import awswrangler

    lake.append(0, 3)
    types = awswrangler.catalog.get_table_types(database="bronze", table="events")
    assert types == {"id": "bigint", "country": "string", "at": "timestamp", "price": "decimal(18,6)", "seconds": "double", "live": "boolean", "day": "date"}  # fmt: skip
    column = glue_table(lake.aws, "bronze.events")["StorageDescriptor"]["Columns"][0]
    assert column["Parameters"] == {"iceberg.field.id": "1", "iceberg.field.optional": "false", "iceberg.field.current": "true"}


def test_long_descriptions_are_cut_to_what_glue_takes(lake: AwsLake) -> None:
    lake.tables.ensure(TableSpec("gold.v", (TableColumn("n", ColumnType.INTEGER, doc="国" * 300),)))
    assert glue_table(lake.aws, "gold.v")["StorageDescriptor"]["Columns"][0]["Comment"] == "国" * 255
    spec = lake.tables.spec("gold.v")
    assert spec is not None and spec.columns[0].doc == "国" * 300


def test_saved_copies_lie_under_their_countrys_key_and_everything_else_under_the_lakes(lake: AwsLake) -> None:
    lake.append(0, 3)
    staged = lake.written(lake.tables.shape(TableSpec(".staging.title_daily", COPY.columns)), "SELECT 'JP' AS viewing_country, 5 AS plays")
    assert lake.keys_of(".staging/") == {"alias/ringi-lake"}
    taken = lake.tables.take(COPY.name, staged)
    lake.tables.commit(Commit(COPY.name, taken, spec=COPY, summary={"ringi.run-id": "r7", "ringi.landing": "x" * 5_000}))
    assert all(path.startswith("s3://ringi-test-lake/prefix/saved_jp/title_daily/data/") for path in taken)
    assert lake.keys_of("saved_jp/") == {"alias/ringi-jp"} and lake.keys_of("bronze/") == {"alias/ringi-lake"}
    assert lake.keys_of(".staging/") == set()
    parameters = glue_table(lake.aws, COPY.name)["Parameters"]
    assert parameters["ringi.run-id"] == "r7" and "ringi.landing" not in parameters, "long values stand in the metadata alone"


def test_a_key_that_is_disabled_or_missing_is_said_before_anything_is_written(lake: AwsLake) -> None:
    kms = lake.aws.client("kms")
    kms.disable_key(KeyId=kms.describe_key(KeyId="alias/ringi-jp")["KeyMetadata"]["KeyId"])
    with pytest.raises(InfraError, match=r"The key `alias/ringi-jp` cannot encrypt: its state is Disabled") as caught:
        lake.tables.commit(Commit(COPY.name, [], spec=COPY))
    assert "RNG-INF-034" in str(caught.value) and lake.tables.spec(COPY.name) is None
    with pytest.raises(InfraError, match="looking up the key `alias/ringi-np`, the encryption key does not exist"):
        lake.tables.ensure(TableSpec("saved_np.v", COPY.columns))


def test_parameters_that_others_gave_a_table_stay(lake: AwsLake) -> None:
    lake.append(0, 3)
    glue, held = lake.aws.client("glue"), glue_table(lake.aws, "bronze.events")
    named = {key: held[key] for key in ("Name", "TableType", "StorageDescriptor")}
    glue.update_table(DatabaseName="bronze", TableInput={**named, "Parameters": {**held["Parameters"], "steward": "aiko"}})
    lake.append(3, 5)
    assert glue_table(lake.aws, "bronze.events")["Parameters"]["steward"] == "aiko" and lake.ids() == [0, 1, 2, 3, 4]


def test_the_slower_of_two_writers_is_refused_and_nothing_is_lost(lake: AwsLake, tmp_path: Path) -> None:
    lake.append(0, 3)
    parent = lake.tables.snapshot(EVENTS.name)
    assert parent is not None
    spec = lake.tables.ensure(EVENTS)
    files = lake.written(spec, ROWS.format(first=3, last=5))
    with glue_versions(lake.aws):
        AwsLake(lake.aws, tmp_path / "other").append(10, 12)
        with pytest.raises(CommitConflictError, match=r"Another process changed `bronze\.events`"):
            lake.tables.commit(Commit(spec.name, files, parent=parent.id))
    assert lake.ids() == [0, 1, 2, 10, 11]


def test_a_writer_who_comes_between_looking_and_moving_is_seen_by_glues_version(lake: AwsLake, tmp_path: Path) -> None:
    lake.append(0, 3)
    other = AwsLake(lake.aws, tmp_path / "other")
    between: list[bool] = []

    def overtaken(name: str, request: Any) -> None:
        if not between:
            between.append(True)
            other.append(10, 12)

    spec = lake.tables.ensure(EVENTS)
    files = lake.written(spec, ROWS.format(first=3, last=5))
    parent = lake.tables.snapshot(EVENTS.name)
    with glue_versions(lake.aws), failing(lake.aws, "glue", "UpdateTable", overtaken), pytest.raises(CommitConflictError):
        lake.tables.commit(Commit(spec.name, files, parent=parent.id if parent else None))
    assert lake.ids() == [0, 1, 2, 10, 11]
    between.clear()
    with glue_versions(lake.aws), failing(lake.aws, "glue", "UpdateTable", overtaken):
        lake.tables.commit(Commit(spec.name, files, check_parent=False))  # an append computes itself anew
    assert lake.ids() == [0, 1, 2, 3, 4, 10, 10, 11, 11]


def test_many_writers_of_one_table_lose_nothing(lake: AwsLake, tmp_path: Path) -> None:
    lake.tables.ensure(EVENTS)
    with glue_versions(lake.aws), ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: AwsLake(lake.aws, tmp_path / str(number)).append(number, number + 1), range(6)))
    assert lake.ids() == list(range(6))


@pytest.mark.parametrize(("operation", "at"), [("CreateTable", 1), ("UpdateTable", 1)])
def test_a_commit_whose_answer_was_lost_counts_once(lake: AwsLake, operation: str, at: int) -> None:
    with glue_versions(lake.aws), failing(lake.aws, "glue", operation, lost_answer, at=at) as calls:
        lake.append(0, 3)
    assert calls.failed == 1 and lake.ids() == [0, 1, 2]


def test_metadata_whose_answer_was_lost_is_not_taken_for_anothers(lake: AwsLake) -> None:
    with failing(lake.aws, "s3", "PutObject", lost_answer, only=".metadata.json") as calls:
        lake.append(0, 3)
    assert calls.failed == 1 and lake.ids() == [0, 1, 2]


@pytest.mark.parametrize(
    ("service", "operation", "fault"),
    [
        ("s3", "PutObject", s3_error("SlowDown")),
        ("s3", "PutObject", dropped),
        ("s3", "GetObject", dropped),
        ("s3", "HeadObject", s3_error("InternalError", status=500)),
        ("glue", "GetTable", error("ThrottlingException")),
        ("glue", "UpdateTable", dropped),
        ("glue", "UpdateTable", error("InternalServiceException", status=500)),
    ],
)
def test_what_aws_mends_by_itself_is_tried_again(lake: AwsLake, service: str, operation: str, fault: Any) -> None:
    lake.append(0, 3)
    with failing(lake.aws, service, operation, fault) as calls:
        lake.append(3, 5)
        assert lake.ids() == [0, 1, 2, 3, 4]
    assert calls.failed == 1


def test_databases_and_tables_of_another_lake_are_left_alone(lake: AwsLake) -> None:
    lake.aws.client("glue").create_database(DatabaseInput={"Name": "gold", "LocationUri": "s3://other-lake/ringi/gold"})
    lake.append(0, 3)
    elsewhere = AwsTables(Aws(aws_settings(warehouse="s3://ringi-test-lake/prefix-of-another")))
    assert lake.tables.namespaces() == ("bronze",) and elsewhere.namespaces() == () and elsewhere.names("bronze") == ()
    with pytest.raises(InfraError, match=r"database `gold` belongs to `s3://other-lake/ringi/gold`, not to this lake"):
        lake.tables.ensure(TableSpec("gold.v", COPY.columns))
    with pytest.raises(InfraError, match=r"table `bronze\.events` in the Glue catalog belongs to `s3://ringi-test-lake/prefix/"):
        elsewhere.ensure(EVENTS)
    with pytest.raises(InfraError, match="not to this lake"):
        elsewhere.drop(EVENTS.name)
    assert lake.ids() == [0, 1, 2]


def test_branches_are_forwarded_and_dropped_in_glue_too(lake: AwsLake) -> None:
    first = lake.append(0, 3)
    lake.append(3, 5, branch="audit")
    assert lake.ids() == [0, 1, 2]
    lake.tables.fast_forward(EVENTS.name, "audit")
    assert lake.ids() == [0, 1, 2, 3, 4]
    lake.append(5, 6, branch="left")
    lake.tables.drop_branch(EVENTS.name, "left")
    snapshots = lake.tables.snapshots(EVENTS.name)
    assert snapshots[0].id == first.id and lake.tables.snapshot(EVENTS.name, "left") is None
    lake.tables.drop(EVENTS.name)
    assert lake.tables.names("bronze") == ()


def test_a_call_that_aws_does_not_take_is_not_sent(lake: AwsLake) -> None:
    from botocore.exceptions import ParamValidationError

    from infra.aws.foreign import translated

    with pytest.raises(InfraError, match="a call was not as AWS takes it, and was not sent"), translated("trying"):
        lake.aws.client("glue").update_table(DatabaseName="gold", TableInput={"Nam": "v"})
    with pytest.raises(ParamValidationError):
        lake.aws.client("s3").put_object(Bucket="b", Key="k", ServerSideEncryption=True)


def test_of_many_tables_none_moves_where_one_is_stale_and_views_come_last(lake: AwsLake) -> None:
    specs = [TableSpec(f"saved_{code}.title_daily", COPY.columns) for code in ("jp", "de")]
    first = lake.tables.commit_all([Commit(spec.name, [], spec=spec) for spec in specs])
    assert len(first) == 2
    stale = [Commit(spec.name, [], parent=first[0].id) for spec in specs]
    with failing(lake.aws, "glue", "UpdateTable", error("X"), at=99) as moved, pytest.raises(CommitConflictError):
        lake.tables.commit_all(stale)
    assert moved.seen == 0
    view = DefinerView("views_jp.title_daily", COPY.columns, {"athena": "select 1"}, {"ringi.view": "title_daily"})
    good = [Commit(spec.name, [], parent=made.id) for spec, made in zip(specs, first, strict=True)]
    with failing(lake.aws, "glue", "UpdateTable", error("AccessDeniedException"), times=9), pytest.raises(InfraError):
        lake.tables.commit_all(good, [view])
    assert lake.tables.view(view.name) is None
    assert len(lake.tables.commit_all(good, [view])) == 2 and lake.tables.view(view.name) is not None
