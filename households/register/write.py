"""Writing a plan into the database in one transaction."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.utils import timezone

from communities.models import Community
from communities.names import search_terms
from households.models import (
    Building,
    Care,
    FormerGrid,
    Household,
    Phone,
    Residency,
    Resident,
    identity_index,
)
from households.register.steps import Step
from households.rhythm import reschedule_households

BATCH = 2000
UPDATE_BATCH = 200


class RegisterChanged(Exception):  # noqa: N818 - reads as what happened
    """A row that was to be changed is no longer as it was when it was compared."""


class Writer:
    """Write steps one after another; call it inside the transaction of the whole import.

    `records` gathers for each step what undoing needs: the rows created, as ranges of
    keys, and the former values of the rows changed.
    """

    def __init__(self, community: Community, *, today: datetime.date) -> None:
        self.community = community
        self.today = today
        self.keys: dict[int, int] = {}
        self.new_buildings: dict[int, Building] = {}
        self.holding = 0

    def write(self, step: Step) -> dict[str, Any]:
        """Write one step and return the record that undoes it."""
        self.check_unchanged(step)
        created = {
            "building": self.create_buildings(step),
            "household": self.create_households(step),
            "resident": self.create_residents(step),
            "residency": self.create_residencies(step),
            "phone": self.create_phones(step),
            "care": self.create_care(step),
        }
        positions = self.place_buildings(step)
        changed = {
            "resident": self.change(Resident, step.resident_changes),
            "residency": self.change(Residency, step.residency_changes),
            "household": self.change(Household, self.resolved(step.household_changes)),
        }
        created["former_grid"] = ranges(self.note_former_grids(changed["household"]))
        self.reschedule(step, changed["residency"])
        return {
            "created": {name: keys for name, keys in created.items() if keys},
            "changed": {name: rows for name, rows in changed.items() if rows},
            **({"positions": positions} if positions else {}),
        }

    def key(self, reference: int) -> int:
        """Return the key of a row: itself, or the one given to a row created here."""
        return reference if reference > 0 else self.keys[reference]

    def resolved(self, changes: dict[int, dict[str, Any]]) -> dict[int, dict[str, Any]]:
        return {self.key(reference): values for reference, values in changes.items()}

    def check_unchanged(self, step: Step) -> None:
        for name, seen in step.seen.items():
            current = dict(MODELS[name].objects.filter(pk__in=seen).values_list("pk", "changed_at"))
            if current != seen:
                raise RegisterChanged

    def create_buildings(self, step: Step) -> list[list[int]]:
        buildings = [
            Building(community=self.community, estate=estate, name=name)
            for _reference, estate, name in step.buildings
        ]
        Building.objects.bulk_create(buildings)
        for (reference, *_names), building in zip(step.buildings, buildings, strict=True):
            self.keys[reference] = building.pk
            self.new_buildings[building.pk] = building
        return ranges(building.pk for building in buildings)

    def place_buildings(self, step: Step) -> list[list[Any]]:
        """Write positions; return for each building its key, the former position and the new."""
        places = {self.key(reference): place for reference, place in step.positions.items()}
        buildings = list(Building.objects.filter(pk__in=places))
        record = []
        for building in buildings:
            former = [building.longitude, building.latitude]
            building.longitude, building.latitude = places[building.pk]
            record.append([building.pk, former, list(places[building.pk])])
        Building.objects.bulk_update(buildings, ["longitude", "latitude"], batch_size=UPDATE_BATCH)
        return record

    def create_households(self, step: Step) -> list[list[int]]:
        existing = Building.objects.in_bulk(
            {building for _ref, building, *_rest in step.households if building > 0}
        )
        buildings = {**existing, **self.new_buildings}
        now = timezone.now()
        households = []
        for reference, building, unit, room, grid in step.households:
            household = Household(
                building=buildings[self.key(building)],
                unit=unit,
                room=room,
                grid_id=grid or self.holding_grid(),
                grid_since=self.today,
                registered_on=self.today,
                changed_at=now,
                **step.household_changes.pop(reference, {}),
            )
            household.confirm_occupancy(self.today)
            household.reschedule(rhythm_days=self.community.visit_every_days)
            households.append(household)
        Household.objects.bulk_create(households)
        for (reference, *_rest), household in zip(step.households, households, strict=True):
            self.keys[reference] = household.pk
        return ranges(household.pk for household in households)

    def holding_grid(self) -> int:
        self.holding = self.holding or self.community.holding_grid().pk
        return self.holding

    def create_residents(self, step: Step) -> list[list[int]]:
        residents = [
            Resident(
                name=name,
                identity_number=identity or None,
                birth_date=birth_date,
                sex=sex,
                note=note,
            )
            for _reference, name, identity, birth_date, sex, note in step.residents
        ]
        Resident.objects.bulk_create(residents)
        for (reference, *_rest), resident in zip(step.residents, residents, strict=True):
            self.keys[reference] = resident.pk
        return ranges(resident.pk for resident in residents)

    def create_residencies(self, step: Step) -> list[list[int]]:
        residencies = [
            Residency(
                resident_id=self.key(resident),
                household_id=self.key(household),
                kind=kind,
                is_head=is_head,
                relation=relation,
                since=since,
                confirmed_on=self.today,
            )
            for resident, household, kind, is_head, relation, since in step.residencies
        ]
        return ranges(row.pk for row in Residency.objects.bulk_create(residencies))

    def create_phones(self, step: Step) -> list[list[int]]:
        phones = [
            Phone(resident_id=self.key(resident), number=number, label=label)
            for resident, number, label in step.phones
        ]
        return ranges(row.pk for row in Phone.objects.bulk_create(phones))

    def create_care(self, step: Step) -> list[list[int]]:
        care = [
            Care(resident_id=self.key(resident), tag_id=tag, since=self.today)
            for resident, tag in step.care
        ]
        return ranges(row.pk for row in Care.objects.bulk_create(care))

    def change(self, model: Any, changes: dict[int, dict[str, Any]]) -> list[list[Any]]:
        """Change rows and return their former values as text that the columns can read back."""
        if not changes:
            return []
        rows = model.objects.in_bulk(list(changes))
        former: list[list[Any]] = []
        fields = {"changed_at"}
        now = timezone.now()
        for pk, values in changes.items():
            row = rows[pk]
            former.append([pk, {name: dumped(row, name) for name in values}])
            if "grid_id" in values:
                former[-1][1]["grid_since"] = dumped(row, "grid_since")
                row.grid_since = self.today
                fields.add("grid_since")
            for name, value in values.items():
                setattr(row, name, value)
            if "occupancy" in values:
                former[-1][1]["occupancy_confirmed_on"] = dumped(row, "occupancy_confirmed_on")
                row.confirm_occupancy(self.today)
                fields.add("occupancy_confirmed_on")
            row.changed_at = now
            fields |= {model._meta.get_field(name).name for name in values}
        save_rows(model, list(rows.values()), fields)
        return former

    def note_former_grids(self, changed: list[list[Any]]) -> list[int]:
        """Keep the days in the former grid of households that were given to another."""
        last_day = self.today - datetime.timedelta(days=1)
        rows = [
            FormerGrid(household_id=pk, grid_id=int(former["grid_id"]), since=since, until=last_day)
            for pk, former in changed
            if "grid_id" in former
            and (since := datetime.date.fromisoformat(former["grid_since"])) <= last_day
        ]
        return [row.pk for row in FormerGrid.objects.bulk_create(rows)]

    def reschedule(self, step: Step, changed_ties: list[list[Any]]) -> None:
        """Set anew when doors are due whose people or care tags this step changed."""
        cared = {self.key(resident) for resident, _tag in step.care}
        # New people bring no other care than the step's; those known before may.
        entered = {
            self.key(household) for resident, household, *_rest in step.residencies if resident > 0
        }
        ties = [pk for pk, _former in changed_ties]
        if cared or entered or ties:
            left = Residency.objects.filter(
                models.Q(resident__in=cared) | models.Q(pk__in=ties)
            ).values("household")
            reschedule_households(
                Household.objects.filter(models.Q(pk__in=left) | models.Q(pk__in=entered))
            )


MODELS: dict[str, Any] = {
    "building": Building,
    "household": Household,
    "resident": Resident,
    "residency": Residency,
    "phone": Phone,
    "care": Care,
    "former_grid": FormerGrid,
}


def save_rows(model: Any, rows: list[Any], fields: set[str]) -> None:
    """Save these columns and those derived from them."""
    if model is Resident:
        for row in rows:
            row.search_terms = search_terms(row.name)
            row.identity_index = identity_index(row.identity_number)
        fields = fields | {"search_terms", "identity_index"}
    model.objects.bulk_update(rows, sorted(fields), batch_size=UPDATE_BATCH)


def dumped(row: models.Model, name: str) -> str | None:
    """Return a column as text, None for an empty one."""
    value = getattr(row, name)
    field: Any = row._meta.get_field(name)
    return None if value is None else field.value_to_string(row)


def ranges(keys: Iterable[int]) -> list[list[int]]:
    """Return keys as first and last of each unbroken run: 1, 2, 3, 7 gives [[1, 3], [7, 7]]."""
    runs: list[list[int]] = []
    for key in sorted(keys):
        if runs and key == runs[-1][1] + 1:
            runs[-1][1] = key
        else:
            runs.append([key, key])
    return runs


def in_ranges(runs: list[list[int]], *, field: str = "pk") -> models.Q:
    """Match the rows whose key lies in one of the runs."""
    condition = models.Q(pk__in=[])
    for first, last in runs:
        # Two comparisons, since a foreign key knows no range.
        condition |= models.Q(**{f"{field}__gte": first, f"{field}__lte": last})
    return condition
