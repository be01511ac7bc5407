"""What a request costs: pages of the running program beside an empty view and an empty page.

The program's own production server answers over a filled database, once on SQLite and,
where TEST_DATABASE_URL names a server, once on PostgreSQL. All targets are measured in
turn, round after round, so that a busy machine slows every one of them alike; the ratios
are what counts. CPU is that of the server's processes and of its PostgreSQL backends.

The filled SQLite database stays in var/bench/ for the next run; one of another size or
seed, or of another state of the migrations, is filled anew.
"""

import http.client
import itertools
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import psycopg2

from gridmgmt import start

HOST = "127.0.0.1"
HOUSEHOLDS = 100_000
HOUSEHOLDS_QUICK = 10_000
SEED = 1
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
    """Fill each database, or take up the one kept from an earlier run, and measure it."""
    households = HOUSEHOLDS_QUICK if quick else HOUSEHOLDS
    kept = start.ROOT / "var" / "bench" / f"sqlite-{households}"
    report("SQLite", environment(kept), households)
    server = os.environ.get("TEST_DATABASE_URL", "")
    if not server:
        print("PostgreSQL: not measured, TEST_DATABASE_URL is not set")
        return
    with tempfile.TemporaryDirectory(prefix="bench-web-") as folder, database(server) as url:
        report("PostgreSQL", environment(Path(folder), url), households)


def environment(data_dir: Path, database_url: str = "") -> dict[str, str]:
    """Return the environment of a server of its own, with its own secrets."""
    start.write_secrets(data_dir)
    values = {name: value for name, value in os.environ.items() if name not in start.SECRETS}
    return values | {
        "DATA_DIR": str(data_dir),
        "DATABASE_URL": database_url or f"sqlite:///{data_dir}/db.sqlite3",
        "DEBUG": "false",
        "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
        "PYTHONPATH": str(start.ROOT),
        "WEB_PROCESSES": "2",
    }


def fill(env: dict[str, str], households: int) -> str:
    """Make the database ready to be measured; say in words where its rows come from."""
    load = ["load_demo", f"--households={households}", f"--seed={SEED}", "--verbosity=0"]
    data_dir = Path(env["DATA_DIR"])
    # Written last: half a database is filled anew.
    stamp = data_dir / "filled.txt"
    wanted = f"{' '.join(load)} on {time.strftime('%Y-%m-%d')}\n"
    if not manage(env, "migrate", "--check").returncode and stamp.exists():
        found = stamp.read_text()
        if found.partition(" on ")[0] == wanted.partition(" on ")[0]:
            return f"kept in {data_dir} from {found.strip()}"
    began = time.monotonic()
    stamp.unlink(missing_ok=True)
    for leftover in data_dir.glob("db.sqlite3*"):
        leftover.unlink()
    manage(env, "migrate", "--verbosity=0").check_returncode()
    manage(env, *load).check_returncode()
    stamp.write_text(wanted)
    return f"filled in {time.monotonic() - began:.0f} s by {wanted.strip()}"


def manage(env: dict[str, str], *command: str) -> "subprocess.CompletedProcess[bytes]":
    line = [*start.MANAGE, *command]
    return subprocess.run(line, env=env, check=False, stdout=subprocess.DEVNULL)


def report(name: str, env: dict[str, str], households: int) -> None:
    """Serve a filled database, measure every target in turn and print the table."""
    print(f"\n{name}: {households:,} households and a year of visits, {fill(env, households)}")
    # As before every start of the program: static files and the statistics of the database.
    manage(env | {"DEMO_HOUSEHOLDS": "0"}, "prepare").check_returncode()
    with serving(env) as (port, server):
        targets = make_targets(port)
        for target in targets:
            warm_up(target)
        for _round in range(ROUNDS):
            for target in targets:
                run(target, lambda: cpu_seconds(server))
        memory = [own_megabytes(process) for process in children(server)]
    print(f"medians of {ROUNDS} rounds")
    print_table(targets)
    print_memory(memory)


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
    households = "/register/households/"
    doors = re.findall(rf'href="{households}(\d+)/"', worker.send(households).text)
    next_door = itertools.cycle([quick for door in doors if (quick := takes_one_tap(worker, door))])
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
            met,
            expected=302,
        ),
        Target("community dashboard", officer, always(officer.send("/overview/").location)),
        Target("street dashboard", street, always(street.send("/overview/").location)),
        Target("household list, first page", street, always(households)),
        Target("household list, page 41", street, always(deep)),
    ]


def met() -> dict[str, str]:
    return {"visit_id": str(uuid.uuid4()), "outcome": "met"}


def takes_one_tap(worker: Client, door: str) -> str:
    """Return where the one tap at this door is sent; "" if it asks for the full form."""
    quick = f"/work/households/{door}/quick/"
    return quick if worker.send(quick, met()).location.startswith("/work/today/") else ""


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


def own_megabytes(process: int) -> tuple[float, float]:
    """Return the process's share of memory that no file backs, and what it alone holds.

    Pages of files, the database among them, are the system's to take back at any time.
    """
    text = Path(f"/proc/{process}/smaps_rollup").read_text()
    sizes = {name: int(size) / 1024 for name, size in re.findall(r"(\w+):\s+(\d+) kB", text)}
    return sizes["Pss_Anon"], sizes["Private_Dirty"]


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


def print_memory(processes: list[tuple[float, float]]) -> None:
    share, alone = (max(sizes) for sizes in zip(*processes, strict=True))
    print(
        f"memory of the larger web process: {share:.0f} MB with its share of what all use, "
        f"{alone:.0f} MB its alone (bar: 100)"
    )


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):.1f} ({min(values):.1f}–{max(values):.1f})"


def ratio(values: list[float], base: list[float]) -> str:
    """Return the median of the ratios round by round: both halves met the same machine."""
    return f"{statistics.median(a / b for a, b in zip(values, base, strict=True)):.1f}"


if __name__ == "__main__":
    measure(quick="--quick" in sys.argv)
