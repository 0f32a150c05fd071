"""A pretended AWS for each test of this folder: moto in this process, one bucket, keys for the lake and two countries."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.aws.account import Aws
from tests.support.aws_lake import make_aws_lake, pretended_aws


@pytest.fixture
def aws() -> Iterator[Aws]:
    with pretended_aws():
        yield make_aws_lake()
