"""The process that is dbt: reads the generated project at once, and builds it when told to.

Started by `dbt_process` as a file of its own, so it imports nothing of Ringi. Reading takes seconds and needs no table, so it
goes on beside the work whose results the views show. It answers one line of JSON, `{"failed": …, "messages": […]}`, and
ends without a word when its parent does.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from typing import Any


def main(folder: str) -> None:
    """Read the project in `folder`, wait for the line `build`, build and test it."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)  # what dbt prints is not our answer
        gc.disable()  # a short life that makes many objects: a sixth faster when none are looked over
        from dbt.cli.main import dbtRunner

        messages: list[str] = []

        def hear(event: Any) -> None:
            if event.info.level == "error" and event.info.msg.strip():
                messages.append(event.info.msg)

        flags = ["--project-dir", folder, "--profiles-dir", folder, "--no-use-colors", "--no-version-check", "--quiet"]
        flags += ["--no-send-anonymous-usage-stats", "--log-level-file", "none"]
        done = dbtRunner(callbacks=[hear]).invoke(["parse", *flags])
        if sys.stdin.readline() != "build\n":
            return
        if done.success:
            manifest: Any = done.result
            done = dbtRunner(manifest, callbacks=[hear]).invoke(["build", *flags])
        if done.exception is not None and not messages:
            messages.append(str(done.exception))
        json.dump({"failed": not done.success, "messages": messages}, answers)


if __name__ == "__main__":
    main(sys.argv[1])
