"""The AWS endpoint of the lab: moto in a process of its own, for clients in any language, its Athena run by Trino.

Started by `tests/lab/moto_server.py` as `python -m tests.lab.server`. It binds a free port of this machine, prints its address
on one line, and serves until its standard input is closed, so it never outlives the test run that started it. Until the lab has
said where Trino is (`POST /lab/trino`), its Athena is moto's own.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import moto.athena.urls
import moto.glue.urls
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from tests.lab.athena.responses import Desk, TrinoAthenaResponse
from tests.lab.buckets import keep_policies
from tests.lab.extended_server import teach_moto
from tests.lab.glue import LabGlueResponse
from tests.lab.lake_formation.responses import serve as serve_lake_formation
from tests.lab.moto_server import TRINO_PATH, Moto

Start = Callable[[str, list[tuple[str, str]]], Any]


class LabApplication:
    """moto's application, and one address of the lab's own."""

    def __init__(self) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != TRINO_PATH:
            return self._moto(environ, start)  # type: ignore[no-any-return]  # moto's application is not annotated
        Desk.trino = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode() or None
        start("200 OK", [("Content-Type", "text/plain")])
        return [b""]


def main() -> None:
    teach_moto()
    keep_policies()
    serve_lake_formation()
    moto.athena.urls.url_paths = {"{0}/$": TrinoAthenaResponse.dispatch}
    moto.glue.urls.url_paths = {"{0}/$": LabGlueResponse.dispatch}
    server = make_server("127.0.0.1", 0, LabApplication(), threaded=True, request_handler=MotoRequestHandler)
    Desk.aws = Moto(f"http://127.0.0.1:{server.server_port}", Path("/dev/null"))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(Desk.aws.url + "\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
