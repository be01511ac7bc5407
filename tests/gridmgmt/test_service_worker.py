"""What a phone keeps to open pages without signal is all that these pages ask for."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.urls import reverse

from gridmgmt.service_worker import SHELL

pytestmark = pytest.mark.one_database
KEPT = (
    "visits:offline_today",
    "visits:offline_visit",
    "visits:offline_matter",
    "visits:offline_roll_call",
    "visits:queue",
)
ASKED_FOR = re.compile(rf'(?:href|src)="{settings.STATIC_URL}([^"?#]+)')
IMPORTED = re.compile(r'(?:from|import)\s*\(?"\./([^"]+)"')


def modules_of(name: str) -> set[str]:
    """Return a script with every one that it imports, and that those import."""
    found, waiting = set(), [name]
    while waiting:
        script = waiting.pop()
        if script not in found:
            found.add(script)
            text = Path(finders.find(script)).read_text()
            waiting += [f"js/{other}" for other in IMPORTED.findall(text)]
    return found


@pytest.mark.parametrize("page", KEPT)
def test_everything_that_a_kept_page_asks_for_is_kept(world, as_user, page):
    html = as_user(world.worker).get(reverse(page)).content.decode()
    asked = set(ASKED_FOR.findall(html))
    scripts = {name for name in asked if name.endswith(".js")}
    assert scripts
    for script in scripts:
        asked |= modules_of(script)
    assert asked <= set(SHELL)
