"""`ringi preview`: what a metric's change does to its numbers, country by country."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringi.cli.door import Door
from ringi.output_format import Format

if TYPE_CHECKING:
    from jobs.preview.comparison import CountryChange

COLUMNS = ("viewing_country", "before", "after", "change", "error", "days", "changed_days", "newly_null", "newly_present")


def preview(
    context: typer.Context,
    metric: Annotated[str, typer.Argument(help="The metric, as its file now says.")],
    base: Annotated[str | None, typer.Option(help="Compare with a git revision; by default with what is certified.")] = None,
    country: Annotated[list[str] | None, typer.Option(help="Only this viewing country, such as JP; may be repeated.")] = None,
    whole: Annotated[bool, typer.Option("--all", help="Compute every country-day, however many there are.")] = False,
    format: Annotated[Format | None, typer.Option(help="How data is printed.", show_default=False)] = None,
) -> None:
    """Compute a metric before and after its change, country by country; nothing is published.

    The code of a run computes both from the events in the lake. A large lake is sampled: whole country-days, drawn by a hash of
    country and day, the same each time; what the world's change may then be is said with 95 % confidence.

    Example: ringi preview viewing_hours --base HEAD
    Example: ringi preview viewing_hours --country JP --all
    """
    from jobs.preview.words import as_json, world_sentence
    from ringi.proposal.previewing import preview_lake

    door = Door.of(context).with_format(format)
    previewed = preview_lake(door.lake(), metric, base, country or (), whole=whole)
    found = previewed.comparison
    if door.format is Format.JSON:
        door.out.json({"schema_version": 1, "base": previewed.base, **as_json(found)})
    else:
        rows = [_row(each, text=door.format is Format.TEXT) for each in found.countries]
        door.out.rows(rows, COLUMNS if door.format is not Format.TEXT else _shown(rows))
    door.out.say(world_sentence(found))
    door.out.say(f"{found.sample.sentence()} Nothing was published.")


def _row(each: CountryChange, *, text: bool) -> dict[str, Any]:
    from jobs.preview.words import known_to, percent

    change = each.change
    return {
        "viewing_country": each.viewing_country,
        "before": change.before,
        "after": change.after,
        "change": percent(change.relative) if text else change.relative,
        "error": known_to(change),
        "days": each.days,
        "changed_days": each.changed_days,
        "newly_null": each.newly_null,
        "newly_present": each.newly_present,
    }


def _shown(rows: list[dict[str, Any]]) -> tuple[str, ...]:
    """The columns of a terminal: those that say nothing anywhere are left out."""
    quiet = {"error", "newly_null", "newly_present"}
    return tuple(name for name in COLUMNS if name not in quiet or any(row[name] for row in rows))
