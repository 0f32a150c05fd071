"""A pretended AWS for the tests of this folder: moto in this process, empty for each test but for a bucket, keys and two countries.

The clients are made once a module, since reading the descriptions of the services takes longer than most tests.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.aws.account import Aws
from tests.support.aws_lake import aws_settings, pretended_aws, provision


@pytest.fixture(scope="module")
def account() -> Iterator[Aws]:
    with pretended_aws():
        yield Aws(aws_settings(), attempts=3)


@pytest.fixture
def aws(account: Aws) -> Aws:
    from moto.moto_api._internal.models import moto_api_backend

    moto_api_backend.reset()
    provision(account)
    return account
