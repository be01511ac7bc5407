"""What it costs to take in visits from phones, and whether 500 phones at once drain.

**Cost**, in this process over a database of its own: the same visits through `/sync/visits/`,
one at a time and twenty at a time, sealed and plain, beside two bare inserts of the same rows:
one INSERT and commit for each visit, and one INSERT of twenty rows for each transaction. Every
way is measured in turn, round after round; CPU is that of this process and of its PostgreSQL
backend. The bar: twenty at a time cost at most twice a bare insert per visit.

**Reconnecting**, against the server that `make run` starts: 500 phones of 25 grids regain their
signal at the same moment with 20 sealed visits each, wait a random part of twenty seconds as the
contract says, and send until everything is acknowledged. The phones run on the same machine. The
bars: all 10,000 rows are there once, and 95 of 100 requests take less than 5 seconds.
"""

import base64
import datetime
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from gridmgmt import start
from tests.bench import web

ROUNDS = 7
VISITS_PER_ROUND = 200
BATCH = 20
PHONES, PHONES_QUICK = 500, 50
PHONES_PER_GRID = 20
DOORS_PER_GRID = 100
CPU_BAR, P95_BAR = 2.0, 5.0
MOST_TRIES = 60
# Seconds within which a phone that regains its signal asks: docs/sync.md, section 1.
SPREAD = 20


def measure(*, quick: bool = False) -> None:
    """Measure on SQLite, and on PostgreSQL where TEST_DATABASE_URL names a server."""
    with tempfile.TemporaryDirectory(prefix="bench-sync-") as folder:
        apart("SQLite", web.environment(Path(folder)), quick=quick)
    server = os.environ.get("TEST_DATABASE_URL", "")
    if not server:
        print("PostgreSQL: not measured, TEST_DATABASE_URL is not set")
        return
    with tempfile.TemporaryDirectory(prefix="bench-sync-") as folder, web.database(server) as url:
        apart("PostgreSQL", web.environment(Path(folder), url), quick=quick)


def apart(name: str, env: dict[str, str], *, quick: bool) -> None:
    """Measure one database in a process of its own, which Django is set up for."""
    print(f"\n{name}", flush=True)
    web.manage(env, "migrate", "--verbosity=0").check_returncode()
    phones = PHONES_QUICK if quick else PHONES
    command = [sys.executable, "-m", "tests.bench.sync", str(phones)]
    subprocess.run(command, env=env, cwd=start.ROOT, check=True)


@dataclass
class Way:
    """One way to store visits; `run` stores those it was given by `prepare`."""

    name: str
    prepare: Callable[[int], list]
    run: Callable[[object], None]
    cpu: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


class Place:
    """25 grids with their doors and workers, and phones for them."""

    def __init__(self, grids: int) -> None:
        from communities.models import User
        from households.models import Building, Household
        from tests.faults.town import Country

        country = Country("990101001")
        self.grids = [country.new_grid() for _ in range(grids)]
        self.workers = User.objects.bulk_create(
            User(username=f"bench{number}", name=f"bench{number}", password="!")
            for number in range(grids)
        )
        building = Building.objects.create(
            community=country.community, estate="幸福家园", name="1号楼"
        )
        self.doors = [
            Household.objects.bulk_create(
                Household(
                    grid=grid,
                    building=building,
                    unit=str(number),
                    room=str(room),
                    occupancy=Household.Occupancy.OWNER,
                )
                for room in range(DOORS_PER_GRID)
            )
            for number, grid in enumerate(self.grids)
        ]
        self.appoint()
        self.chance = random.Random(1)

    def appoint(self) -> None:
        from communities.models import Membership
        from communities.roles import Role

        Membership.objects.bulk_create(
            Membership(
                user=worker,
                grid=grid,
                role=Role.GRID_WORKER,
                since=datetime.date(2020, 1, 1),
                employment=Membership.Employment.FULL_TIME,
                rank=Membership.Rank.BACKUP,
            )
            for worker, grid in zip(self.workers, self.grids, strict=True)
        )

    def content(self, door) -> dict:
        at = int(time.time() * 1000) - self.chance.randint(60, 30_000) * 1000
        return {
            "household": door.pk,
            "saved_at": at,
            "clock_offset": 0,
            "visit": {
                "outcome": self.chance.choice(["met", "met", "nobody_home"]),
                "way": "door",
                "done_at": at,
                "companions": "",
                "note": "都好" if self.chance.random() < 0.3 else "",
                "next_on": None,
                "reason": "",
            },
            "issue": None,
            "effort": {"taps": 2, "seconds": 9, "prefilled": 2, "typed": 0},
        }

    def bodies(self, grid: int, batches: list[int], *, sealed: bool) -> list[bytes]:
        """Return request bodies of so many visits each, at doors drawn from the grid."""
        from visits.sync.passes import author_pass, ticket
        from visits.sync.sealing import seal

        author, device, seq = author_pass(self.workers[grid].pk), str(uuid.uuid4()), 0
        bodies = []
        for size in batches:
            items = []
            for door in self.chance.sample(self.doors[grid], size):
                key, seq = str(uuid.UUID(int=self.chance.getrandbits(128), version=4)), seq + 1
                item = {"id": key, "seq": seq, "content": self.content(door)}
                if sealed:
                    plain = json.dumps({**item.pop("content"), "author": author}).encode()
                    item["sealed"] = base64.b64encode(seal(plain, context=key)).decode()
                items.append(item)
            body = {
                "schema": 1,
                "epoch": None,
                "device": device,
                "sent_at": int(time.time() * 1000),
                "ticket": ticket(),
                "items": items,
            }
            bodies.append(json.dumps(body).encode())
        return bodies

    def rows(self, grid: int, batches: list[int]) -> list[list]:
        """Return unsaved visits, as many and of the same doors as `bodies` speaks of."""
        from visits.models import Visit

        def visit(door) -> Visit:
            said = self.content(door)["visit"]
            at = datetime.datetime.fromtimestamp(said["done_at"] / 1000, datetime.UTC)
            return Visit(
                household=door,
                grid=self.grids[grid],
                by=self.workers[grid],
                done_at=at,
                phone_done_at=at,
                clock_offset=0,
                outcome=said["outcome"],
                way="door",
                note=said["note"],
                counts=said["outcome"] == "met",
                digest="0" * 64,
            )

        return [
            [visit(door) for door in self.chance.sample(self.doors[grid], size)] for size in batches
        ]


