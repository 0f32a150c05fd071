"""Approval files against OpenSSH: what Ringi wrote, `ssh-keygen -Y verify` accepts from the file and people.yaml alone."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

STARTER = Path(__file__).parents[2] / "metrics_catalog" / "starter"

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")


def signed_text(document: dict[str, str]) -> bytes:
    """Written without the product's own function: the lines that docs/proposal/keys.md names."""
    fields = ("metric", "side", "person", "meaning", "approved_at")
    return ("ringi approval v1\n" + "".join(f"{field}: {document[field]}\n" for field in fields)).encode()


def verified(folder: Path, document: dict[str, str], text: bytes) -> bool:
    (folder / "sig").write_text(document["signature"], encoding="utf-8")
    command = ["ssh-keygen", "-Y", "verify", "-f", "signers", "-I", document["person"], "-n", "ringi-approval@v1", "-s", "sig"]
    return subprocess.run(command, input=text, cwd=folder, capture_output=True, check=False).returncode == 0


@pytest.fixture
def signers(tmp_path: Path) -> Path:
    """A folder with the allowed signers of the starter's people."""
    people = yaml.safe_load((STARTER / "people.yaml").read_text(encoding="utf-8"))["people"]
    lines = [f'{name} namespaces="ringi-approval@v1" {key["public_key"]}' for name, person in people.items() for key in person["keys"]]
    (tmp_path / "signers").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("side", ["tech", "business"])
def test_ssh_keygen_accepts_the_approvals_of_the_starter_from_their_files(signers: Path, side: str) -> None:
    paths = sorted((STARTER / "approvals").glob(f"*/{side}-*.yaml"))[:4]
    assert paths
    for path in paths:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert verified(signers, document, signed_text(document))
        for field, other in (("metric", "other"), ("side", "x"), ("meaning", "0" * 64), ("approved_at", "2026-11-21T09:00:00+00:00")):
            assert not verified(signers, document, signed_text({**document, field: other})), field
        assert not verified(signers, {**document, "person": "jonas_weber"}, signed_text(document))
