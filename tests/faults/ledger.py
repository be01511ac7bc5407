"""What was saved on phones, what was offered, and how it has to be judged."""

import datetime
from dataclasses import dataclass, field

from communities.models import User
from tests.faults.phone import SETTLED
from tests.faults.town import Town, day_of

OLDEST = datetime.timedelta(days=90)
GRACE = datetime.timedelta(days=7)
CLOCK_BEGAN = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC).timestamp() * 1000
# Between measuring and judging pass moments; no history depends on less.
SLACK_MS = 60_000

Verdict = tuple[int, str]


@dataclass
class Version:
    """One content under a key; `poison` is the reason for which it must be held back."""

    content: dict
    author: User
    poison: str = ""
    # How far the phone's clock was ahead whenever it was offered, in milliseconds.
    skews: list[int] = field(default_factory=list)
    verdicts: set[Verdict] = field(default_factory=set)
    # When the server may have judged it, as it was then: the moments it may have stored.
    moments: list[tuple[float, float]] = field(default_factory=list)

    @property
    def offered(self) -> bool:
        return bool(self.skews)


@dataclass
class Item:
    key: str
    seq: int
    phone: str
    versions: list[Version]
    heard: list[int] = field(default_factory=list)
    photos: list[str] = field(default_factory=list)

    @property
    def last(self) -> Version:
        return self.versions[-1]

    @property
    def state(self) -> str:
        return SETTLED[self.heard[-1]] if self.heard else ""


class Ledger:
    """The items of one history by their keys."""

    def __init__(self, town: Town, now) -> None:
        self.town = town
        self.now = now
        self.items: dict[str, Item] = {}
        self.lost: list[tuple[str, int]] = []

    def offered(self, key: str, skew: int) -> None:
        version = self.items[key].last
        version.skews.append(skew)
        self.judge(version)

    def heard(self, key: str, status: int) -> None:
        self.items[key].heard.append(status)

    def judge_again(self) -> None:
        """Add how items on their way would be judged, now that the place has changed."""
        for item in self.items.values():
            if not item.state:
                for version in item.versions:
                    if version.offered:
                        self.judge(version)

    def judge(self, version: Version) -> None:
        for skew in set(version.skews):
            version.verdicts |= self.verdicts(version, skew)

    def verdicts(self, version: Version, skew: int) -> set[Verdict]:
        """Return how the version may be judged if the exchange happens with that skew."""
        low, high = self.moment(version.content, skew)
        version.moments.append((low, high))
        if version.poison in ("sealed", "invalid", "household"):
            return {(202, version.poison)}
        if high < self.now() - OLDEST.total_seconds() * 1000:
            return {(202, "old")}
        author = version.author.pk
        if author in self.town.closed:
            return {(202, "account")}
        left_on = self.town.left_on(author)
        if left_on and day_of(self.now()) > left_on + GRACE:
            return {(202, "late")}
        return {
            (201, "") if self.in_care(author, version.content, day_of(moment)) else (202, "scope")
            for moment in (low, high)
        }

    def moment(self, content: dict, skew: int) -> tuple[float, float]:
        """Return between which moments the server's clock places the content."""
        raw = content["visit"]["done_at"] if content["visit"] else content["saved_at"]
        offset, slack = content["clock_offset"], 0
        if offset is None:
            offset, slack = -skew / 1000, SLACK_MS
        at, now = raw + offset * 1000, self.now()
        if at < CLOCK_BEGAN - SLACK_MS or at > now + SLACK_MS:
            return now - SLACK_MS, now + SLACK_MS
        if at > now - SLACK_MS:
            slack = SLACK_MS
        return at - slack, at + slack

    def in_care(self, author: int, content: dict, day: datetime.date) -> bool:
        if content["household"]:
            return self.town.in_care(author, self.town.grid_of(content["household"], day), day)
        return self.town.in_care(author, content["issue"]["grid"], day)

    def forget_answers(self) -> None:
        """After a restore phones offer again what was answered, and it is judged anew."""
        for item in self.items.values():
            item.heard.clear()
        self.judge_again()
