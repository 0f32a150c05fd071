"""Places in S3 that are registered with Lake Formation: under which one a table lies. Used by `effective.py` and by drift."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from governance.lake_formation.state import Registration


class Places:
    """All registered places; of several above a table the nearest counts."""

    def __init__(self, registrations: Iterable[Registration]) -> None:
        self._by_path = {path_of(each.arn): each for each in registrations}

    def of(self, location: str | None) -> Registration | None:
        """The place under which a location lies (`s3://bucket/folder`); None where it is not registered, or nobody knows it."""
        path = "" if location is None else path_of(location)
        while path:
            if path in self._by_path:
                return self._by_path[path]
            path = path.rpartition("/")[0]
        return None


def path_of(place: str) -> str:
    """`bucket/folder` of an ARN or of a URL of S3."""
    rest = place.rpartition(":::")[2] if place.startswith("arn:") else place.partition("://")[2]
    return rest.rstrip("/")


def arn_of(url: str, partition: str = "aws") -> str:
    """The ARN of a place in S3."""
    return f"arn:{partition}:s3:::{path_of(url)}"
