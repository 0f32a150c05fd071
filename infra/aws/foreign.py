"""Foreign errors of AWS, each turned into one sentence a person can act on; nowhere else are botocore's errors read.

Used around every call of this package. What AWS itself may repair (throttling, lost connections) was tried again before.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.errors import InfraError
from infra.local.foreign import from_os_error
from infra.tables.damaged import parsed
from jobs.errors import CommitConflictError
from metrics_catalog.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator


class AccessRefusedError(InfraError):
    """AWS does not let these credentials do what was asked; trying again does not help."""

    exit_code = ExitCode.REFUSED


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an error of AWS means: its page, a sentence's end, what to do, and which error of ours it becomes."""

    page: str
    what: str
    hint: str
    kind: type[InfraError] = InfraError


_EXPIRED = Meaning("RNG-INF-030", "the credentials have expired", "sign in again (`aws sso login`, or new keys)", AccessRefusedError)
_UNKNOWN_KEYS = Meaning("RNG-INF-030", "AWS does not know these credentials", "look at the profile of your credentials", AccessRefusedError)
_NO_KEYS = Meaning("RNG-INF-030", "no AWS credentials were found", "sign in (`aws sso login`), or set AWS_PROFILE", AccessRefusedError)
_DENIED = Meaning("RNG-INF-031", "AWS refused", "give these credentials the permission that is named", AccessRefusedError)
_BUSY = Meaning(
    "RNG-INF-032", "AWS asked for fewer calls and still did after several pauses", "wait a minute, then run the same command again"
)
_AWAY = Meaning("RNG-INF-033", "AWS could not be reached", "look at the network and the profile's `endpoint_url` and `region`")
_BROKEN = Meaning("RNG-INF-033", "AWS failed to answer", "run the same command again")
_KEY = Meaning("RNG-INF-034", "the encryption key cannot be used", "enable the key, or restore it before its deletion date")
_KEY_DENIED = Meaning(
    "RNG-INF-034", "the encryption key may not be used", "allow kms:GenerateDataKey and kms:Decrypt on the key", AccessRefusedError
)
_KEY_MISSING = Meaning("RNG-INF-034", "the encryption key does not exist", "make the key or the alias, or mend the profile")
_NO_BUCKET = Meaning("RNG-INF-035", "the bucket does not exist", "make it, or mend `warehouse` in ringi.toml")
_NO_OBJECT = Meaning("RNG-INF-035", "an object is missing", "restore an earlier version of the object; nothing else was changed")
_NO_ENTITY = Meaning("RNG-INF-036", "the Glue catalog does not have what was asked for", "run again: the work starts from what is there")
_OTHER = Meaning("RNG-INF-037", "AWS answered with an error", "run the same command again; if it stays, look at the page below")

_BY_CODE: dict[str, Meaning] = {
    **dict.fromkeys(("ExpiredToken", "ExpiredTokenException", "RequestExpired"), _EXPIRED),
    **dict.fromkeys(("InvalidAccessKeyId", "UnrecognizedClientException", "InvalidClientTokenId", "SignatureDoesNotMatch"), _UNKNOWN_KEYS),
    **dict.fromkeys(("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AllAccessDisabled", "403"), _DENIED),
    **dict.fromkeys(
        (
            "SlowDown",
            "Throttling",
            "ThrottlingException",
            "ThrottledException",
            "TooManyRequestsException",
            "RequestLimitExceeded",
            "RequestThrottled",
            "LimitExceededException",
            "ProvisionedThroughputExceededException",
            "KMSThrottlingException",
            "503",
        ),
        _BUSY,
    ),
    **dict.fromkeys(
        ("InternalError", "InternalServiceException", "InternalServerException", "ServiceUnavailable", "500", "502", "504"), _BROKEN
    ),
    **dict.fromkeys(
        ("KMS.DisabledException", "DisabledException", "KMSDisabledException", "KMS.KMSInvalidStateException", "KMSInvalidStateException"),
        _KEY,
    ),
    **dict.fromkeys(("KMS.AccessDeniedException", "KMS.KMSAccessDeniedException", "KMSAccessDeniedException"), _KEY_DENIED),
    **dict.fromkeys(("KMS.NotFoundException", "NotFoundException", "KMSNotFoundException", "KMS.InvalidKeyUsageException"), _KEY_MISSING),
    "NoSuchBucket": _NO_BUCKET,
    **dict.fromkeys(("NoSuchKey", "404"), _NO_OBJECT),
    "EntityNotFoundException": _NO_ENTITY,
}
"""By the code that the service answers with. S3 passes on what KMS said with `KMS.` before it."""

