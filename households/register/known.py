"""What the database holds about the people and doors of a register."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from households.models import Care, Household, Phone, Residency, Resident, identity_index
from households.register.problems import Problem
from households.register.rows import Row


@dataclass(slots=True)
class Known:
    """A resident of the database, with what the register may say differently."""

    pk: int
    name: str
    has_identity: bool
    birth_date: datetime.date | None
    sex: str
    note: str
    died_on: datetime.date | None
    changed_at: datetime.datetime
    ties: list["Tie"] = field(default_factory=list)
    phones: set[str] = field(default_factory=set)
    care: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Tie:
    """A current residency."""

    pk: int
    household: int
    kind: str
    is_head: bool
    relation: str
    since: datetime.date | None
    changed_at: datetime.datetime
    community: int


class Facts:
    """What the database holds about the people and doors of one chunk of rows."""

    def __init__(self, rows: list[Row], doors_by_key: dict[tuple[str, str, str], int]) -> None:
        self.indexes = {
            id(row): identity_index(row.identity) for row in rows if row.identity and row.door
        }
        wanted = [index for index in self.indexes.values() if index]
        self.by_identity: dict[str, Known] = {}
        self.by_pk: dict[int, Known] = {}
        for index, known in load_people(Resident.objects.filter(identity_index__in=wanted)):
            self.by_identity[index] = known
            self.by_pk[known.pk] = known
        doors = {pk for row in rows if row.door and (pk := doors_by_key.get(row.door.key, 0)) > 0}
        self.households = Household.objects.in_bulk(doors)
        self.at_door: dict[int, list[Known]] = {}
        self.load_neighbours(doors)
        self.load_belongings()

    def load_neighbours(self, doors: set[int]) -> None:
        """Load who lives at these doors, for rows without a known identity number."""
        pairs = list(
            Residency.objects.current()
            .filter(household__in=doors)
            .values_list("household_id", "resident_id")
        )
        missing = {resident for _household, resident in pairs} - self.by_pk.keys()
        for _index, known in load_people(Resident.objects.filter(pk__in=missing)):
            self.by_pk[known.pk] = known
        for household, resident in pairs:
            self.at_door.setdefault(household, []).append(self.by_pk[resident])

    def load_belongings(self) -> None:
        people = list(self.by_pk)
        ties = Residency.objects.current().filter(resident__in=people)
        for resident, *values in ties.values_list(
            "resident_id", "pk", "household_id", "kind", "is_head", "relation", "since",
            "changed_at", "household__building__community_id",
        ):  # fmt: skip
            self.by_pk[resident].ties.append(Tie(*values))  # type: ignore[arg-type] # in this order
        phones = Phone.objects.filter(resident__in=people)
        for resident, index in phones.values_list("resident_id", "number_index"):
            self.by_pk[resident].phones.add(index)
        care = Care.objects.current().filter(resident__in=people)
        for resident, tag in care.values_list("resident_id", "tag_id"):
            self.by_pk[resident].care.add(tag)

    def find(self, row: Row, household: int | None) -> Known | None:
        """Return the resident whom the row means; adds a problem when that is in doubt.

        An identity number decides. Without one, the name at the door does.
        """
        index = self.indexes.get(id(row))
        if index and index in self.by_identity:
            return self.by_identity[index]
        namesakes = [
            known for known in self.at_door.get(household or 0, []) if known.name == row.name
        ]
        if not row.identity:
            namesakes = [known for known in namesakes if not known.has_identity] or namesakes
        else:
            others = [known for known in namesakes if known.has_identity]
            namesakes = [known for known in namesakes if not known.has_identity]
            if others and not namesakes and not row.is_checked:
                row.problems.append(Problem("other_identity"))
        if len(namesakes) > 1:
            row.problems.append(Problem("several_matches"))
        elif namesakes and contradicts(namesakes[0], row):
            row.problems.append(Problem("other_birth_date"))
        return namesakes[0] if len(namesakes) == 1 else None


def contradicts(known: Known, row: Row) -> bool:
    """Say whether birth dates show that the namesake is somebody else."""
    return bool(
        not known.has_identity
        and known.birth_date
        and row.birth_date
        and known.birth_date != row.birth_date
    )


def load_people(residents: Any) -> Iterator[tuple[str, Known]]:
    for index, *values in residents.values_list(
        "identity_index", "pk", "name", "birth_date", "sex", "note", "died_on", "changed_at"
    ):
        pk, name, *rest = values
        yield index, Known(pk, name, index is not None, *rest)
