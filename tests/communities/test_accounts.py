import re

from django.contrib.auth.password_validation import validate_password
from django.urls import reverse

from communities.actions import initial_password
from communities.models import User
from tests.factories import PASSWORD


def password_url(user) -> str:
    return reverse("communities:person_password", args=[user.pk])


def test_initial_passwords_differ_and_satisfy_every_rule(db):
    passwords = {initial_password() for _ in range(50)}
    assert len(passwords) == 50
    for password in passwords:
        validate_password(password)
        assert not set(password) & set("0Oo1lI")


def test_new_password_is_shown_once_and_must_be_changed(world, as_user):
    client = as_user(world.officer)
    url = password_url(world.worker)
    asked = client.get(url)
    world.worker.refresh_from_db()
    assert world.worker.check_password(PASSWORD)
    assert b"<code>" not in asked.content
    shown = client.post(url)
    password = re.search(r"<code>(.+)</code>", shown.content.decode()).group(1)
    assert shown["Cache-Control"] == "no-store, private"
    assert password.encode() not in client.get(url).content
    world.worker.refresh_from_db()
    assert world.worker.check_password(password)
    assert world.worker.must_change_password
    assert not world.worker.check_password(PASSWORD)


def test_sessions_die_with_the_password_and_with_the_account(world, as_user):
    home = reverse("visits:today")
    first, second = as_user(world.worker), as_user(world.captain)
    assert [first.get(home).status_code, second.get(home).status_code] == [200, 200]
    as_user(world.officer).post(password_url(world.worker))
    User.objects.filter(pk=world.captain.pk).update(is_active=False)
    login = f"{reverse('login')}?next={home}"
    assert [first.get(home).url, second.get(home).url] == [login, login]


def test_passwords_of_people_out_of_reach_stay(world, as_user):
    def status(user, person) -> int:
        return as_user(user).post(password_url(person)).status_code

    assert [
        status(world.officer, world.officer),
        status(world.officer, world.outsider),
        status(world.officer, world.street_officer),
        status(world.auditor, world.worker),
        status(world.worker, world.captain),
        status(world.outsider, world.worker),
    ] == [404] * 6
    assert not User.objects.filter(must_change_password=True).exists()
