"""What happens on the approval page: one proposal after the other is shown, and each is answered with a passkey or left.

The digest that the passkey signs is that of the very meaning that was shown: the files are read once, when the command
starts. Used by `ringi approve --page`; writes through `governance.gate.approve.record`, which asks every rule again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from governance.errors import GovernanceError
from governance.gate.approve import Approved, Refused, allow, record, unsigned
from governance.keys.passkey_answer import encoded
from governance.keys.registered import usable_passkeys
from metrics_catalog.approval import Approval, Method
from ringi.approving.assertion import assertion
from ringi.approving.server import HOST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from governance.gate.approve import Proposal, Request
    from metrics_catalog.catalog import Catalog
    from metrics_catalog.person import Passkey

ANSWER_WITHIN = timedelta(minutes=10)
"""How long a passkey may take from the question to the answer."""


class ApprovalDesk:
    """One sitting of one person for one side."""

    def __init__(
        self,
        root: Path,
        catalog: Catalog,
        wanted: Iterable[Proposal | Refused],
        request: Request,
        shown: Callable[[Proposal], dict[str, Any]],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._root, self._catalog, self._request, self._shown, self._clock = root, catalog, request, shown, clock
        self.results: list[Approved | Refused] = []
        self._waiting: list[Proposal] = []
        for each in wanted:
            self._sort(each)
        self._total = len(self._waiting)
        self._asked: Approval | None = None

    def _sort(self, wanted: Proposal | Refused) -> None:
        """The page shows what this person may approve; what a rule forbids, or holds already, is a result at once."""
        if isinstance(wanted, Refused):
            self.results.append(wanted)
            return
        try:
            if wanted.is_covered(self._request.side):
                self.results.append(_held(wanted, self._request))
                return
            allow(self._catalog, wanted, self._request)
            self._passkeys()
        except GovernanceError as error:
            self.results.append(Refused(wanted.metric, error))
            return
        self._waiting.append(wanted)

    @property
    def is_done(self) -> bool:
        """Whether every proposal was answered."""
        return not self._waiting

    @property
    def answers(self) -> Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]:
        return {"proposal": self.proposal, "challenge": self.challenge, "answer": self.answer, "leave": self.leave}

    def proposal(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """What is to be approved now; `proposal` is None once all are answered."""
        person = self._catalog.people[self._request.person]
        return {
            "kind": "approval",
            "person": {"id": self._request.person, "name": person.name, "team": person.team},
            "side": self._request.side.value,
            "position": self._total - len(self._waiting) + 1,
            "total": self._total,
            "proposal": self._shown(self._waiting[0]) if self._waiting else None,
        }

    def challenge(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """The question to the passkey, for the proposal that is shown."""
        wanted = self._current(said)
        request = replace(self._request, now=self._clock())
        allow(self._catalog, wanted, request)
        self._asked = unsigned(wanted, request, Method.PASSKEY)
        return {
            "challenge": encoded(self._asked.challenge()),
            "rp_id": HOST,
            "passkeys": [entry.credential_id for entry in self._passkeys()],
            "signed_text": self._asked.signed_text().decode(),
        }

    def answer(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Take the passkey's answer and write the approval."""
        wanted, asked, now = self._current(said), self._asked, self._clock()
        if asked is None or now - asked.approved_at > ANSWER_WITHIN:
            raise GovernanceError("The answer came too late.", hint="press the button again.")
        self._asked = None  # one question, one answer
        approval = asked.model_copy(update={"passkey": assertion(said.get("assertion"))})
        done = record(self._root, self._catalog, wanted, approval, replace(self._request, now=now))
        self._next(done)
        return {
            "file": done.files[0].as_posix() if done.files else None,
            "approved_at": approval.approved_at.isoformat(timespec="seconds"),
            "left": len(self._waiting),
        }

    def leave(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """The person does not turn this key now."""
        wanted = self._current(said)
        self._next(Refused(wanted.metric, GovernanceError(f"`{self._request.person}` did not turn the key over `{wanted.metric}`.")))
        return {"left": len(self._waiting)}

    def _current(self, said: Mapping[str, Any]) -> Proposal:
        """The proposal at hand; the page names it, so that a second click or tab answers nothing it does not show."""
        if not self._waiting or said.get("metric") != self._waiting[0].metric:
            raise GovernanceError("This proposal was answered already.", hint="reload the page.")
        return self._waiting[0]

    def _next(self, result: Approved | Refused) -> None:
        self.results.append(result)
        self._waiting.pop(0)

    def _passkeys(self) -> Sequence[Passkey]:
        """The person's passkeys for pages of this machine; raises GovernanceError where there is none."""
        person = self._request.person
        found = usable_passkeys(self._catalog.people[person], HOST, self._clock())
        if not found:
            message = f"`{person}` has no passkey for `{HOST}` in people.yaml that counts now."
            raise GovernanceError(message, hint=f"run `ringi passkey register {person}`, and let others review the change of people.yaml.")
        return found


def _held(wanted: Proposal, request: Request) -> Approved:
    return Approved(wanted.metric, request.side, request.person, wanted.meaning.digest, wanted.changes, ())
