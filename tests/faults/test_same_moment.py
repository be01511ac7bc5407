"""The same moment, several processes: identical posts, one door, two workers on crossing doors."""

import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.factories import MembershipFactory
from tests.faults.handset import content, phone_over, save
from tests.faults.phone import Phone
from visits.actions.recompute import recompute
from visits.models import HeldItem, SyncDevice, Visit

PROCESSES, EACH = 5, 10
HAMMER = [sys.executable, str(Path(__file__).with_name("hammer.py"))]


def request_of(phone: Phone, *keys: str) -> dict:
    """Return what the phone would send for these items, ready for another process."""
    body = {
        "schema": 1,
        "device": phone.disk.device,
        "sent_at": phone.now(),
        "ticket": phone.disk.ticket,
        "items": [phone.disk.items[key]["entry"] for key in keys],
    }
    cookies = "; ".join(f"{name}={value}" for name, value in phone.disk.cookies.items())
    headers = {
        "Content-Type": "application/json",
        "Cookie": cookies,
        "X-CSRFToken": phone.csrf,
    }
    return {"body": json.dumps(body), "headers": headers}


def all_at_once(server, requests: list[dict]) -> list[tuple[int, list[dict]]]:
    """Send the requests from several processes at one moment; return status and items of each."""
    return [
        (status, json.loads(body)["items"] if status == 207 else [])
        for status, body in hammer(server, requests)
    ]


def hammer(server, requests: list[dict]) -> list[tuple[int, str]]:
    """Send the requests from several processes at one moment; return their answers in order."""
    shares = [requests[number::PROCESSES] for number in range(PROCESSES)]
    at = time.time() + 1.5
    processes = []
    for share in shares:
        process = subprocess.Popen(HAMMER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        work = {"host": "127.0.0.1", "port": server.port, "at": at, "requests": share}
        process.stdin.write(json.dumps(work))
        process.stdin.close()
        processes.append(process)
    shares_back = [json.loads(process.stdout.read()) for process in processes]
    assert [process.wait(timeout=60) for process in processes] == [0] * PROCESSES
    answers: list = [None] * len(requests)
    for number, share in enumerate(shares_back):
        answers[number::PROCESSES] = share
    return answers


def statuses(answers) -> Counter:
    return Counter((status, *(item["status"] for item in items)) for status, items in answers)


def test_fifty_identical_posts_are_one_row_and_fifty_good_answers(town, server):
    phone = phone_over(server.url, town)
    key = save(phone, content(town, with_issue=True))
    answers = all_at_once(server, [request_of(phone, key)] * PROCESSES * EACH)
    assert statuses(answers) == {(207, 201): 50}
    assert {item["id"] for _status, items in answers for item in items} == {key}
    assert [str(visit.pk) for visit in Visit.objects.all()] == [key]
    assert Visit.objects.get().matters.count() == 1
    assert not HeldItem.objects.exists()
    assert recompute(save=False).differences == []
    device = SyncDevice.objects.get()
    assert (device.highest, device.missing) == (1, 0)


def test_fifty_identical_held_items_are_held_once(town, server):
    phone = phone_over(server.url, town)
    key = save(phone, content(town, outcome="danced"))
    answers = all_at_once(server, [request_of(phone, key)] * PROCESSES * EACH)
    assert statuses(answers) == {(207, 202): 50}
    assert (HeldItem.objects.count(), Visit.objects.count()) == (1, 0)


def test_fifty_visits_of_one_door_are_all_told(town, server):
    phone = phone_over(server.url, town)
    keys = [save(phone, content(town, note=str(number))) for number in range(50)]
    answers = all_at_once(server, [request_of(phone, key) for key in keys])
    settled = settle(phone, keys, answers)
    assert settled == 50
    assert {str(visit.pk) for visit in Visit.objects.all()} == set(keys)
    assert recompute(save=False).differences == []
    assert SyncDevice.objects.get().missing == 0


@pytest.mark.parametrize("size", [2, 6])
def test_two_workers_on_crossing_doors_never_wait_for_each_other(town, server, size):
    """Each batch names the doors in another order."""
    MembershipFactory(user=town.workers[1], grid=town.grids[0])
    phones = [phone_over(server.url, town, worker) for worker in (0, 0, 1, 1)]
    requests, keys = [], []
    for number in range(48):
        phone = phones[number % 4]
        doors = [0, 1] if number % 8 < 4 else [1, 0]
        batch = [
            save(phone, content(town, door=door, note=str(number))) for door in doors * (size // 2)
        ]
        keys += batch
        requests.append(request_of(phone, *batch))
    answers = all_at_once(server, requests)
    assert {status for status, _items in answers} == {207}
    for phone in phones:
        phone.exchange(tries=3)
        assert not phone.pending
    assert {str(visit.pk) for visit in Visit.objects.all()} == set(keys)
    assert recompute(save=False).differences == []


def settle(phone: Phone, keys: list[str], answers) -> int:
    """Count what was acknowledged; send again what was put off, as a phone does."""
    done = {item["id"] for _status, items in answers for item in items if item["status"] == 201}
    put_off = [key for key in keys if key not in done]
    assert {status for status, _items in answers} <= {207, 503}
    if put_off:
        phone.exchange(tries=5)
        done |= {key for key in put_off if phone.disk.items[key]["state"] == "uploaded"}
    return len(done)
