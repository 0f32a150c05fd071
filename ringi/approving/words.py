"""Fields and the How of a metric in words, in English and in Japanese, for people who do not read SQL or YAML.

Used by `shown`. Code stays code, between backticks: what is approved is the expression itself, not a retelling.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Words = dict[str, str]

FIELDS: Mapping[str, tuple[str, str]] = {
    "what.label": ("Name", "名称"),
    "what.description": ("Description", "説明"),
    "what.unit": ("Unit", "単位"),
    "what.not_for": ("Not to be used for", "使ってはいけない用途"),
    "why.question": ("Question it answers", "答える問い"),
    "why.decision": ("Decision taken with it", "これで下す判断"),
    "how.kind": ("Kind of computation", "計算の種類"),
    "how.source": ("Source of the events", "イベントの出所"),
    "how.expression": ("What is computed", "計算する式"),
    "how.filter": ("Which rows count", "数える行の条件"),
    "how.dimensions": ("Ways to slice it", "切り口"),
    "how.numerator": ("Above the line", "分子"),
    "how.denominator": ("Below the line", "分母"),
    "variant.filter": ("Which rows count", "数える行の条件"),
    "variant.expression": ("What is computed", "計算する式"),
    "variant.reason": ("Why it differs", "異なる理由"),
    "variant.until": ("Until when it differs", "異なる期間の終わり"),
    "hearing": ("Hearing", "ヒアリング"),
    "lifecycle": ("Lifecycle", "状態"),
    "deprecation": ("End of life", "廃止の予定"),
    "owners.tech": ("Owner, Tech", "担当(技術)"),
    "owners.business": ("Owner, Business", "担当(事業)"),
    "proposer": ("Proposer", "提案者"),
    "tier": ("Importance", "重要度"),
}
LANGUAGES = {"en": ("English", "英語"), "ja": ("Japanese", "日本語")}
KINDS: Mapping[str, tuple[str, str]] = {
    "count": ("Counts the rows of {rows}.", "{rows}を数える。"),
    "sum": ("Adds up `{expression}` over the rows of {rows}.", "{rows}について `{expression}` を合計する。"),
    "count_distinct": (
        "Counts how many different `{expression}` there are among the rows of {rows}.",
        "{rows}に現れる `{expression}` を、重複を除いて数える。",
    ),
    "average": ("Takes the mean of `{expression}` over the rows of {rows}.", "{rows}について `{expression}` を平均する。"),
    "minimum": ("Takes the least `{expression}` among the rows of {rows}.", "{rows}の `{expression}` の最小値をとる。"),
    "maximum": ("Takes the greatest `{expression}` among the rows of {rows}.", "{rows}の `{expression}` の最大値をとる。"),
    "ratio": ("Divides `{numerator}` by `{denominator}`, each added up first.", "それぞれ集計したあとで、`{numerator}` を `{denominator}` で割る。"),
    "derived": ("Computes `{expression}` from other metrics, each added up first.", "ほかの指標をそれぞれ集計したあとで、`{expression}` を計算する。"),
}  # fmt: skip


def how_words(how: Mapping[str, Any], canonical: Mapping[str, str]) -> Words:
    """How a metric is computed, as one sentence in each language; `canonical` holds its expression and filter as they are signed."""
    facts = {**how, **canonical}
    rows_en, rows_ja = f"`{facts.get('source')}`", f"`{facts.get('source')}` の行"
    if facts.get("filter"):
        rows_en += f" where `{facts['filter']}`"
        rows_ja += f"(条件: `{facts['filter']}`)"
    english, japanese = KINDS[how["kind"]]
    return {"en": english.format(**facts, rows=rows_en), "ja": japanese.format(**facts, rows=rows_ja)}


def field_words(path: str) -> Words:
    """A field's path in words; a path that has none stays as people write it in the files."""
    return _plain(path) or _in_language(path) or _within(path) or {"en": path, "ja": path}


def _plain(path: str) -> Words | None:
    return {"en": FIELDS[path][0], "ja": FIELDS[path][1]} if path in FIELDS else None


def _in_language(path: str) -> Words | None:
    """`what.label.ja`: the name, in Japanese."""
    field, _, language = path.rpartition(".")
    held = _plain(field)
    if held is None or language not in LANGUAGES:
        return None
    english, japanese = LANGUAGES[language]
    return {"en": f"{held['en']}, in {english}", "ja": f"{held['ja']}({japanese})"}


def _within(path: str) -> Words | None:
    """`countries.JP.filter` is of one country, `upstream.plays.how.filter` of a metric that this one is made of."""
    kind, _, rest = path.partition(".")
    name, _, field = rest.partition(".")
    inner = _plain(f"variant.{field}" if kind == "countries" else field)
    if inner is None or kind not in ("countries", "upstream"):
        return None
    return {"en": f"In {name}: {inner['en'][0].lower()}{inner['en'][1:]}", "ja": f"{name}: {inner['ja']}"}


def value_text(value: Any) -> str | None:
    """A value as people write it; None where there is none."""
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
