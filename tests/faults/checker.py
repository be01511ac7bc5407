"""Compare what phones were told with what the database holds, at the end of a history."""

import json
from collections import Counter, defaultdict
from itertools import chain
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q

from households.models import Fact, FactEntry
from tests.faults.ledger import Item, Version
from tests.faults.phone import PENDING, UPLOADED
from visits.models import HeldItem, Matter, Photo, RollCall, RollCallEntry, SyncDevice, Visit

if TYPE_CHECKING:
    from tests.faults.history import History

SAID = ("outcome", "way", "companions", "note", "reason")


class Final:
    """The final reading of everything that belongs to one history."""

    def __init__(self, history: "History") -> None:
        self.history = history
        self.ledger = history.ledger
        self.town = history.town
        doors = [door.pk for door in self.town.doors]
        keys = list(self.ledger.items)
        issues = [
            issue["id"]
            for item in self.ledger.items.values()
            for version in item.versions
            for issue in issues_of(version.content)
        ]
        rows = Visit.objects.filter(Q(household__in=doors) | Q(pk__in=keys))
        self.visits = {str(visit.pk): visit for visit in rows.select_related("grid")}
        self.issues = {str(row.pk): row for row in Matter.objects.filter(pk__in=issues)}
        self.held: dict[str, list[HeldItem]] = defaultdict(list)
        for row in HeldItem.objects.filter(item__in=keys):
            self.held[str(row.item)].append(row)
        self.photos = Counter(
            str(issue)
            for issue in Photo.objects.filter(matter__in=issues).values_list("matter", flat=True)
        )
        self.attached = {
            str(key) for key in Photo.objects.filter(matter__in=issues).values_list("pk", flat=True)
        }
        self.facts: dict[str, list[FactEntry]] = defaultdict(list)
        for entry in FactEntry.objects.filter(household__in=doors):
            self.facts[str(entry.source)].append(entry)
        entries = RollCallEntry.objects.filter(roll_call__household__in=doors)
        self.roll_calls = {str(entry.pk): entry for entry in entries.select_related("roll_call")}
        self.found: list[str] = []

    def check(self) -> list[str]:
        for item in self.ledger.items.values():
            self.check_item(item)
        for key in self.visits.keys() - self.ledger.items.keys():
            self.found.append(f"{key}: a visit that nobody saved")
        for key in (self.facts.keys() | self.roll_calls.keys()) - self.ledger.items.keys():
            self.found.append(f"{key}: something said that nobody saved")
        self.check_current()
        for handset in self.history.handsets:
            self.check_device(handset)
        return self.found

    def wrong(self, item: Item, words: str) -> None:
        self.found.append(f"{item.key[-6:]} of {item.phone}: {words}")

    def check_item(self, item: Item) -> None:
        record = self.disk_of(item).items.get(item.key)
        if record is None:
            self.wrong(item, "gone from its phone")
            return
        if record["state"] == PENDING:
            self.check_pending(item, record)
            return
        if not item.heard:
            self.wrong(item, f"{record['state']} without an answer")
            return
        status = item.heard[-1]
        self.check_verdict(item, status)
        if status == 201:
            self.check_stored(item)
        else:
            self.check_held(item, status)
        others = [version for version in item.versions if version.offered]
        kept = len(self.held[item.key]) + (item.key in self.visits)
        if item.last.content["visit"] and not 1 <= kept <= len(others):
            self.wrong(item, f"kept {kept} times, offered in {len(others)} versions")

    def check_pending(self, item: Item, record: dict) -> None:
        """Only what needs the login of somebody for whom nothing opens any more may still wait."""
        author = item.last.author.pk
        if "sealed" in record["entry"] or not self.town.opens_nothing(author):
            self.wrong(item, "never answered over a line that works")

    def check_verdict(self, item: Item, status: int) -> None:
        verdicts = {verdict for version in item.versions for verdict in version.verdicts}
        statuses = {verdict[0] for verdict in verdicts}
        if len(item.versions) > 1:
            statuses |= {202, 422}
        if status not in statuses:
            self.wrong(item, f"answered {status}, expected one of {verdicts}")
        elif len(item.versions) == 1 and status == 202:
            reasons = {row.reason for row in self.held[item.key]}
            if not reasons <= {code for _status, code in verdicts}:
                self.wrong(item, f"held for {reasons}, expected one of {verdicts}")

    def check_stored(self, item: Item) -> None:
        content = item.last.content
        if content["visit"]:
            visit = self.visits.get(item.key)
            if visit is None:
                self.wrong(item, "acknowledged, and lost")
                return
            self.check_content(item, visit, item.last)
            self.check_facts(item)
        if content.get("roll_call"):
            self.check_roll_call(item)
        lost = [issue["id"] for issue in issues_of(content) if issue["id"] not in self.issues]
        if lost:
            self.wrong(item, f"acknowledged, and issues are lost: {lost}")
        elif content["issue"]:
            self.check_photos(item)

    def check_facts(self, item: Item) -> None:
        """Each answer that came along is in the history of its door once, and no other."""
        content = item.last.content
        said = sorted((fact["question"], fact["value"]) for fact in content.get("facts", []))
        kept = self.facts[item.key]
        if sorted((entry.question_id, entry.value) for entry in kept) != said:
            self.wrong(item, f"acknowledged with answers {said}, kept {kept}")
        if any(entry.household_id != content["household"] for entry in kept):
            self.wrong(item, "answers are kept at another door")

    def check_roll_call(self, item: Item) -> None:
        content = item.last.content
        entry = self.roll_calls.get(item.key)
        if entry is None:
            self.wrong(item, "acknowledged, and what was said in the emergency is lost")
            return
        said = {name: content["roll_call"][name] for name in ("state", "people", "note")}
        stored = {name: getattr(entry, name) for name in said}
        if (stored, entry.by_id) != (said, item.last.author.pk):
            self.wrong(item, f"stored as {stored}, saved as {said}")
        if entry.roll_call.household_id != content["household"]:
            self.wrong(item, "the roll call is that of another door")

    def check_current(self) -> None:
        """What holds at each door today is what was said last, in whatever order it arrived."""
        last: dict[tuple[int, int], list[FactEntry]] = defaultdict(list)
        for entry in chain.from_iterable(self.facts.values()):
            last[entry.household_id, entry.question_id].append(entry)
        current = {
            (fact.household_id, fact.question_id): (fact.confirmed_at, fact.value)
            for fact in Fact.objects.filter(household__in=[door.pk for door in self.town.doors])
        }
        for key in last.keys() | current.keys():
            newest = max((entry.confirmed_at for entry in last[key]), default=None)
            values = {entry.value for entry in last[key] if entry.confirmed_at == newest}
            if key not in current or current[key] not in {(newest, value) for value in values}:
                self.found.append(f"{key}: {current.get(key)} holds, {newest} {values} was said")
        calls: dict[int, list[RollCallEntry]] = defaultdict(list)
        for entry in self.roll_calls.values():
            calls[entry.roll_call_id].append(entry)
        for row in RollCall.objects.filter(pk__in=calls):
            newest = max(calls[row.pk], key=lambda entry: (entry.at, entry.pk.hex))
            if (row.entry, row.state) != (newest.pk, newest.state):
                self.found.append(f"roll call {row.pk}: {row.state}, last said {newest.state}")

    def check_content(self, item: Item, visit: Visit, version: Version) -> None:
        content, said = version.content, version.content["visit"]
        expected = {name: said[name] for name in SAID} | {
            "household": content["household"],
            "by": version.author.pk,
            "done_at": said["done_at"],
        }
        stored = {name: getattr(visit, name) for name in SAID} | {
            "household": visit.household_id,
            "by": visit.by_id,
            "done_at": round(visit.phone_done_at.timestamp() * 1000),
        }
        if stored != expected:
            self.wrong(item, f"stored as {stored}, saved as {expected}")
        at = visit.done_at.timestamp() * 1000
        if not any(low - 1 <= at <= high + 1 for low, high in version.moments):
            self.wrong(item, f"stored at {at:.0f}, expected within {version.moments}")

    def check_held(self, item: Item, status: int) -> None:
        """Exactly one row holds the last content word for word."""
        mine = [row for row in self.held[item.key] if self.holds(row, item)]
        if len(mine) != 1:
            self.wrong(item, f"answered {status}, and held {len(mine)} times")
        is_stored = item.key in self.visits or item.key in self.roll_calls or self.facts[item.key]
        if is_stored and len(item.versions) == 1:
            self.wrong(item, "held, and stored as well")

    def holds(self, row: HeldItem, item: Item) -> bool:
        entry = self.disk_of(item).items[item.key]["entry"]
        kept = json.loads(row.content)
        return kept in (item.last.content, entry.get("sealed"))

    def check_photos(self, item: Item) -> None:
        """Each photo is on its issue once, and the issue has no other."""
        disk = self.disk_of(item)
        uploaded = {key for key in item.photos if disk.photos[key]["state"] == UPLOADED}
        if uploaded != set(item.photos):
            self.wrong(item, f"photos {[disk.photos[key]['state'] for key in item.photos]}")
        elif not uploaded <= self.attached:
            self.wrong(item, "a photo was uploaded and is not on its issue")
        elif self.photos[item.last.content["issue"]["id"]] != len(uploaded):
            self.wrong(item, "the issue has other photos than its phone sent")

    def check_device(self, handset) -> None:
        row = SyncDevice.objects.filter(pk=UUID(handset.disk.device)).first()
        own = [item for item in self.ledger.items.values() if item.phone == handset.name]
        waiting = [item.seq for item in own if not self.is_here(item)]
        lost = [seq for name, seq in self.ledger.lost if name == handset.name]
        highest = max((item.seq for item in own if item.heard), default=0)
        expected = sum(seq < highest for seq in waiting + lost)
        found = row.missing if row else 0
        # Stored by a server that died before it noted the number, and nothing opens to say it again.
        unsure = sum(
            self.is_here(item) and handset.disk.items[item.key]["state"] == PENDING for item in own
        )
        if not expected <= found <= expected + unsure:
            self.found.append(f"{handset.name}: {found} numbers missing, expected {expected}")

    def is_here(self, item: Item) -> bool:
        """Say whether the server has it in one form or another."""
        issue = item.last.content["issue"]
        return (
            item.key in self.visits
            or item.key in self.roll_calls
            or bool(self.held[item.key])
            or bool(issue and issue["id"] in self.issues)
        )

    def disk_of(self, item: Item):
        return next(h.disk for h in self.history.handsets if h.name == item.phone)


def issues_of(content: dict) -> list[dict]:
    first = [content["issue"]] if content["issue"] else []
    return first + content.get("issues", [])


def violations(history: "History") -> list[str]:
    """Return in words everything that must not be."""
    return Final(history).check()
