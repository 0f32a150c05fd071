"""Runs a GitHub workflow's own steps with bash, as a runner does: conditions, outputs, environment, local composite actions.

Reads the files that `ringi init` wrote. Knows the part of GitHub's expression language that they use and refuses the rest, so
that a workflow cannot pass here by luck. `uses:` of another's action is noted, not run: the repository is checked out already.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Json = dict[str, Any]
_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<op>==|!=|&&|\|\||!|\(|\))|(?P<name>[A-Za-z_][\w.-]*)(?P<call>\(\))?)")


@dataclass
class Ran:
    """One step that ran or was skipped."""

    name: str
    outcome: str
    output: str = ""


@dataclass
class Job:
    """A finished job: its steps, its summary, and the actions of others that it uses."""

    steps: list[Ran] = field(default_factory=list)
    summary: str = ""
    used: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return all(step.outcome != "failure" for step in self.steps)

    def __getitem__(self, words: str) -> Ran:
        return next(step for step in self.steps if step.name.startswith(words))


class Runner:
    """A runner for one event on one checkout."""

    def __init__(self, checkout: Path, temp: Path, name: str, event: Json, environment: dict[str, str], token: str) -> None:
        self.checkout, self.temp, self.name, self.event, self.token = checkout, temp, name, event, token
        temp.mkdir(parents=True, exist_ok=True)
        (temp / "event.json").write_text(json.dumps(event), encoding="utf-8")
        machine = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
        self.environment = {
            **machine,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": name,
            "GITHUB_EVENT_PATH": str(temp / "event.json"),
            "GITHUB_WORKSPACE": str(checkout),
            "RUNNER_TEMP": str(temp),
            **environment,
        }

    def workflow(self) -> Json:
        """The workflow as it is in the checkout; its key `on` is a text, as for GitHub."""
        text = (self.checkout / ".github/workflows/ringi.yml").read_text(encoding="utf-8")
        found: Json = yaml.load(text, Loader=_Plain)  # noqa: S506  a loader of texts alone
        return found

    def run(self, job: str) -> Job:
        """Run one job of the workflow."""
        done, context = Job(), self._context()
        for step in self.workflow()["jobs"][job]["steps"]:
            if str(step.get("uses", "")).startswith("./"):
                inputs = {name: str(self._filled(value, context)) for name, value in step.get("with", {}).items()}
                self._composite(step["uses"], inputs, done)
            elif "uses" in step:
                done.used.append(step["uses"])
            else:
                self._step(step, context, done)
        return done

    def _composite(self, folder: str, inputs: dict[str, str], done: Job) -> None:
        action = yaml.load((self.checkout / folder / "action.yml").read_text(encoding="utf-8"), Loader=_Plain)  # noqa: S506  texts alone
        unknown = inputs.keys() - action["inputs"].keys()
        assert not unknown, f"the action has no input {unknown}"
        given = {name: inputs.get(name, declared.get("default", "")) for name, declared in action["inputs"].items()}
        context = {**self._context(), "inputs": given, "steps": {}}
        assert action["runs"]["using"] == "composite"
        for step in action["runs"]["steps"]:
            assert "shell" in step or "uses" in step, "a step of a composite action names its shell"
            self._step(step, context, done)

    def _context(self) -> Json:
        github = {
            "token": self.token,
            "event_name": self.name,
            "event": self.event,
            "ref": self.environment.get("GITHUB_REF", ""),
            "sha": self.environment.get("GITHUB_SHA", ""),
            "repository": self.environment["GITHUB_REPOSITORY"],
            "server_url": self.environment["GITHUB_SERVER_URL"],
        }
        return {"github": github, "steps": {}, "inputs": {}, "failed": False}

    def _step(self, step: Json, context: Json, done: Job) -> None:
        name = str(step.get("name", step["run"]))
        condition = step.get("if", "success()").strip().removeprefix("${{").removesuffix("}}")
        wanted = bool(Expression(condition, context, not done.passed).value())
        wanted = wanted and (done.passed or "cancelled()" in condition or "always()" in condition)
        if not wanted:
            self._note(step, context, done, Ran(name, "skipped"), {})
            return
        folder = self.checkout / str(self._filled(step.get("working-directory", "."), context))
        files = {
            each: self.temp / f"{each}-{len(done.steps)}" for each in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_PATH", "GITHUB_ENV")
        }
        for path in files.values():
            path.write_text("", encoding="utf-8")
        own = {variable: str(self._filled(value, context)) for variable, value in step.get("env", {}).items()}
        environment = {**self.environment, **own, **{variable: str(path) for variable, path in files.items()}}
        words = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]]
        ran = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        outputs = dict(line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines())
        done.summary += files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
        outcome = "success" if ran.returncode == 0 else "failure"
        self._note(step, context, done, Ran(name, outcome, ran.stdout + ran.stderr), outputs)

    def _note(self, step: Json, context: Json, done: Job, ran: Ran, outputs: dict[str, str]) -> None:
        done.steps.append(ran)
        if "id" in step:
            context["steps"][step["id"]] = {"outcome": ran.outcome, "outputs": outputs}

    def _filled(self, text: Any, context: Json) -> str:
        """A text with its `${{ … }}` replaced."""
        return re.sub(r"\$\{\{(.*?)\}\}", lambda found: _text(Expression(found[1], context, False).value()), str(text))


class Expression:
    """The value of one expression: names, texts, `== != && || !` and the functions that ask for the job's state."""

    def __init__(self, text: str, context: Json, failed: bool) -> None:
        self._context, self._failed, self._at = context, failed, 0
        self._tokens: list[re.Match[str]] = []
        position = 0
        while text[position:].strip():
            found = _TOKEN.match(text, position)
            assert found, f"not an expression that is known here: {text}"
            self._tokens.append(found)
            position = found.end()

    def value(self) -> Any:
        result = self._either()
        assert self._at == len(self._tokens), "the expression goes on after its end"
        return result

    def _take(self, operator: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at]["op"] == operator:
            self._at += 1
            return True
        return False

    def _either(self) -> Any:
        left = self._both()
        while self._take("||"):
            right = self._both()
            left = left or right
        return left

    def _both(self) -> Any:
        left = self._compared()
        while self._take("&&"):
            right = self._compared()
            left = left and right
        return left

    def _compared(self) -> Any:
        left = self._one()
        if self._take("=="):
            return _text(left) == _text(self._one())
        if self._take("!="):
            return _text(left) != _text(self._one())
        return left

    def _one(self) -> Any:
        if self._take("!"):
            return not self._one()
        if self._take("("):
            inner = self._either()
            assert self._take(")")
            return inner
        token = self._tokens[self._at]
        self._at += 1
        if token["text"] is not None:
            return token["text"][1:-1].replace("''", "'")
        if token["call"]:
            return {"success": not self._failed, "failure": self._failed, "always": True, "cancelled": False}[token["name"]]
        return self._looked_up(token["name"].split("."))

    def _looked_up(self, steps: list[str]) -> Any:
        assert steps[0] in ("github", "inputs", "steps"), f"no context `{steps[0]}`"
        assert steps[0] != "inputs" or steps[1] in self._context["inputs"], f"no input `{steps[1]}`"
        assert steps[:2] != ["github", "secrets"]
        value: Any = self._context
        for step in steps:
            value = value.get(step) if isinstance(value, dict) else None
        return value


def _text(value: Any) -> str:
    """As GitHub writes a value into a text: nothing for null."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


class _Plain(yaml.SafeLoader):
    """YAML whose plain words stay texts, so that `on` is no truth value."""


_Plain.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
