"""`python -m tests.support.spark_run LAKE`: one run of a test lake on Spark, in a process that a test can kill.

The exit code and the sentence on stderr are those of the command line.
"""

from __future__ import annotations

import sys
from pathlib import Path

from jobs.engines.spark import SparkEngine, start
from metrics_catalog.errors import RingiError
from tests.support.lakes import RunningLake
from tests.support.spark import SETTINGS


def main() -> int:
    lake = RunningLake(Path(sys.argv[1]))
    settings = {**SETTINGS, **dict(word.split("=", 1) for word in sys.argv[2:])}
    try:
        with SparkEngine(start(spill=lake.root / "warehouse" / ".spill", memory="1GB", threads=2, settings=settings)) as engine:
            lake.run(engine=engine)
    except RingiError as error:
        sys.stderr.write(f"{error}\n")
        return int(error.exit_code)
    return 0


if __name__ == "__main__":
    sys.exit(main())
