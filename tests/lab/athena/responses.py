"""The API's face of the Athena shim: takes the place of moto's answers about queries, and leaves workgroups and the rest to moto."""

from __future__ import annotations

import json
import threading
from typing import Any

from moto.athena.responses import AthenaResponse
from moto.core.exceptions import JsonRESTError

from tests.lab.athena.caller import trino_user
from tests.lab.athena.execution import Execution, Request, accepted, run
from tests.lab.caller import is_owner
from tests.lab.lake_formation.responses import here_of
from tests.lab.moto_server import Moto
from tests.lab.trino_server import OWNER


class Desk:
    """The queries of this server. `trino` is None until the lab has told where Trino is."""

    trino: str | None = None
    aws: Moto | None = None
    governed: bool = False
    """Whether Lake Formation decides what a query reads; else Trino's rules do."""
    executions: dict[str, Execution] = {}  # noqa: RUF012  one server a process
    tokens: dict[str, str] = {}  # noqa: RUF012  one server a process


class TrinoAthenaResponse(AthenaResponse):
    """moto's Athena, its queries run by Trino."""

    def start_query_execution(self) -> str | tuple[str, dict[str, int]]:
        if Desk.trino is None or Desk.aws is None:
            return super().start_query_execution()
        token = self._get_param("ClientRequestToken")
        if token in Desk.tokens:
            return json.dumps({"QueryExecutionId": Desk.tokens[token]})
        execution = accepted(self._request())
        Desk.executions[execution.id] = execution
        if token:
            Desk.tokens[token] = execution.id
        threading.Thread(target=run, args=(execution, Desk.trino, Desk.aws), daemon=True).start()
        return json.dumps({"QueryExecutionId": execution.id})

    def get_query_execution(self) -> str:
        if Desk.trino is None:
            return super().get_query_execution()
        return json.dumps({"QueryExecution": self._execution().describe()})

    def batch_get_query_execution(self) -> str:
        """moto has none; PyAthena asks for it."""
        asked = self._get_param("QueryExecutionIds")
        found = [Desk.executions[each].describe() for each in asked if each in Desk.executions]
        return json.dumps({"QueryExecutions": found, "UnprocessedQueryExecutionIds": []})

    def get_query_results(self) -> str:
        if Desk.trino is None:
            return super().get_query_results()
        execution = self._execution()
        if execution.state != "SUCCEEDED" or execution.result is None:
            raise _refused(f"Query did not finish successfully. Final query state: {execution.state}")
        return json.dumps(execution.result.page(int(self._get_param("NextToken") or 0), int(self._get_param("MaxResults") or 1000)))

    def stop_query_execution(self) -> str:
        if Desk.trino is None:
            return super().stop_query_execution()
        execution = self._execution()
        if execution.ended is None:
            execution.state = "CANCELLED"
        return "{}"

    def _execution(self) -> Execution:
        asked = self._get_param("QueryExecutionId")
        if asked not in Desk.executions:
            raise _refused(f"QueryExecution {asked} was not found")
        return Desk.executions[asked]

    def _request(self) -> Request:
        """What is asked, its workgroup's settings put in force."""
        name = self._get_param("WorkGroup") or "primary"
        group = self.athena_backend.work_groups.get(name)
        if group is None:
            raise _refused(f"WorkGroup {name} is not found.")
        theirs: dict[str, Any] = self._get_param("ResultConfiguration") or {}
        ours: dict[str, Any] = group.configuration.get("ResultConfiguration") or {}
        enforced = group.configuration.get("EnforceWorkGroupConfiguration", True)
        settings = ours if enforced else {**ours, **theirs}
        if not settings.get("OutputLocation"):
            raise _refused("No output location provided. An output location is required either through the Workgroup or as an API input.")
        context = self._get_param("QueryExecutionContext") or {}
        authorization = str(self.headers.get("Authorization", ""))
        governed = Desk.governed and not is_owner(authorization)
        return Request(
            sql=self._get_param("QueryString"),
            user=OWNER if governed else trino_user(authorization, self.current_account),
            database=context.get("Database") or "default",
            workgroup=name,
            output=settings["OutputLocation"].rstrip("/") + "/",
            encryption=settings.get("EncryptionConfiguration") or {},
            parameters=tuple(self._get_param("ExecutionParameters") or ()),
            here=here_of(self) if governed else None,
        )


def _refused(message: str) -> JsonRESTError:
    return JsonRESTError("InvalidRequestException", message)
