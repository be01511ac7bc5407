#!/usr/bin/env python
"""Run a management command of the grid management program."""

import os
import sys

from django.core.management import execute_from_command_line

# They read a file and write an answer: nothing is encrypted, so no secret has to be there.
WITHOUT_SECRETS = {"divide"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gridmgmt.settings")
    if WITHOUT_SECRETS.intersection(sys.argv[1:2]):
        for name in ("SECRET_KEY", "FIELD_KEYS", "INDEX_KEY"):
            os.environ.setdefault(name, "1:unused")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
