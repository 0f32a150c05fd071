"""Two writers of one table in Glue, over the wire: Ringi and Trino, and two Ringis; nobody's rows are lost and nobody wins unseen."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from trino.exceptions import TrinoExternalError

from infra.aws.account import Aws
from infra.aws.settings import AwsSettings
from infra.aws.tables import AwsTables
from jobs.errors import CommitConflictError
from jobs.table import Commit, TableColumn, TableSpec
from metrics_catalog.source import ColumnType
from tests.lab.moto_server import Moto
from tests.lab.trino_server import Trino
from tests.support.aws_engine import S3DuckDb
from tests.support.aws_lake import make_aws_lake

NUMBERS = TableSpec("shared_numbers.two_writers", (TableColumn("id", ColumnType.INTEGER), TableColumn("writer", ColumnType.STRING)))
ROUNDS = 5
REFUSALS = 40


class Writer:
    """What one process of Ringi's is to the lake: an account, tables and an engine of its own."""

    def __init__(self, name: str, settings: AwsSettings, root: Path) -> None:
        aws = Aws(settings)
        self.name, self.tables, self.engine = name, AwsTables(aws), S3DuckDb(aws, root / name)

    def written(self, number: int) -> list[str]:
        """A data file with one row, not committed."""
        spec = self.tables.ensure(NUMBERS)
        folder = f"{self.tables.data_folder(spec.name)}/{uuid.uuid4().hex}"
        return [file.path for file in self.engine.write(f"SELECT {number} AS id, '{self.name}' AS writer", folder, spec.columns, ())]

    def append_all(self, numbers: range) -> None:
        for number in numbers:
            self.append(number)

    def append(self, number: int) -> None:
        self.tables.commit(Commit(NUMBERS.name, self.written(number), check_parent=False))


def insert_all(trino: Trino, numbers: range) -> None:
    """Rows put in by Trino, one a statement; a refused one is sent again, as its client would.

    The lake's tables ask every engine not to rebase a change on another's by itself (`commit.retry.num-retries` is 0).
    """
    for number in numbers:
        for _ in range(REFUSALS):
            try:
                trino.query(f"INSERT INTO {NUMBERS.name} VALUES ({number}, 'trino')")
                break
            except TrinoExternalError as error:
                assert error.error_name == "ICEBERG_COMMIT_ERROR", error
        else:
            raise AssertionError(f"Trino was refused {REFUSALS} times")


@pytest.fixture(scope="module")
def settings(lab: Moto) -> AwsSettings:
    return make_aws_lake((), endpoint_url=lab.url, warehouse="s3://ringi-two-writers/lake", kms_key="alias/two-writers").settings


@pytest.fixture
def writers(settings: AwsSettings, tmp_path: Path) -> Iterator[tuple[Writer, Writer]]:
    both = Writer("first", settings, tmp_path), Writer("second", settings, tmp_path)
    yield both
    both[0].tables.drop(NUMBERS.name)
    for writer in both:
        writer.engine.close()


def test_rows_of_ringi_and_of_trino_written_at_the_same_time_are_all_there(trino: Trino, writers: tuple[Writer, Writer]) -> None:
    ours, _ = writers
    ours.append(0)
    with ThreadPoolExecutor(2) as pool:
        mine = pool.submit(ours.append_all, range(1, ROUNDS))
        theirs = pool.submit(insert_all, trino, range(ROUNDS))
        mine.result()
        theirs.result()
    expected = [(number, writer) for writer in ("first", "trino") for number in range(ROUNDS)]
    assert sorted(trino.query(f"SELECT id, writer FROM {NUMBERS.name}"), key=lambda row: (row[1], row[0])) == expected


def test_two_ringis_lose_nothing_when_they_append(trino: Trino, writers: tuple[Writer, Writer]) -> None:
    writers[0].append(0)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda writer: writer.append_all(range(1, ROUNDS)), writers))
    assert trino.query(f"SELECT count(*), count(DISTINCT (id, writer)) FROM {NUMBERS.name}") == [(2 * ROUNDS - 1, 2 * ROUNDS - 1)]


def test_a_change_computed_from_a_state_that_trino_has_changed_is_refused(trino: Trino, writers: tuple[Writer, Writer]) -> None:
    ours, other = writers
    ours.append(0)
    seen = ours.tables.snapshot(NUMBERS.name)
    assert seen is not None
    files = ours.written(1)
    trino.query(f"INSERT INTO {NUMBERS.name} VALUES (7, 'trino')")
    with pytest.raises(CommitConflictError):
        ours.tables.commit(Commit(NUMBERS.name, files, parent=seen.id))
    assert sorted(trino.query(f"SELECT id FROM {NUMBERS.name}")) == [(0,), (7,)]
    now = other.tables.snapshot(NUMBERS.name)
    assert now is not None
    other.tables.commit(Commit(NUMBERS.name, files, parent=now.id))
    assert sorted(trino.query(f"SELECT id FROM {NUMBERS.name}")) == [(0,), (1,), (7,)]
