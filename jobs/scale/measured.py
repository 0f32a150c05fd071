"""What was measured, as constants: each says what it is and which command prints it. Read by `simulation.py` and `work.py`.

Change a figure only after running its command again; `docs/benchmarks.md` keeps the runs.
"""

from __future__ import annotations

BYTES_AN_EVENT = 41
"""Bronze, zstd, 14 columns: 41 bytes at 50 M events, 20 of them `event_id` (`bench_run --events 50000000`, size of its data files)."""

KEY_BYTES = 26
"""`event_id` and `occurred_at` of an event: what the search for repeats reads (the same files, by column)."""

RAW_BYTES = 59
"""An event as gz JSON in the landing zone (`events.py 2000000 --json`: 118 MB in eight files)."""

ENTRY_BYTES, MANIFEST_BYTES, LIST_BYTES, SNAPSHOT_BYTES = 436, 4_900, 45, 674
"""A file's entry in a manifest, a manifest without entries, a manifest in a manifest list, a snapshot in a metadata file
(`bench_metadata --part commits --part entries`)."""

SHAPE_BYTES = 4_500
"""A metadata file without snapshots: schema, properties, the log of 20 earlier files (the same)."""

REPORT_BYTES = 400
"""What the report of one landed object adds to its snapshot's summary (`reports_json` of a file with two reasons, as it stands in JSON)."""

COPY_SNAPSHOT_BYTES = 4_900
"""A snapshot of a saved copy with 48 metrics: their digests stand in its summary, about 90 bytes each (`bench_growth`, a lake of 40 countries)."""

GLUE_CALLS_A_COPY = 9
"""Pointers and views that one copy's publication asks for or moves, a move being two calls (counted in a run of 10 and of 40 countries)."""

LIST_ENTRY_US, LIST_MANIFEST_MS, ENTRY_MEMORY = 79.0, 2.0, 2_800
"""Microseconds and bytes of memory to list an entry, milliseconds to open one more manifest on a local disk (the same)."""

COMMIT_MS, COMMIT_SNAPSHOT_MS = 10.0, 0.075
"""A commit on a local disk, and what each snapshot before it adds (the same)."""

LAND_CORE_US = 9.7
"""Core-microseconds to land an event with Spark into Iceberg, start-up left out (the peer `land_spark_iceberg`, 2 cores)."""

REWRITE_CORE_US = 2.4
"""Core-microseconds to read an event and write it again: no more than to parse and write it (the peer `land_duckdb_parquet`, 2 cores)."""

REPEAT_CORE_US = 0.19
"""Core-microseconds to look through one event that the day already holds (`bench_metadata --part repeats`, 2 cores)."""

FACTS_CORE_US = 0.76
"""Core-microseconds of an event for 48 metrics with DuckDB (`bench_run`, 50 M events, 2 cores)."""

SPARK_FACTOR = 8.3
"""Spark's time for the same 48 metrics against DuckDB's floor (the peer `spark_smart`, 5 M events, one run)."""

PAIR_BYTES = 40
"""A row between the two steps of a distinct count: country, day, device, member, bits and what the exchange adds; computed."""

DIGEST_BYTES = 17
"""What Spark's search for repeats exchanges of each event that is held: an eight-byte digest, a flag, and the row around them; computed."""

CALL_MS = 50.0
"""One call of S3 or Glue. An assumption; nothing here was measured on AWS."""
