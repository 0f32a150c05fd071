"""The lab's moto with the few answers that Terraform and Step Functions need and moto 5.2 lacks; started by its own fixtures.

Run as `python -m tests.lab.extended_server`, it prints its address and serves until its standard input is closed, as
`tests.lab.server` does. What it adds to moto, each with its reason:

- `ValidateStateMachineDefinition`: Terraform's provider asks it at every plan; answered by moto's own parser of the language.
- `ListStateMachineVersions`: asked when a state machine was made; there are none, for moto keeps no versions.
- EMR Serverless applications begin as CREATED, as on AWS, and not as STARTED, which the provider takes for a fault; and they tell
  an architecture, the one that AWS takes by default.
- `emrserverless`: Step Functions calls services by a spelling of its own, names of parameters included. The interpreter hands
  these on to botocore, so botocore is given that spelling of the EMR Serverless API.
- Lake Formation is the lab's own (`tests/lab/lake_formation`), and Glue tells it what is made and dropped.
- The port is written to MOTO_PORT, where the interpreter looks for the services that it calls.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import botocore
import botocore.loaders
import moto.glue.urls
from moto.core.responses import ActionResult
from moto.emrserverless import models as emr
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.stepfunctions.parser.asl.static_analyser.static_analyser import StaticAnalyser
from moto.stepfunctions.responses import StepFunctionResponse
from werkzeug.serving import make_server

from tests.lab.lake_formation.glue import GovernedGlueResponse
from tests.lab.lake_formation.responses import serve as serve_lake_formation


def validated(response: Any) -> ActionResult:
    """The answer to ValidateStateMachineDefinition: OK, or what the parser said."""
    try:
        StaticAnalyser().analyse(response._get_param("definition"))
    except Exception as error:  # noqa: BLE001  the parser raises many kinds, each a fault of the definition
        return ActionResult({"result": "FAIL", "diagnostics": [{"severity": "ERROR", "code": "PARSER", "message": str(error)}]})
    return ActionResult({"result": "OK", "diagnostics": []})


def no_versions(_response: Any) -> ActionResult:
    """The answer to ListStateMachineVersions."""
    return ActionResult({"stateMachineVersions": []})


def in_step_functions_spelling(model: dict[str, Any]) -> dict[str, Any]:
    """A botocore service model whose members begin with a capital; on the wire they keep their names."""
    shapes = {}
    for name, shape in model["shapes"].items():
        members = {member[0].upper() + member[1:]: {"locationName": member, **about} for member, about in shape.get("members", {}).items()}
        required = [member[0].upper() + member[1:] for member in shape.get("required", ())]
        shapes[name] = {**shape, **({"members": members} if "members" in shape else {}), **({"required": required} if required else {})}
    return {**model, "shapes": shapes}


def teach_botocore(folder: Path) -> None:
    """Make `boto3.client("emrserverless")` of this process the EMR Serverless API as Step Functions spells it."""
    loader = botocore.loaders.Loader()
    version = loader.determine_latest_version("emr-serverless", "service-2")
    model = in_step_functions_spelling(loader.load_service_model("emr-serverless", "service-2", version))
    rules = loader.load_service_model("emr-serverless", "endpoint-rule-set-1", version)
    target = folder / "emrserverless" / version
    target.mkdir(parents=True)
    (target / "service-2.json").write_text(json.dumps(model), encoding="utf-8")
    (target / "endpoint-rule-set-1.json").write_text(json.dumps(rules), encoding="utf-8")
    os.environ["AWS_DATA_PATH"] = str(folder)


def teach_moto() -> None:
    """Give moto the answers that Terraform asks for."""
    StepFunctionResponse.validate_state_machine_definition = validated  # type: ignore[attr-defined]  # moto lacks it
    StepFunctionResponse.list_state_machine_versions = no_versions  # type: ignore[attr-defined]  # moto lacks it
    emr.APPLICATION_STATUS = "CREATED"
    emr.Application.architecture = "X86_64"  # type: ignore[attr-defined]  # moto lacks it


def main() -> None:
    teach_moto()
    serve_lake_formation()
    moto.glue.urls.url_paths = {"{0}/$": GovernedGlueResponse.dispatch}
    with tempfile.TemporaryDirectory(prefix="ringi-botocore-") as folder:
        teach_botocore(Path(folder))
        application = DomainDispatcherApplication(create_backend_app)
        server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler)
        os.environ["MOTO_PORT"] = str(server.server_port)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
