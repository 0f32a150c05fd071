"""The tables of an AWS lake: the Iceberg adapter over Glue and S3. Made by `ringi/lake.py` for a profile whose warehouse is in S3."""

from __future__ import annotations

from infra.aws.account import Aws
from infra.aws.files import S3Files
from infra.aws.glue_pointers import GluePointers
from infra.aws.glue_views import GlueViews
from infra.aws.keys import Keys
from infra.aws.lake_formation.regain import LakeFormationRegain
from infra.aws.objects import Objects
from infra.tables.iceberg import WRITERS, IcebergTables


class AwsTables(IcebergTables):
    """Tables below the profile's warehouse, listed in Glue."""

    def __init__(self, aws: Aws, *, writers: int = WRITERS) -> None:
        pointers = GluePointers(aws)
        files = S3Files(aws.settings.warehouse, Objects(aws, Keys(aws)))
        regain = LakeFormationRegain(aws)
        self.definers = GlueViews(aws, pointers, regain)
        """The keeper of definer views, for plans that show its calls."""
        super().__init__(pointers, files, self.definers, writers=writers, regain=regain)
