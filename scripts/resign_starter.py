"""Signs the starter anew: fresh demo keys for its two approvers, and both keys turned over every metric.

Run after a change to metrics_catalog/starter/: `python scripts/resign_starter.py`. The private keys exist only while it
runs; committed are the public keys and the signatures. Dates are fixed, so that only keys and signatures differ.
"""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path

from governance.gate.resign import register, resign
from governance.keys.ssh import new_key
from metrics_catalog.catalog import load

STARTER = Path(__file__).parents[1] / "metrics_catalog" / "starter"
SIGNED_AT = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)


def main() -> None:
    """Re-sign the project that the arguments name."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--project", type=Path, default=STARTER, help="the lake project (default: the starter)")
    parser.add_argument("--tech", default="haruka_mori", help="short name of the person who turns the Tech key")
    parser.add_argument("--business", default="emi_takahashi", help="short name of the person who turns the Business key")
    wanted = parser.parse_args()
    for person, held in load(wanted.project)[0].people.items():
        if held.sides and person not in (wanted.tech, wanted.business):
            register(wanted.project, person, new_key())  # nobody holds the private half: this person signs nothing here
    done = resign(wanted.project, wanted.tech, wanted.business, SIGNED_AT)
    print(f"{len(done.metrics)} metrics carry both keys.")


if __name__ == "__main__":
    main()
