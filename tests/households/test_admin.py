"""Residents and care tags in Django admin: what is entered there, and never shown."""

import datetime
import json

from django.apps import apps
from django.contrib.admin.models import LogEntry

from households.models import CareTag, Resident
from tests.admin_forms import resident_data, url
from tests.factories import CareFactory, CareTagFactory, ResidentFactory

IDENTITY = "11010519491231002X"


def test_care_tag_rhythm_reaches_the_doors(world, as_user):
    tag = CareTagFactory(name="独居", visit_every_days=30)
    CareFactory(resident=world.resident, tag=tag)
    as_user(world.admin).post(
        url(CareTag, "change", tag.pk),
        {"name": "独居", "visit_every_days": 7, "extra_workload": 1, "description": ""},
    )
    world.household.refresh_from_db()
    assert (world.household.due_by - world.household.registered_on).days == 7


def test_sensitive_mark_stays_while_somebody_carries_the_tag(world, as_user):
    tag = CareTagFactory(name="敏感", is_sensitive=True)
    CareFactory(resident=world.resident, tag=tag)
    client = as_user(world.admin)
    client.post(
        url(CareTag, "change", tag.pk),
        {"name": "敏感", "visit_every_days": 9, "extra_workload": "0.5", "description": ""},
    )
    tag.refresh_from_db()
    assert (tag.is_sensitive, tag.visit_every_days) == (True, 9)
    listed = client.get(url(apps.get_model("households.Care"), "changelist"))
    assert list(listed.context["cl"].queryset) == []


def test_sensitive_tags_are_not_offered_to_whoever_may_not_know_them(world, as_user):
    plain, sensitive = CareTagFactory(name="独居"), CareTagFactory(name="敏感", is_sensitive=True)
    page = as_user(world.admin).get(url(Resident, "change", world.resident.pk))
    [care] = [
        entry.formset
        for entry in page.context["inline_admin_formsets"]
        if entry.formset.prefix == "care"
    ]
    offered = set(care.empty_form.fields["tag"].queryset)
    assert (plain in offered, sensitive in offered) == (True, False)


def test_identity_and_phone_are_entered_and_never_shown(world, as_user):
    client = as_user(world.admin)
    page = url(Resident, "change", world.resident.pk)
    data = resident_data(
        world,
        new_identity_number=IDENTITY,
        **{
            "phones-TOTAL_FORMS": 1,
            "phones-0-resident": world.resident.pk,
            "phones-0-new_number": "138 0013 8000",
            "phones-0-label": "本人",
        },
    )
    assert client.post(page, data).status_code == 302
    resident = Resident.objects.get(pk=world.resident.pk)
    assert (resident.identity_number, resident.birth_date, resident.sex) == (
        IDENTITY,
        datetime.date(1949, 12, 31),
        "female",
    )
    assert [phone.number for phone in resident.phones.all()] == ["13800138000"]
    shown = client.get(page).content.decode()
    assert "1****************X" in shown
    assert "138****8000" in shown
    assert IDENTITY not in shown
    assert "13800138000" not in shown


def test_identity_number_of_another_person_is_refused(world, as_user):
    ResidentFactory(identity_number=IDENTITY)
    answer = as_user(world.admin).post(
        url(Resident, "change", world.resident.pk),
        resident_data(world, new_identity_number=IDENTITY.lower()),
    )
    assert answer.status_code == 200
    assert "already has a person with this identity number" in answer.content.decode()


def test_admin_log_names_rows_by_number_and_fields_by_name(world, as_user):
    data = resident_data(
        world,
        name="欧阳新名",
        new_identity_number=IDENTITY,
        **{
            "phones-TOTAL_FORMS": 1,
            "phones-0-resident": world.resident.pk,
            "phones-0-new_number": "13800138000",
        },
    )
    as_user(world.admin).post(url(Resident, "change", world.resident.pk), data)
    entry = LogEntry.objects.get()
    assert entry.object_repr == f"households.Resident {world.resident.pk}"
    assert json.loads(entry.change_message) == [
        {"changed": {"fields": ["Full name", "New identity number", "phone"]}}
    ]
