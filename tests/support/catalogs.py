"""Builders of small lake projects on disk, for everyone's tests.

`small_project(path)` writes a whole, faultless project; `edit` and `write` change it; `metric`, `view`, `source` and
`dimension` give documents as plain data, to be changed before they are written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from metrics_catalog.catalog import Catalog, load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from metrics_catalog.finding import Finding

Yaml = dict[str, Any]
OWNERS = {"tech": "data-platform", "business": "content-insights"}

COUNTRIES: Yaml = {
    "JP": {"name": {"en": "Japan", "ja": "日本"}, "reporting_time_zone": "Asia/Tokyo", "currency": "JPY", "team": "team_jp"},
    "DE": {"name": {"en": "Germany", "ja": "ドイツ"}, "reporting_time_zone": "Europe/Berlin", "currency": "EUR", "team": "team_de"},
    "US": {
        "name": {"en": "United States", "ja": "アメリカ"},
        "reporting_time_zone": "America/Los_Angeles",
        "currency": "USD",
        "team": "team_us",
    },
    "NO": {"name": {"en": "Norway", "ja": "ノルウェー"}, "reporting_time_zone": "Europe/Oslo", "currency": "NOK", "team": "team_no"},
    "NP": {"name": {"en": "Nepal", "ja": "ネパール"}, "reporting_time_zone": "Asia/Kathmandu", "currency": "NPR", "team": "team_np"},
}

PEOPLE: Yaml = {
    "aiko": {
        "name": "Aiko Sato",
        "team": "data_platform",
        "sides": ["tech"],
        "keys": [{"public_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA/xY2TcEPjo6kv//ok/nUskvRNu3DjLrmOhk6FlqXp9"}],
    },
    "bernd": {
        "name": "Bernd Maier",
        "team": "content_insights",
        "sides": ["business"],
        "keys": [{"public_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG1fap/WO4TXSPAKh6A7jKsZU7sWsVtZyPypgcQtE/GZ"}],
    },
    "carla": {"name": "Carla Rossi", "team": "content_insights", "sides": []},
}

COLUMNS: Yaml = {
    "event_id": {"type": "string", "required": True, "classification": "internal"},
    "viewer_id": {"type": "string", "required": True, "classification": "personal"},
    "account_country": {"type": "string"},
    "viewing_country": {"type": "string", "required": True, "classification": "public"},
    "device_type": {"type": "string", "classification": "public"},
    "plan": {"type": "string", "classification": "public"},
    "title_id": {"type": "string", "classification": "public"},
    "event_type": {"type": "string", "required": True, "values": ["start", "heartbeat", "pause", "stop"]},
    "position_s": {"type": "integer", "minimum": 0},
    "seconds_viewed": {"type": "double", "minimum": 0, "maximum": 3600},
    "occurred_at": {"type": "timestamp", "required": True},
    "received_at": {"type": "timestamp", "required": True},
    "player_version": {"type": "string"},
}


def text(english: str, japanese: str | None = None) -> Yaml:
    """Words in both languages."""
    return {"en": english, "ja": japanese or f"{english}(日本語)"}


def source(name: str = "viewing_events", **changes: Any) -> Yaml:
    """A source document; `changes` replace its fields, None removes one."""
    base = {
        "source": name,
        "label": text("Viewing events", "視聴イベント"),
        "description": text("One playback fact from a device."),
        "delivery": "events",
        "columns": COLUMNS,
        "key": ["event_id"],
        "event_time": "occurred_at",
        "received_time": "received_at",
        "country": "viewing_country",
        "lateness": "P7D",
        "owners": OWNERS,
    }
    return _changed(base, changes)


def dimension(name: str = "titles", **changes: Any) -> Yaml:
    """A dimension document with its rows in the file."""
    base = {
        "dimension": name,
        "label": text("Titles", "作品"),
        "description": text("One film or season."),
        "key": "title_id",
        "attributes": {"genre": {"label": text("Genre", "ジャンル")}, "release_year": {"type": "integer"}},
        "rows": [
            {"title_id": "t1", "genre": "drama", "release_year": 2020},
            {"title_id": "t2", "genre": "anime", "release_year": 2024},
        ],
        "owners": OWNERS,
    }
    return _changed(base, changes)


def metric(name: str, how: Yaml, **changes: Any) -> Yaml:
    """A metric document with What and Why; `changes` replace its top fields, None removes one."""
    words = name.replace("_", " ")
    base = {
        "metric": name,
        "what": {"label": text(words.capitalize()), "description": text(f"The {words} of one country and day."), "unit": "number"},
        "why": {
            "question": text(f"How large is {words}?"),
            "decision": text("Which titles to license again."),
            "consumers": ["content-insights"],
        },
        "how": how,
        "owners": OWNERS,
        "proposer": "carla",
        "hearing": "2026-11-engagement",
    }
    return _changed(base, changes)


def view(name: str, metrics: list[str], dimensions: list[str] | None = None, **changes: Any) -> Yaml:
    """A daily view document."""
    base = {
        "view": name,
        "label": text(name.replace("_", " ").capitalize()),
        "grain": {"time": "day", "dimensions": dimensions if dimensions is not None else ["title_id", "device_type"]},
        "metrics": metrics,
        "countries": "all",
        "owners": OWNERS,
    }
    return _changed(base, changes)


def measured(kind: str, expression: str | None = None, where: str | None = None, **changes: Any) -> Yaml:
    """The How of a metric that is computed from viewing events."""
    base: Yaml = {"source": "viewing_events", "kind": kind, "expression": expression, "filter": where}
    base["dimensions"] = ["title_id", "device_type", "plan", "genre"]
    return _changed(_changed(base, {key: None for key, value in base.items() if value is None}), changes)


def small_documents() -> dict[str, Yaml]:
    """The documents of `small_project` by file."""
    japan = {
        "filter": "event_type = 'heartbeat' and seconds_viewed >= 5",
        "reason": "Short previews autoplay in Japan.",
        "until": "2037-03-31",
    }
    hours = measured("sum", "seconds_viewed / 3600.0", "event_type = 'heartbeat'")
    metrics = [
        metric("viewing_hours", hours, countries={"JP": japan}, tier="critical"),
        metric("viewers", measured("count_distinct", "viewer_id", "event_type = 'start'")),
        metric("plays", measured("count", where="event_type = 'start'")),
        metric("completions", measured("count", where="event_type = 'stop' and position_s >= 1200")),
        metric("average_view_seconds", measured("average", "seconds_viewed", "event_type = 'heartbeat'")),
        metric("completion_rate", {"kind": "ratio", "numerator": "completions", "denominator": "plays"}),
        metric("hours_per_play", {"kind": "derived", "expression": "viewing_hours / plays"}),
    ]
    names = [document["metric"] for document in metrics]
    return {
        "countries.yaml": {"countries": COUNTRIES},
        "people.yaml": {"people": PEOPLE},
        "sources/viewing_events.yaml": source(),
        "dimensions/titles.yaml": dimension(),
        "hearings/2026-11-engagement.yaml": hearing("2026-11-engagement", names),
        "views/title_daily.yaml": view("title_daily", ["viewing_hours", "viewers", "plays", "completion_rate"]),
        **{f"metrics/engagement/{document['metric']}.yaml": document for document in metrics},
    }


def hearing(name: str, metrics: list[str], **changes: Any) -> Yaml:
    """A hearing at which both sides were there."""
    base = {
        "hearing": name,
        "date": "2026-11-02",
        "metrics": metrics,
        "attendees": [{"person": "aiko", "side": "tech"}, {"person": "bernd", "side": "business"}],
        "question": "How much is watched, where?",
        "questions": [{"question": "Do previews count?", "answer": "Not in Japan."}],
        "decision": "Count heartbeats.",
    }
    return _changed(base, changes)


def small_project(root: Path) -> Path:
    """A whole project without a finding: seven metrics, one source, one dimension, one view, five countries."""
    for file, document in small_documents().items():
        write(root, file, document)
    write(root, "ringi.toml", "[profiles.local]\n")
    return root


def write(root: Path, file: str, content: Yaml | str | bytes) -> Path:
    """Write one file of a project, from data, text or bytes."""
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        written = content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=200)
        path.write_text(written, encoding="utf-8", newline="\n")
    return path


def edit(root: Path, file: str, change: Callable[[Yaml], Any]) -> None:
    """Change one file of a project in place: `edit(root, "countries.yaml", lambda d: d["countries"].pop("JP"))`."""
    document = yaml.safe_load((root / file).read_text(encoding="utf-8"))
    change(document)
    write(root, file, document)


def metric_file(name: str) -> str:
    """Where `small_project` keeps a metric."""
    return f"metrics/engagement/{name}.yaml"


def loaded(root: Path) -> Catalog:
    """The catalog of a project that must be readable without a finding."""
    catalog, findings = load(root)
    assert not findings, "\n".join(f"{finding.place} {finding.message}" for finding in findings)
    return catalog


def codes(findings: tuple[Finding, ...]) -> list[str]:
    """Codes of findings, in their order."""
    return [finding.code for finding in findings]


def _changed(base: Yaml, changes: Yaml) -> Yaml:
    merged = {**base, **changes}
    return {key: value for key, value in merged.items() if value is not None}
