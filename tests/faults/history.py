"""One seeded history: people, phones, a line that fails, and a reading of the whole at its end."""

import io
import random
import time
import uuid
from collections.abc import Callable
from functools import cache

from django.db import transaction
from PIL import Image

from tests.faults.checker import violations
from tests.faults.ledger import Item, Ledger, Version
from tests.faults.net import EVERYWHERE, Fault, InProcess, Link, Upstream
from tests.faults.phone import Crash, Disk, Phone
from tests.faults.town import Country, Town, cookie_of, day_of
from visits.models import ServerEpoch
from visits.models.visit import Outcome, Way

HOUR, DAY = 3_600_000, 86_400_000
YEAR_1970 = -int(time.time() * 1000) + 3 * DAY
STEPS = (6, 14)
DRAINS, PATIENT_DRAINS = 8, 60


class Handset:
    """A phone with its disk, its clock, and who holds it."""

    def __init__(self, name: str, link: Link, chance: random.Random) -> None:
        self.name = name
        self.link = link
        self.chance = chance
        self.skew = chance.choice([0, 0, 0, 40_000, -DAY, DAY, YEAR_1970])
        self.disk = Disk()
        self.user = None
        self.boot()

    def boot(self) -> None:
        self.page = Phone(self.disk, self.link, now=self.now, chance=self.chance)

    def now(self) -> int:
        return int(time.time() * 1000) + self.skew


