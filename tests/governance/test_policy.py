"""The policy: what its files say, what is wrong with them, and that a doubtful grant gives nothing."""

from __future__ import annotations

import datetime as dt
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from governance.policy.known_as import administrators_of, identities_of
from governance.policy.policy import load, load_quickly
from metrics_catalog.catalog import load as load_catalog
from metrics_catalog.finding import Severity
from tests.support.catalogs import codes, edit, loaded, small_project, write
from tests.support.policies import written

if TYPE_CHECKING:
    from metrics_catalog.finding import Finding

STARTER = Path(__file__).parents[2] / "metrics_catalog" / "starter"
SOUND: dict[str, Any] = {
    "principals": {"analyst_jp": {"team": "team_jp"}, "analyst_de": {}},
    "roles": {"readers": {"members": ["analyst_jp", "analyst_de"]}},
    "grants": {"titles": {"to": ["readers"], "views": ["views_jp.title_daily"], "reason": "Own country."}},
}


def with_grant(**fields: Any) -> dict[str, Any]:
    """The sound policy with its grant changed; None removes a field."""
    grant = {**SOUND["grants"]["titles"], **fields}
    return {**SOUND, "grants": {"titles": {key: value for key, value in grant.items() if value is not None}}}


def only(findings: tuple[Finding, ...]) -> Finding:
    assert len(findings) == 1, findings
    return findings[0]


def test_a_sound_policy_has_no_finding(tmp_path: Path) -> None:
    policy, findings = written(tmp_path, SOUND)
    assert not findings
    assert list(policy.grants) == ["titles"]
    assert policy.roles_of("analyst_jp") == ("readers",)
    assert list(policy.given_to("analyst_jp")) == ["titles"]
    assert not policy.given_to("nobody")


def test_a_project_without_a_policy_gives_nothing(tmp_path: Path) -> None:
    policy, findings = load(small_project(tmp_path), loaded(tmp_path))
    assert not findings
    assert not policy.principals
    assert not policy.grants


@pytest.mark.parametrize(
    ("document", "code", "words", "withheld"),
    [
        (with_grant(to=["reader"]), "RNG-GOV-030", "`reader` is neither a principal nor a role", True),
        (with_grant(views=["views_jp.title_dayly"]), "RNG-GOV-032", "no view `title_dayly`", True),
        (with_grant(views=["views_xx.title_daily"]), "RNG-GOV-033", "`views_xx` is no country's", True),
        (with_grant(views=["gold.title_daily"]), "RNG-GOV-033", "`gold` is no country's", True),
        (with_grant(columns={"include": ["playz"]}), "RNG-GOV-034", "column `playz`", True),
        (with_grant(columns={"exclude": ["playz"]}), "RNG-GOV-034", "column `playz`", True),
        (with_grant(rows="device_type in (select 1)"), "RNG-GOV-035", "", False),
        (with_grant(rows="device = 'tv'"), "RNG-GOV-036", "`device` is not known", False),
        (with_grant(rows="plays > 'ten'"), "RNG-GOV-036", "On the view `title_daily`", False),
        (with_grant(rows="plays + 1"), "RNG-GOV-036", "expected a condition", False),
        (with_grant(classifications=["personal"]), "RNG-GOV-037", "gives no column", True),
        (with_grant(valid_until="2026-11-22"), "RNG-GOV-038", "ended", False),
        (with_grant(valid_from="2026-12-01", valid_until="2026-12-01"), "RNG-GOV-041", "never holds", True),
        ({**SOUND, "roles": {"readers": {"members": ["analyst_jp", "analyst_fr"]}}}, "RNG-GOV-031", "unknown member `analyst_fr`", False),
        ({**SOUND, "principals": {**SOUND["principals"], "analyst_<cc>": {}}}, "RNG-GOV-043", "only inside `per_country`", False),
        ({**SOUND, "per_country": [{"principals": {"everybody": {}}, "countries": ["JP"]}]}, "RNG-GOV-043", "the same each time", False),
        ({**SOUND, "per_country": [{"principals": {"a_<cc>": {}}, "countries": ["JP", "QQ"]}]}, "RNG-GOV-042", "`QQ`", False),
    ],
)
def test_a_fault_is_found_where_it_stands(tmp_path: Path, document: dict[str, Any], code: str, words: str, withheld: bool) -> None:
    policy, findings = written(tmp_path, document)
    finding = only(findings)
    assert finding.code == code
    assert words in finding.message
    assert finding.hint
    assert finding.place.file == "policy/access.yaml"
    assert finding.place.line > 1
    assert ("titles" not in policy.grants) is withheld


