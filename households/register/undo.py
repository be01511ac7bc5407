"""Taking an import back, as long as nothing later touched its rows."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError, Q
from django.utils.translation import gettext as _

from households.models import (
    Building,
    Care,
    Household,
    ImportPage,
    Phone,
    RegisterImport,
    Residency,
)
from households.register.write import MODELS, in_ranges, save_rows
from households.rhythm import reschedule_households

# Each before what it points at.
DELETION_ORDER = (
    "former_grid",
    "care",
    "phone",
    "residency",
    "resident",
    "household",
    "building",
)
RUNS_PER_QUERY = 200
KEYS_PER_QUERY = 1000
Record = dict[str, Any]


@transaction.atomic
def undo_import(*, register_import: RegisterImport) -> None:
    """Delete what the import created and restore what it changed.

    Refuses with a ValidationError, and changes nothing, when one of its rows has been
    changed, added to or visited since.
    """
    register_import = RegisterImport.objects.select_for_update().get(pk=register_import.pk)
    if register_import.state != RegisterImport.State.APPLIED or not register_import.applied_at:
        raise ValidationError(_("Only an import that is done can be undone."))
    pages = register_import.pages.filter(kind=ImportPage.Kind.WRITTEN).order_by("-number")
    if not pages.exists():
        raise ValidationError(_("This import is too old to be undone."))
    touched = sum(
        touched_rows(page.content, register_import.applied_at) for page in pages.iterator()
    )
    if touched:
        raise ValidationError(
            _("Somebody has changed %(count)s of the imported entries since, so the import stays."),
            params={"count": touched},
        )
    try:
        with transaction.atomic():
            for page in pages.iterator():
                restore(page.content["changed"])
                put_back(page.content.get("positions", []))
            delete(merged(page.content["created"] for page in pages.iterator()))
    except ProtectedError:
        raise ValidationError(
            _(
                "Some of the imported households have been visited, paired, named in a matter or taken into a campaign, so the import stays."
            )
        ) from None
    register_import.pages.all().delete()
    register_import.state = RegisterImport.State.UNDONE
    register_import.save(update_fields=["state"])


@transaction.atomic
def discard_import(*, register_import: RegisterImport) -> None:
    """Throw away an import that was read and not confirmed, with its file."""
    register_import = RegisterImport.objects.select_for_update().get(pk=register_import.pk)
    if register_import.state != RegisterImport.State.PREVIEWED:
        raise ValidationError(_("This import is already on its way."))
    register_import.pages.all().delete()
    register_import.state = RegisterImport.State.UNDONE
    register_import.summary = {}
    register_import.save(update_fields=["state", "summary"])
    register_import.delete_file()


def touched_rows(record: Record, applied_at: datetime.datetime) -> int:
    """Count the rows of one record that were changed, removed or added to after the import."""
    created, changed = record["created"], record["changed"]
    touched = 0
    for name in ("household", "resident", "residency"):
        runs = created.get(name, [])
        keys = [pk for pk, _former in changed.get(name, [])]
        manager = MODELS[name].objects
        expected = len(keys) + sum(last - first + 1 for first, last in runs)
        untouched = manager.filter(changed_at__lte=applied_at)
        present = untouched.filter(pk__in=keys).count()
        present += sum(untouched.filter(part).count() for part in parts(runs))
        touched += expected - present
    return touched + additions(created, applied_at)


def additions(created: dict[str, list[list[int]]], applied_at: datetime.datetime) -> int:
    """Count what others have since added to people and doors that the import created."""
    added = 0
    for model, name in ((Phone, "phone"), (Care, "care")):
        own = created.get(name, [])
        for part in parts(created.get("resident", []), field="resident"):
            keys = model.objects.filter(part).values_list("pk", flat=True)
            added += sum(1 for key in keys if not any(first <= key <= last for first, last in own))
    later = Residency.objects.filter(changed_at__gt=applied_at)
    for field in ("resident", "household"):
        for part in parts(created.get(field, []), field=field):
            added += later.filter(part).count()
    return added


def parts(runs: list[list[int]], *, field: str = "pk") -> Iterable[Q]:
    for start in range(0, len(runs), RUNS_PER_QUERY):
        yield in_ranges(runs[start : start + RUNS_PER_QUERY], field=field)


def restore(changed: dict[str, list[list[Any]]]) -> None:
    for name, rows in changed.items():
        model = MODELS[name]
        existing = model.objects.in_bulk([pk for pk, _former in rows])
        fields: set[str] = set()
        for pk, former in rows:
            row = existing[pk]
            for column, text in former.items():
                field = model._meta.get_field(column)
                setattr(row, field.attname, field.to_python(text))
                fields.add(field.name)
        save_rows(model, list(existing.values()), fields)
        if name == "residency":
            doors = [row.household_id for row in existing.values()]
            reschedule_households(Household.objects.filter(pk__in=doors))


def put_back(positions: list[list[Any]]) -> None:
    """Give buildings their former positions, where nobody has set another since."""
    for pk, former, written in positions:
        here = Building.objects.filter(pk=pk, longitude=written[0], latitude=written[1])
        here.update(longitude=former[0], latitude=former[1])


def merged(records: Iterable[dict[str, list[list[int]]]]) -> dict[str, list[list[int]]]:
    """Join what all steps created, so that children of one step go before parents of another."""
    created: dict[str, list[list[int]]] = {}
    for record in records:
        for name, runs in record.items():
            created.setdefault(name, []).extend(runs)
    return created


def delete(created: dict[str, list[list[int]]]) -> None:
    for name in DELETION_ORDER:
        for part in parts(created.get(name, [])):
            rows = MODELS[name].objects.filter(part)
            doors = doors_hastened_by(name, rows)
            rows.delete()
            for start in range(0, len(doors), KEYS_PER_QUERY):
                batch = doors[start : start + KEYS_PER_QUERY]
                reschedule_households(Household.objects.filter(pk__in=batch))


def doors_hastened_by(name: str, rows: Any) -> list[int]:
    """Return the doors that may be due sooner because of these care tags or residencies."""
    if name == "care":
        ties = Residency.objects.filter(resident__in=rows.values("resident"))
    elif name == "residency":
        ties = rows.filter(resident__in=Care.objects.current().values("resident"))
    else:
        return []
    return list(ties.values_list("household", flat=True))
