"""SQL of definer views, one text a dialect: an explicit list of quoted columns over the country's saved copy.

The text carries the country's own condition although the copy holds nothing else: filters on a base table need not reach
through a view on every engine, and nobody may see a row that is not theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics_catalog.view import COUNTRY_COLUMN
from views.published_view import saved_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from views.published_view import PublishedView

_QUOTE = {"athena": '"', "duckdb": '"', "redshift": '"', "spark": "`", "trino": '"'}
_CATALOG = {"redshift": "awsdatacatalog."}
"""Redshift finds tables of the Glue catalog under this name; the others look in the catalog that the view lies in."""

DIALECTS = tuple(_QUOTE)
"""Dialects a definer view is written in."""


def definer_sql(view: PublishedView, country: str, dialect: str) -> str:
    """The SELECT of a country's definer view; a KeyError for a dialect that is not in DIALECTS."""
    relation = f"{_CATALOG.get(dialect, '')}{saved_name(country, view.name)}"
    return select((column.name for column in view.columns), relation, dialect, where=f"= {text_literal(country, dialect)}")


def select(columns: Iterable[str], relation: str, dialect: str, *, where: str) -> str:
    """`select … from relation where viewing_country …`, every name quoted."""
    listed = ",\n".join(f"    {quoted(name, dialect)}" for name in columns)
    source = ".".join(quoted(part, dialect) for part in relation.split("."))
    return f"select\n{listed}\nfrom {source}\nwhere {quoted(COUNTRY_COLUMN, dialect)} {where}\n"


def quoted(name: str, dialect: str) -> str:
    """A name as an identifier, whatever it contains."""
    mark = _QUOTE[dialect]
    return f"{mark}{name.replace(mark, mark * 2)}{mark}"


def text_literal(text: str, dialect: str) -> str:
    """A text as a literal; Spark and Redshift read backslashes as escapes, the others do not."""
    kept = text.replace("\\", "\\\\") if dialect in ("redshift", "spark") else text
    escaped = kept.replace("'", "\\'" if dialect == "spark" else "''")
    return f"'{escaped}'"
