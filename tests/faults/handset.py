"""Small helpers to hold a phone of `phone.py` in a test about one fault."""

import random
import time
import uuid
from collections.abc import Callable
from dataclasses import replace

from tests.faults.net import DIES_AT, Answer, Link, OverHTTP, Request, Upstream
from tests.faults.phone import Disk, Phone
from tests.faults.town import Town, cookie_of


def now_ms() -> int:
    return int(time.time() * 1000)


def content(town: Town, *, door: int = 0, with_issue: bool = False, **values) -> dict:
    """Return an everyday visit at one of the town's doors."""
    said = {
        "outcome": "met",
        "way": "door",
        "done_at": now_ms(),
        "companions": "",
        "note": "",
        "next_on": None,
        "reason": "",
    }
    issue = {
        "id": str(uuid.uuid4()),
        "category": town.country.category.pk,
        "grid": None,
        "place": "",
        "description": "楼道灯不亮",
        "urgency": "normal",
        "is_solved": False,
    }
    return {
        "household": town.doors[door].pk,
        "saved_at": now_ms(),
        "clock_offset": 0,
        "visit": said | values,
        "issue": issue if with_issue else None,
        "effort": None,
    }


class Mortal:
    """An upstream whose next request of the kind `meant` describes dies at a step."""

    def __init__(self, inner: Upstream, meant: Callable[[Request], bool]) -> None:
        self.inner = inner
        self.meant = meant
        self.step = 0

    def send(self, request: Request, *, only: int | None = None) -> Answer:
        if self.step and self.meant(request):
            headers = request.headers | {DIES_AT: str(self.step)}
            request, self.step = replace(request, headers=headers), 0
        return self.inner.send(request, only=only)


def phone_over(upstream: Upstream | str, town: Town, worker: int = 0, **disk) -> Phone:
    """Return a phone on a good line, held by a worker of the town who is logged in."""
    if isinstance(upstream, str):
        upstream = OverHTTP(upstream)
    chance = random.Random(1)
    link = Link(upstream, chance, trouble=0)
    store = Disk(**disk)
    store.cookies |= cookie_of(town.session(town.workers[worker]))
    phone = Phone(store, link, now=now_ms, chance=chance)
    phone.exchange()
    return phone


def save(phone: Phone, said: dict) -> str:
    key = str(uuid.uuid4())
    phone.save(said, key=key)
    return key
