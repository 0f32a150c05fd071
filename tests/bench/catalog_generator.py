"""Writes a large lake project: 12,000 metrics in the form people write them, 204 countries, and all they refer to.

Used by the bench (check and search at size). The same arguments give the same bytes. Each metric has a filter of its own,
one in ten has variants for a few countries, one in eight is a ratio, one in twelve is derived; a view publishes 30 metrics.

    python -m tests.bench.catalog_generator DIR [--metrics N] [--countries N]
"""

from __future__ import annotations

import argparse
import importlib.resources
import random
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

METRICS, COUNTRIES = 12_000, 204
SOURCES, PER_HEARING, PER_VIEW = 12, 20, 30

MEASURES = (
    ("viewing_hours", "視聴時間", "hours", "sum", "seconds_viewed / 3600.0"),
    ("viewers", "視聴者数", "viewers", "count_distinct", "viewer_id"),
    ("plays", "再生数", "plays", "count", ""),
    ("titles", "作品数", "titles", "count_distinct", "title_id"),
    ("rebuffer_seconds", "再バッファ秒数", "seconds", "sum", "rebuffer_ms / 1000.0"),
    ("bitrate", "ビットレート", "kbps", "average", "bitrate_kbps"),
    ("longest_session", "最長セッション", "seconds", "maximum", "session_seconds"),
)
SUBJECTS = (
    ("anime", "アニメ"), ("drama", "ドラマ"), ("film", "映画"), ("kids", "キッズ"), ("documentary", "ドキュメンタリー"), ("comedy", "コメディ"),
    ("reality", "リアリティ番組"), ("sport", "スポーツ"), ("music", "音楽"), ("thriller", "スリラー"), ("romance", "恋愛"), ("horror", "ホラー"),
)  # fmt: skip
DEVICES = (("tv", "テレビ"), ("phone", "スマートフォン"), ("tablet", "タブレット"), ("browser", "ブラウザ"), ("console", "ゲーム機"))
PLANS = (("basic", "ベーシック"), ("standard", "スタンダード"), ("premium", "プレミアム"), ("trial", "無料体験"))
HABITS = (
    ("weekend", "週末の"),
    ("late_night", "深夜の"),
    ("binge", "一気見の"),
    ("first_week", "配信初週の"),
    ("returning", "再訪者の"),
    ("new", "新規の"),
    ("shared", "共有"),
)

COLUMNS = """\
  event_id: {type: string, required: true}
  viewer_id: {type: string, required: true, classification: personal}
  viewing_country: {type: string, required: true, classification: public}
  device_type: {type: string, classification: public}
  plan: {type: string, classification: public}
  title_id: {type: string, classification: public}
  event_type: {type: string, required: true, values: [start, heartbeat, pause, stop]}
  genre_code: {type: string}
  seconds_viewed: {type: double, minimum: 0, maximum: 3600}
  session_seconds: {type: integer, minimum: 0}
  rebuffer_ms: {type: integer, minimum: 0}
  bitrate_kbps: {type: double, minimum: 0}
  hour_of_day: {type: integer, minimum: 0, maximum: 23}
  occurred_at: {type: timestamp, required: true}
  received_at: {type: timestamp, required: true}
"""
OWNERS = "owners: {tech: data-platform, business: content-insights}\n"


@dataclass(frozen=True, slots=True)
class Written:
    """A metric that was written: its name, kind and source."""

    name: str
    kind: str
    source: str


