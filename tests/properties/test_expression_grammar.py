"""The grammar of expressions against another parser, on generated texts: what it accepts means the same there."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from metrics_catalog.expression import ExpressionError, Node, canonical, grammar
from tests.oracle import sqlglot_expressions

COLUMNS = st.sampled_from(["a", "b", "seconds_viewed", "PLAN", '"order"', "date", "left"])
# No ".5": where a word follows it, the other parser reads something else.
NUMBERS = st.sampled_from(["0", "1", "3600.0", "0.5", "1e5", "9223372036854775807"])
TEXTS = st.sampled_from(["'x'", "'it''s'", "''", "'視聴'", "'%a_'"])
MOMENTS = st.sampled_from(
    ["DATE '2026-01-31'", "TIMESTAMP '2026-01-31 23:59:59.5'", "CAST('2026-01-31' AS DATE)", "a + INTERVAL '1' HOUR", "a - interval 3 days"]
)
VALUES = (
    COLUMNS | NUMBERS | TEXTS | MOMENTS | st.sampled_from(["TRUE", "false", "CAST(a AS BIGINT)", "EXTRACT(hour FROM a)", "substr(a, 1, 3)"])
)


def wider(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Texts one level larger; some without brackets, so that precedence decides."""
    pairs = st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "%", "||", "=", "<>", "!=", "<", ">=", "and", "OR"]), inner)
    calls = st.tuples(st.sampled_from(["coalesce", "least", "nullif", "concat"]), inner, inner)
    return st.one_of(
        pairs.map(" ".join),
        inner.map(lambda text: f"({text})"),
        inner.map(lambda text: f"not {text}"),
        inner.map(lambda text: f"- {text}"),
        inner.map(lambda text: f"{text} is not null"),
        inner.map(lambda text: f"{text} not in ('x', 2, {text})"),
        inner.map(lambda text: f"{text} like '%a_'"),
        st.tuples(inner, inner, inner).map(lambda three: "{} between {} and {}".format(*three)),
        st.tuples(inner, inner, inner).map(lambda three: "case when {} then {} else {} end".format(*three)),
        st.tuples(inner, inner, inner).map(lambda three: "case {} when {} then {} end".format(*three)),
        calls.map(lambda call: "{}({}, {})".format(*call)),
        inner.map(lambda text: f"floor({text})"),
    )


EXPRESSIONS = st.recursive(VALUES, wider, max_leaves=8)
SOUP = st.lists(
    VALUES
    | st.sampled_from(
        [
            "(",
            ")",
            ",",
            "+",
            "-",
            "*",
            "/",
            "%",
            "=",
            "<>",
            "<",
            "and",
            "or",
            "not",
            "in",
            "is",
            "null",
            "like",
            "between",
            "case",
            "when",
            "then",
            "else",
            "end",
            "cast",
            "extract",
            "as",
            "from",
            "interval",
        ]
    ),
    max_size=9,
).map(" ".join)


def accepted(text: str) -> Node | None:
    """The nodes of the grammar; None where it refuses with a place inside the text."""
    try:
        return grammar.read(text)
    except ExpressionError as error:
        assert error.message and 0 <= error.position <= max(len(text), 1)
        return None


@given(EXPRESSIONS)
@settings(max_examples=400, deadline=None)
def test_what_is_accepted_means_the_same_to_another_parser(text: str) -> None:
    node = accepted(text)
    if node is not None:
        assert node == sqlglot_expressions.read(text)


@given(EXPRESSIONS)
@settings(max_examples=200, deadline=None)
def test_the_canonical_text_reads_back_as_the_same_nodes(text: str) -> None:
    node = accepted(text)
    if node is not None:
        assert grammar.read(canonical(node)) == node
        assert canonical(grammar.read(canonical(node))) == canonical(node)


@given(SOUP)
@settings(max_examples=400, deadline=None)
def test_no_soup_of_words_is_accepted_that_another_parser_refuses(text: str) -> None:
    node = accepted(text)
    if node is not None:
        assert node == sqlglot_expressions.read(text)


@given(st.text(max_size=40))
@example("\x1f")
@settings(max_examples=200, deadline=None)
def test_any_text_is_read_or_refused_with_a_sentence(text: str) -> None:
    accepted(text)
