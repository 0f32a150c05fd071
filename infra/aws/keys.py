"""Which key encrypts which object: a country's saved copies lie under that country's key, everything else under the lake's.

Used by every write of this package; no object is written without naming its key. An alias is looked up once, so that a key that
is missing or disabled is said before anything is written.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

from infra.aws.foreign import translated
from infra.aws.settings import COUNTRY
from infra.errors import InfraError

if TYPE_CHECKING:
    from infra.aws.account import Aws

_SAVED = re.compile(r"saved_(?P<country>[a-z0-9]+)/")


class Keys:
    """The keys of one lake."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._known: dict[str, str] = {}
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type[Keys], tuple[object, ...]]:
        """Spark's workers make connections of their own."""
        return Keys, (self._aws,)

    def arguments(self, location: str) -> dict[str, str]:
        """What a write of `s3://…` says about its encryption."""
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.arn(self.name(location))}

    def name(self, location: str) -> str:
        """The key of a location as the profile names it."""
        settings = self._aws.settings
        inside = location.removeprefix(f"{settings.warehouse}/")
        saved = None if inside == location else _SAVED.match(inside)
        return settings.country_key_alias.replace(COUNTRY, saved["country"]) if saved else settings.kms_key

    def arn(self, name: str) -> str:
        """The key's own ARN; an InfraError where it does not exist or is not enabled."""
        with self._lock:
            if name not in self._known:
                with translated(f"looking up the key `{name}`"):
                    told = self._aws.client("kms").describe_key(KeyId=name)["KeyMetadata"]
                if told.get("KeyState", "Enabled") != "Enabled":
                    raise InfraError(
                        f"The key `{name}` cannot encrypt: its state is {told['KeyState']}. Nothing was written.",
                        hint="enable it in KMS, then run the same command again. More: ringi explain RNG-INF-034",
                    )
                self._known[name] = told["Arn"]
            return self._known[name]