def generate(root: Path, metrics: int = METRICS, countries: int = COUNTRIES, seed: int = 7) -> Path:
    """Write the project into an empty or missing folder; gives the folder."""
    codes = _write_countries(root, countries)
    _write_people(root)
    for number in range(SOURCES):
        _write(root, f"sources/{_source(number)}.yaml", _source_text(_source(number)))
    _write(root, "dimensions/titles.yaml", _dimension_text())
    written: list[Written] = []
    for number, (name, japanese, fields) in enumerate(_names(metrics)):
        randomly = random.Random(f"{seed} {number}")
        kind, how = _how(number, fields, written, randomly)
        source = written[-1].source if kind in ("ratio", "derived") else _source(number // 50 % SOURCES)
        text = _metric_text(name, japanese, fields, how, number, _variants(kind, codes, randomly))
        _write(root, f"metrics/{fields[0]}/{name}.yaml", text)
        written.append(Written(name, kind, source))
    _write_hearings(root, written)
    _write_views(root, written)
    _write(root, "ringi.toml", "[profiles.local]\n")
    return root


def _write(root: Path, file: str, text: str) -> None:
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def _names(count: int) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Names, Japanese labels, and (subject, device, plan, measure position) of each metric, in an order that mixes kinds."""
    made = 0
    for round_ in range(1_000):
        for habit, subject, device, plan in ((h, s, d, p) for h in HABITS for s in SUBJECTS for d in DEVICES for p in PLANS):
            for position, measure in enumerate(MEASURES):
                if made == count:
                    return
                made += 1
                mark = f"_v{round_}" if round_ else ""
                name = f"{habit[0]}_{subject[0]}_{device[0]}_{plan[0]}_{measure[0]}{mark}"
                japanese = f"{habit[1]}{subject[1]}{measure[1]}({device[1]}・{plan[1]}{f'・第{round_}版' if round_ else ''})"
                yield name, japanese, (subject[0], device[0], plan[0], str(position))


def _how(number: int, fields: Sequence[str], written: Sequence[Written], randomly: random.Random) -> tuple[str, str]:
    """The kind of a metric and its `how` as YAML."""
    recent = [one for one in written[-7:] if one.kind in ("count", "sum", "count_distinct")]
    if number % 8 == 5 and len(recent) >= 2:
        return "ratio", f"  kind: ratio\n  numerator: {recent[0].name}\n  denominator: {recent[1].name}\n"
    if number % 12 == 7 and len(recent) >= 2:
        return "derived", f"  kind: derived\n  expression: ({recent[0].name} * 100.0) / nullif({recent[1].name}, 0)\n"
    subject, device, plan, position = fields
    _, _, _, kind, expression = MEASURES[int(position)]
    condition = f"event_type = 'heartbeat' and genre_code = '{subject}' and device_type = '{device}' and plan = '{plan}' and hour_of_day >= {number % 24}"
    condition += f" and session_seconds > {randomly.randrange(1, 90_000)}"
    lines = [f"  source: {_source(number // 50 % SOURCES)}", f"  kind: {kind}", *([f"  expression: {expression}"] if expression else [])]
    return kind, "\n".join([*lines, f"  filter: {condition}", "  dimensions: [title_id, device_type, plan, genre]", ""])


def _variants(kind: str, codes: Sequence[str], randomly: random.Random) -> str:
    if kind in ("ratio", "derived") or randomly.random() > 0.1:
        return ""
    lines = ["countries:"]
    for code in sorted(randomly.sample(codes, min(len(codes), randomly.randrange(1, 9)))):
        least = randomly.randrange(1, 500)
        condition = f"event_type = 'heartbeat' and seconds_viewed >= {least} and bitrate_kbps > {randomly.randrange(100)}.5"
        lines.append(f'  {code}: {{filter: "{condition}", reason: Short previews autoplay there., until: 2037-03-31}}')
    return "\n".join(lines) + "\n"


def _metric_text(name: str, japanese: str, fields: Sequence[str], how: str, number: int, variants: str) -> str:
    words = name.replace("_", " ")
    unit = MEASURES[int(fields[3])][2]
    return f"""\
# yaml-language-server: $schema=../../.ringi/schema/metric.json
metric: {name}
what:
  label: {{en: {words.capitalize()}, ja: {japanese}}}
  description: {{en: "Number {number} of the large catalogue: {words}.", ja: 大きなカタログの{number}番目の指標。{japanese}。}}
  aliases: {{en: [{words.replace(" ", "-")}], ja: [{japanese[:6]}]}}
  unit: {unit}
why:
  question: {{en: "How do {words} move, and where?", ja: 国ごとにどう動くか。}}
  decision: {{en: Which titles to license again per country., ja: 国ごとに再契約する作品を決める。}}
  consumers: [content-insights, country-teams]
how:
{how}{variants}{OWNERS}proposer: carla
tier: standard
hearing: {_hearing(number // PER_HEARING)}
"""


def _source(number: int) -> str:
    return f"viewing_events_{number:02d}"


def _hearing(number: int) -> str:
    return f"2026-11-{number:04d}"


def _source_text(name: str) -> str:
    return f"""\
source: {name}
label: {{en: Viewing events, ja: 視聴イベント}}
description: {{en: One playback fact from a device., ja: 端末からの再生の事実。}}
delivery: events
columns:
{COLUMNS}key: [event_id]
event_time: occurred_at
received_time: received_at
country: viewing_country
{OWNERS}"""


def _dimension_text() -> str:
    rows = "".join(f"  - {{title_id: t{number}, genre: {SUBJECTS[number % len(SUBJECTS)][0]}}}\n" for number in range(500))
    return f"""\
dimension: titles
label: {{en: Titles, ja: 作品}}
description: {{en: One film or season., ja: 映画またはシーズン。}}
key: title_id
attributes: {{genre: {{label: {{en: Genre, ja: ジャンル}}}}}}
rows:
{rows}{OWNERS}"""


def _write_countries(root: Path, count: int) -> list[str]:
    """Real countries with a real time zone each, as the time zone database lists them."""
    table = importlib.resources.files("tzdata") / "zoneinfo" / "zone.tab"
    zones: dict[str, str] = {}
    for line in table.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            code, _, zone, *_ = line.split("\t")
            zones.setdefault(code, zone)
    codes = sorted(zones)[:count]
    entry = "  {0}: {{name: {{en: Country {0}, ja: 国{0}}}, reporting_time_zone: {1}, currency: USD, team: team_{2}}}\n"
    _write(root, "countries.yaml", "countries:\n" + "".join(entry.format(code, zones[code], code.lower()) for code in codes))
    return codes


def _write_people(root: Path) -> None:
    people = (("aiko", "[tech]", "QWlrbw"), ("bernd", "[business]", "QmVybmQ"), ("carla", "[]", "Q2FybGE"))
    entry = "  {0}: {{name: {0}, team: content, sides: {1}, keys: [{{public_key: ssh-ed25519 {2}}}]}}\n"
    _write(root, "people.yaml", "people:\n" + "".join(entry.format(*person) for person in people))


def _write_hearings(root: Path, written: Sequence[Written]) -> None:
    for number, start in enumerate(range(0, len(written), PER_HEARING)):
        names = ", ".join(one.name for one in written[start : start + PER_HEARING])
        text = f"""\
hearing: {_hearing(number)}
date: 2026-11-02
metrics: [{names}]
attendees: [{{person: aiko, side: tech}}, {{person: bernd, side: business}}]
question: How much is watched, where?
decision: Count heartbeats.
"""
        _write(root, f"hearings/{_hearing(number)}.yaml", text)


def _write_views(root: Path, written: Sequence[Written]) -> None:
    for number, start in enumerate(range(0, len(written), PER_VIEW)):
        names = ", ".join(one.name for one in written[start : start + PER_VIEW])
        text = f"""\
view: view_{number:03d}_daily
label: {{en: View {number}, ja: ビュー{number}}}
grain: {{time: day, dimensions: [title_id, device_type]}}
metrics: [{names}]
countries: all
{OWNERS}"""
        _write(root, f"views/view_{number:03d}_daily.yaml", text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--metrics", type=int, default=METRICS)
    parser.add_argument("--countries", type=int, default=COUNTRIES)
    arguments = parser.parse_args()
    generate(arguments.folder, arguments.metrics, arguments.countries)
