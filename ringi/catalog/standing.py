"""Where the metrics of an opened lake stand: what the gate says of their keys, and beside it what hearings, lake and readers say.

Used by `ringi status` and `ringi show`; later by the portal.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from governance.gate.status import Around

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from governance.gate.gate import Certification
    from governance.ledgers.query_ledger import Reader
    from metrics_catalog.catalog import Catalog
    from ringi.lake import Lake

READ_WITHIN = dt.timedelta(days=90)
"""Who read a deprecated metric longer ago no longer counts as its reader."""


def standing(lake: Lake, metrics: Collection[str] | None, now: dt.datetime) -> tuple[Certification, Mapping[str, Around]]:
    """The gate's answer for the given metrics or all, and what the other records say of each.

    Raises UsageError for an unknown metric, GovernanceError where people cannot be read.
    """
    from governance.gate.gate import certified
    from metrics_catalog.lifecycle import certified_end

    found = certified(lake.catalog, now, metrics or None)
    digests = _published(lake)
    endings = {
        name: end
        for name, status in found.metrics.items()
        if status.certificate is not None and (end := certified_end(status.certificate.meaning.business)) is not None
    }
    readers = _readers(lake, endings, now.date())
    return found, {
        name: Around(
            is_published=status.published_digest is not None and status.published_digest in digests.get(name, ()),
            hearing=_hearing(lake.catalog, name),
            review_on=_review(lake.catalog, name),
            today=now.date(),
            end=endings.get(name),
            readers=readers.get(name, ()),
        )
        for name, status in found.metrics.items()
    }


def _published(lake: Lake) -> Mapping[str, frozenset[str]]:
    """What the lake publishes; nothing where it cannot be said: a lake far away would take long, one may be missing or damaged."""
    if lake.config.aws is not None or not (lake.config.warehouse / "catalog.db").is_file():
        return {}
    from infra.errors import InfraError
    from infra.local.view_properties import LocalViewProperties
    from jobs.publishing.standing import published_digests

    try:
        return published_digests(LocalViewProperties(lake.config.warehouse), lake.catalog.views, lake.catalog.countries)
    except InfraError:
        return {}  # `ringi doctor` says why; keys and hearings can be told all the same


def _readers(lake: Lake, metrics: Iterable[str], today: dt.date) -> Mapping[str, tuple[Reader, ...]]:
    wanted = tuple(metrics)
    if not wanted or lake.config.aws is not None:
        return {}
    from governance.ledgers.query_ledger import readers_of
    from ringi.query.answering import query_ledger

    return readers_of(query_ledger(lake).lines(today - READ_WITHIN, wanted), wanted)


def _hearing(catalog: Catalog, metric: str) -> str | None:
    model = catalog.metrics.get(metric)
    return model.hearing if model is not None else None


def _review(catalog: Catalog, metric: str) -> dt.date | None:
    hearing = catalog.hearings.get(_hearing(catalog, metric) or "")
    return hearing.review_of(metric) if hearing is not None else None
