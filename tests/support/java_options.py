"""How Java runs in tests: Spark, Trino and Kafka begin faster and leave the two cores to the tests; what they compute stays the same.

Set for Spark by tests/conftest.py, in the environment that its launcher reads, so that commands which tests start have it too.
"""

from __future__ import annotations

JAVA_FOR_TESTS = (
    "-XX:TieredStopAtLevel=1",  # most code runs a few times; to optimise it takes longer than it gives back
    "-XX:ReservedCodeCacheSize=240m",  # as without the line before, which makes it a fifth; Spark fills that, and Java says so on stdout
    "-XX:+UseSerialGC",  # the collector's own threads would only be in the way
)
SPARK_LAUNCHER = "SPARK_SUBMIT_OPTS"
"""The variable of Spark's launcher for the options of the Java that it starts."""
