"""What a policy's statements say to a request: enough of IAM's evaluation for the policies in `infra/terraform`.

Written from the rules of IAM's documentation, for moto takes every Deny as unconditional. An operator that is not known here fails
the test that met it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

ENCRYPTION = "s3:x-amz-server-side-encryption"
KEY = "s3:x-amz-server-side-encryption-aws-kms-key-id"
Request = Mapping[str, str]


def put(*, encryption: str | None = None, key: str | None = None, tls: str = "1.3", secure: bool = True) -> dict[str, str]:
    """The condition keys of a put with these headers."""
    named = {ENCRYPTION: encryption, KEY: key, "s3:TlsVersion": tls, "aws:SecureTransport": str(secure).lower()}
    return {name: value for name, value in named.items() if value is not None}


def denials(statements: Iterable[Mapping[str, Any]], action: str, resource: str, request: Request) -> set[str]:
    """Names of the Deny statements that stop the request; every principal is meant by each of ours."""
    return {each["Sid"] for each in statements if each["Effect"] == "Deny" and _applies(each, action, resource, request)}


def allowed(statements: Iterable[Mapping[str, Any]], action: str, resource: str, request: Request) -> bool:
    """Whether an Allow statement covers the request and no Deny does."""
    applying = {each["Effect"] for each in statements if _applies(each, action, resource, request)}
    return applying == {"Allow"}


def _applies(statement: Mapping[str, Any], action: str, resource: str, request: Request) -> bool:
    if not any(fnmatchcase(action, pattern) for pattern in _listed(statement["Action"])):
        return False
    named = "NotResource" in statement
    found = any(fnmatchcase(resource, pattern) for pattern in _listed(statement["NotResource" if named else "Resource"]))
    if found == named:
        return False
    conditions = statement.get("Condition", {})
    return all(
        _OPERATORS[operator](request.get(key), _listed(wanted)) for operator, keys in conditions.items() for key, wanted in keys.items()
    )


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


_OPERATORS: Mapping[str, Callable[[str | None, list[str]], bool]] = {
    "StringEquals": lambda given, wanted: given in wanted,
    "StringLike": lambda given, wanted: given is not None and any(fnmatchcase(given, pattern) for pattern in wanted),
    "ForAnyValue:StringEquals": lambda given, wanted: given in wanted,
    "ForAnyValue:StringLike": lambda given, wanted: given is not None and any(fnmatchcase(given, pattern) for pattern in wanted),
    "StringNotEquals": lambda given, wanted: given not in wanted,  # a missing key is not equal
    "StringNotEqualsIfExists": lambda given, wanted: given is None or given not in wanted,
    "Bool": lambda given, wanted: given in wanted,
    "Null": lambda given, wanted: str(given is None).lower() in wanted,
    "NumericLessThan": lambda given, wanted: given is not None and float(given) < float(wanted[0]),
}
