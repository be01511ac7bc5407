"""A server that cannot write: full, busy, deadlocked. It says so, and nothing is acknowledged."""

import sqlite3
import threading
import time
from contextlib import closing

import psycopg2
import pytest
from django.core.files.storage import FileSystemStorage
from django.db import OperationalError, connection

from tests.faults.handset import content, phone_over, save
from tests.faults.history import picture
from tests.faults.net import InProcess
from tests.faults.server import Server, database_url
from tests.faults.town import Country, Town
from visits.actions.recompute import recompute
from visits.models import HeldItem, Matter, Photo, Visit


@pytest.fixture
def near_town(db) -> Town:
    return Town(Country("990101001"))


@pytest.fixture
def limited(town, tmp_path):
    """Start servers over the town whose environment differs."""
    servers = []

    def start(**environment: str) -> Server:
        server = Server(database_url(connection), tmp_path)
        server.environment |= environment
        server.start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.kill()


only_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite's own limit")
only_postgresql = pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="SQLite lets one writer in at a time"
)


@only_sqlite
def test_a_full_disk_acknowledges_nothing(town, limited):
    with connection.cursor() as cursor:
        # Pages that earlier tests left free would be room for all of it.
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
    small = limited(MAX_PAGES=str(pages + 6))
    phone = phone_over(small.url, town)
    keys = [save(phone, content(town, note="长" * 1900)) for _ in range(30)]
    phone.batch = 5
    phone.exchange(tries=8)
    stored = {str(visit.pk) for visit in Visit.objects.all()}
    assert phone.pending
    assert stored <= set(keys)
    acknowledged = set(keys) - set(phone.pending)
    assert acknowledged <= stored
    assert recompute(save=False).differences == []
    small.kill()
    wide = limited()
    phone.link.upstream.port = wide.port
    phone.exchange()
    assert not phone.pending
    assert {str(visit.pk) for visit in Visit.objects.all()} == set(keys)
    assert recompute(save=False).differences == []


def test_no_space_for_rows_puts_off_visits_and_held_items(near_town):
    """As PostgreSQL says it: an operational error of whatever statement writes."""
    phone = phone_over(InProcess(), near_town)
    good, bad = save(phone, content(near_town)), save(phone, content(near_town, outcome="danced"))

    def full(execute, sql, params, many, context):
        if sql.startswith("INSERT INTO"):
            raise OperationalError("could not extend file: No space left on device")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(full):
        phone.exchange(tries=3)
    assert phone.pending == [good, bad]
    assert (Visit.objects.count(), HeldItem.objects.count()) == (0, 0)
    phone.exchange()
    assert phone.pending == []
    assert (Visit.objects.count(), HeldItem.objects.count()) == (1, 1)


def test_no_space_for_a_photo_asks_for_it_later(near_town, settings):
    phone = phone_over(InProcess(), near_town)
    said = content(near_town, with_issue=True)
    save(phone, said)
    phone.exchange()
    photo = phone.keep_photo(said["issue"]["id"], picture())
    uploads = settings.MEDIA_ROOT / "uploads"
    uploads.mkdir(parents=True)
    # Every write to this device meets ENOSPC.
    (uploads / photo).symlink_to("/dev/full")
    phone.exchange(tries=3)
    assert (phone.pending, phone.pending_photos) == ([], [photo])
    (uploads / photo).unlink()
    phone.exchange()
    assert phone.pending_photos == []
    assert [str(row.pk) for row in Photo.objects.all()] == [photo]


def test_no_space_for_a_photo_that_waited_puts_off_its_item_alone(near_town, monkeypatch):
    phone = phone_over(InProcess(), near_town)
    said = content(near_town, with_issue=True)
    photo = phone.keep_photo(said["issue"]["id"], picture())
    phone.exchange()
    with_photo, other = save(phone, said), save(phone, content(near_town, door=1))

    def full(*_args):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(FileSystemStorage, "_save", full)
        phone.exchange(tries=2)
    assert phone.pending == [with_photo]
    assert phone.disk.items[other]["state"] == "uploaded"
    phone.exchange()
    assert phone.pending == []
    assert [str(row.pk) for row in Photo.objects.all()] == [photo]
    assert Matter.objects.count() == 1


@only_sqlite
@pytest.mark.parametrize(("seconds", "taken"), [(0.7, True), (6, False)])
def test_a_busy_database_is_asked_twice_then_put_off(town, limited, seconds, taken):
    server = limited(BUSY_SECONDS="0.5")
    phone = phone_over(server.url, town)
    key = save(phone, content(town))
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        sender = threading.Thread(target=phone.exchange)
        sender.start()
        sender.join(timeout=seconds)
        other.execute("ROLLBACK")
        sender.join(timeout=30)
    assert (phone.pending == []) is taken
    phone.exchange(tries=3)
    assert phone.pending == []
    assert [str(visit.pk) for visit in Visit.objects.all()] == [key]


@only_postgresql
def test_a_deadlock_is_asked_again(town, server):
    """Another transaction takes the same doors in the other order; this one gives way."""
    phone = phone_over(server.url, town)
    keys = [save(phone, content(town, door=door)) for door in (0, 1)]
    with closing(psycopg2.connect(database_url(connection))) as other, other.cursor() as cursor:
        lock = "SELECT 1 FROM households_household WHERE id = %s FOR UPDATE"
        cursor.execute(lock, [town.doors[1].pk])
        sender = threading.Thread(target=phone.exchange)
        sender.start()
        wait_for_a_lock()
        # Whoever has waited for a second looks for a deadlock first and gives way: the server.
        time.sleep(0.5)
        cursor.execute(lock, [town.doors[0].pk])
        other.rollback()
        sender.join(timeout=30)
    assert phone.pending == []
    assert {str(visit.pk) for visit in Visit.objects.all()} == set(keys)
    assert recompute(save=False).differences == []


def wait_for_a_lock() -> None:
    """Return once the server waits for a row that is held here."""
    deadline = time.monotonic() + 20
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0]:
                return
            time.sleep(0.02)
    raise AssertionError("the server never waited")
