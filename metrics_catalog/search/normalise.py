"""One spelling for all ways to write a word, and its tokens: the same for what is searched and for what is asked.

Used by the index and by queries; later doors (the portal's page) must follow the same steps, and the shared table of queries
in the tests says what they must find. Steps: NFKC, lower case, accents off, katakana to hiragana, small kana to full size,
prolonged sound marks dropped. Latin words stay words; Japanese is cut into pairs of characters, so that 視聴 finds 視聴時間.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

_SMALL = dict(zip("ぁぃぅぇぉっゃゅょゎゕゖ", "あいうえおつやゆよわかか", strict=True))
_KATAKANA = {chr(code): chr(code - 0x60) for code in range(0x30A1, 0x30F7)}
_FOLD = str.maketrans({katakana: _SMALL.get(hiragana, hiragana) for katakana, hiragana in _KATAKANA.items()} | _SMALL | {"ー": None})
_ACCENTS = re.compile("[\u0300-\u036f]")
_CJK = "\u3005-\u3007\u3041-\u309f\u30a0-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af\U00020000-\U0003ffff"
_RUN = re.compile(f"(?P<cjk>[{_CJK}]+)|(?P<word>[^\\W_{_CJK}]+)")
_RUN_CJK = re.compile(f"[{_CJK}]")
_SCRIPT = re.compile("[\u3041-\u309f]+|[\u30a0-\u30ff]+|[^\u3041-\u309f\u30a0-\u30ff]+")
"""Hiragana, katakana, and the rest of a Japanese run: where one script ends a word often does too."""


class Token(NamedTuple):
    """One run of a text: a word, or a stretch of Japanese (or Korean) without spaces. `text` is folded."""

    text: str
    cjk: bool

    @property
    def terms(self) -> tuple[str, ...]:
        """What the index holds for it: the word, or each pair of characters and the last one alone."""
        if not self.cjk:
            return (self.text,)
        return (*self.pairs, self.text[-1])

    @property
    def pairs(self) -> tuple[str, ...]:
        """Each two neighbouring characters."""
        return tuple(self.text[i : i + 2] for i in range(len(self.text) - 1))


def fold(text: str) -> str:
    """The text in its one spelling: `ﾘﾃﾝｼｮﾝ`, `リテンション` and `りてんしよん` become the same."""
    lower = unicodedata.normalize("NFKC", text).casefold()
    if not lower.isascii():
        lower = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", lower))).translate(_FOLD)
    return lower


@lru_cache(maxsize=65_536)
def tokens(text: str) -> tuple[Token, ...]:
    """Words and Japanese runs of a text, folded, in order. Kept: thousands of metrics share dimensions, owners and sentences."""
    return tuple(Token(match.group(), match.lastgroup == "cjk") for match in _RUN.finditer(fold(text)))


def is_cjk(term: str) -> bool:
    """Whether a term of the index is Japanese (or Korean), not a word."""
    return _RUN_CJK.match(term) is not None


def squash(text: str) -> str:
    """The text without spaces and punctuation, to compare whole names: `Viewing-hours` equals `viewing_hours`."""
    return "".join(token.text for token in tokens(text))


def segments(text: str) -> tuple[Token, ...]:
    """Tokens of a text whose Japanese runs are cut where the script changes; single hiragana (の, は, を) are dropped.

    `日本の視聴時間` gives 日本 and 視聴時間.
    """
    found: list[Token] = []
    for match in _RUN.finditer(unicodedata.normalize("NFKC", text).casefold()):
        if match.lastgroup == "word":
            found.extend(tokens(match.group()))
            continue
        pieces = _SCRIPT.findall(match.group())
        kept = [piece for piece in pieces if len(piece) > 1 or not "\u3041" <= piece <= "\u309f"]
        found.extend(token for piece in kept or pieces for token in tokens(piece))
    return tuple(found)


def index_text(texts: tuple[str, ...]) -> str:
    """Terms of several texts, separated by spaces, as the index stores them."""
    return " ".join(_terms(text) for text in texts)


@lru_cache(maxsize=65_536)
def _terms(text: str) -> str:
    return " ".join(term for token in tokens(text) for term in token.terms)
