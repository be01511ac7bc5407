#!/usr/bin/env python
"""Run a management command of the grid management program."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gridmgmt.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
