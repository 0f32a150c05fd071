"""The locked DuckDB process: parses one reader's SQL, takes in the permitted cells, locks itself, runs the SQL, and ends.

Started by `query_process.py` as a script of its own, with an empty environment and no file open but its pipes; it imports
nothing of the project. Requests and answers are lines of JSON, in this order:

    {"settings": {…}}                       {"ready": true}
    {"parse": SQL}                          {"parsed": tree} or {"error": kind, "message": text}
    {"load": [{"schema", "table", "sql", "base_schema", "base_table", "base"}], "keep_order": bool}
                                            {"loaded": true} or an error
    {"run": SQL, "rows": n, "bytes": n}     {"columns": [[name, type], …]}, {"batch": [[…], …]} …, {"end": "all" | "rows" | "bytes"} or an error

Until the lock, the reader's SQL is only a text that the parser reads; nothing of it is run. After the lock, files cannot be
opened: DuckDB's file systems are disabled, and the process has given up the right to open any file at all.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import decimal
import json
import math
import resource
import sys
import uuid

import duckdb

MIB = 2**20
HELD = 64
"""Bytes that a list or a struct takes where it is read, however short its text is."""
LOCKED_SETTINGS = (
    "temp_directory = ''",
    "max_temp_directory_size = '0GB'",
    "python_enable_replacements = false",
    "autoload_known_extensions = false",
    "autoinstall_known_extensions = false",
    "allow_community_extensions = false",
    "allow_persistent_secrets = false",
    "secret_directory = '/nonexistent'",
    "home_directory = '/nonexistent'",
    "disabled_filesystems = 'LocalFileSystem'",
    "enable_external_access = false",
    "lock_configuration = true",
)
"""In this order: after the last, no setting can be changed, these included."""

EVERY_TYPE = (
    "SELECT 1::DECIMAL(9, 2), DATE '2026-01-01', TIME '00:00', TIMESTAMP '2026-01-01', INTERVAL 1 DAY, uuid(), [1], {'a': 1}, ''::BLOB"
)
"""Read once before the lock, so that every module the values need is in memory."""


def limit(what: int, value: int) -> None:
    """Lower a limit of the process for good."""
    hard = resource.getrlimit(what)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (value, value))


def open_database(settings: dict[str, int]) -> duckdb.DuckDBPyConnection:
    """An empty in-memory database with the reader's limits."""
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_FSIZE, 0)
    limits: dict[str, str | bool | int | float | list[str]] = {"threads": settings["threads"], "temp_directory": ""}
    limits["memory_limit"] = f"{settings['memory_mib']}MiB"
    connection = duckdb.connect(":memory:", config=limits)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    return connection


def parse(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Send the statement as DuckDB's own parser understands it; the text is a value here and is not run."""
    options = "skip_null := true, skip_empty := true, skip_default := true"
    row = connection.execute(f"SELECT json_serialize_sql(?::VARCHAR, {options})", [sql]).fetchone()
    write(f'{{"parsed": {row[0] if row is not None else "{}"}}}')


def load(connection: duckdb.DuckDBPyConnection, relations: list[dict[str, str]], keep_order: bool) -> None:
    """Make a table of each permitted relation."""
    connection.execute(f"SET preserve_insertion_order = {'true' if keep_order else 'false'}")
    for relation in relations:
        target, base = f"{relation['schema']}.{relation['table']}", f"{relation['base_schema']}.{relation['base_table']}"
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {relation['schema']}")
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {relation['base_schema']}")
        connection.execute(f"CREATE VIEW {base} AS SELECT * FROM {relation['base']}")
        connection.execute(f"CREATE TABLE {target} AS {relation['sql']}")
        connection.execute(f"DROP VIEW {base}")
    for schema in {relation["base_schema"] for relation in relations}:
        connection.execute(f"DROP SCHEMA {schema}")


def lock(connection: duckdb.DuckDBPyConnection, settings: dict[str, int]) -> None:
    """Close every way out, first in DuckDB, then in the process itself."""
    connection.execute(EVERY_TYPE).fetchall()
    with contextlib.suppress(ImportError):
        import pytz  # type: ignore[import-untyped]  # noqa: F401  DuckDB needs it to give a time with a zone to Python
    connection.execute(f"SET max_execution_time = {settings['seconds'] * 1000}")
    for setting in LOCKED_SETTINGS:
        connection.execute(f"SET {setting}")
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + settings["seconds"] * (settings["threads"] + 1) + 10)
    with contextlib.suppress(ValueError):  # macOS knows no limit of address space; DuckDB's own limit is left there
        limit(resource.RLIMIT_AS, address_space() + (settings["memory_mib"] + 1024) * MIB)
    limit(resource.RLIMIT_NOFILE, 0)


