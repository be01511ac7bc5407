"""A backup restored, a deployment in the middle: phones offer again, and nothing is doubled."""

import subprocess
import sys
from collections import Counter

import pytest

from gridmgmt import start
from tests.faults.database import Copies
from tests.faults.handset import content, phone_over, save
from tests.faults.history import picture
from tests.faults.server import Server
from tests.faults.town import Country, Town
from visits.actions.recompute import recompute
from visits.models import HeldItem, Matter, Photo, SyncDevice, Visit


@pytest.fixture
def copies(transactional_db, django_db_serialized_rollback, tmp_path):
    copies = Copies(tmp_path)
    yield copies
    copies.drop()


@pytest.fixture
def place(copies, tmp_path):
    """A town in a database named "live", and a server over it that is not started yet."""
    town = Town(Country("990101001"))
    copies.copy("live")
    server = Server(copies.url("live"), tmp_path)
    yield town, server
    server.kill()


def manage(server: Server, *command: str) -> None:
    line = [sys.executable, "manage.py", *command]
    subprocess.run(
        line, env=server.environment, cwd=start.ROOT, check=True, stdout=subprocess.DEVNULL
    )


def test_restored_from_a_backup_nothing_is_lost_and_nothing_doubled(place, copies):
    town, server = place
    with copies.looking_at("live"):
        phones = [phone_over_later(server, town, worker) for worker in (0, 1)]
        server.start()
        for phone in phones:
            phone.exchange()
        early = [save(phones[0], content(town, note=f"early {number}")) for number in range(3)]
        phones[0].exchange()
        server.stop()
        copies.copy("backup", of="live")

        server.start()
        late = [save(phones[0], content(town, note=f"late {number}")) for number in range(3)]
        held = save(phones[0], content(town, outcome="danced"))
        said = content(town, with_issue=True)
        with_issue = save(phones[0], said)
        photo = phones[0].keep_photo(said["issue"]["id"], picture())
        others = [save(phones[1], content(town, door=2))]
        for phone in phones:
            phone.exchange()
            assert not phone.pending
            assert not phone.pending_photos
        server.kill()
        copies.copy("live", of="backup")
        assert {str(visit.pk) for visit in Visit.objects.all()} == set(early)

        manage(server, "declare_restored")
        server.start()
        for phone in phones:
            phone.exchange()
            assert not phone.pending
            assert not phone.pending_photos
        everything = {*early, *late, *others, with_issue}
        assert {str(visit.pk) for visit in Visit.objects.all()} == everything
        assert [str(row.item) for row in HeldItem.objects.all()] == [held]
        assert [str(issue.pk) for issue in Matter.objects.all()] == [said["issue"]["id"]]
        assert [str(row.pk) for row in Photo.objects.all()] == [photo]
        assert recompute(save=False).differences == []
        assert set(SyncDevice.objects.values_list("missing", flat=True)) == {0}


def phone_over_later(server: Server, town: Town, worker: int):
    """Return a phone that finds no server yet."""
    phone = phone_over(server.url, town, worker)
    assert not phone.disk.epoch
    return phone


def test_a_deployment_and_its_migration_in_the_middle(place, copies):
    """The new program over the old tables answers errors; they say nothing."""
    town, server = place
    with copies.looking_at("live"):
        server.start()
        phone = phone_over(server.url, town)
        keys = [save(phone, content(town, note="before"))]
        phone.exchange()
        server.stop()
        manage(server, "migrate", "--verbosity=0", "visits", "0011_pairings")
        keys.append(save(phone, content(town, note="while nobody listens")))
        phone.exchange(tries=3)
        assert phone.pending == keys[1:]
        server.start()
        phone.exchange(tries=3)
        assert phone.pending == keys[1:]
        manage(server, "migrate", "--verbosity=0")
        phone.exchange()
        assert phone.pending == []
        assert Counter(str(visit.pk) for visit in Visit.objects.all()) == Counter(keys)
        assert recompute(save=False).differences == []