class History:
    """What one seed leads to; `play` returns what was violated, `log` tells the story."""

    def __init__(
        self,
        seed: int,
        country: Country,
        upstream: Upstream | None = None,
        *,
        pause: float = 0,
    ) -> None:
        self.seed = seed
        self.chance = random.Random(seed)
        self.town = Town(country)
        self.ledger = Ledger(self.town, lambda: time.time() * 1000)
        inside = upstream is None
        faults = (*EVERYWHERE, Fault.DIES, Fault.DIES) if inside else EVERYWHERE
        trouble = self.chance.choice([0.2, 0.5, 0.8])
        self.links: list[Link] = []
        self.handsets: list[Handset] = []
        self.log: list[str] = []
        self.backup = None
        self.was_restored = False
        self.restores = inside
        # Seconds to wait for a server that was killed a moment ago.
        self.pause = pause
        for number in range(self.chance.choice([1, 1, 2, 3])):
            link = Link(upstream or InProcess(), self.chance, trouble=trouble, faults=faults)
            link.log = self.log
            handset = Handset(f"phone {number + 1}", link, self.chance)
            self.links.append(link)
            self.handsets.append(handset)
            self.watch(handset)
            self.log_in(handset, self.chance.choice(self.town.workers))

    def watch(self, handset: Handset) -> None:
        handset.page.heard = self.ledger.heard
        handset.page.offered = lambda key: self.ledger.offered(key, handset.skew)

    def play(self) -> list[str]:
        """Live through the history, hand everything over, and compare."""
        for _step in range(self.chance.randint(*STEPS)):
            handset = self.chance.choice(self.handsets)
            self.attempt(handset, self.chance.choice(self.actions()))
        self.drain()
        self.log.append("now everything is read")
        return violations(self)

    def actions(self) -> list[Callable[[Handset], None]]:
        often = [self.save, self.save, self.save, self.exchange, self.exchange]
        seldom = [
            *(self.edit, self.photo, self.other_user, self.log_out, self.change_password),
            *(self.turn_clock, self.move_border, self.hand_over, self.power_cut, self.lose),
        ]
        rare = [self.close_account] + ([self.back_up, self.restore] if self.restores else [])
        return often * 4 + seldom + rare

    def requests(self) -> list[str]:
        """Return the lines of the log that tell of a request and its fault."""
        return [line for line in self.log if line.startswith(("  GET", "  P"))]

    def attempt(self, handset: Handset, action: Callable[[Handset], None]) -> None:
        try:
            action(handset)
        except Crash:
            self.say(handset, "goes out and starts again")
            handset.boot()
            self.watch(handset)

    def say(self, handset: Handset, words: str) -> None:
        self.log.append(f"{handset.name} {words}")

    # What the worker does

    def save(self, handset: Handset) -> None:
        if not handset.disk.author:
            self.log_in(handset, self.chance.choice(self.town.workers))
            if not handset.disk.author:
                return
        content, poison = self.content(handset)
        is_matter = content["visit"] is None and content["issue"]
        key = content["issue"]["id"] if is_matter else str(uuid.UUID(int=self.bits()))
        sealed = poison == "sealed" or self.chance.random() < 0.85
        before = handset.disk.seq
        try:
            handset.page.save(content, key=key, sealed=sealed)
        finally:
            if handset.disk.seq > before:
                version = Version(content, handset.user, poison)
                self.ledger.items[key] = Item(key, before + 1, handset.name, [version])
                self.say(handset, f"saves {key[-6:]} {poison or 'good'} {content}")
        if poison == "sealed":
            self.damage(handset, key)

    def content(self, handset: Handset) -> tuple[dict, str]:
        """Return what was seen or asked at a door or in a yard, up to three weeks ago."""
        chance = self.chance
        ago = chance.choice([0, 0, HOUR, DAY, 3 * DAY, 9 * DAY, 20 * DAY])
        moment = handset.now() - ago
        offset = None if chance.random() < 0.1 else handset.disk.offset
        visit = {
            "outcome": chance.choice(Outcome.values),
            "way": chance.choice(Way.values),
            "done_at": moment,
            "companions": chance.choice(["", "小王"]),
            "note": chance.choice(["", "都好", "灯坏了 <b>&amp; \U0001f600"]),
            "next_on": None,
            "reason": "",
        }
        content = {
            "household": chance.choice(self.town.doors).pk,
            "saved_at": moment,
            "clock_offset": offset,
            "visit": visit,
            "issue": None,
            "effort": chance.choice([None, {"taps": 2, "seconds": 9, "prefilled": 2, "typed": 0}]),
        }
        poison = ""
        kind = chance.random()
        if chance.random() < 0.3:
            content["facts"] = self.facts()
        if kind < 0.15:
            content["issue"] = self.issue()
            if chance.random() < 0.4:
                content["issues"] = [self.issue() for _number in range(chance.randint(1, 2))]
        elif kind < 0.2:
            content |= {"household": None, "visit": None, "issue": self.issue(alone=True)}
        elif kind < 0.25:
            visit["outcome"], poison = "danced", "invalid"
        elif kind < 0.28:
            content["household"], poison = 10**9, "household"
        elif kind < 0.31:
            poison = "sealed"
        elif kind < 0.34:
            visit["done_at"] -= 100 * DAY
        elif kind < 0.42:
            content |= {"visit": None, "roll_call": self.roll_call(moment)}
        return content, poison

    def facts(self) -> list[dict]:
        """Return answers to one or both questions."""
        first, second = self.town.country.questions
        answers = [
            {"question": first.pk, "value": self.chance.choice(["有", "没有"])},
            {"question": second.pk, "value": str(self.chance.randint(0, 4))},
        ]
        return self.chance.sample(answers, self.chance.randint(1, 2))

    def roll_call(self, moment: int) -> dict:
        return {
            "emergency": self.town.emergency.pk,
            "state": self.chance.choice(["safe", "not_reached", "needs_help"]),
            "people": self.chance.choice([None, 3]),
            "note": self.chance.choice(["", "要药"]),
            "at": moment,
        }

    def issue(self, *, alone: bool = False) -> dict:
        return {
            "id": str(uuid.UUID(int=self.bits())),
            "category": self.town.country.category.pk,
            "grid": self.chance.choice(self.town.grids).code if alone else None,
            "place": "院子" if alone else "",
            "description": "楼道灯不亮",
            "urgency": "normal",
            "is_solved": False,
        }

    def bits(self) -> int:
        """Return a key that follows from the seed, and is nobody else's."""
        return (self.seed << 64 | self.chance.getrandbits(48)) % 2**128

    def damage(self, handset: Handset, key: str) -> None:
        """Turn one letter of an envelope that lies on the disk."""
        entry = handset.disk.items[key]["entry"]
        sealed = entry["sealed"]
        entry["sealed"] = sealed[:-8] + ("A" if sealed[-8] != "A" else "B") + sealed[-7:]

    def edit(self, handset: Handset) -> None:
        """Change a note that was not yet acknowledged, perhaps while it is on its way."""
        own = [
            key
            for key in handset.page.pending
            if "given_at" not in handset.disk.items[key]
            and self.ledger.items[key].last.author == handset.user
            and self.ledger.items[key].last.poison != "sealed"
            and handset.disk.items[key]["content"]["visit"]
        ]
        if not own or not handset.disk.author:
            return
        key = self.chance.choice(own)
        item = self.ledger.items[key]
        old = handset.disk.items[key]["content"]
        content = old | {"visit": old["visit"] | {"note": f"改{len(item.versions)}"}}
        try:
            handset.page.edit(key, content)
        finally:
            if handset.disk.items[key]["content"] is content:
                item.versions.append(Version(content, handset.user, item.last.poison))
                self.say(handset, f"edits {key[-6:]}")

    def photo(self, handset: Handset) -> None:
        if not handset.disk.author:
            return
        own = [
            item
            for item in self.ledger.items.values()
            if item.phone == handset.name
            and item.last.content["issue"]
            and item.last.author == handset.user
            and len(item.photos) < 2
        ]
        if not own:
            return
        item = self.chance.choice(own)
        before = set(handset.disk.photos)
        try:
            handset.page.keep_photo(item.last.content["issue"]["id"], picture())
        finally:
            item.photos += set(handset.disk.photos) - before
            self.say(handset, f"keeps a photo for {item.key[-6:]}")

    def exchange(self, handset: Handset) -> None:
        idle = not handset.page.pending and not handset.page.pending_photos
        if idle and not self.was_restored:
            return
        self.say(handset, f"has {len(handset.page.pending)} to hand over")
        handset.page.exchange(tries=2)

    def log_in(self, handset: Handset, user) -> None:
        """Log in at the server and open the page; a page that does not load knows no author."""
        if self.town.opens_nothing(user.pk):
            return
        handset.disk.author = ""
        handset.disk.cookies |= cookie_of(self.town.session(user))
        handset.user = user
        self.say(handset, f"is held by {user.username}")
        trouble, handset.link.trouble = handset.link.trouble, 0
        try:
            handset.page.exchange()
        finally:
            handset.link.trouble = trouble

    def other_user(self, handset: Handset) -> None:
        others = [user for user in self.town.workers if user != handset.user]
        self.log_out(handset)
        self.log_in(handset, self.chance.choice(others))

    def log_out(self, handset: Handset) -> None:
        self.say(handset, "logs out")
        handset.page.log_out()
        handset.user = None

    def change_password(self, handset: Handset) -> None:
        if handset.user:
            self.log.append(f"{handset.user.username} gets a new password")
            self.town.change_password(handset.user)

    # What happens to the phone

    def turn_clock(self, handset: Handset) -> None:
        handset.skew = self.chance.choice([0, DAY, -DAY, YEAR_1970, -300_000, 90_000])
        self.say(handset, f"shows a clock {handset.skew / 1000:+.0f} s off")

    def power_cut(self, handset: Handset) -> None:
        handset.disk.crash_in = self.chance.randint(1, 4)
        handset.disk.crash_after = self.chance.random() < 0.5

    def lose(self, handset: Handset) -> None:
        """A cleaner app removes one visit that no request ever held."""
        never = [key for key in handset.page.pending if not self.ledger.items[key].last.offered]
        never = [key for key in never if len(self.ledger.items[key].versions) == 1]
        if not never or self.chance.random() < 0.5:
            return
        key = self.chance.choice(never)
        del handset.disk.items[key]
        item = self.ledger.items.pop(key)
        for photo in item.photos:
            handset.disk.photos.pop(photo, None)
        self.ledger.lost.append((handset.name, item.seq))
        self.say(handset, f"loses {key[-6:]}")

    # What happens at the office

    def move_border(self, handset: Handset) -> None:
        door, day = self.chance.choice(self.town.doors), self.past_day()
        self.log.append(f"door {door.pk} is in the other grid from {day} on")
        self.town.move_border(door, day)
        self.ledger.judge_again()

    def hand_over(self, handset: Handset) -> None:
        giver, taker = self.chance.sample(self.town.workers, 2)
        day = self.past_day()
        self.log.append(f"{giver.username} hands over to {taker.username} from {day} on")
        self.town.hand_over(giver, taker, day)
        self.ledger.judge_again()

    def past_day(self):
        return day_of(time.time() * 1000 - self.chance.choice([0, 1, 2, 5, 12]) * DAY)

    def close_account(self, handset: Handset) -> None:
        worker = self.chance.choice(self.town.workers)
        self.log.append(f"the account of {worker.username} is closed")
        self.town.close_account(worker)
        self.ledger.judge_again()

    def back_up(self, handset: Handset) -> None:
        """Keep the database as it is now; in one process a savepoint does."""
        if self.backup is None:
            self.log.append("a backup is made")
            self.backup = (transaction.savepoint(), self.town.known())

    def restore(self, handset: Handset) -> None:
        if self.backup is None:
            return
        self.log.append("the backup is restored")
        self.was_restored = True
        savepoint, known = self.backup
        self.backup = None
        transaction.savepoint_rollback(savepoint)
        self.town.knew(known)
        ServerEpoch.objects.update_or_create(pk=1, defaults={"epoch": uuid.UUID(int=self.bits())})
        self.ledger.forget_answers()
        for link in self.links:
            link.earlier.clear()

    # The end

    def drain(self) -> None:
        """Let everything go up over a line that works, and say where it does not."""
        for handset in self.handsets:
            handset.disk.crash_in = 0
            handset.link.settle()
        for _time in range(DRAINS if not self.pause else PATIENT_DRAINS):
            for handset in self.handsets:
                self.log_in_for_plain(handset)
                self.exchange(handset)
            if not any(h.page.pending or h.page.pending_photos for h in self.handsets):
                return
            time.sleep(self.pause)

    def log_in_for_plain(self, handset: Handset) -> None:
        """What is not sealed goes up under the login of the one who wrote it."""
        for key in handset.page.pending:
            author = self.ledger.items[key].last.author
            plain = "content" in handset.disk.items[key]["entry"]
            if plain and handset.page.user != author.pk:
                self.log_in(handset, author)
                return


def told(history: History, violations: list[str]) -> str:
    """Return the whole story with what was wrong at its end."""
    lines = [f"history {history.seed}:", *history.log, "VIOLATED:", *violations]
    return "\n".join(lines)


@cache
def picture() -> bytes:
    target = io.BytesIO()
    Image.effect_noise((48, 48), 60).convert("RGB").save(target, "JPEG")
    return target.getvalue()
