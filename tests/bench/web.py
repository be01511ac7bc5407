"""What a request costs: pages of the running program beside an empty view and an empty page.

The program's own production server answers over a filled database, once on SQLite and,
where TEST_DATABASE_URL names a server, once on PostgreSQL. All targets are measured in
turn, round after round, so that a busy machine slows every one of them alike; the ratios
are what counts. CPU is that of the server's processes and of its PostgreSQL backends.
"""

import http.client
import itertools
import os
import re
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import psycopg2

from gridmgmt import start

HOST = "127.0.0.1"
HOUSEHOLDS = 100_000
HOUSEHOLDS_QUICK = 10_000
SEED = 7
ROUNDS = 5
SECONDS_PER_ROUND = 0.8
CLIENTS = 2
TICKS = os.sysconf("SC_CLK_TCK")
DATABASE = "gridmgmt_bench_web"
DEMO_PASSWORD = "grid-demo-2026"


@dataclass
class Target:
    """One kind of request, and what each round measured of it, in milliseconds."""

    name: str
    client: "Client"
    path: Callable[[], str]
    form: Callable[[], dict[str, str]] | None = None
    expected: int = 200
    cpu: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p95: list[float] = field(default_factory=list)
    size: int = 0


def measure(*, quick: bool = False) -> None:
    """Fill every database at the same time, then measure one after the other."""
    households = HOUSEHOLDS_QUICK if quick else HOUSEHOLDS
    server = os.environ.get("TEST_DATABASE_URL", "")
    with ExitStack() as stack:
        folders = {"SQLite": stack.enter_context(folder())}
        settings = {"SQLite": environment(folders["SQLite"])}
        if server:
            url = stack.enter_context(database(server))
            settings["PostgreSQL"] = environment(stack.enter_context(folder()), url)
        else:
            print("PostgreSQL: not measured, TEST_DATABASE_URL is not set")
        began = time.monotonic()
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda env: fill(env, households), settings.values()))
        filled = time.monotonic() - began
        print(f"{households:,} households and a year of visits, loaded in {filled:.0f} s")
        for name, env in settings.items():
            report(name, env)


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="bench-web-") as name:
        yield Path(name)


def environment(data_dir: Path, database_url: str = "") -> dict[str, str]:
    """Return the environment of a server of its own, with its own secrets."""
    values = os.environ | {
        "DATA_DIR": str(data_dir),
        "DATABASE_URL": database_url or f"sqlite:///{data_dir}/db.sqlite3",
        "DEBUG": "false",
        "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
        "PYTHONPATH": str(start.ROOT),
        "WEB_PROCESSES": "2",
    }
    return values | {name: f"1:{secrets.token_urlsafe(32)}" for name in start.SECRETS}


def fill(env: dict[str, str], households: int) -> None:
    for command in (
        ["migrate", "--verbosity=0"],
        ["collectstatic", "--noinput", "--verbosity=0"],
        ["load_demo", f"--households={households}", f"--seed={SEED}", "--verbosity=0"],
    ):
        subprocess.run([*start.MANAGE, *command], env=env, check=True)


def report(name: str, env: dict[str, str]) -> None:
    """Serve a filled database, measure every target in turn and print the table."""
    with serving(env) as (port, server):
        targets = make_targets(port)
        for target in targets:
            warm_up(target)
        for _round in range(ROUNDS):
            for target in targets:
                run(target, lambda: cpu_seconds(server))
        memory = max(resident_megabytes(process) for process in children(server))
    print(f"\n{name}, medians of {ROUNDS} rounds")
    print_table(targets)
    print(f"memory of the larger web process: {memory:.0f} MB (bar: 100)")