ROLE = "arn:aws:iam::123456789012:role/analyst"


def with_principals(**principals: Any) -> dict[str, Any]:
    return {**SOUND, "principals": {**SOUND["principals"], **principals}}


@pytest.mark.parametrize(
    ("document", "code", "words", "withheld"),
    [
        (with_principals(a={"identities": [ROLE]}, b={"identities": [ROLE]}), "RNG-GOV-080", "`b` and of `a`", False),
        (
            {**with_principals(a={"identities": [ROLE]}), "definers": {"views": {"identities": [ROLE], "reason": "x"}}},
            "RNG-GOV-080",
            "`views` and of `a`",
            False,
        ),
        (with_principals(analyst_de={"country": "DE"}), "RNG-GOV-081", "`analyst_de`, which belongs to DE: it reads nothing", False),
        (with_principals(a={"country": "FR"}), "RNG-GOV-082", "no country `FR`", False),
        ({**SOUND, "definers": {"views": {"countries": ["FR"], "reason": "x"}}}, "RNG-GOV-082", "no country `FR`", False),
        (with_grant(purpose="licencing"), "RNG-GOV-082", "no purpose `licencing`", True),
        ({**SOUND, "administrators": ["nobody"]}, "RNG-GOV-082", "administrator `nobody`", False),
        (with_grant(columns={"exclude": ["plays"]}, masks={"plays": "replace-with-null"}), "RNG-GOV-083", "does not give", True),
        (with_grant(masks={"playz": "replace-with-null"}), "RNG-GOV-083", "masks the column `playz`", True),
        (with_grant(masks={"plays": "show-first-4"}), "RNG-GOV-084", "whose type is integer", False),
        (with_grant(masks={"title_id": "truncate-to-year"}), "RNG-GOV-084", "cannot be put on `title_id`", False),
        (with_grant(valid_until="2026-12-22"), "RNG-GOV-087", "ends in 30 days", False),
        ({**SOUND, "administrators": [f"{number:012}" for number in range(31)]}, "RNG-GOV-088", "31 administrators", False),
        (with_principals(a={"identities": [f"{ROLE}_<cc>"]}), "RNG-GOV-043", "only inside `per_country`", False),
        ({**SOUND, "administrators": ["Ann B"]}, "RNG-CAT-025", "expected a name of lower-case letters", True),
        (with_grant(views=["title_daily"]), "RNG-CAT-025", "a published view such as `views_jp.title_daily`", True),
        (with_principals(a={"identities": ["analyst"]}), "RNG-CAT-028", "expected an IAM role or user", True),
        (with_principals(a={"identities": ["arn:aws:sts::123456789012:assumed-role/a/b"]}), "RNG-CAT-028", "sessions come and go", True),
        (with_principals(a={"country": "jp"}), "RNG-CAT-025", "a country code of two capital letters", True),
        (with_grant(masks={"plays": "blur"}), "RNG-CAT-023", "`show-first-4`", True),
    ],
)
def test_what_is_doubtful_about_people_and_masks_is_found(
    tmp_path: Path, document: dict[str, Any], code: str, words: str, withheld: bool
) -> None:
    policy, findings = written(tmp_path, document)
    finding = only(findings)
    assert (finding.code, words in finding.message) == (code, True), finding
    assert finding.place.line > 1 or "administrators" in document
    assert ("titles" not in policy.grants) is withheld


def test_a_grant_on_every_schema_says_what_is_left_of_it_within_a_fence(tmp_path: Path) -> None:
    document = with_principals(analyst_de={"country": "DE"})
    document["grants"] = {"everywhere": {"to": ["readers"], "views": ["*.title_daily"], "reason": "x"}}
    policy, findings = written(tmp_path, document)
    assert only(findings).code == "RNG-GOV-081"
    assert only(findings).severity is Severity.WARNING
    assert "of that it reads DE's only" in only(findings).message
    assert "everywhere" in policy.grants


