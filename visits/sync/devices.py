"""Counting what each phone says it saved, so that a loss is noticed."""

import datetime
from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from communities.models import Community, User
from visits.models import SyncDevice, UnsentWord

# A device that lost more than so many stretches is not told apart any further.
MOST_GAPS = 100

Gaps = list[list[int]]


def note_unsent(user: User, entries: int, *, now: datetime.datetime) -> None:
    """Note how many entries the phone in her hand still held, in place of what it said before."""
    said = {"entries": entries, "said_at": now}
    if not UnsentWord.objects.filter(user=user).update(**said):
        UnsentWord.objects.update_or_create(user=user, defaults=said)


@transaction.atomic
def note_device(
    device: UUID, numbers: Collection[int], *, community: str, now: datetime.datetime
) -> None:
    """Note which numbers of the device are here; what is noted twice counts once.

    So an item that was stored just before the server died, and is sent again, leaves no gap.
    """
    place = Community.objects.filter(code=community)
    row, _is_new = SyncDevice.objects.select_for_update().get_or_create(
        pk=device,
        defaults={"community": place.first},  # type: ignore[misc] # asked for a new device only
    )
    row.gaps = gaps_left(row.gaps, row.highest, numbers)[-MOST_GAPS:]
    row.missing = sum(last - first + 1 for first, last in row.gaps)
    row.highest = max(row.highest, *numbers)
    row.seen_on = timezone.localdate(now)
    row.save(update_fields=["gaps", "missing", "highest", "seen_on"])


def gaps_left(gaps: Gaps, highest: int, numbers: Collection[int]) -> Gaps:
    """Return the stretches missing below the highest number once these numbers are here."""
    left = [*gaps]
    for number in sorted(set(numbers)):
        if number > highest:
            left += [[highest + 1, number - 1]] if number > highest + 1 else []
            highest = number
        else:
            left = [part for gap in left for part in without(gap, number)]
    return left


def without(gap: list[int], number: int) -> Gaps:
    first, last = gap
    if not first <= number <= last:
        return [gap]
    return [part for part in ([first, number - 1], [number + 1, last]) if part[0] <= part[1]]