@contextmanager
def database(server: str) -> Iterator[str]:
    """Make a database of its own on that server, and drop it afterwards."""
    admin = psycopg2.connect(server.replace("postgres://", "postgresql://", 1))
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {DATABASE}")
    try:
        yield urlsplit(server)._replace(path=f"/{DATABASE}").geturl()
    finally:
        with admin.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        admin.close()


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[tuple[int, int]]:
    """Run the server that `make run` runs; give its port and process."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(start.web_command(HOST, str(port)), env=environment)
    try:
        deadline = time.monotonic() + 60
        while not start.is_listening(HOST, str(port)):
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the server does not answer; see the lines above")
            time.sleep(0.1)
        yield port, server.pid
    finally:
        start.stop_all([server])


class Client:
    """A browser, logged in if a name is given."""

    def __init__(self, port: int, username: str = "") -> None:
        self.port = port
        self.cookies: dict[str, str] = {}
        self.token = ""
        if username:
            self.token = token_in(self.send("/login/").text)
            form = {"username": username, "password": DEMO_PASSWORD}
            answer = self.send("/login/", form)
            if answer.status != http.client.FOUND:
                raise RuntimeError(f"{username} cannot log in: {answer.status}")
            self.token = token_in(self.send("/bench/page/").text)

    def send(self, path: str, form: dict[str, str] | None = None) -> "Answer":
        """Send one request over a connection of its own."""
        with closing(http.client.HTTPConnection(HOST, self.port, timeout=60)) as connection:
            return self.send_over(connection, path, form)

    def send_over(
        self, connection: http.client.HTTPConnection, path: str, form: dict[str, str] | None = None
    ) -> "Answer":
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        body = None
        if form is not None:
            body = urlencode(form | {"csrfmiddlewaretoken": self.token})
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request("GET" if form is None else "POST", path, body, headers)
        response = connection.getresponse()
        content = response.read()
        for header in response.msg.get_all("Set-Cookie", []):
            name, _, value = header.partition(";")[0].partition("=")
            self.cookies[name] = value
        return Answer(response.status, content, response.getheader("Location", ""))


@dataclass
class Answer:
    status: int
    content: bytes
    location: str

    @property
    def text(self) -> str:
        return self.content.decode()


def token_in(page: str) -> str:
    return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]


def always(path: str) -> Callable[[], str]:
    return lambda: path


def make_targets(port: int) -> list[Target]:
    """Log everybody in and find the addresses of the pages to be measured."""
    nobody = Client(port)
    worker, officer, street = (Client(port, name) for name in ("worker", "officer", "street"))
    doors = re.findall(r'action="(/work/households/\d+/quick/)', worker.send("/work/today/").text)
    next_door = itertools.cycle(doors)
    households = "/register/households/"
    deep = households
    for _page in range(40):
        following = re.search(r'href="(\?[^"]*after=[^"]+)"[^>]*rel="next"', street.send(deep).text)
        if following is None:
            break
        deep = households + following[1].replace("&amp;", "&")
    return [
        Target("empty view", nobody, always("/bench/view/")),
        Target("logged-in empty page", officer, always("/bench/page/")),
        Target("Today page", worker, always("/work/today/")),
        Target(
            "visit form POST",
            worker,
            lambda: next(next_door),
            lambda: {"visit_id": str(uuid.uuid4()), "outcome": "met"},
            expected=302,
        ),
        Target("community dashboard", officer, always(officer.send("/overview/").location)),
        Target("street dashboard", street, always(street.send("/overview/").location)),
        Target("household list, first page", street, always(households)),
        Target("household list, page 41", street, always(deep)),
    ]


def warm_up(target: Target) -> None:
    """Send until every process has compiled what it needs; refuse a target that fails."""
    for _time in range(6):
        answer = target.client.send(target.path(), target.form and target.form())
        if answer.status != target.expected:
            raise RuntimeError(f"{target.name}: {answer.status} instead of {target.expected}")
    target.size = len(answer.content)


def run(target: Target, cpu: Callable[[], float]) -> None:
    """Send for a while from several threads; note CPU per request and latencies."""
    latencies: list[float] = []
    deadline = time.perf_counter() + SECONDS_PER_ROUND

    def send_until_deadline() -> None:
        with closing(http.client.HTTPConnection(HOST, target.client.port, timeout=60)) as kept:
            while time.perf_counter() < deadline:
                began = time.perf_counter()
                form = target.form and target.form()
                answer = target.client.send_over(kept, target.path(), form)
                latencies.append((time.perf_counter() - began) * 1000)
                assert answer.status == target.expected

    before = cpu()
    threads = [threading.Thread(target=send_until_deadline) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    target.cpu.append((cpu() - before) * 1000 / len(latencies))
    target.p50.append(statistics.median(latencies))
    target.p95.append(statistics.quantiles(latencies, n=20)[-1])


def cpu_seconds(server: int) -> float:
    """Return the CPU time so far of the web processes and of their database backends."""
    return sum(process_seconds(process) for process in [server, *children(server), *backends()])


def process_seconds(process: int) -> float:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return (int(fields[11]) + int(fields[12])) / TICKS


def children(process: int) -> list[int]:
    return [
        int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()
    ]


def backends() -> list[int]:
    """Return the PostgreSQL processes that serve the bench's own database, if on this machine."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if command.startswith(b"postgres:") and DATABASE.encode() in command:
            found.append(int(entry.parent.name))
    return found


def resident_megabytes(process: int) -> float:
    """Return the memory of its own, without the pages of files it shares with the others."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+)", status)[1]) / 1024


def print_table(targets: list[Target]) -> None:
    """Print medians over the rounds with their range, and ratios to the two empty answers."""
    view, page = targets[0], targets[1]
    print(
        f"{'':28}{'CPU ms (range)':>20}{'to view':>9}{'to page':>9}"
        f"{'p50 ms':>9}{'p95 ms (range)':>21}{'to page':>9}{'KB':>7}"
    )
    for target in targets:
        print(
            f"{target.name:28}{spread(target.cpu):>20}"
            f"{ratio(target.cpu, view.cpu):>9}{ratio(target.cpu, page.cpu):>9}"
            f"{statistics.median(target.p50):>9.1f}{spread(target.p95):>21}"
            f"{ratio(target.p95, page.p95):>9}{target.size / 1024:>7.1f}"
        )


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):.1f} ({min(values):.1f}–{max(values):.1f})"


def ratio(values: list[float], base: list[float]) -> str:
    """Return the median of the ratios round by round: both halves met the same machine."""
    return f"{statistics.median(a / b for a, b in zip(values, base, strict=True)):.1f}"


if __name__ == "__main__":
    measure(quick="--quick" in sys.argv)