def test_a_day_later_than_soon_is_no_finding(tmp_path: Path) -> None:
    assert not written(tmp_path, with_grant(valid_until="2026-12-23"))[1]


def test_identities_are_compared_in_one_form(tmp_path: Path) -> None:
    group = "arn:aws:identitystore:::group/9067F6D0-1111-2222-3333-444455556666"
    document = with_principals(a={"identities": [group, "1234-5678-9012"]}, b={"identities": [group.lower()]})
    policy, findings = written(tmp_path, document)
    assert codes(findings) == ["RNG-GOV-080"]
    assert policy.principals["a"].identities == (group.lower(), "123456789012")


def test_what_is_declared_beside_grants_is_kept(tmp_path: Path) -> None:
    document = with_grant(purpose="licensing")
    more = {
        "administrators": ["analyst_jp", ROLE],
        "purposes": {"licensing": {"en": "Licensing.", "ja": "ライセンス。"}},
        "definers": {"views": {"reason": "Views read with it."}},
    }
    policy, findings = written(tmp_path, {**document, **more})
    assert not findings
    assert policy.administrators == ("analyst_jp", ROLE)
    assert policy.purposes["licensing"].en == "Licensing."
    assert policy.definers["views"].reads("JP")
    assert identities_of(policy, "analyst_jp", "arn:aws:iam::123456789012:role/{principal}") == (ROLE + "_jp",)
    assert identities_of(policy, "analyst_jp") == identities_of(policy, "stranger", ROLE + "/{principal}") == ()
    assert administrators_of(policy, "arn:aws:iam::123456789012:user/{principal}") == ("arn:aws:iam::123456789012:user/analyst_jp", ROLE)


def test_what_is_doubtful_is_no_administrator_and_no_identity(tmp_path: Path) -> None:
    document = {**with_principals(a={"identities": [f"{ROLE}_<cc>"]}), "administrators": ["nobody", "analyst_jp"]}
    policy, findings = written(tmp_path, document)
    assert codes(findings) == ["RNG-GOV-043", "RNG-GOV-082"]
    assert policy.administrators == ("analyst_jp",)
    assert identities_of(policy, "a", "arn:aws:iam::123456789012:role/{principal}") == ()
    assert administrators_of(policy) == ()


def test_what_is_said_of_each_country_is_said_of_that_country(tmp_path: Path) -> None:
    each = {"country": "<CC>", "identities": ["arn:aws:iam::123456789012:role/ringi/analyst_<cc>"]}
    policy, findings = written(tmp_path, {"per_country": [{"countries": ["JP", "DE"], "principals": {"analyst_<cc>": each}}]})
    assert not findings
    assert policy.principals["analyst_jp"].country == "JP"
    assert identities_of(policy, "analyst_de") == ("arn:aws:iam::123456789012:role/ringi/analyst_de",)


def test_a_fault_of_a_condition_is_placed_within_it(tmp_path: Path) -> None:
    text = "principals: {a: {}}\ngrants:\n  g:\n    to: [a]\n    views: [views_jp.title_daily]\n    rows: plays > 1 and device = 'tv'\n    reason: x\n"
    _, findings = written(tmp_path, text)
    assert (only(findings).place.line, only(findings).place.column) == (6, 11 + len("plays > 1 and "))


def test_a_misspelt_name_is_guessed(tmp_path: Path) -> None:
    _, findings = written(tmp_path, with_grant(to=["analist_jp"]))
    assert only(findings).hint == "did you mean `analyst_jp`?"


def test_a_view_that_a_country_does_not_publish_cannot_be_granted_there(tmp_path: Path) -> None:
    small_project(tmp_path)
    edit(tmp_path, "views/title_daily.yaml", lambda view: view.update(countries=["DE"]))
    _, findings = written(tmp_path, SOUND)
    assert only(findings).code == "RNG-GOV-032"
    assert "is not published in JP" in only(findings).message


