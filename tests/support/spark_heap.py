"""Starts a local session with the settings given as words (`name=value`) and prints what Java was told about its memory."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from jobs.engines.spark import start

with tempfile.TemporaryDirectory() as spill:
    session = start(spill=Path(spill), memory="512MB", threads=1, settings=dict(word.split("=", 1) for word in sys.argv[1:]))
    told = session._jvm.java.lang.management.ManagementFactory.getRuntimeMXBean().getInputArguments()  # type: ignore[union-attr]  # local sessions have a Java
    json.dump([word for word in told if word.startswith("-Xm") or word.endswith("GC")], sys.stdout)
    session.stop()
