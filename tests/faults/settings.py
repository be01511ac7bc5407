"""The program as a process of its own beside a test: the tests' secrets, no static manifest.

MAX_PAGES and BUSY_SECONDS make SQLite's disk small and its patience short.
"""

import os

from tests.settings import *  # noqa: F403 - everything else stays as it is
from tests.settings import DATABASES, STORAGES

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}

if os.environ.get("MAX_PAGES"):
    DATABASES["default"]["OPTIONS"]["init_command"] += (
        f"PRAGMA max_page_count={os.environ['MAX_PAGES']};"
    )
if os.environ.get("BUSY_SECONDS"):
    DATABASES["default"]["OPTIONS"]["timeout"] = float(os.environ["BUSY_SECONDS"])