def test_a_column_named_by_mistake_is_not_given_when_it_is_personal(tmp_path: Path) -> None:
    small_project(tmp_path)
    how = {"source": "viewing_events", "kind": "maximum", "expression": "viewer_id", "dimensions": ["title_id", "device_type"]}
    edit(tmp_path, "metrics/engagement/plays.yaml", lambda metric: metric.update(how=how))
    write(tmp_path, "policy/access.yaml", with_grant(columns={"include": ["plays"]}))
    policy, findings = load(tmp_path, load_catalog(tmp_path)[0])
    assert codes(findings) == ["RNG-GOV-044"]
    assert not policy.grants


@pytest.mark.parametrize(
    "where", [{"roles": {"analyst_jp": {"members": ["analyst_de"]}}}, {"grants": SOUND["grants"]}, {"principals": {"readers": {}}}]
)
def test_a_name_is_given_once_in_all_files(tmp_path: Path, where: dict[str, Any]) -> None:
    written(tmp_path, SOUND)
    policy, findings = written(tmp_path, where, "policy/more.yaml")
    assert only(findings).code == "RNG-GOV-040"
    assert "policy/access.yaml:" in only(findings).message
    assert list(policy.grants) == ["titles"]
    assert policy.roles["readers"].members == ("analyst_jp", "analyst_de")


@pytest.mark.parametrize(
    "text", ["grants: [1, 2]\n", "grants: {g: {to: [a]}}\n", "grants:\n\tx: 1\n", "a: &a [*a]\n", "- 1\n", "", "\x00", "who: 1\n"]
)
def test_a_file_that_cannot_be_read_is_a_finding_and_gives_nothing(tmp_path: Path, text: str) -> None:
    written(tmp_path, SOUND)
    policy, findings = written(tmp_path, text, "policy/broken.yaml")
    assert findings
    assert all(finding.place.file == "policy/broken.yaml" for finding in findings)
    assert list(policy.grants) == ["titles"]


def test_what_is_written_for_each_country_is_there_for_each(tmp_path: Path) -> None:
    document = {
        "per_country": [
            {
                "countries": "all",
                "principals": {"analyst_<cc>": {"team": "team_<cc>"}},
                "roles": {"readers_<cc>": {"members": ["analyst_<cc>"]}},
                "grants": {
                    "own_<cc>": {
                        "to": ["readers_<cc>"],
                        "views": ["views_<cc>.*"],
                        "rows": "viewing_country = '<CC>'",
                        "reason": "Own country.",
                    }
                },
            }
        ]
    }
    policy, findings = written(tmp_path, document)
    assert not findings
    assert sorted(policy.principals) == ["analyst_de", "analyst_jp", "analyst_no", "analyst_np", "analyst_us"]
    own = policy.given_to("analyst_jp")
    assert list(own) == ["own_jp"]
    assert own["own_jp"].rows == "viewing_country = 'JP'"
    assert own["own_jp"].reaches("views_jp", "title_daily")
    assert not own["own_jp"].reaches("views_de", "title_daily")


def test_one_fault_in_what_is_repeated_is_told_once(tmp_path: Path) -> None:
    document = {
        "per_country": [
            {
                "principals": {"analyst_<cc>": {}},
                "grants": {"own_<cc>": {"to": ["analist_<cc>"], "views": ["views_<cc>.title_daily"], "reason": "Own country."}},
            }
        ]
    }
    policy, findings = written(tmp_path, document)
    assert only(findings).code == "RNG-GOV-030"
    assert not policy.grants


def both(**second: Any) -> dict[str, Any]:
    wide = {"to": ["readers"], "views": ["views_jp.*"], "reason": "All."}
    return {**SOUND, "grants": {"wide": wide, "zz": {"to": ["analyst_jp"], "views": ["views_jp.title_daily"], "reason": "x", **second}}}


@pytest.mark.parametrize(
    "narrower", [{}, {"rows": "device_type = 'tv'"}, {"columns": {"include": ["plays"]}}, {"valid_from": "2027-01-01"}]
)
def test_a_grant_that_another_gives_already_is_a_warning(tmp_path: Path, narrower: dict[str, Any]) -> None:
    policy, findings = written(tmp_path, both(**narrower))
    assert only(findings).code == "RNG-GOV-039"
    assert only(findings).severity is Severity.WARNING
    assert "`wide` already gives all of it" in only(findings).message
    assert set(policy.grants) == {"wide", "zz"}


