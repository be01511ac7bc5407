import os
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from django.conf import settings

from gridmgmt import start
from gridmgmt.management.commands import prepare


@pytest.fixture
def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def test_secrets_are_written_once_and_for_the_owner_alone(tmp_path, monkeypatch):
    for name in start.SECRETS:
        monkeypatch.delenv(name, raising=False)
    start.write_secrets(tmp_path / "new")
    path = tmp_path / "new" / "secrets.env"
    first = path.read_text()
    start.write_secrets(tmp_path / "new")
    assert path.read_text() == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = dict(line.split("=", 1) for line in first.splitlines())
    assert list(lines) == ["SECRET_KEY", "FIELD_KEYS", "INDEX_KEY"]
    assert lines["FIELD_KEYS"].startswith("1:")
    assert len(set(lines.values())) == 3
    assert list(path.parent.iterdir()) == [path]


def test_secrets_of_the_environment_need_no_file(tmp_path, monkeypatch):
    for name in start.SECRETS:
        monkeypatch.setenv(name, "given")
    start.write_secrets(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_lost_secrets_are_not_replaced_beside_a_database(tmp_path, monkeypatch):
    monkeypatch.delenv("INDEX_KEY", raising=False)
    (tmp_path / "db.sqlite3").touch()
    with pytest.raises(SystemExit, match="Put the file back from your backup"):
        start.write_secrets(tmp_path)


def test_taken_port_is_refused_with_a_sentence(free_port):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(free_port)))
        taken.listen()
        with pytest.raises(SystemExit, match="PORT=8001 make run"):
            start.refuse_taken_port("127.0.0.1", free_port)
    start.refuse_taken_port("127.0.0.1", free_port)


@pytest.mark.parametrize("port", ["none", "-1", "700000"])
def test_impossible_port_is_refused_with_a_sentence(port):
    with pytest.raises(SystemExit, match="Cannot listen on"):
        start.refuse_taken_port("127.0.0.1", port)


def test_old_python_is_refused_with_a_sentence(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    with pytest.raises(SystemExit, match=r"Python 3\.11 or newer is needed"):
        start.main()


def test_static_files_are_compressed_again_only_after_a_change(settings, tmp_path, monkeypatch):
    source = tmp_path / "source"
    source.mkdir()
    (source / "page.css").write_text("p { margin: 0 }")
    settings.STATICFILES_DIRS = [source]
    settings.DATA_DIR = tmp_path
    settings.STATIC_ROOT = tmp_path / "static"
    calls = []
    monkeypatch.setattr(prepare, "call_command", lambda name, **_options: calls.append(name))
    command = prepare.Command()
    command.collect_static()
    command.collect_static()
    assert calls == ["collectstatic"]
    (source / "page.css").write_text("p { margin: 1px }")
    command.collect_static()
    assert calls == ["collectstatic"] * 2


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="finds processes in /proc")
def test_start_serves_restarts_the_job_worker_and_stops_cleanly(tmp_path, free_port):
    """The real thing, in a process of its own, on a database of its own."""
    environment = {
        **os.environ,
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "DJANGO_SETTINGS_MODULE": "gridmgmt.settings",
        "PORT": free_port,
        "HOST": "127.0.0.1",
        "DEMO_HOUSEHOLDS": "60",
        "PYTHONUNBUFFERED": "1",
    }
    with (tmp_path / "output").open("wb") as output:
        running = subprocess.Popen(
            [sys.executable, "-m", "gridmgmt.start"],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until(lambda: "Ready: " in said(tmp_path), running)
        with urllib.request.urlopen(f"http://127.0.0.1:{free_port}/login/") as page:
            assert page.status == 200
            assert "css/base." in page.read().decode()
        assert "officer" in said(tmp_path)
        [worker] = job_workers(running.pid)
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: job_workers(running.pid) not in ([], [worker]), running)
        children = children_of(running.pid)
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=40) == 0
        assert [pid for pid in children if is_alive(pid)] == []
    finally:
        if running.poll() is None:
            running.terminate()
            running.wait(timeout=40)


def said(folder):
    return (folder / "output").read_text(errors="replace")


def wait_until(condition, running, seconds=120):
    deadline = time.monotonic() + seconds
    while not condition():
        assert running.poll() is None, "ended by itself"
        assert time.monotonic() < deadline, "took too long"
        time.sleep(0.2)


def children_of(pid):
    parent = f"\nPPid:\t{pid}\n"
    found = []
    for path in Path("/proc").glob("[0-9]*/status"):
        try:
            status = path.read_text()
        except OSError:
            continue
        if parent in status and "\nState:\tZ" not in status:
            found.append(int(path.parent.name))
    return found


def job_workers(pid):
    return [child for child in children_of(pid) if b"db_worker" in command_line(child)]


def command_line(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def is_alive(pid):
    return bool(command_line(pid))
