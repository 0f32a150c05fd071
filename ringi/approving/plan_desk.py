"""What happens on the approval page for a plan of access: the plan is shown, and answered with a passkey or left.

The digest that the passkey signs is that of the very plan that was shown: the file is read once, when the command starts. Used by
`ringi access approve --page`; writes through `planning.keys.record`, which asks every rule again, as `apply` will.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from governance.errors import GovernanceError
from governance.keys.passkey_answer import encoded
from governance.keys.registered import usable_passkeys
from governance.lake_formation.planning import keys
from governance.lake_formation.planning.plan_file import digest
from ringi.approving.assertion import assertion
from ringi.approving.plan_shown import shown
from ringi.approving.server import HOST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from governance.lake_formation.planning.keys import PlanKey
    from governance.lake_formation.planning.plan import Plan
    from governance.lake_formation.planning.plan_approval import PlanApproval
    from metrics_catalog.catalog import Catalog
    from metrics_catalog.person import Passkey, Side

ANSWER_WITHIN = timedelta(minutes=10)
"""How long a passkey may take from the question to the answer."""


class PlanDesk:
    """One sitting of one person, for one side, over one plan."""

    def __init__(
        self,
        root: Path,
        catalog: Catalog,
        plan: Plan,
        side: Side,
        person: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Raises GovernanceError where a rule forbids this person the key, or there is no passkey to turn it with."""
        self._root, self._catalog, self._plan, self._side, self._person, self._clock = root, catalog, plan, side, person, clock
        self._digest = digest(plan)
        self._asked: PlanApproval | None = None
        self._done: tuple[PlanKey, Path | None] | None = None
        self._left = False
        keys.allow(root, catalog.people, plan, side, person, clock())
        self._passkeys()

    @property
    def is_done(self) -> bool:
        """Whether the key was turned, or the person said that it will not be now."""
        return self._left or self._done is not None

    @property
    def answers(self) -> Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]:
        return {"proposal": self.proposal, "challenge": self.challenge, "answer": self.answer, "leave": self.leave}

    def result(self) -> tuple[PlanKey, Path | None]:
        """The key that was turned and its file; raises GovernanceError where it was not."""
        if self._done is None:
            raise GovernanceError(f"`{self._person}` did not turn the {self._side.value} key over plan {self._digest[:12]}.")
        return self._done

    def proposal(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """The plan; `proposal` is None once it was answered."""
        person = self._catalog.people[self._person]
        return {
            "kind": "plan",
            "person": {"id": self._person, "name": person.name, "team": person.team},
            "side": self._side.value,
            "position": 1,
            "total": 1,
            "proposal": None if self.is_done else shown(self._root, self._catalog, self._plan, self._clock()),
        }

    def challenge(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """The question to the passkey, for the plan that is shown."""
        self._current(said)
        now = self._clock()
        keys.allow(self._root, self._catalog.people, self._plan, self._side, self._person, now)
        self._asked = keys.unsigned(self._plan, self._side, self._person, now)
        return {
            "challenge": encoded(self._asked.challenge()),
            "rp_id": HOST,
            "passkeys": [entry.credential_id for entry in self._passkeys()],
            "signed_text": self._asked.signed_text().decode(),
        }

    def answer(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Take the passkey's answer and write the approval."""
        self._current(said)
        asked, now = self._asked, self._clock()
        if asked is None or now - asked.approved_at > ANSWER_WITHIN:
            raise GovernanceError("The answer came too late.", hint="press the button again.")
        self._asked = None  # one question, one answer
        approval = asked.model_copy(update={"passkey": assertion(said.get("assertion"))})
        self._done = keys.record(self._root, self._catalog.people, self._plan, approval, now)
        path = self._done[1]
        return {"file": path.as_posix() if path else None, "approved_at": approval.approved_at.isoformat(timespec="seconds"), "left": 0}

    def leave(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """The person does not turn this key now."""
        self._current(said)
        self._left = True
        return {"left": 0}

    def _current(self, said: Mapping[str, Any]) -> None:
        if self.is_done or said.get("plan") != self._digest:
            raise GovernanceError("This plan was answered already.", hint="reload the page.")

    def _passkeys(self) -> Sequence[Passkey]:
        found = usable_passkeys(self._catalog.people[self._person], HOST, self._clock())
        if not found:
            message = f"`{self._person}` has no passkey for `{HOST}` in people.yaml that counts now."
            hint = f"run `ringi passkey register {self._person}`, and let others review the change of people.yaml."
            raise GovernanceError(message, hint=hint)
        return found
