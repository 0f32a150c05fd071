"""Trino's file of rules as text: every section closed, one rule a principal and relation, nothing for what cannot be said.

That Trino itself gives the evaluator's cells under such a file is shown by tests/lab/test_access_on_trino.py.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings

from governance.access.evaluator import decide
from governance.compilers.trino import CHECKER, PROPERTIES, TrinoRules, TrinoTarget, rules
from governance.policy.policy import Policy
from governance.policy.principal import Principal
from tests.support.access_cases import PRINCIPALS, RELATION, TYPES, policies, policy_of
from tests.support.policies import NOW, grant

TARGET = TrinoTarget("lake", "owner", (("definer", ("saved_jp",)),))
SECTIONS = {
    "catalogs",
    "schemas",
    "tables",
    "functions",
    "procedures",
    "queries",
    "impersonation",
    "authorization",
    "system_information",
    "system_session_properties",
    "catalog_session_properties",
}


def made(policy: Policy, target: TrinoTarget = TARGET) -> TrinoRules:
    return rules(policy, [RELATION], target, NOW)


def first(file: TrinoRules, section: str, **asked: str) -> dict[str, Any]:
    """The rule that decides, as Trino looks for it: the first whose patterns match the whole of what is asked."""
    for rule in file.sections[section]:
        if all(re.fullmatch(rule.get(name, ".*"), value) for name, value in asked.items()):
            return dict(rule)
    return {}


def table_rule(file: TrinoRules, user: str, schema: str = "views_jp", table: str = "v") -> dict[str, Any]:
    return first(file, "tables", user=user, catalog="lake", schema=schema, table=table)


@settings(max_examples=100, deadline=None)
@given(policies)
def test_the_first_rule_gives_each_principal_the_columns_of_the_evaluator(policy: Policy) -> None:
    file = made(policy)
    refused = {each.principal for each in file.refused}
    for user in (*PRINCIPALS, "stranger"):
        access, rule = decide(policy, user, RELATION, NOW), table_rule(file, user)
        if not access or user in refused:
            assert rule["privileges"] == []
            continue
        denied = {each["name"] for each in rule.get("columns", ()) if each.get("allow") is False}
        assert rule["privileges"] == ["SELECT"]
        assert set(TYPES) - denied == set(access.columns)
        assert ("filter" in rule) is (access.row_filter is not None)
        assert table_rule(file, user, table="v$files")["privileges"] == []
        assert table_rule(file, user, schema="views_de")["privileges"] == []


def test_every_section_is_there_and_ends_with_a_refusal() -> None:
    file = made(policy_of([grant(to=("ann",), views=("views_jp.v",))]))
    assert set(file.sections) == SECTIONS
    closed = {"catalogs": "none", "impersonation": False, "system_session_properties": False, "catalog_session_properties": False}
    for section, rules_of in file.sections.items():
        last = dict(rules_of[-1])
        if section in ("tables", "functions", "procedures"):
            assert last == {"privileges": []}
        elif section in closed:
            assert last["allow"] == closed[section]
        elif section == "schemas":
            assert last == {"owner": False}
        elif section == "authorization":
            assert all(rule["original_user"] == "owner" for rule in rules_of)
        else:
            assert last == {"allow": []}


def test_a_policy_without_principals_lets_nobody_in() -> None:
    file = rules(Policy({}, {}, {}), [RELATION], TrinoTarget(), NOW)
    assert first(file, "catalogs", user="anybody", catalog="awsdatacatalog") == {"allow": "none"}
    assert [rule for rule in file.sections["tables"] if rule["privileges"]] == []


def test_a_name_matches_itself_only() -> None:
    file = made(policy_of([grant(to=("ann",), views=("views_jp.v",))]), TrinoTarget("lake", None, (("role.x+y", ("saved_jp",)),)))
    definer = next(rule for rule in file.sections["tables"] if "GRANT_SELECT" in rule["privileges"])
    assert re.fullmatch(definer["user"], "role.x+y")
    assert not re.fullmatch(definer["user"], "rolexxxy")
    assert not re.fullmatch(table_rule(file, "ann")["user"], "annn")


def test_equal_readers_share_one_rule() -> None:
    file = made(policy_of([grant(to=("ann", "eve"), views=("views_jp.v",))]))
    assert table_rule(file, "ann")["user"] == "ann|eve"


def test_a_condition_on_a_hidden_column_reads_with_the_rights_of_a_user_that_may_run_nothing() -> None:
    file = made(policy_of([grant(to=("ann",), views=("views_jp.v",), rows="person = 'x'", masks={"text": "show-first-4"})]))
    rule = table_rule(file, "ann")
    assert rule["filter_environment"] == {"user": CHECKER}
    assert {"user": CHECKER} in [each.get("mask_environment") for each in rule["columns"]]
    assert table_rule(file, CHECKER)["privileges"] == ["SELECT"]
    assert table_rule(file, CHECKER, schema="saved_jp")["privileges"] == []
    assert first(file, "queries", user=CHECKER) == {"allow": []}
    assert CHECKER not in made(policy_of([grant(to=("ann",), views=("views_jp.v",), rows="open")])).as_text()


def test_what_cannot_be_said_is_refused_and_told() -> None:
    file = made(policy_of([grant(to=("ann",), views=("views_jp.v",), masks={"text": "sha-256-query-local"})]))
    assert table_rule(file, "ann")["privileges"] == []
    (refused,) = file.refused
    assert refused.message == (
        "Trino cannot be told what `ann` may see of `views_jp.v`: the mask `sha-256-query-local` of `text` needs a secret of each query, "
        "and a file of rules has none."
    )
    assert refused.grants == ("g0",)


def test_the_same_policy_gives_the_same_bytes() -> None:
    given_grant = grant(to=("ann",), views=("views_jp.v",), masks={"text": "show-first-4"})
    assert made(policy_of([given_grant])).as_text() == made(policy_of([given_grant])).as_text()
    assert json.loads(made(policy_of([given_grant])).as_text())["tables"]


@pytest.mark.parametrize("words", ["access-control.name=file", "security.config-file=etc/rules.json", "hide-inaccessible-columns=true"])
def test_the_settings_turn_the_rules_on(words: str) -> None:
    assert any(words in text for text in PROPERTIES.values())


def test_a_fence_holds_in_the_rules() -> None:
    fenced = Policy({"ann": Principal(country="DE")}, {}, {"g": grant(to=("ann",), views=("*.*",))})
    assert table_rule(made(fenced), "ann")["privileges"] == []
