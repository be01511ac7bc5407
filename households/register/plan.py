"""Comparing a register with the database: what would become new, changed or moved.

Planning only reads. It yields, chunk by chunk, entries to show and a step to write; a
step names rows that do not exist yet by negative numbers.
"""

import datetime
import hashlib
import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

from communities.models import Community, Grid
from communities.models.place import HOLDING_SEQUENCE
from households.addresses import door_key
from households.masking import mask_identity, mask_phone
from households.models import CareTag, Household, ImportPage, Residency, phone_index
from households.models.geography import Position
from households.register.known import Facts, Known, Tie
from households.register.problems import Problem, Weight, weight_of
from households.register.reading import Progress, Reading
from households.register.rows import Row
from households.register.steps import Entry, Outcome, Step

Kind = ImportPage.Kind
BATCH = 2000
# In degrees, some 500 metres: entrances of one building may have positions of their own.
FARTHEST_APART = 0.005


class Planner:
    """Compare the rows of one reading with the register of one community.

    Iterate `steps()` to the end, then `absent()`; `counts` and `digest` are complete after
    that. Equal digests mean that the same file would change the same things.
    """

    def __init__(self, reading: Reading, *, community: Community, today: datetime.date) -> None:
        self.reading = reading
        self.community = community
        self.today = today
        self.counts: Counter[str] = Counter()
        self.hash = hashlib.blake2b(digest_size=16)
        self.care_tags = dict(CareTag.objects.values_list("name", "pk"))
        # 0 until the first write makes it: planning writes nothing.
        self.holding = (
            Grid.objects.filter(code=community.code + HOLDING_SEQUENCE)
            .values_list("pk", flat=True)
            .first()
            or 0
        )
        self.grids = {
            text: grid
            for grid in Grid.objects.filter(community=community).open().numbered()
            for text in (grid.code, grid.name, grid.code[-3:], grid.code[-3:].lstrip("0"))
        }
        self.grid_names = dict(Grid.objects.filter(community=community).values_list("pk", "name"))
        self.buildings: dict[str, int] = {}
        self.positions: dict[int, tuple[float | None, float | None]] = {}
        for key, pk, *position in community.buildings.values_list(
            "match_key", "pk", "longitude", "latitude"
        ):
            self.buildings[key] = pk
            self.positions[pk] = (position[0], position[1])
        self.said_positions: dict[int, Position] = {}
        self.households = self.load_doors()
        self.occupancies: dict[int, str] = {}
        self.new_people: dict[str, int] = {}
        self.matched: set[int] = set()
        self.mentioned: set[tuple[int, str]] = set()
        self.covered: set[int] = set()
        self.last_reference = 0

    @property
    def digest(self) -> str:
        return self.hash.hexdigest()

    def load_doors(self) -> dict[tuple[str, str, str], int]:
        keys = {pk: key for key, pk in self.buildings.items()}
        doors = Household.objects.filter(building__community=self.community)
        return {
            (keys[building], *door_key(unit, room)): pk
            for pk, building, unit, room in doors.values_list(
                "pk", "building_id", "unit", "room"
            ).iterator(chunk_size=BATCH)
        }

    def reference(self) -> int:
        self.last_reference -= 1
        return self.last_reference

    def steps(self, progress: Progress) -> Iterator[tuple[Step, list[Outcome]]]:
        """Yield what to write and what to show, in the order of the file."""
        done = 0
        for rows in self.reading.rows.chunks():
            step = Step()
            facts = Facts(rows, self.households)
            outcomes = [self.compare(row, facts, step) for row in rows]
            for outcome in outcomes:
                self.count(outcome.entry)
            yield step, outcomes
            done += len(rows)
            progress(done, len(self.reading.rows))

    def count(self, entry: Entry) -> None:
        self.counts[entry.kind] += 1
        if entry.kind not in {Kind.REFUSED, Kind.DOUBTFUL} and entry.problems:
            self.counts[Kind.REMARKED] += 1
        self.hash.update(repr((entry.kind, entry.sheet, entry.number, entry.changes)).encode())

    def compare(self, row: Row, facts: Facts, step: Step) -> Outcome:
        """Decide what becomes of a row, and add what it changes to the step."""
        entry = Entry(
            Kind.UNCHANGED,
            row.number,
            row.sheet,
            row.name,
            mask_identity(row.identity),
            str(row.door) if row.door else "",
        )
        household = self.households.get(row.door.key) if row.door else None
        if row.door and row.door.key[0] in self.buildings:
            self.covered.add(self.buildings[row.door.key[0]])
        repetition = self.reading.repetition(row)
        if repetition:
            row.problems.append(repetition)
        person = None
        if weight_of(row.problems) != Weight.REFUSED and row.has_person:
            person = facts.find(row, household)
            if person is not None:
                self.matched.add(person.pk)
                row.problems += self.doubts_about(person, row)
        weight = weight_of(row.problems)
        if weight in {Weight.REFUSED, Weight.DOUBTFUL}:
            entry.kind = Kind.REFUSED if weight == Weight.REFUSED else Kind.DOUBTFUL
            if household is not None:
                self.mentioned.add((household, row.name))
        else:
            self.accept(row, person, household, facts, step, entry)
        entry.problems = list(row.problems)
        return Outcome(entry, row)

    def doubts_about(self, person: Known, row: Row) -> list[Problem]:
        """A person of another community keeps her facts; differences are for the two to settle."""
        elsewhere = person.ties and all(tie.community != self.community.pk for tie in person.ties)
        if not elsewhere:
            return []
        differing = [
            fact
            for fact, before, after in resident_differences(person, row)
            if fact in {"name", "birth_date", "sex", "died_on"} and before
        ]
        if not differing:
            return []
        return [Problem("known_elsewhere", value=", ".join(differing))]

    def accept(  # noqa: PLR0917 - the row and everything it is compared with
        self,
        row: Row,
        person: Known | None,
        household: int | None,
        facts: Facts,
        step: Step,
        entry: Entry,
    ) -> None:
        gone = row.has_left or row.has_died
        is_new_person = row.has_person and person is None
        if is_new_person and gone:
            return
        is_new_door = household is None
        if is_new_door and not gone:
            household = self.add_household(row, step)
        if household is not None and not gone:
            self.compare_household(row, household, facts, step, entry)
            self.compare_position(row, step, entry)
        if is_new_person:
            assert household is not None  # noqa: S101 - made above
            self.add_person(row, household, step)
            entry.kind = Kind.NEW
        elif person is not None:
            self.compare_person(row, person, step, entry)
            moved = self.compare_ties(row, person, household, step, entry)
            entry.kind = Kind.MOVED if moved else Kind.CHANGED if entry.changes else Kind.UNCHANGED
        elif is_new_door and not gone:
            entry.kind = Kind.NEW
        elif entry.changes:
            entry.kind = Kind.CHANGED

    def add_household(self, row: Row, step: Step) -> int:
        door = row.door
        assert door is not None  # noqa: S101 - a row without a door is refused
        building_key, *_rest = door.key
        building = self.buildings.get(building_key)
        if building is None:
            building = self.buildings[building_key] = self.reference()
            step.buildings.append((building, door.estate, door.building))
        household = self.households[door.key] = self.reference()
        grid = self.grids.get(row.grid)
        step.households.append(
            (household, building, door.unit, door.room, grid.pk if grid else self.holding)
        )
        return household

    def compare_household(
        self, row: Row, household: int, facts: Facts, step: Step, entry: Entry
    ) -> None:
        known = facts.households.get(household)
        if row.occupancy:
            self.compare_occupancy(row, household, known, step, entry)
        if row.grid:
            self.compare_grid(row, household, known, step, entry)
        before = known.note if known else ""
        if row.note and not row.has_person and row.note not in before:
            note = f"{before}\n{row.note}".strip()
            self.change_household(step, household, known, note=note)
            if known:
                entry.changes.append(("household_note", before, note))

    def compare_position(self, row: Row, step: Step, entry: Entry) -> None:
        """Take the first position that the file gives a building."""
        if row.position is None or row.door is None:
            return
        building = self.buildings[row.door.key[0]]
        said = self.said_positions.setdefault(building, row.position)
        if said is not row.position:
            if math.dist(said, row.position) > FARTHEST_APART:
                row.problems.append(Problem("position_differs", "position"))
            return
        before = self.positions.get(building, (None, None))
        if row.position != before:
            step.positions[building] = row.position
            if building > 0:
                entry.changes.append(("position", in_degrees(*before), in_degrees(*row.position)))

    def compare_occupancy(
        self, row: Row, household: int, known: Household | None, step: Step, entry: Entry
    ) -> None:
        said = self.occupancies.setdefault(household, row.occupancy)
        if said != row.occupancy:
            row.problems.append(Problem("occupancy_differs", "occupancy"))
        elif known is None or known.occupancy != row.occupancy:
            if (
                household in step.household_changes
                and "occupancy" in step.household_changes[household]
            ):
                return
            self.change_household(step, household, known, occupancy=row.occupancy)
            if known:
                entry.changes.append(("occupancy", known.occupancy, row.occupancy))

    def compare_grid(
        self, row: Row, household: int, known: Household | None, step: Step, entry: Entry
    ) -> None:
        grid = self.grids.get(row.grid)
        if grid is None:
            self.reading.unknown_words["grid", row.grid] += 1
        elif known is not None and known.grid_id != grid.pk:
            if known.grid_id == self.holding:
                if "grid_id" not in step.household_changes.get(household, {}):
                    self.change_household(step, household, known, grid_id=grid.pk)
                    entry.changes.append(("grid", "", grid.name))
            else:
                row.problems.append(Problem("grid_differs", value=self.grid_names[known.grid_id]))

    def change_household(
        self, step: Step, household: int, known: Household | None, **values: Any
    ) -> None:
        step.household_changes.setdefault(household, {}).update(values)
        if known is not None:
            step.see("household", household, known.changed_at)

    def add_person(self, row: Row, household: int, step: Step) -> None:
        person = self.new_people.get(row.identity) if row.identity else None
        if person is None:
            person = self.reference()
            step.residents.append(
                (person, row.name, row.identity, row.birth_date, row.sex, row.note)
            )
            step.phones += [(person, phone.number, phone.label) for phone in row.phones]
            step.care += [(person, self.care_tags[tag]) for tag in row.care]
            if row.identity and self.reading.is_pair(row):
                self.new_people[row.identity] = person
        step.residencies.append(
            (person, household, row.kind or "both", bool(row.is_head), row.relation, row.since)
        )

    def compare_person(self, row: Row, person: Known, step: Step, entry: Entry) -> None:
        values: dict[str, Any] = {}
        for fact, before, after in resident_differences(person, row):
            values[fact] = after
            entry.changes.append((fact, shown(fact, before), shown(fact, after)))
        if values:
            step.resident_changes.setdefault(person.pk, {}).update(values)
            step.see("resident", person.pk, person.changed_at)
        for phone in row.phones:
            index = phone_index(phone.number)
            if index not in person.phones:
                person.phones.add(index)
                step.phones.append((person.pk, phone.number, phone.label))
                entry.changes.append(("phone", "", f"{mask_phone(phone.number)} {phone.label}"))
        for tag in row.care:
            if self.care_tags[tag] not in person.care:
                person.care.add(self.care_tags[tag])
                step.care.append((person.pk, self.care_tags[tag]))
                entry.changes.append(("care", "", tag))

    def compare_ties(
        self, row: Row, person: Known, household: int | None, step: Step, entry: Entry
    ) -> bool:
        """Compare where the person lives and is registered; say whether she has moved here."""
        here = [tie for tie in person.ties if tie.community == self.community.pk]
        at_door = next((tie for tie in here if tie.household == household), None)
        if row.has_died:
            for tie in here:
                self.change_tie(step, tie, entry, until=row.died_on)
            return False
        if row.has_left:
            if at_door:
                self.change_tie(step, at_door, entry, until=row.left_on or self.today)
            return False
        if at_door:
            self.compare_tie(row, at_door, step, entry)
            return False
        assert household is not None  # noqa: S101 - made or found for everyone who has not left
        kind = row.kind or "both"
        step.residencies.append(
            (person.pk, household, kind, bool(row.is_head), row.relation, row.since)
        )
        left = [tie for tie in here if self.give_way(step, tie, kind, row, entry)]
        before = "；".join(self.address_of(tie) for tie in left)
        entry.changes.append(("address", before, entry.door))
        return bool(left)

    def give_way(self, step: Step, tie: Tie, kind: str, row: Row, entry: Entry) -> bool:
        """End or narrow another residency for a new one of this kind; say whether it did.

        Whoever now lives at a new door no longer lives at the old one, but may still be
        registered there, and the other way round.
        """
        remaining = {
            ("both", "lives"): "registered",
            ("both", "registered"): "lives",
            ("lives", "registered"): "lives",
            ("registered", "lives"): "registered",
        }.get((tie.kind, kind))
        if remaining == tie.kind:
            return False
        if remaining:
            self.change_tie(step, tie, entry, kind=remaining)
        else:
            self.change_tie(step, tie, entry, until=row.since or self.today)
        return True

    def compare_tie(self, row: Row, tie: Tie, step: Step, entry: Entry) -> None:
        values: dict[str, Any] = {}
        if row.kind and row.kind != tie.kind:
            values["kind"] = row.kind
        if row.relation and row.relation != tie.relation:
            values["relation"] = row.relation
        if row.is_head is not None and row.is_head != tie.is_head:
            values["is_head"] = row.is_head
        if row.since and tie.since is None:
            values["since"] = row.since
        if values:
            self.change_tie(step, tie, entry, **values)

    def change_tie(self, step: Step, tie: Tie, entry: Entry, **values: Any) -> None:
        if values.get("until") and tie.since and values["until"] < tie.since:
            values["until"] = tie.since
        for fact, after in values.items():
            entry.changes.append((fact, shown(fact, getattr(tie, fact, None)), shown(fact, after)))
        step.residency_changes.setdefault(tie.pk, {}).update(values)
        step.see("residency", tie.pk, tie.changed_at)

    def address_of(self, tie: Tie) -> str:
        return Household.objects.select_related("building").get(pk=tie.household).address

    def absent(self) -> Iterator[Entry]:
        """Yield the people of the buildings in this file who do not stand in it."""
        ties = (
            Residency.objects.current()
            .filter(household__building__in=[pk for pk in self.covered if pk > 0])
            .select_related("resident", "household__building")
            .order_by("household__walk_order", "pk")
        )
        for tie in ties.iterator(chunk_size=BATCH):
            if tie.resident_id in self.matched:
                continue
            if (tie.household_id, tie.resident.name) in self.mentioned:
                continue
            entry = Entry(
                Kind.ABSENT,
                0,
                0,
                tie.resident.name,
                tie.resident.masked_identity,
                tie.household.address,
            )
            self.counts[Kind.ABSENT] += 1
            self.hash.update(repr((Kind.ABSENT, tie.pk)).encode())
            yield entry


