"""Killed in the middle, an import leaves the register as it was and can be started again."""

import datetime
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from households.models import Household, ImportPage, RegisterImport, Resident
from households.register import jobs
from households.register.run import write_import
from tests.factories import VisitFactory, identity_number
from visits.models import Visit

State = RegisterImport.State
HEADINGS = ("姓名", "身份证号", "居住地址", "电话")

# Runs the write in a process of its own that stops for good after the first of two steps.
KILLED_WHILE_WRITING = """
import os, sys, signal
import django
django.setup()
from django.conf import settings
from django.db import connections
from django.utils import timezone
from households.models import RegisterImport
from households.register.reader import BROWSER
from households.register.write import Writer
from households.register.run import write_import
connections["default"].settings_dict["NAME"] = sys.argv[2]
settings.MEDIA_ROOT = sys.argv[3]
write, steps = Writer.write, []
def write_and_die(self, step):
    record = write(self, step)
    steps.append(step)
    if len(steps) == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return record
Writer.write = write_and_die
found = RegisterImport.objects.get(pk=sys.argv[1])
write_import(register_import=found, limits=BROWSER, today=timezone.localdate())
"""


def people(count):
    return [
        (
            f"王{number}",
            identity_number(f"19{number // 900 + 50}0101", number % 900 + 1),
            f"幸福家园{number // 100 + 4}号楼1单元{number % 100 + 101}",
            f"138{number:08d}",
        )
        for number in range(count)
    ]


