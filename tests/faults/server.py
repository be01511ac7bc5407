"""The program's own server processes beside a test: started, killed and started again."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from gridmgmt import start

HOST = "127.0.0.1"
SECONDS_TO_START = 60


def database_url(connection) -> str:
    """Return the address by which another process reaches this connection's database."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    user = quote(values["USER"] or "")
    secret = f":{quote(values['PASSWORD'])}" if values["PASSWORD"] else ""
    port = f":{values['PORT']}" if values["PORT"] else ""
    return f"postgres://{user}{secret}@{values['HOST'] or HOST}{port}/{values['NAME']}"


class Server:
    """Gunicorn as `make run` starts it, on a port that stays the same over every restart."""

    def __init__(self, database: str, data_dir: Path, *, app: str = "", settings: str = "") -> None:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://{HOST}:{self.port}"
        command = start.web_command(HOST, str(self.port))
        self.command = [app if app and word == "gridmgmt.wsgi" else word for word in command]
        self.environment = os.environ | {
            "DATABASE_URL": database,
            "DATA_DIR": str(data_dir),
            "DJANGO_SETTINGS_MODULE": settings or "tests.faults.settings",
            "WEB_PROCESSES": "2",
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start; return once it listens."""
        # A group of its own, so that all of its processes are ended together.
        self.process = subprocess.Popen(
            self.command,
            env=self.environment,
            cwd=start.ROOT,
            start_new_session=True,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + SECONDS_TO_START
        while not start.is_listening(HOST, str(self.port)):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the server does not answer")
            time.sleep(0.05)

    def kill(self) -> None:
        """End every process of the server at once, as the kernel does when memory is out."""
        if self.process:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def kill_one(self, pick) -> None:
        """End one of its workers; the server starts another by itself."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        workers = [int(child) for child in children.read_text().split()]
        if workers:
            os.kill(pick(workers), signal.SIGKILL)

    def stop(self) -> None:
        if self.process:
            start.stop_all([self.process])
            self.kill_rest()
            self.process = None

    def kill_rest(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


@contextmanager
def serving(database: str, data_dir: Path, **options) -> Iterator[Server]:
    server = Server(database, data_dir, **options)
    server.start()
    try:
        yield server
    finally:
        server.kill()
