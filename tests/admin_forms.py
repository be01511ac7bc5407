"""Addresses of Django admin, and what a browser sends there for a resident."""

from django.urls import reverse


def url(model, page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def resident_data(world, **extra: object) -> dict[str, object]:
    residency = world.resident.residencies.get()
    data = {"name": "张伟明", "sex": "", "birth_date": "", "note": "", "died_on": ""}
    for prefix in ("phones", "care"):
        data |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    data |= {
        "residencies-TOTAL_FORMS": 1,
        "residencies-INITIAL_FORMS": 1,
        "residencies-0-id": residency.pk,
        "residencies-0-resident": world.resident.pk,
        "residencies-0-household": residency.household_id,
        "residencies-0-kind": residency.kind,
        "residencies-0-is_head": "on",
    }
    return data | extra
