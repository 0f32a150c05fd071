"""Texts of people as YAML scalars that dbt reads back unchanged: quoted, and never taken for a template."""

from __future__ import annotations

import json
import re

_UNPRINTABLE = re.compile(r"[^\x20-\x7e\xa1-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_TEMPLATE = re.compile(r"{[{%#]")


def scalar(text: str) -> str:
    """The text as a double-quoted scalar."""
    quoted = json.dumps(text, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found.group()):04x}", quoted)


def description(text: str) -> str:
    """The text as a description: dbt renders descriptions as templates, so braces of a template are broken up."""
    return scalar(_TEMPLATE.sub(lambda found: f"{{{{ '{found.group()}' }}}}", text))
