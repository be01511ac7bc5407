"""Prepare and serve: what `make run` runs once the dependencies are installed.

Read from the environment: HOST, PORT, WEB_PROCESSES, and what settings.py and
`manage.py prepare` read. Standard library alone, so that the process which watches over
the others stays small.
"""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
MANAGE = [sys.executable, str(ROOT / "manage.py")]
OLDEST_PYTHON = (3, 11)
SECRETS = ("SECRET_KEY", "FIELD_KEYS", "INDEX_KEY")
SECONDS_TO_STOP = 10

Process = subprocess.Popen[bytes]


def main() -> None:
    """Prepare and serve until Ctrl-C; leave with a sentence where that is not possible."""
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
    os.chdir(ROOT)
    host, port = os.environ.get("HOST", "127.0.0.1"), os.environ.get("PORT", "8000")
    refuse_taken_port(host, port)
    write_secrets(Path(os.environ.get("DATA_DIR", ROOT / "var")))
    try:
        prepared = subprocess.run([*MANAGE, "prepare"], check=False)
    except KeyboardInterrupt:
        sys.exit("Stopped. The next start takes up where this one was.")
    if prepared.returncode:
        sys.exit(prepared.returncode)
    serve(host, port)


def refuse_taken_port(host: str, port: str) -> None:
    """Leave with a sentence when nobody can listen there, before any work is done."""
    try:
        found = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)
        family, kind, _protocol, _name, address = found[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address[0], int(port)))
    except (OSError, OverflowError, ValueError) as error:
        sys.exit(
            f"Cannot listen on {host}:{port} ({error}). If another program uses this port, "
            "stop it or choose another port: PORT=8001 make run"
        )


def write_secrets(data_dir: Path) -> None:
    """Write `secrets.env` once, readable by its owner alone.

    Refuses to make new secrets beside an existing database: nothing encrypted with the
    lost ones could be read again.
    """
    path = data_dir / "secrets.env"
    if path.exists() or all(os.environ.get(name) for name in SECRETS):
        return
    if (data_dir / "db.sqlite3").exists():
        sys.exit(
            f"{path} is missing, but {data_dir}/db.sqlite3 was encrypted with what it held. "
            "Put the file back from your backup, or move the database away to begin anew."
        )
    data_dir.mkdir(parents=True, exist_ok=True)
    lines = [
        f"SECRET_KEY={secrets.token_urlsafe(50)}",
        f"FIELD_KEYS=1:{secrets.token_urlsafe(32)}",
        f"INDEX_KEY={secrets.token_urlsafe(32)}",
    ]
    # Whole or not at all: half a file would be taken for the secrets by the next start.
    draft = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("\n".join(lines) + "\n")
    draft.replace(path)
    say(f"Secrets written to {path}. Back this file up: without it the data cannot be read.")


def serve(host: str, port: str) -> None:
    """Run the web server and the job worker until a signal stops both.

    A worker that dies is started again; a server that dies ends the program.
    """
    stopping = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, stop)
    web = subprocess.Popen(web_command(host, port))
    worker = subprocess.Popen([*MANAGE, "db_worker", "--no-reload"])
    announced = False
    while not stopping and web.poll() is None:
        if not announced and is_listening(host, port):
            announced = True
            say(f"\nReady: http://{address_of(reachable(host), port)}/ (Ctrl-C stops it)")
        if worker.poll() is not None:
            say("The job worker ended; it is started again.")
            time.sleep(1)
            worker = subprocess.Popen([*MANAGE, "db_worker", "--no-reload"])
        time.sleep(0.2)
    stop_all([web, worker])
    if not stopping:
        sys.exit("The web server ended by itself; the lines above say why.")


def web_command(host: str, port: str) -> list[str]:
    return [
        *(sys.executable, "-m", "gunicorn", "gridmgmt.wsgi", "--preload"),
        *("--bind", address_of(host, port), "--no-control-socket", "--log-level", "warning"),
        *("--worker-class", "gthread", "--threads", "4"),
        *("--workers", os.environ.get("WEB_PROCESSES", "2")),
        # Memory that a big export leaves behind is given back now and then.
        *("--max-requests", "5000", "--max-requests-jitter", "1000"),
        # An upload of 20 MB over a slow line takes a while.
        *("--timeout", "120", "--graceful-timeout", str(SECONDS_TO_STOP)),
    ]


def address_of(host: str, port: str) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def reachable(host: str) -> str:
    """Return an address at which a server bound to `host` answers on this machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound


def is_listening(host: str, port: str) -> bool:
    try:
        with socket.create_connection((reachable(host), int(port)), timeout=1):
            return True
    except OSError:
        return False


def stop_all(processes: list[Process]) -> None:
    """Ask every process to end, and end those that have not within ten seconds."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + SECONDS_TO_STOP
    for process in processes:
        try:
            process.wait(timeout=max(deadline - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the terminal is the page here


if __name__ == "__main__":
    main()
