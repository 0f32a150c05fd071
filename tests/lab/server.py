"""The AWS endpoint of the lab: moto in a process of its own, for clients in any language, its Athena run by Trino.

Started by `tests/lab/moto_server.py` as `python -m tests.lab.server`. It binds a free port of this machine, prints its address
on one line, and serves until its standard input is closed, so it never outlives the test run that started it. Until the lab has
said where Trino is (`POST /lab/trino`), its Athena is moto's own; until it has said that Lake Formation governs (`POST
/lab/lake-formation`), Athena reads by Trino's rules.
"""

from __future__ import annotations

import json
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
from tests.lab.kinesis import teach_kinesis
from tests.lab.lake_formation.responses import serve as serve_lake_formation
from tests.lab.lake_formation.row_policies import Feature
from tests.lab.moto_server import LAKE_FORMATION_PATH, TRINO_PATH, Moto


def trino_is_at(address: str) -> None:
    """From now on Athena's queries are run there."""
    Desk.trino = address or None


def lake_formation_is(told: str) -> None:
    """Whether Lake Formation governs Athena, and whether the account has row policies: `{"governs": true, "row_policies": false}`."""
    settings = json.loads(told)
    Desk.governed = settings.get("governs", Desk.governed)
    Feature.there = settings.get("row_policies", Feature.there)


TOLD: dict[str, Callable[[str], None]] = {TRINO_PATH: trino_is_at, LAKE_FORMATION_PATH: lake_formation_is}
"""What the lab says to its server, by address."""

Start = Callable[[str, list[tuple[str, str]]], Any]


class LabApplication:
    """moto's application, and two addresses of the lab's own."""

    def __init__(self) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO"))
        if path == "/moto-api/reset":
            Feature.there = True
        told = TOLD.get(path)
        if told is None:
            return self._moto(environ, start)  # type: ignore[no-any-return]  # moto's application is not annotated
        told(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode())
        start("200 OK", [("Content-Type", "text/plain")])
        return [b""]


def main() -> None:
    teach_moto()
    keep_policies()
    teach_kinesis()
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
