import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from communities.models import User
from communities.phones import read_work_phone

WRONG = "not a phone number that anybody can call"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("", ""),
        ("  ", ""),
        ("13800138000", "13800138000"),
        ("138 0013 8000", "13800138000"),
        ("138-0013-8000", "13800138000"),
        ("+86 13800138000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("0512-63123456", "0512-63123456"),
        ("051263123456", "0512-63123456"),
        ("0512 6312 3456", "0512-63123456"),
        ("（0512）63123456", "0512-63123456"),
        ("010-65123456", "010-65123456"),
        ("0990—5550001", "0990-5550001"),
        ("0512-63123456-808", "0512-63123456-808"),
        ("0512-63123456转808", "0512-63123456-808"),
        ("0512-63123456 分机 808", "0512-63123456-808"),
        ("0512-63123456 ext. 808", "0512-63123456-808"),
    ],
)
def test_work_phone_is_kept_in_one_spelling(typed, stored):
    assert read_work_phone(typed) == stored
    assert read_work_phone(stored) == stored


@pytest.mark.parametrize(
    "typed",
    ["内线8012", "1380013800", "138001380001", "12800138000", "63123456", "0512", "小王", "8012"],
)
def test_what_nobody_can_call_is_refused_with_what_to_do(typed):
    with pytest.raises(ValidationError, match="电话"):
        read_work_phone(typed)


def test_new_person_has_a_phone_that_can_be_called(world, as_user):
    sent = {
        "name": "赵敏",
        "username": "zhaomin",
        "role": "grid_worker",
        "place": world.grid.code,
        "employment": "full_time",
        "rank": "backup",
        "since": "2026-05-01",
        "step": "confirmed",
    }
    client = as_user(world.officer)
    address = reverse("visits:person_add", args=[world.community.code])
    refused = client.post(address, {**sent, "phone": "内线8012"}).content.decode()
    assert WRONG in refused
    assert 'value="内线8012"' in refused
    client.post(address, {**sent, "phone": "0512 63123456转8012"})
    assert User.objects.get(username="zhaomin").phone == "0512-63123456-8012"


def test_admin_checks_a_changed_phone_and_leaves_an_old_one_alone(world, as_user):
    User.objects.filter(pk=world.worker.pk).update(phone="内线8012")
    client = as_user(world.admin)
    address = reverse("admin:communities_user_change", args=[world.worker.pk])
    sent = {"username": "worker", "name": "王芳", "phone": "内线8012", "is_active": "on"}
    for prefix in ("memberships", "memberships-2"):
        sent |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
    assert client.post(address, sent).status_code == 302
    world.worker.refresh_from_db()
    assert (world.worker.name, world.worker.phone) == ("王芳", "内线8012")
    assert WRONG in client.post(address, {**sent, "phone": "8013"}).content.decode()
    client.post(address, {**sent, "phone": "138 0013 8000"})
    world.worker.refresh_from_db()
    assert world.worker.phone == "13800138000"
