"""Writes Terraform's variable `countries` from the countries.yaml of a lake project: `… LAKE > countries.auto.tfvars.json`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from metrics_catalog.catalog import load


def variables(lake: Path) -> dict[str, list[str]]:
    """The codes of the project's countries in lower case, sorted: one key, one saved copy and one set of views each."""
    return {"countries": sorted(code.lower() for code in load(lake)[0].countries)}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: terraform_countries.py LAKE > countries.auto.tfvars.json")
    print(json.dumps(variables(Path(sys.argv[1])), indent=2))
