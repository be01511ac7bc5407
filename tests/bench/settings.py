"""The program as it runs, plus two empty pages to compare its own pages with."""

from gridmgmt.settings import *  # noqa: F403 - everything else stays as it is

ROOT_URLCONF = "tests.bench.urls"