CONFLICTS = frozenset({"ConcurrentModificationException", "VersionMismatchException", "ConditionalRequestConflict", "PreconditionFailed"})
"""Codes with which AWS says that another writer was faster."""


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turns errors of botocore and of the network raised inside into one of ours that says what was being done."""
    try:
        yield
    except (InfraError, CommitConflictError):
        raise
    except Exception as error:
        ours = _ours(doing, error)  # asked first: some of botocore's errors are errors of the operating system too
        if ours is None and not isinstance(error, OSError):
            raise
        raise ours or from_os_error(doing, error) from error  # type: ignore[arg-type]  # the line above leaves OSErrors alone


@contextmanager
def understood(doing: str) -> Iterator[None]:
    """Like `translated`, for reading metadata that may be damaged: what cannot be parsed is an InfraError too."""
    with parsed(doing, "restore an earlier version of the table's `metadata` in S3"), translated(doing):
        yield


def code_of(error: Exception) -> str:
    """The code with which a service refused a call; empty for errors that are none of AWS's."""
    answer: Any = getattr(error, "response", None)
    return str(answer.get("Error", {}).get("Code", "")) if isinstance(answer, dict) else ""


def _ours(doing: str, error: Exception) -> InfraError | CommitConflictError | None:
    """One of our errors for an error of boto3 or botocore; None for any other."""
    from boto3.exceptions import Boto3Error
    from botocore import exceptions as theirs
    from botocore.parsers import ResponseParserError

    said = _one_line(str(error))
    if isinstance(error, Boto3Error):  # what a managed transfer wraps around the error of its call
        cause = error.__cause__ or error.__context__
        return _ours(doing, cause) if isinstance(cause, Exception) else _sentence(doing, _OTHER, said)
    if isinstance(error, theirs.ClientError):
        return _from_answer(doing, error)
    if isinstance(error, theirs.ParamValidationError):
        return InfraError(
            f"While {doing}, a call was not as AWS takes it, and was not sent: {said}.",
            hint="this is a fault of Ringi, or a setting that AWS does not take: please report it. More: ringi explain RNG-INF-037",
        )
    if isinstance(error, theirs.NoCredentialsError | theirs.TokenRetrievalError):
        return _sentence(doing, _NO_KEYS)
    if isinstance(error, theirs.HTTPClientError | theirs.ConnectionError):
        return _sentence(doing, _AWAY, said)
    if isinstance(error, ResponseParserError):
        return _sentence(doing, _BROKEN, "what answered does not speak as AWS does")
    if isinstance(error, theirs.BotoCoreError):
        return _sentence(doing, _NO_KEYS if "redential" in said else _OTHER, said)
    return None


def _from_answer(doing: str, error: Any) -> InfraError | CommitConflictError:
    code, said = code_of(error), _one_line(str(error.response.get("Error", {}).get("Message", "")))
    if code in CONFLICTS:
        return CommitConflictError(f"While {doing}, another process was faster; nothing was written.", hint="run the same command again.")
    status = str(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", ""))
    meaning = _BY_CODE.get(code) or (_KEY_DENIED if code.startswith("KMS.") else _BY_CODE.get(status, _OTHER))
    if meaning is _DENIED and "kms:" in said:
        meaning = _KEY_DENIED
    if meaning is _OTHER:
        said = f"{code}: {said}"
    elif meaning in (_DENIED, _KEY_DENIED):
        said = said or f"the call was {error.operation_name}"
    return _sentence(doing, meaning, said)


def _sentence(doing: str, meaning: Meaning, said: str = "") -> InfraError:
    told = f" ({said})" if said else ""
    return meaning.kind(
        f"While {doing}, {meaning.what}{told}. The lake is as it was before this step.",
        hint=f"{meaning.hint}. More: ringi explain {meaning.page}",
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())[:400].rstrip(".")