def resident_differences(person: Known, row: Row) -> list[tuple[str, Any, Any]]:
    """Return the facts of the person that the row would change: fact, before, after.

    An empty cell changes nothing. A note is added to, never replaced.
    """
    differences: list[tuple[str, Any, Any]] = []
    if row.name != person.name:
        differences.append(("name", person.name, row.name))
    if row.identity and not person.has_identity:
        differences.append(("identity_number", None, row.identity))
    if row.identity or not person.has_identity:
        if row.birth_date and row.birth_date != person.birth_date:
            differences.append(("birth_date", person.birth_date, row.birth_date))
        if row.sex and row.sex != person.sex:
            differences.append(("sex", person.sex, row.sex))
    if row.died_on and row.died_on != person.died_on:
        differences.append(("died_on", person.died_on, row.died_on))
    if row.note and row.note not in person.note:
        differences.append(("note", person.note, f"{person.note}\n{row.note}".strip()))
    return differences


def in_degrees(longitude: float | None, latitude: float | None) -> str:
    return "" if longitude is None else f"{longitude}, {latitude}"


def shown(fact: str, value: Any) -> str:
    """Return the value for the preview: masked where it must be, codes left to the page."""
    if value is None or value == "":
        return ""
    if fact == "identity_number":
        return mask_identity(value)
    return str(value)
