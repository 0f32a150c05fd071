"""Why a principal reads a table: by the policy, and on AWS by what the account holds. Used by `ringi access explain`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from metrics_catalog.errors import UsageError
from metrics_catalog.finding import did_you_mean

if TYPE_CHECKING:
    from governance.access.explain_reader import PolicyExplained
    from governance.lake_formation.looking.explain import Explained
    from governance.lake_formation.port import Account
    from governance.policy.policy import Policy
    from governance.policy.relation import Relation, Relations
    from ringi.access.reader import Reader
    from ringi.lake import Lake

SAVED, VIEWS = "saved_", "views_"


@dataclass(frozen=True)
class Answer:
    """What the policy says, and what the account does (None for a lake on this machine). `notes` were left out of the account's reading."""

    reader: Reader
    policy: PolicyExplained | None
    account: Explained | None = None
    notes: tuple[str, ...] = ()

    def text(self) -> str:
        """For a person."""
        from governance.access import explain_reader
        from governance.lake_formation.looking import explain_text

        parts = [explain_text.text(self.account, self.reader.name)] if self.account is not None else []
        parts += [explain_reader.text(self.policy)] if self.policy is not None else []
        if self.policy is None and self.reader.name is None:
            parts.append("The policy does not know this principal: whatever it reads, no grant of policy/ gives it.")
        return "\n\n".join(parts)

    def as_json(self) -> dict[str, Any]:
        """For other programs."""
        from governance.access import explain_reader
        from governance.lake_formation.looking import explain_text

        return {
            "schema_version": 1,
            "principal": self.reader.name,
            "identities": list(self.reader.identities),
            "account": None if self.account is None else explain_text.as_json(self.account),
            "policy": None if self.policy is None else explain_reader.as_json(self.policy),
            "notes": list(self.notes),
        }


def explain_access(lake: Lake, asked: str, table: str, *, account: Account | None = None, now: dt.datetime | None = None) -> Answer:
    """Every way in which a principal reads a table or a column of it.

    Raises UsageError for a principal or a view that nobody knows, and InfraError where the account does not answer.
    """
    from governance.policy.policy import load_quickly
    from governance.policy.relation import Relations
    from ringi.access.reader import reader, table_and_column

    database, name, column = table_and_column(table)
    policy, _ = load_quickly(lake.root, lake.catalog)
    settings = lake.config.aws
    who = reader(policy, asked, settings.principal_identity if settings else None)
    relations = Relations(lake.catalog)
    relation = _relation(relations, database, name)
    if settings is None and account is None and relation is None:
        raise _unknown(relations, database, name)
    if relation is not None and column is not None and column not in relation.types:
        hint = did_you_mean(column, relation.types) or f"its columns are: {', '.join(relation.types)}."
        raise UsageError(f"`{relation.name}` has no column `{column}`.", hint=hint)
    by_policy = _by_policy(policy, who, relation, column, now or dt.datetime.now(dt.UTC))
    if settings is None and account is None:
        return Answer(who, by_policy)
    return _with_account(lake, account, Answer(who, by_policy), (database, name, column))


def _with_account(lake: Lake, account: Account | None, answer: Answer, asked: tuple[str, str, str | None]) -> Answer:
    from governance.lake_formation.looking.explain import explain
    from ringi.access.accounts import account_of

    if not answer.reader.identities:
        raise UsageError(
            f"The policy does not say as whom the account knows `{answer.reader.name}`.",
            hint="give it `identities` in policy/, or set `principal_identity` in the profile of ringi.toml.",
        )
    database, table, column = asked
    held = account or account_of(lake)
    state = held.read(sorted({database, _other(database)}))
    found = explain(state, frozenset(answer.reader.identities), database, table, column)
    return Answer(answer.reader, answer.policy, found, tuple(getattr(held, "notes", ())))


def _by_policy(policy: Policy, who: Reader, relation: Relation | None, column: str | None, now: dt.datetime) -> PolicyExplained | None:
    from governance.access.explain_reader import explain_reader

    return None if who.name is None or relation is None else explain_reader(policy, who.name, relation, now, column)


def _relation(relations: Relations, database: str, table: str) -> Relation | None:
    """The published view that is asked about; of a saved copy the view that stands on it, of which the policy speaks."""
    return relations.get(_other(database) if database.startswith(SAVED) else database, table)


def _other(database: str) -> str:
    """The schema of the saved copies of `views_jp`, and the other way round."""
    if database.startswith(VIEWS):
        return f"{SAVED}{database.removeprefix(VIEWS)}"
    return f"{VIEWS}{database.removeprefix(SAVED)}" if database.startswith(SAVED) else database


def _unknown(relations: Relations, database: str, table: str) -> UsageError:
    known = [f"{schema}.{view}" for schema in relations.schemas for view in relations.views_of(schema)]
    hint = did_you_mean(f"{database}.{table}", known) or "published views are called like `views_jp.title_daily`."
    return UsageError(f"No country publishes `{database}.{table}`.", hint=hint)
