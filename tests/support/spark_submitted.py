"""A script for `spark-submit`: prints, as JSON, what a session has that Ringi set up over what was submitted."""

from __future__ import annotations

import json
import sys

from jobs.engines.spark import SparkEngine, start

NAMES = ("spark.master", "spark.sql.shuffle.partitions", "spark.sql.session.timeZone", "spark.sql.ansi.enabled", "spark.app.name")

if __name__ == "__main__":
    with SparkEngine(start()) as engine:
        held = {name: engine.session.conf.get(name, None) for name in NAMES}
        json.dump({**held, "one": engine.value("SELECT 1")}, sys.stdout)