def ways_of(place: Place) -> list[Way]:
    from django.db import connection, transaction

    from tests.faults.net import InProcess, Request
    from tests.faults.town import cookie_of
    from visits.models import Visit

    program = InProcess()

    def headers(worker) -> dict[str, str]:
        """Log in; return what every request of hers says."""
        cookie = "; ".join(f"{k}={v}" for k, v in cookie_of(session(worker)).items())
        hello = program.send(Request("GET", "/sync/hello/", {"Cookie": cookie}))
        csrf = hello.header("set-cookie").partition(";")[0]
        return {
            "Content-Type": "application/json",
            "Cookie": f"{cookie}; {csrf}",
            "X-CSRFToken": json.loads(hello.body)["csrf"],
        }

    def posts(grid: int, batches: list[int], *, sealed: bool) -> list[Request]:
        said = headers(place.workers[grid])
        bodies = place.bodies(grid, batches, sealed=sealed)
        return [Request("POST", "/sync/visits/", said, body) for body in bodies]

    def post(request: Request) -> None:
        answer = program.send(request)
        assert answer.status == 207
        assert {item["status"] for item in json.loads(answer.body)["items"]} == {201}

    def insert(rows: list[Visit]) -> None:
        with transaction.atomic():
            Visit.objects.bulk_create(rows)

    single, twenty = [1] * VISITS_PER_ROUND, [BATCH] * (VISITS_PER_ROUND // BATCH)
    connection.ensure_connection()
    return [
        Way("bare insert, a commit for each visit", lambda g: place.rows(g, single), insert),
        Way("bare insert of 20, one commit", lambda g: place.rows(g, twenty), insert),
        Way("one at a time, sealed", lambda g: posts(g, single, sealed=True), post),
        Way("one at a time, plain", lambda g: posts(g, single, sealed=False), post),
        Way("20 at a time, sealed", lambda g: posts(g, twenty, sealed=True), post),
        Way("20 at a time, plain", lambda g: posts(g, twenty, sealed=False), post),
    ]


def session(worker) -> str:
    from tests.faults.town import Town

    return Town.session(None, worker)


def cost(place: Place) -> None:
    """Run every way in turn, and print what a visit costs in each."""
    ways = ways_of(place)
    # A grid of its own for each piece of work: no door gets more visits than in a year.
    grids = itertools.cycle(range(len(place.grids)))
    for number in range(-1, ROUNDS):
        for way in ways:
            work = way.prepare(next(grids))
            cpu, clock = cpu_seconds(), time.perf_counter()
            for piece in work:
                way.run(piece)
            if number >= 0:
                way.cpu.append((cpu_seconds() - cpu) * 1000 / VISITS_PER_ROUND)
                way.seconds.append(time.perf_counter() - clock)
    print(
        f"{'per visit, medians of ' + str(ROUNDS) + ' rounds':40}{'CPU ms (range)':>20}"
        f"{'to bare 1':>11}{'to bare 20':>12}{'visits/s':>10}"
    )
    alone, together = ways[0], ways[1]
    for way in ways:
        rate = VISITS_PER_ROUND / statistics.median(way.seconds)
        spread = f"{statistics.median(way.cpu):.2f} ({min(way.cpu):.2f}–{max(way.cpu):.2f})"
        print(
            f"{way.name:40}{spread:>20}{web.ratio(way.cpu, alone.cpu):>11}"
            f"{web.ratio(way.cpu, together.cpu):>12}{rate:>10.0f}"
        )
    for way in ways[-2:]:
        found = statistics.median(a / b for a, b in zip(way.cpu, alone.cpu, strict=True))
        verdict = "held" if found <= CPU_BAR else "MISSED"
        print(f"bar {verdict}: {way.name}: {found:.2f} × the bare insert of one (at most 2)")


def cpu_seconds() -> float:
    """Return the CPU time so far of this process and of its PostgreSQL backend."""
    from django.db import connection

    own = time.process_time()
    if connection.vendor != "postgresql":
        return own
    return own + web.process_seconds(connection.connection.info.backend_pid)


@dataclass
class Crowd:
    """Phones that send all they have until it is acknowledged."""

    port: int
    latencies: list[float] = field(default_factory=list)
    answers: Counter = field(default_factory=Counter)
    unfinished: int = 0

    def phone(self, body: bytes, ready: threading.Barrier) -> None:
        from tests.faults.net import Lost, OverHTTP, Request

        line = OverHTTP(f"http://{web.HOST}:{self.port}", timeout=60)
        chance = random.Random(body[-200:])
        wanted = {item["id"] for item in json.loads(body)["items"]}
        ready.wait()
        time.sleep(chance.uniform(0, SPREAD))
        for attempt in range(MOST_TRIES):
            try:
                hello = self.ask(line, Request("GET", "/sync/hello/"))
                cookie = hello.header("set-cookie").partition(";")[0]
                headers = {
                    "Content-Type": "application/json",
                    "Cookie": cookie,
                    "X-CSRFToken": json.loads(hello.body)["csrf"],
                }
                answer = self.ask(line, Request("POST", "/sync/visits/", headers, body))
                if answer.status == 207:
                    items = json.loads(answer.body)["items"]
                    wanted -= {item["id"] for item in items if item["status"] == 201}
                    self.answers.update(f"item {item['status']}" for item in items)
                if not wanted:
                    return
            except (Lost, ValueError, KeyError):
                self.answers["lost"] += 1
            # As a phone does, only sooner: longer after each failure, and not all together.
            time.sleep(min(0.2 * 2**attempt, 5) * chance.uniform(0.5, 1.5))
        self.unfinished += 1

    def ask(self, line, request):
        began = time.perf_counter()
        answer = line.send(request)
        self.latencies.append(time.perf_counter() - began)
        self.answers[f"{request.path} {answer.status}"] += 1
        return answer


def reconnect(place: Place, phones: int) -> None:
    """Let all phones come back at once, and print how long it took."""
    from django.db import connection

    from visits.actions.recompute import recompute
    from visits.models import Visit

    before = Visit.objects.count()
    # The bare inserts left doors and tallies behind.
    recompute(save=True)
    bodies = [
        place.bodies(number % len(place.grids), [BATCH], sealed=True)[0] for number in range(phones)
    ]
    connection.close()
    with web.serving(dict(os.environ)) as (port, server):
        crowd, ready = Crowd(port), threading.Barrier(phones + 1)
        threading.stack_size(256 * 1024)
        with ThreadPoolExecutor(phones) as pool:
            running = [pool.submit(crowd.phone, body, ready) for body in bodies]
            used = web.cpu_seconds(server)
            ready.wait()
            began = time.perf_counter()
            for phone in running:
                phone.result()
        seconds = time.perf_counter() - began
        used = web.cpu_seconds(server) - used
    stored = Visit.objects.count() - before
    p50 = statistics.median(crowd.latencies)
    p95 = statistics.quantiles(crowd.latencies, n=20)[-1]
    print(
        f"{phones} phones with {BATCH} visits each: drained in {seconds:.1f} s, "
        f"{stored} rows of {phones * BATCH}, p50 {p50:.2f} s, p95 {p95:.2f} s of a request, "
        f"{used:.1f} s of the server's CPU, load {os.getloadavg()[0]:.0f}"
    )
    print(", ".join(f"{count} × {name}" for name, count in crowd.answers.most_common()))
    differences = recompute(save=False).differences
    is_whole = stored == phones * BATCH and not crowd.unfinished and not differences
    print(f"bar {'held' if is_whole else 'MISSED'}: everything there once, and derived right")
    print(f"bar {'held' if p95 < P95_BAR else 'MISSED'}: p95 under {P95_BAR:.0f} s")


def main(phones: int) -> None:
    import django

    django.setup()
    place = Place(max(phones // PHONES_PER_GRID, 1))
    cost(place)
    reconnect(place, phones)


if __name__ == "__main__":
    main(int(sys.argv[1]))