def counts():
    return (
        Resident.objects.count(),
        Household.objects.count(),
        ImportPage.objects.filter(kind="written").count(),
    )


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_kill_9_while_writing(workbook, upload, request, tmp_path, settings):
    world = request.getfixturevalue("world")
    _client, _response, done = upload(workbook(HEADINGS, *people(3000)))
    RegisterImport.objects.filter(pk=done.pk).update(state=State.CONFIRMED)
    before = counts()
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite" and "memory" in name:
        # The test database lives in memory: the process gets a copy on disk.
        name = str(tmp_path / "copy.sqlite3")
        connection.ensure_connection()
        connection.connection.execute(f"VACUUM INTO '{name}'")
        url = f"sqlite:///{name}"
    else:
        url = os.environ.get("DATABASE_URL", f"sqlite:///{name}")
    process = subprocess.run(
        [sys.executable, "-c", KILLED_WHILE_WRITING, str(done.pk), name, str(settings.MEDIA_ROOT)],
        env={**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        cwd=settings.BASE_DIR,
        check=False,
    )
    assert process.returncode == -signal.SIGKILL
    if url.startswith("sqlite") and "copy" in name:
        import sqlite3

        copy = sqlite3.connect(name)
        assert copy.execute("SELECT count(*) FROM households_resident").fetchone() == (before[0],)
        assert copy.execute("SELECT count(*) FROM households_household").fetchone() == (before[1],)
        assert copy.execute("SELECT state FROM households_registerimport").fetchone() == (
            "confirmed",
        )
        copy.close()
    assert counts() == before
    done.refresh_from_db()
    assert done.state == State.CONFIRMED
    # The next start of the program takes it up again.
    call_command("resume_imports")
    done.refresh_from_db()
    assert done.state == State.APPLIED
    assert Resident.objects.count() == before[0] + done.summary["counts"]["new"]
    assert done.summary["counts"]["new"] > 2900
    assert world.community


def test_interrupted_reading_starts_again(workbook, upload, world):
    _client, _response, done = upload(workbook(HEADINGS, *people(5)))
    RegisterImport.objects.filter(pk=done.pk).update(state=State.UPLOADED, summary={})
    call_command("resume_imports")
    done.refresh_from_db()
    assert (done.state, done.summary["counts"]) == (State.PREVIEWED, {"new": 5})


def test_writing_twice_at_once_writes_once(workbook, upload, world):
    """A task that was thought dead finishes after its successor."""
    _client, _response, done = upload(workbook(HEADINGS, *people(5)))
    RegisterImport.objects.filter(pk=done.pk).update(state=State.CONFIRMED)
    stale = RegisterImport.objects.get(pk=done.pk)
    path = Path(stale.file.path)
    content = path.read_bytes()
    jobs.run_import.call(str(done.pk))
    path.write_bytes(content)
    write_import(register_import=stale, limits=jobs.BROWSER, today=timezone.localdate())
    assert Resident.objects.count() == 6
    done.refresh_from_db()
    assert done.state == State.APPLIED


def test_unexpected_error_leaves_nothing(workbook, upload, world, monkeypatch, caplog):
    def fail(*_args, **_options):
        raise RuntimeError("王芳 13800138000")

    monkeypatch.setattr("households.register.run.read_register", fail)
    client, _response, done = upload(workbook(HEADINGS, *people(5)))
    assert (done.state, done.summary, bool(done.file)) == (
        State.FAILED, {"error": "unexpected", "values": {}}, False,
    )  # fmt: skip
    assert "13800138000" not in caplog.text
    assert "Nothing was changed" in client.get(done.get_absolute_url()).content.decode()


def test_files_are_forgotten(workbook, upload, world):
    client, _response, waiting = upload(workbook(HEADINGS, *people(5)))
    client, _response, done = upload(workbook(HEADINGS, *people(6)))
    client.post(reverse("households:register_import_confirm", args=[done.pk]))
    now = timezone.now()
    jobs.forget_imports(at=now + datetime.timedelta(days=29))
    waiting.refresh_from_db()
    assert waiting.state == State.PREVIEWED
    jobs.forget_imports(at=now + datetime.timedelta(days=91))
    waiting.refresh_from_db()
    assert (waiting.state, bool(waiting.file), waiting.pages.count()) == (State.FAILED, False, 0)
    assert not done.pages.exists()
    client.post(reverse("households:register_import_undo", args=[done.pk]))
    done.refresh_from_db()
    assert done.state == State.APPLIED


def applied(workbook, upload):
    client, _response, done = upload(workbook(HEADINGS, *people(3)))
    client.post(reverse("households:register_import_confirm", args=[done.pk]))
    return client, done, Resident.objects.get(name="王1")


def try_undo(client, done):
    response = client.post(reverse("households:register_import_undo", args=[done.pk]), follow=True)
    done.refresh_from_db()
    return done.state, response.content.decode()


def test_undo_is_refused_after_a_visit(workbook, upload, world):
    client, done, person = applied(workbook, upload)
    VisitFactory(household=person.residencies.get().household, by=world.worker)
    before = counts()
    state, page = try_undo(client, done)
    assert state == State.APPLIED
    assert "have been visited, paired, named in a matter" in page
    assert counts() == before
    assert Visit.objects.count() == 1


@pytest.mark.parametrize("touch", ["resident", "household", "phone", "residency", "deleted"])
def test_undo_is_refused_after_a_change(workbook, upload, world, touch):
    client, done, person = applied(workbook, upload)
    time.sleep(0.01)
    household = person.residencies.get().household
    if touch == "resident":
        person.save()
    elif touch == "household":
        household.save()
    elif touch == "phone":
        person.phones.create(number="13900139000")
    elif touch == "residency":
        world.resident.residencies.create(household=household)
    else:
        person.delete()
    before = counts()
    state, page = try_undo(client, done)
    assert state == State.APPLIED
    assert "so the import stays" in page
    assert counts() == before


def test_later_imports_are_undone_first(workbook, upload, world):
    client, first, _person = applied(workbook, upload)
    _client, _response, second = upload(
        workbook(
            (*HEADINGS, "备注"),
            (*people(1)[0], "行动不便"),
            ("新来的", "", "幸福家园4号楼1单元101", "", ""),
        )
    )
    client.post(reverse("households:register_import_confirm", args=[second.pk]))
    assert try_undo(client, first)[0] == State.APPLIED
    assert try_undo(client, second)[0] == State.UNDONE
    assert Resident.objects.count() == 4
