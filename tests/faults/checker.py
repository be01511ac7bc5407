"""Compare what phones were told with what the database holds, at the end of a history."""

import json
from collections import Counter, defaultdict
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q

from tests.faults.ledger import Item, Version
from tests.faults.phone import PENDING, UPLOADED
from visits.models import HeldItem, Matter, Photo, SyncDevice, Visit

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
            version.content["issue"]["id"]
            for item in self.ledger.items.values()
            for version in item.versions
            if version.content["issue"]
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
        self.found: list[str] = []

    def check(self) -> list[str]:
        for item in self.ledger.items.values():
            self.check_item(item)
        for key in self.visits.keys() - self.ledger.items.keys():
            self.found.append(f"{key}: a visit that nobody saved")
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
        if content["issue"]:
            issue = self.issues.get(content["issue"]["id"])
            if issue is None:
                self.wrong(item, "acknowledged, and its issue is lost")
            else:
                self.check_photos(item)

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
        if item.key in self.visits and len(item.versions) == 1:
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
            or bool(self.held[item.key])
            or bool(issue and issue["id"] in self.issues)
        )

    def disk_of(self, item: Item):
        return next(h.disk for h in self.history.handsets if h.name == item.phone)


def violations(history: "History") -> list[str]:
    """Return in words everything that must not be."""
    return Final(history).check()
