"""One AWS account as the adapters meet it: clients of its services, made when first asked for and shared by all threads.

Every call's parameters are checked against botocore's own model before it is sent (botocore's default, kept on), and calls that
AWS throttled or that never arrived are tried again with growing, random pauses.
"""

from __future__ import annotations

import threading
from functools import cached_property
from typing import TYPE_CHECKING, Any

from infra.aws.foreign import translated

if TYPE_CHECKING:
    from infra.aws.settings import AwsSettings

ATTEMPTS = 6
"""How often a call is sent at most; the pauses between grow to some twenty seconds."""

CONNECTIONS = 32


class Aws:
    """The account of one profile. `client("s3")` and so on; nothing is opened before."""

    def __init__(self, settings: AwsSettings, *, attempts: int = ATTEMPTS) -> None:
        self.settings, self._attempts = settings, attempts
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type[Aws], tuple[object, ...]]:
        """Spark's workers make connections of their own."""
        return Aws, (self.settings,)

    def client(self, service: str) -> Any:
        """The boto3 client of a service, in the profile's region and at its endpoint."""
        with self._lock:  # making a client is not safe in several threads, using one is
            if service not in self._clients:
                with translated(f"connecting to {service}"):
                    self._clients[service] = self._session.client(service, endpoint_url=self.settings.endpoint_url, config=self._config)
            return self._clients[service]

    @cached_property
    def account_id(self) -> str:
        """The account whose Glue catalog holds the lake."""
        if self.settings.catalog_id:
            return self.settings.catalog_id
        with translated("asking whose credentials these are"):
            return str(self.client("sts").get_caller_identity()["Account"])

    @cached_property
    def _session(self) -> Any:
        import boto3

        return boto3.Session(region_name=self.settings.region)

    @cached_property
    def _config(self) -> Any:
        from botocore.config import Config

        style = {"s3": {"addressing_style": "path"}} if self.settings.endpoint_url else {}  # one name for all buckets
        return Config(
            retries={"mode": "standard", "total_max_attempts": self._attempts},
            max_pool_connections=CONNECTIONS,
            connect_timeout=10,
            read_timeout=60,
            user_agent_extra="ringi",
            **style,
        )
