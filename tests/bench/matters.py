"""What 300,000 matters cost: their list, deep pages, filters and the board.

A district of a thousand grids with two years of matters, 95 in 100 of them ended, is written
in bulk and served by the production server, on SQLite and, where TEST_DATABASE_URL names a
server, on PostgreSQL. Everything is measured in turn, round after round, by `tests.bench.web`.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from gridmgmt import start
from tests.bench import web
from tests.bench.web import Client, Target, always

MATTERS = 300_000
MATTERS_QUICK = 30_000
LIST, BOARD = "/work/matters/", "/work/matters/board/"
DEEP_PAGES = 40


def measure(*, quick: bool = False) -> None:
    """Measure each database, filled anew or kept from an earlier run of the same migrations."""
    count = MATTERS_QUICK if quick else MATTERS
    kept = start.ROOT / "var" / "bench" / f"matters-{count}"
    report("SQLite", web.environment(kept), count)
    server = os.environ.get("TEST_DATABASE_URL", "")
    if not server:
        print("PostgreSQL: not measured, TEST_DATABASE_URL is not set")
        return
    with (
        tempfile.TemporaryDirectory(prefix="bench-matters-") as folder,
        web.database(server) as url,
    ):
        report("PostgreSQL", web.environment(Path(folder), url), count)


def fill(env: dict[str, str], count: int) -> str:
    data_dir = Path(env["DATA_DIR"])
    stamp = data_dir / "filled.txt"
    if stamp.exists() and not web.manage(env, "migrate", "--check").returncode:
        return f"kept in {data_dir}"
    began = time.monotonic()
    for leftover in data_dir.glob("db.sqlite3*"):
        leftover.unlink()
    web.manage(env, "migrate", "--verbosity=0").check_returncode()
    command = [sys.executable, "-m", "tests.bench.matters_town", str(count)]
    subprocess.run(command, env=env, check=True)
    stamp.write_text(str(count))
    return f"filled in {time.monotonic() - began:.0f} s"


def report(name: str, env: dict[str, str], count: int) -> None:
    print(f"\n{name}: {count:,} matters in two years, {fill(env, count)}", flush=True)
    web.manage(env | {"DEMO_HOUSEHOLDS": "0"}, "prepare").check_returncode()
    with web.serving(env) as (port, server):
        targets = make_targets(port)
        for target in targets:
            web.warm_up(target)
        for _round in range(web.ROUNDS):
            for target in targets:
                web.run(target, lambda: web.cpu_seconds(server))
    print(f"medians of {web.ROUNDS} rounds")
    web.print_table(targets)


def make_targets(port: int) -> list[Target]:
    nobody = Client(port)
    worker, officer, street, district, handler = (
        Client(port, name) for name in ("worker", "officer", "street", "district", "handler")
    )

    def page(name: str, client: Client, path: str = LIST, **query: Any) -> Target:
        return Target(name, client, always(path + ("?" + urlencode(query) if query else "")))

    return [
        page("empty view", nobody, "/bench/view/"),
        page("logged-in empty page", officer, "/bench/page/"),
        page("list, community", officer),
        page("list, worker, ended", worker, status="ended"),
        page("list, street, late", street, status="late"),
        page("list, district", district),
        Target("list, district, page 41", district, always(deep(district))),
        page("list, handler", handler),
        page("board, worker", worker, BOARD),
        page("board, community", officer, BOARD),
        page("board, street", street, BOARD),
        page("board, handler", handler, BOARD),
        page("board, district", district, BOARD),
        page("board, district, year", district, BOARD, period="year"),
    ]


def deep(client: Client) -> str:
    """Return the address of a page far down the list of all that ended."""
    path = f"{LIST}?status=ended"
    for _page in range(DEEP_PAGES):
        following = re.search(r'href="(\?[^"]*after=[^"]+)"[^>]*rel="next"', client.send(path).text)
        if following is None:
            break
        path = LIST + following[1].replace("&amp;", "&")
    return path
