"""Terraform as the lab runs it: a copy of the modules, a provider from a mirror on this machine, and an endpoint of the lab's.

Used by the tests of `infra/terraform`. Nothing is downloaded: the provider comes from the mirror that Terraform's own configuration
names, or from one at a usual place.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.moto_server import Moto
from tests.lab.required import lab_skip

ROOT = Path(__file__).parents[2]
PROVIDER = "registry.terraform.io/hashicorp/aws/5.100.0"
MIRRORS = ("~/.terraform.d/plugins", "/usr/share/terraform/plugins", "/usr/local/share/terraform/plugins")


@dataclass(frozen=True, slots=True)
class Terraform:
    """One root module, copied; `folder` is where Terraform runs."""

    folder: Path
    environment: Mapping[str, str]

    def run(self, *words: str, accept: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess[str]:
        """One command; fails the test with Terraform's own words where its exit code is not accepted."""
        command = ["terraform", *words]
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=900, check=False)
        assert done.returncode in accept, f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-4000:]}\n{done.stderr[-8000:]}"
        return done

    def outputs(self) -> dict[str, Any]:
        """The values of the module's outputs, as its state keeps them: asking Terraform starts a process and a provider each time."""
        state = json.loads((self.folder / "terraform.tfstate").read_text(encoding="utf-8"))
        return {name: output["value"] for name, output in state["outputs"].items()}

    def destroy(self) -> None:
        """Take everything away, as the state knows it: a plan before has read it all anew."""
        self.run("destroy", "-auto-approve", "-input=false", "-refresh=false", "-parallelism=20")


def terraform_at(moto: Moto, folder: Path, variables: Mapping[str, Any]) -> Terraform:
    """The lake's root module in `folder`, initialised, its provider pointed at `moto`; skips where Terraform or provider are missing."""
    if shutil.which("terraform") is None:
        lab_skip("Terraform is not installed.")
    shutil.copytree(ROOT / "infra" / "terraform", folder / "terraform")
    shutil.copytree(ROOT / "infra" / "state_machines", folder / "state_machines")
    root = folder / "terraform" / "lake"
    (root / "lab_override.tf").write_text('provider "aws" {\n  s3_use_path_style = true\n}\n', encoding="utf-8")
    (root / "lab.auto.tfvars.json").write_text(json.dumps(variables), encoding="utf-8")
    return _initialised(moto, folder, root)


def terraform_of(moto: Moto, folder: Path, text: str) -> Terraform:
    """A root module of one file, which needs no provider settings; skips as `terraform_at` does."""
    if shutil.which("terraform") is None:
        lab_skip("Terraform is not installed.")
    root = folder / "root"
    root.mkdir()
    needed = f'terraform {{\n  required_providers {{\n    aws = {{ source = "hashicorp/aws", version = "{PROVIDER.rpartition("/")[2]}" }}\n  }}\n}}\n'
    (root / "main.tf").write_text(f'{needed}provider "aws" {{\n  s3_use_path_style = true\n}}\n{text}', encoding="utf-8")
    return _initialised(moto, folder, root)


def _initialised(moto: Moto, folder: Path, root: Path) -> Terraform:
    environment = {
        **os.environ,
        **moto.environment,
        "TF_CLI_CONFIG_FILE": str(_settings(folder)),
        "TF_IN_AUTOMATION": "1",
        "TF_CLI_ARGS": "-no-color",
    }
    made = Terraform(root, environment)
    made.run("init", "-input=false")
    return made


def _settings(folder: Path) -> Path:
    """Terraform's configuration: the environment's where it is there, else one that names a mirror found on this machine."""
    named = os.environ.get("TF_CLI_CONFIG_FILE")
    if named and Path(named).is_file():
        return Path(named)
    mirrors = [*(Path(each).expanduser() for each in MIRRORS), *Path("/opt").glob("*")]
    mirror = next((each for each in mirrors if (each / PROVIDER).is_dir()), None)
    if mirror is None:
        lab_skip(f"No mirror on this machine has the provider {PROVIDER}; name one in TF_CLI_CONFIG_FILE.")
    settings = folder / "terraform.rc"
    settings.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n', encoding="utf-8")
    return settings
