"""`make soak`: seeded histories over the real server while its processes are killed.

    make soak N=2000 SECONDS=600 SEED=7

Each history's phones talk through lines that fail to gunicorn as `make run` starts it; again
and again one of its processes, or all of them, get SIGKILL and are started anew. After each
history its visits are compared with what was acknowledged, at the end every door and tally
with its visits. SQLite always, PostgreSQL too where TEST_DATABASE_URL names a server.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2

from gridmgmt import start

PHONE_THREADS = 4
# Between two kills; a server must get some work done in between.
KILL_EVERY = (0.5, 4.0)
SHARE_KILLED_WHOLE = 0.3


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak")
    parser.add_argument("--histories", type=int, default=500, help="at most so many per database")
    parser.add_argument("--seconds", type=float, default=120, help="at most so long per database")
    parser.add_argument(
        "--seed", type=int, default=None, help="the first seed; else from the clock"
    )
    parser.add_argument("--url", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.seed is None:
        options.seed = int(time.time()) % 1_000_000
    if options.url:
        sys.exit(soak(options))
    server = os.environ.get("TEST_DATABASE_URL", "")
    codes = []
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        codes.append(apart("SQLite", f"sqlite:///{folder}/db.sqlite3", folder, options))
    if server:
        with database(server) as url, tempfile.TemporaryDirectory(prefix="soak-") as folder:
            codes.append(apart("PostgreSQL", url, folder, options))
    else:
        print("PostgreSQL: not soaked, TEST_DATABASE_URL is not set")
    sys.exit(max(codes))


@contextmanager
def database(server: str) -> Iterator[str]:
    """Make a database on that server, and drop it afterwards."""
    name = f"soak_{uuid.uuid4().hex[:8]}"
    with closing(psycopg2.connect(server.replace("postgres://", "postgresql://", 1))) as admin:
        admin.autocommit = True
        with admin.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
            try:
                yield urlsplit(server)._replace(path=f"/{name}").geturl()
            finally:
                cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def apart(name: str, url: str, folder: str, options: argparse.Namespace) -> int:
    """Soak one database in a process of its own, which Django is set up for."""
    print(f"\n== {name}", flush=True)
    environment = os.environ | {
        "DATABASE_URL": url,
        "DATA_DIR": folder,
        "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
    }
    subprocess.run(
        [*start.MANAGE, "migrate", "--verbosity=0"], env=environment, cwd=start.ROOT, check=True
    )
    return subprocess.run(
        [
            *(sys.executable, "-m", "tests.faults.soak", f"--url={url}"),
            *(f"--histories={options.histories}", f"--seconds={options.seconds}"),
            f"--seed={options.seed}",
        ],
        env=environment,
        cwd=start.ROOT,
        check=False,
    ).returncode


def soak(options: argparse.Namespace) -> int:
    """Play histories until enough were played; print what they met; return an exit code."""
    import django

    django.setup()
    from django.db import connection

    from tests.faults.history import History, told
    from tests.faults.net import OverHTTP
    from tests.faults.server import serving
    from tests.faults.town import Country
    from visits.actions.recompute import recompute

    over = threading.Event()
    deadline = time.monotonic() + options.seconds
    faults: Counter[str] = Counter()
    played, broken = [], []
    making = threading.Lock()
    country = Country("990101001")

    def play(seed: int) -> None:
        if over.is_set() or time.monotonic() > deadline:
            return
        try:
            with making:
                history = History(seed, country, OverHTTP(server.url, timeout=30), pause=0.5)
            violations = history.play()
        finally:
            connection.close()
        faults.update(line.split(": ", 1)[1].split(" (")[0] for line in history.requests())
        played.append(seed)
        if violations:
            broken.append(told(history, violations))
            over.set()

    data_dir = Path(os.environ["DATA_DIR"])
    with serving(options.url, data_dir, settings="tests.faults.settings") as server:
        killer = Killer(server, random.Random(options.seed))
        killer.start()
        try:
            with ThreadPoolExecutor(PHONE_THREADS) as pool:
                seeds = range(options.seed, options.seed + options.histories)
                for _done in pool.map(play, seeds):
                    pass
        finally:
            killer.finish()
    differences = recompute(save=False).differences
    print(f"{len(played)} histories from seed {options.seed}, {killer.counted()}")
    print(", ".join(f"{count} × {name}" for name, count in faults.most_common()))
    for story in broken:
        print(story)
    for line in differences:
        print(f"derived wrongly: {line}")
    verdict = "BROKEN" if broken or differences else "nothing lost, nothing doubled"
    print(verdict, flush=True)
    return 1 if broken or differences or not played else 0


class Killer(threading.Thread):
    """Ends processes of the server at random moments, and starts it again."""

    def __init__(self, server, chance: random.Random) -> None:
        super().__init__(daemon=True)
        self.server = server
        self.chance = chance
        self.over = threading.Event()
        self.kills: Counter[str] = Counter()

    def run(self) -> None:
        while not self.over.wait(self.chance.uniform(*KILL_EVERY)):
            if self.chance.random() < SHARE_KILLED_WHOLE:
                self.server.kill()
                self.kills["whole servers"] += 1
                self.server.start()
            else:
                self.server.kill_one(self.chance.choice)
                self.kills["workers"] += 1

    def finish(self) -> None:
        self.over.set()
        self.join()

    def counted(self) -> str:
        return "killed " + " and ".join(f"{n} {name}" for name, n in self.kills.items())


if __name__ == "__main__":
    main()
