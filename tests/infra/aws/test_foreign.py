"""Every error of AWS becomes one sentence with a page, and the exit code says whether trying again may help."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ReadTimeoutError, SSOTokenLoadError

from infra.aws.foreign import translated, understood
from infra.errors import InfraError
from jobs.errors import CommitConflictError
from metrics_catalog.codes import codes
from metrics_catalog.errors import ExitCode, RingiError


def refused(code: str, message: str = "as it says", status: int = 400) -> ClientError:
    told: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(told, "PutObject")


@pytest.mark.parametrize(
    ("problem", "page", "code"),
    [
        (refused("AccessDenied"), "031", ExitCode.REFUSED),
        (refused("AccessDeniedException"), "031", ExitCode.REFUSED),
        (refused("AccessDenied", "not authorized to perform: kms:Decrypt"), "034", ExitCode.REFUSED),
        (refused("ExpiredToken"), "030", ExitCode.REFUSED),
        (refused("UnrecognizedClientException"), "030", ExitCode.REFUSED),
        (NoCredentialsError(), "030", ExitCode.REFUSED),
        (SSOTokenLoadError(error_msg="the token has expired: credentials"), "030", ExitCode.REFUSED),
        (refused("SlowDown", status=503), "032", ExitCode.OUTSIDE),
        (refused("ThrottlingException"), "032", ExitCode.OUTSIDE),
        (EndpointConnectionError(endpoint_url="https://glue"), "033", ExitCode.OUTSIDE),
        (ReadTimeoutError(endpoint_url="https://glue"), "033", ExitCode.OUTSIDE),
        (refused("InternalError", status=500), "033", ExitCode.OUTSIDE),
        (refused("SomethingNew", status=503), "032", ExitCode.OUTSIDE),
        (refused("KMS.DisabledException"), "034", ExitCode.OUTSIDE),
        (refused("KMS.SomethingNew"), "034", ExitCode.REFUSED),
        (refused("NoSuchBucket", status=404), "035", ExitCode.OUTSIDE),
        (refused("EntityNotFoundException"), "036", ExitCode.OUTSIDE),
        (refused("InvalidInputException"), "037", ExitCode.OUTSIDE),
    ],
    ids=str,
)
def test_an_error_has_its_page_and_its_exit_code(problem: Exception, page: str, code: ExitCode) -> None:
    with pytest.raises(InfraError, match="While trying, ") as caught, translated("trying"):
        raise problem
    assert f"RNG-INF-{page}" in (caught.value.hint or "") and f"RNG-INF-{page}" in codes()
    assert caught.value.exit_code is code and caught.value.__cause__ is problem
    assert "Traceback" not in caught.value.message and "\n" not in caught.value.message


@pytest.mark.parametrize("code", ["ConcurrentModificationException", "PreconditionFailed", "ConditionalRequestConflict"])
def test_a_faster_writer_is_a_conflict(code: str) -> None:
    with pytest.raises(CommitConflictError, match="another process was faster"), translated("trying"):
        raise refused(code)


def test_our_own_errors_and_faults_of_the_program_pass_through() -> None:
    with pytest.raises(RingiError, match=r"^ours$"), translated("trying"):
        raise InfraError("ours")
    with pytest.raises(ZeroDivisionError), translated("trying"):
        raise ZeroDivisionError


def test_damaged_metadata_is_a_sentence() -> None:
    with pytest.raises(InfraError, match="a metadata file was not understood"), understood("reading the table `x`"):
        raise ValueError("Expecting value: line 1 column 1")
