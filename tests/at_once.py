"""What several do at the same moment, each with a connection of its own to the database."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

Given = TypeVar("Given")


def at_once(work: Callable[[int], Given], number: int) -> list[Given]:
    """Run `work(n)` in so many threads at one moment; return what each gave, in their order.

    What one of them raises is raised here, once all have ended.
    """
    together = threading.Barrier(number)

    def run(place: int) -> Given:
        try:
            together.wait(timeout=20)
            return work(place)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))