@pytest.mark.parametrize("other", [{"views": ["views_de.title_daily"]}, {"to": ["other"]}, {"views": ["*.title_daily"]}])
def test_a_grant_that_gives_something_more_is_no_finding(tmp_path: Path, other: dict[str, Any]) -> None:
    document = both(**other)
    document["principals"] = {**document["principals"], "other": {}}
    assert not written(tmp_path, document)[1]


@pytest.mark.parametrize(
    ("wide", "narrow", "code"),
    [
        ({}, {"masks": {"title_id": "sha-256-global"}, "valid_until": "2027-06-01"}, "RNG-GOV-039"),
        ({"rows": "plays > 1"}, {"rows": "plays > 1", "masks": {"plays": "replace-with-null"}}, "RNG-GOV-039"),
        ({"masks": {"plays": "replace-with-null"}}, {"masks": {"plays": "mask-to-default", "title_id": "show-first-4"}}, "RNG-GOV-085"),
        ({"columns": {"include": ["title_id"]}}, {"masks": {"title_id": "show-first-4"}}, "RNG-GOV-085"),
        ({"columns": {"exclude": ["plays"]}}, {"columns": {"exclude": ["title_id"]}}, "RNG-GOV-086"),
        ({"rows": "device_type = 'tv'"}, {"rows": "device_type <> 'tv'"}, "RNG-GOV-086"),
        ({"rows": "not (plays > 1)"}, {"rows": "plays > 1"}, "RNG-GOV-086"),
        ({"rows": "device_type in ('tv')"}, {"rows": "device_type not in ('tv')", "columns": {"include": ["plays"]}}, "RNG-GOV-086"),
    ],
)
def test_what_a_grant_was_meant_to_narrow_and_cannot_is_a_warning(
    tmp_path: Path, wide: dict[str, Any], narrow: dict[str, Any], code: str
) -> None:
    document = both(**narrow)
    document["grants"]["wide"].update(wide)
    policy, findings = written(tmp_path, document)
    assert codes(findings) == [code]
    assert only(findings).severity is Severity.WARNING
    assert set(policy.grants) == {"wide", "zz"}


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ({"masks": {"title_id": "sha-256-global"}}, {"columns": {"include": ["title_id", "plays"]}, "rows": "device_type = 'tv'"}),
        ({"columns": {"include": ["title_id"]}, "rows": "plays > 1"}, {"masks": {"title_id": "show-first-4"}}),
        ({"columns": {"exclude": ["plays"]}, "views": ["views_de.*"]}, {"columns": {"exclude": ["title_id"]}}),
        ({"rows": "device_type = 'tv'"}, {"rows": "device_type = 'web'"}),
    ],
)
def test_grants_that_each_give_something_clearer_are_no_contradiction(tmp_path: Path, wide: dict[str, Any], narrow: dict[str, Any]) -> None:
    document = both(**narrow)
    document["grants"]["wide"].update(wide)
    assert not written(tmp_path, document)[1]


def test_of_two_equal_grants_one_is_too_many(tmp_path: Path) -> None:
    grant = SOUND["grants"]["titles"]
    _, findings = written(tmp_path, {**SOUND, "grants": {"first": grant, "second": deepcopy(grant)}})
    assert only(findings).code == "RNG-GOV-039"
    assert "`second` adds nothing: `first`" in only(findings).message


def test_a_query_reads_the_same_policy_as_a_check(tmp_path: Path) -> None:
    document = both(rows="device_type = 'tv'")
    document["grants"]["faulty"] = {"to": ["nobody"], "views": ["views_jp.*"], "reason": "x"}
    policy, _ = written(tmp_path, document)
    quick, findings = load_quickly(tmp_path, loaded(tmp_path))
    assert (quick.principals, quick.roles, quick.grants) == (policy.principals, policy.roles, policy.grants)
    assert codes(findings) == ["RNG-GOV-030"]


def test_the_policy_of_the_starter_gives_each_countrys_analyst_the_own_country() -> None:
    catalog, _ = load_catalog(STARTER)
    policy, findings = load(STARTER, catalog, today=dt.date(2026, 11, 22))
    assert not findings
    for code in catalog.countries:
        (given,) = policy.given_to(f"analyst_{code.lower()}").values()
        assert given.views == (f"views_{code.lower()}.*",)
