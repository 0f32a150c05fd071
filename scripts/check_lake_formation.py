"""Compares an AWS account's Lake Formation with what Ringi relies on; for whoever has an account, no account is needed otherwise.

    python scripts/check_lake_formation.py            # says what it would do, and calls nothing
    python scripts/check_lake_formation.py --really   # does it, with the credentials and the region that boto3 finds

It makes a Glue database and two IAM roles with names that begin with `ringi_check_`, works in these alone, and removes them. The
credentials must be a data lake administrator's, who may also make roles. The account's settings and registered places are never
changed. Exit status: 0 where all is as expected, 1 where something is different, 5 where the account cannot be worked with.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from lake_formation_quirks import QUIRKS, DifferentError, Quirk
from lake_formation_scratch import EntryFailedError, readers, scratch


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare an account's Lake Formation with what Ringi relies on.")
    parser.add_argument("--really", action="store_true", help="do it; without, only say what would be done")
    parser.add_argument("--only", metavar="NAME", action="append", help="one check, by name; may be given several times")
    given = parser.parse_args()
    chosen = [quirk for quirk in QUIRKS if not given.only or quirk.name in given.only]
    if not given.really:
        return _planned(chosen)
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return _compared(chosen)
    except (BotoCoreError, ClientError, EntryFailedError) as error:
        print(f"The account cannot be worked with: {error}", file=sys.stderr)
        print("Hint: use a data lake administrator's credentials that may make and delete IAM roles.", file=sys.stderr)
        return 5


def _planned(chosen: list[Quirk]) -> int:
    print("Nothing is called. With --really, each check makes a database and two roles that begin with ringi_check_, and removes them:\n")
    for quirk in chosen:
        print(f"  {quirk.name}: {quirk.says}")
    return 0


def _compared(chosen: list[Quirk]) -> int:
    """Each check in a database of its own; 1 where one found something else."""
    import boto3
    from botocore.exceptions import ClientError

    lf, glue = boto3.client("lakeformation"), boto3.client("glue")
    account, different = boto3.client("sts").get_caller_identity()["Account"], 0
    with readers(boto3.client("iam"), account) as roles:
        for quirk in chosen:
            with scratch(lf, glue, account, roles) as made:
                try:
                    quirk.look(made)
                    print(f"as expected  {quirk.name}")
                except (DifferentError, ClientError, EntryFailedError) as error:
                    different += 1
                    print(f"different  {quirk.name}: expected: {quirk.says} Found: {error}")
    return 1 if different else 0


if __name__ == "__main__":
    raise SystemExit(main())
