"""What a model expected of a value, in plain words; used by `build`, which never shows pydantic's own wording."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Expectation:
    """A finding code, a phrase that follows "expected", the allowed words where there are few, and a hint."""

    code: str
    phrase: str
    words: tuple[str, ...] = ()
    hint: str = ""


_TYPE, _FORM, _TIME = "RNG-CAT-022", "RNG-CAT-025", "RNG-CAT-027"

_BY_TYPE = {
    "string_type": Expectation(_TYPE, "text"),
    "int_type": Expectation(_TYPE, "a whole number"),
    "int_from_float": Expectation(_TYPE, "a whole number"),
    "int_parsing": Expectation(_TYPE, "a whole number"),
    "int_parsing_size": Expectation(_TYPE, "a smaller whole number"),
    "float_type": Expectation(_TYPE, "a number"),
    "float_parsing": Expectation(_TYPE, "a number"),
    "finite_number": Expectation(_TYPE, "a finite number"),
    "decimal_type": Expectation(_TYPE, "a number"),
    "decimal_parsing": Expectation(_TYPE, "a number"),
    "bool_type": Expectation(_TYPE, "`true` or `false`"),
    "bool_parsing": Expectation(_TYPE, "`true` or `false`"),
    "none_required": Expectation(_TYPE, "nothing"),
    "dict_type": Expectation(_TYPE, "a mapping of `name: value` lines"),
    "model_type": Expectation(_TYPE, "a mapping of `field: value` lines"),
    "model_attributes_type": Expectation(_TYPE, "a mapping of `field: value` lines"),
    "list_type": Expectation(_TYPE, "a list such as `[a, b]`"),
    "tuple_type": Expectation(_TYPE, "a list such as `[a, b]`"),
    "set_type": Expectation(_TYPE, "a list such as `[a, b]`"),
    "frozen_set_type": Expectation(_TYPE, "a list such as `[a, b]`"),
    "date_type": Expectation(_TIME, "a day such as `2027-03-31`"),
    "date_parsing": Expectation(_TIME, "a day such as `2027-03-31`"),
    "date_from_datetime_parsing": Expectation(_TIME, "a day such as `2027-03-31`"),
    "date_from_datetime_inexact": Expectation(_TIME, "a day such as `2027-03-31`"),
    "datetime_type": Expectation(_TIME, "an instant such as `2026-11-22T09:00:00Z`"),
    "datetime_parsing": Expectation(_TIME, "an instant such as `2026-11-22T09:00:00Z`"),
    "datetime_from_date_parsing": Expectation(_TIME, "an instant such as `2026-11-22T09:00:00Z`"),
    "timezone_naive": Expectation(_TIME, "an instant with its offset from UTC, such as `2026-11-22T09:00:00Z`"),
    "timezone_aware": Expectation(_TIME, "an instant without an offset from UTC"),
    "time_delta_type": Expectation(_TIME, "a duration such as `P7D` or `PT6H`"),
    "time_delta_parsing": Expectation(_TIME, "a duration such as `P7D` or `PT6H`"),
    "time_parsing": Expectation(_TIME, "a time of day such as `04:30`"),
}

_AT_LEAST_ONE = {"string_too_short": "some text", "too_short": "at least one member"}

_BY_PATTERN = {
    r"^[a-z][a-z0-9_]{0,62}$": ("a name of lower-case letters a-z, digits and `_` that starts with a letter, at most 63 long", ""),
    r"^[a-z](?:[a-z0-9_]|<cc>){0,62}$": ("a name of lower-case letters a-z, digits and `_` that starts with a letter, at most 63 long", ""),
    r"^(?:\*|[a-z](?:[a-z0-9_]|<cc>){0,62})\.(?:\*|[a-z][a-z0-9_]{0,62})$": (
        "a published view such as `views_jp.title_daily`, with `*` for all schemas or all views",
        "",
    ),
    r"^[A-Z]{2}$": ("a country code of two capital letters, such as `JP`", "use the ISO 3166-1 code."),
    r"^(?:[A-Z]{2}|<CC>)$": ("a country code of two capital letters, such as `JP`", "inside `per_country` write `<CC>`."),
    r"^[A-Z]{3}$": ("a currency code of three capital letters, such as `JPY`", "use the ISO 4217 code."),
    r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?$": ("a day or an instant such as `2026-10-28T11:00:00Z`", ""),
    r"^[0-9a-f]{64}$": ("a digest of 64 hexadecimal digits", "do not write approvals by hand; run `ringi approve`."),
    r"^[A-Za-z0-9_-]+$": (
        "bytes in base64url, without `=`",
        "copy the whole line that `ringi passkey register` prints; approvals are never written by hand.",
    ),
    r"^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9_])?$": ("a GitHub user name", "write it without `@` and without a link."),
    r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$": ("a host name in small letters, such as `localhost`", ""),
    r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$": ("a repository as `owner/name`", ""),
    r"^([0-9a-f]{40}|[0-9a-f]{64})$": ("a whole commit hash", "approvals are never written by hand; run `ringi approvals from-github`."),
    r"^(ssh-|ecdsa-|sk-)\S+ \S+": ("an SSH public key, one line as in `id_ed25519.pub`", "copy the whole line of the `.pub` file."),
}


def expected(detail: Mapping[str, Any]) -> Expectation:
    """The expectation behind one entry of a validation error."""
    kind, context = detail["type"], detail.get("ctx") or {}
    if kind in _BY_TYPE:
        return _BY_TYPE[kind]
    if kind in ("enum", "literal_error"):
        return _one_of(context.get("expected", ""))
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return _kind(context)
    if kind == "string_pattern_mismatch":
        phrase, hint = _BY_PATTERN.get(context.get("pattern", ""), (f"text of the form `{context.get('pattern', '')}`", ""))
        return Expectation(_FORM, phrase, hint=hint)
    return _measured(kind, context) or _own(detail)


def _one_of(text: str) -> Expectation:
    words = tuple(re.findall(r"'([^']*)'", text))
    return Expectation("RNG-CAT-023", _alternatives(words), words)


def _kind(context: Mapping[str, Any]) -> Expectation:
    field = str(context.get("discriminator", "kind")).strip("'")
    words = tuple(re.findall(r"'([^']*)'", str(context.get("expected_tags", ""))))
    phrase = _alternatives(words) if words else f"a mapping with `{field}`"
    return Expectation("RNG-CAT-024", phrase, words, f"`{field}` decides which other fields there are.")


def _measured(kind: str, context: Mapping[str, Any]) -> Expectation | None:
    bounds = {
        "greater_than": ("more than", "gt"),
        "greater_than_equal": ("at least", "ge"),
        "less_than": ("less than", "lt"),
        "less_than_equal": ("at most", "le"),
    }
    if kind in bounds:
        words, key = bounds[kind]
        return Expectation("RNG-CAT-029", f"{words} {context.get(key)}")
    if kind in ("string_too_short", "too_short"):
        least = context.get("min_length", 1)
        return Expectation("RNG-CAT-026", _AT_LEAST_ONE[kind] if least == 1 else f"at least {least}")
    if kind in ("string_too_long", "too_long"):
        return Expectation("RNG-CAT-029", f"at most {context.get('max_length')}")
    return None


def _own(detail: Mapping[str, Any]) -> Expectation:
    """A model's own check: its words are ours; anything else gets a plain phrase."""
    error = (detail.get("ctx") or {}).get("error")
    return Expectation("RNG-CAT-028", str(error).rstrip(".") if isinstance(error, ValueError) else "another value")


def _alternatives(words: tuple[str, ...]) -> str:
    quoted = [f"`{word}`" for word in words]
    return " or ".join([", ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else "".join(quoted)