def address_space() -> int:
    """Bytes of address space in use now."""
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123  pathlib is not imported here
            return int(statm.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 2048 * MIB


def run(connection: duckdb.DuckDBPyConnection, sql: str, most_rows: int, most_bytes: int) -> None:
    """Run the reader's SQL and send its rows, at most so many and so large."""
    cursor = connection.execute(sql)
    send({"columns": [[name, str(kind)] for name, kind, *_ in cursor.description or ()]})
    sent = size = 0
    while True:
        rows = cursor.fetchmany(min(1000, most_rows + 1 - sent))
        if not rows:
            return send({"end": "all"})
        kept = rows[: most_rows - sent]
        line = encoded({"batch": kept})
        size += len(line) + HELD * (line.count("[") + line.count("{"))
        if size > most_bytes:
            return send({"end": "bytes"})
        write(line)
        sent += len(kept)
        if len(kept) < len(rows):
            return send({"end": "rows"})


def encoded(value: object) -> str:
    try:
        return json.dumps(value, default=plain, allow_nan=False)
    except (ValueError, TypeError):  # not-a-number, infinity, or keys that are no text
        return json.dumps(cleaned(value), default=plain)


def cleaned(value: object) -> object:
    """The value with text in place of what JSON has no word for."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key if isinstance(key, str) else str(key): cleaned(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(each) for each in value]
    return value


def plain(value: object) -> object:
    """A value as JSON: numbers as exact text, times in ISO 8601, bytes in hexadecimal."""
    if isinstance(value, decimal.Decimal | uuid.UUID | dt.timedelta):
        return str(value)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def send(answer: dict[str, object]) -> None:
    write(encoded(answer))


def write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def asked() -> dict[str, object]:
    line = sys.stdin.readline()
    if not line:
        sys.exit(0)
    return dict(json.loads(line))


def kind_of(error: Exception) -> str:
    """What went wrong, in one word."""
    kinds: tuple[tuple[type[Exception], str], ...] = (
        (duckdb.OutOfMemoryException, "memory"),
        (duckdb.InterruptException, "time"),
        (duckdb.ParserException, "sql"),
        (duckdb.BinderException, "sql"),
        (duckdb.CatalogException, "sql"),
        (duckdb.NotImplementedException, "sql"),
        (duckdb.PermissionException, "permission"),
        (duckdb.IOException, "outside"),
    )
    return next((word for kind, word in kinds if isinstance(error, kind)), "failed")


def answered(request: dict[str, object], connection: duckdb.DuckDBPyConnection, settings: dict[str, int]) -> None:
    """Do one request."""
    if "parse" in request:
        parse(connection, str(request["parse"]))
    elif "load" in request:
        load(connection, request["load"], bool(request["keep_order"]))  # type: ignore[arg-type]  # our own parent wrote it
        lock(connection, settings)
        send({"loaded": True})
    elif "run" in request:
        run(connection, str(request["run"]), int(str(request["rows"])), int(str(request["bytes"])))


def main() -> None:
    """Answer requests until there are no more."""
    settings: dict[str, int] = asked()["settings"]  # type: ignore[assignment]  # our own parent wrote it
    connection = open_database(settings)
    send({"ready": True})
    while True:
        request = asked()
        try:
            answered(request, connection, settings)
        except MemoryError:
            send({"error": "memory", "message": ""})
        except duckdb.Error as error:
            send({"error": kind_of(error), "message": str(error)})


if __name__ == "__main__":
    main()
