"""What happens on the page on which a person makes a passkey: the device makes it, the entry for people.yaml comes out.

Used by `ringi passkey register`. Whoever registers a passkey may turn no key with it before others have reviewed the change
of people.yaml.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from governance.keys.cose_key import EDDSA, ES256, RS256
from governance.keys.passkey_answer import encoded
from governance.keys.passkey_registration import entry_text, new_passkey
from ringi.approving.server import HOST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from metrics_catalog.person import Passkey, Person


class RegistrationDesk:
    """One sitting of one person who makes one passkey."""

    def __init__(self, name: str, person: Person, register: Callable[[Passkey], bool]) -> None:
        """`register` takes the new passkey and says whether it now stands in people.yaml."""
        self._name, self._person, self._register = name, person, register
        self._challenge = secrets.token_bytes(32)
        self.made: Passkey | None = None

    @property
    def is_done(self) -> bool:
        """Whether a passkey was made."""
        return self.made is not None

    @property
    def answers(self) -> Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]:
        return {"proposal": self.invitation, "register": self.register}

    def invitation(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Who registers, and what the browser needs to make the passkey."""
        return {
            "kind": "registration",
            "person": {"id": self._name, "name": self._person.name, "team": self._person.team},
            "sides": [side.value for side in self._person.sides],
            "options": {
                "challenge": encoded(self._challenge),
                "rp_id": HOST,
                "user_id": encoded(self._name.encode()),
                "algorithms": [ES256, EDDSA, RS256],
                "exclude": [entry.credential_id for entry in self._person.passkeys if entry.rp_id == HOST],
            },
        }

    def register(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Take what the device made; gives the line for people.yaml."""
        device, browser = (str(said.get(part, "")) for part in ("authenticator_data", "client_data_json"))
        made = new_passkey(self._challenge, HOST, device, browser)
        self._challenge = secrets.token_bytes(32)  # one question, one answer
        written = self._register(made)
        self.made = made
        return {"entry": entry_text(made), "credential_id": made.credential_id, "written": written}
