"""The ways in, the headers of every answer, and what a hostile request gets."""

import logging
import sys

import pytest
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.test import Client, override_settings
from django.urls import path, reverse
from django.utils import timezone

from communities.authentication import DEMO_PASSWORD
from communities.client_address import client_address
from communities.models import User
from gridmgmt.logs import NoDataReporterFilter, PlainFormatter
from gridmgmt.urls import urlpatterns
from tests.factories import PASSWORD, UserFactory

WRONG = "Wrong-Guess-1"


def sign_in(client: Client, name: str, password: str, **extra: str):
    return client.post(reverse("login"), {"username": name, "password": password}, **extra)


def strict_headers(response) -> dict[str, object]:
    policy = response.headers.get("Content-Security-Policy", "")
    return {
        "csp": "default-src 'self'" in policy and "unsafe" not in policy,
        "frames": "frame-ancestors 'none'" in policy,
        "nosniff": response.headers.get("X-Content-Type-Options"),
        "referrer": response.headers.get("Referrer-Policy"),
        "frame": response.headers.get("X-Frame-Options"),
        "opener": response.headers.get("Cross-Origin-Opener-Policy"),
    }


STRICT = {
    "csp": True,
    "frames": True,
    "nosniff": "nosniff",
    "referrer": "same-origin",
    "frame": "DENY",
    "opener": "same-origin",
}


@pytest.mark.parametrize(
    ("who", "address"),
    [
        (None, "/login/"),
        (None, "/health/"),
        (None, "/nowhere/"),
        (None, "/register/households/"),
        ("admin", "/admin/"),
        ("admin", "/admin/households/household/"),
        ("admin", "/account/password/"),
        ("worker", "/nowhere/"),
        ("worker", "/admin/"),
        ("captain", "/"),
    ],
)
def test_headers_of_every_answer(world, as_user, who, address):
    response = as_user(getattr(world, who) if who else None).get(address)
    assert strict_headers(response) == STRICT
    if who:
        assert response.headers["Cache-Control"] == "no-store, private"


def test_login_changes_the_session(world, as_user):
    client = as_user(None)
    client.get(reverse("login"))
    session = client.session
    session["planted"] = 1
    session.save()
    client.cookies["session"] = session.session_key
    answer = sign_in(client, "worker", PASSWORD)
    assert answer.status_code == 302
    assert client.session.session_key != session.session_key
    assert not Session.objects.filter(session_key=session.session_key).exists()


def test_fifth_wrong_password_locks_the_way_in(world, as_user):
    client = as_user(None)
    statuses = [sign_in(client, "worker", WRONG).status_code for _ in range(5)]
    locked = sign_in(client, "worker", PASSWORD)
    assert statuses == [200, 200, 200, 200, 429]
    assert locked.status_code == 429
    assert "Too many attempts" in locked.content.decode()
    assert strict_headers(locked) == STRICT


def test_lockout_holds_for_the_pair_of_account_and_address(world, as_user):
    attacker = as_user(None)
    for _ in range(6):
        sign_in(attacker, "worker", WRONG, REMOTE_ADDR="10.0.0.9")
    assert sign_in(attacker, "worker", PASSWORD, REMOTE_ADDR="10.0.0.9").status_code == 429
    elsewhere = sign_in(as_user(None), "worker", PASSWORD, REMOTE_ADDR="10.0.0.8")
    neighbour = sign_in(as_user(None), "officer", PASSWORD, REMOTE_ADDR="10.0.0.9")
    assert (elsewhere.status_code, neighbour.status_code) == (302, 302)


def test_forged_forwarding_header_does_not_escape_the_lockout(world, as_user):
    client = as_user(None)
    for number in range(6):
        sign_in(client, "worker", WRONG, HTTP_X_FORWARDED_FOR=f"10.9.9.{number}")
    answer = sign_in(client, "worker", PASSWORD, HTTP_X_FORWARDED_FOR="10.9.9.99")
    assert answer.status_code == 429


@pytest.mark.parametrize(
    ("proxies", "header", "address"),
    [
        (0, "1.1.1.1", "127.0.0.1"),
        (1, "6.6.6.6, 2.2.2.2", "2.2.2.2"),
        (2, "6.6.6.6, 2.2.2.2, 3.3.3.3", "2.2.2.2"),
        (2, "3.3.3.3", "127.0.0.1"),
        (1, "", "127.0.0.1"),
    ],
)
def test_client_address_is_what_the_own_proxy_saw(settings, proxies, header, address):
    settings.PROXY_COUNT = proxies
    request = HttpRequest()
    request.META = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": header}
    assert client_address(request) == address


def test_wrong_and_unknown_names_get_the_same_answer(world, as_user):
    pages = [
        sign_in(as_user(None), name, WRONG).content.decode().replace(name, "NAME")
        for name in ("worker", "nobody-here")
    ]
    import re

    first, second = (re.sub(r'value="[A-Za-z0-9]{64}"', "", page) for page in pages)
    assert first == second


def test_demo_password_opens_demo_accounts_alone(db, as_user):
    for name, is_demo in (("real", False), ("demo", True)):
        person = UserFactory(username=name, is_demo=is_demo)
        person.set_password(DEMO_PASSWORD)
        person.save()
    answers = [sign_in(as_user(None), name, DEMO_PASSWORD).status_code for name in ("real", "demo")]
    assert answers == [200, 302]


def test_initial_password_is_changed_before_anything_else(world, as_user):
    world.admin.must_change_password = True
    world.admin.save()
    client = as_user(world.admin)
    addresses = ["/", "/admin/", "/admin/households/resident/", "/register/households/"]
    targets = {client.get(address).headers.get("Location") for address in addresses}
    assert targets == {reverse("password_change")}
    assert client.post("/admin/households/resident/add/", {}).headers["Location"] == (
        reverse("password_change")
    )
    new = "Own-Choice-2026"
    answer = client.post(
        reverse("password_change"),
        {"old_password": PASSWORD, "new_password1": new, "new_password2": new},
    )
    assert answer.headers["Location"] == reverse("home")
    assert client.get("/admin/").status_code == 200
    assert not User.objects.get(pk=world.admin.pk).must_change_password


@pytest.mark.parametrize(
    ("password", "taken"),
    [
        ("Short-1", False),
        ("lowercaseonly", False),
        ("lowercase12", False),
        ("password123", False),
        ("Worker-123", False),
        (DEMO_PASSWORD, False),
        ("Three-Kinds", True),
        ("Own-Choice-2026", True),
    ],
)
def test_password_rules(world, as_user, password, taken):
    client = as_user(world.worker)
    client.post(
        reverse("password_change"),
        {"old_password": PASSWORD, "new_password1": password, "new_password2": password},
    )
    assert User.objects.get(pk=world.worker.pk).check_password(password) is taken


def test_switched_off_account_is_out_at_once(world, as_user):
    client = as_user(world.worker)
    assert client.get("/").status_code == 302
    User.objects.filter(pk=world.worker.pk).update(is_active=False)
    assert client.get("/").headers["Location"].startswith(reverse("login"))
    assert sign_in(as_user(None), "worker", PASSWORD).status_code == 200


def test_ended_membership_is_felt_at_the_next_request(world, as_user):
    client = as_user(world.admin)
    assert client.get("/admin/").status_code == 200
    yesterday = timezone.localdate() - timezone.timedelta(days=1)
    world.admin.memberships.update(until=yesterday)
    assert [client.get(address).status_code for address in ("/admin/", "/")] == [302, 302]
    refused = sign_in(as_user(None), "admin", PASSWORD)
    assert "Your last day here has passed" in refused.content.decode()


def test_an_account_without_any_role_yet_is_told_so(db, as_user):
    assert "No role yet" in as_user(UserFactory()).get("/").content.decode()


def test_logout_takes_a_post(world, as_user):
    client = as_user(world.worker)
    assert client.get(reverse("logout")).status_code == 405
    assert client.post(reverse("logout")).status_code == 302
    assert client.get("/").headers["Location"].startswith(reverse("login"))


def test_cookies_behind_https():
    """Ask the settings themselves, in a process of their own."""
    import os
    import subprocess

    script = (
        "from django.conf import settings as s;"
        "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE,"
        " s.CSRF_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY, s.SESSION_COOKIE_SAMESITE,"
        " s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS > 0, s.PROXY_COUNT)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script],
        env={
            **os.environ,
            "HTTPS": "true",
            "DEBUG": "true",
            "DJANGO_SETTINGS_MODULE": "gridmgmt.settings",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.split() == [
        "__Host-session",
        "__Host-csrf",
        "True",
        "True",
        "True",
        "Lax",
        "True",
        "True",
        "1",
    ]


def test_form_without_token_is_refused_in_plain_words(world):
    client = Client(enforce_csrf_checks=True)
    client.cookies["django_language"] = "en"
    client.force_login(world.worker, backend="communities.authentication.AccountBackend")
    answer = client.post(reverse("password_change"), {})
    assert answer.status_code == 403
    assert "This page was open too long" in answer.content.decode()


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_redirects_stay_at_home(world, as_user, target):
    answers = [
        as_user(None).post(
            f"{reverse('login')}?next={target}",
            {"username": "worker", "password": PASSWORD, "next": target},
        ),
        as_user(world.worker).post(reverse("language"), {"language": "en", "next": target}),
        as_user(None).get(reverse("admin:login"), {"next": target}),
    ]
    for answer in answers:
        assert answer.headers["Location"].startswith("/")
        assert not answer.headers["Location"].startswith(("//", "/\\"))


def test_language_is_switched_with_and_without_login(world, as_user):
    for who in (None, world.worker):
        client = as_user(who)
        answer = client.post(reverse("language"), {"language": "zh-hans", "next": "/login/"})
        assert (answer.status_code, answer.headers["Location"]) == (302, "/login/")
        assert client.cookies["django_language"].value == "zh-hans"


def test_unknown_host_is_refused(db, as_user, settings):
    settings.ALLOWED_HOSTS = ["grid.example"]
    answer = as_user(None).get("/login/", HTTP_HOST="evil.example")
    assert answer.status_code == 400
    assert "could not be read" in answer.content.decode()
    assert "evil.example" not in answer.content.decode()


@pytest.mark.parametrize(("language", "words"), [("en", "Not found"), ("zh-hans", "找不到")])
def test_error_pages_speak_the_language_of_the_reader(world, as_user, language, words):
    client = as_user(world.worker)
    client.cookies["django_language"] = language
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    assert "site-header" in answer.content.decode()
    assert words in answer.content.decode()


def explode(request):
    """Fail as a database does, with a person's data in the message."""
    secret = request.POST.get("name", "")
    raise ValueError(f"Key (name)=({secret}) already exists")


class WithExplosion:
    urlpatterns = [*urlpatterns, path("explode/", explode, name="explode")]


@override_settings(ROOT_URLCONF=WithExplosion)
def test_failure_is_answered_plainly_and_logged_without_data(world, as_user, caplog):
    client = as_user(world.worker)
    client.raise_request_exception = False
    with caplog.at_level(logging.DEBUG):
        answer = client.post("/explode/", {"name": "欧阳秘密"})
    assert answer.status_code == 500
    assert "出错了" in answer.content.decode()
    lines = [PlainFormatter("{message}", style="{").format(entry) for entry in caplog.records]
    assert any("/explode/" in line and "builtins.ValueError" in line for line in lines)
    assert not any("欧阳秘密" in line for line in lines)


def test_error_report_holds_nothing_typed(rf, settings):
    settings.DEBUG = False
    request = rf.post("/x/", {"name": "欧阳秘密"})
    report = NoDataReporterFilter()
    secret = "欧阳秘密"
    variables = dict(report.get_traceback_frame_variables(request, sys._getframe()))
    assert secret not in str(variables)
    assert "secret" in variables
    assert "欧阳秘密" not in str(report.get_post_parameters(request))


def test_program_logs_through_the_plain_formatter(settings):
    handlers = settings.LOGGING["handlers"]
    formatters = settings.LOGGING["formatters"]
    used = {formatters[handler["formatter"]]["()"] for handler in handlers.values()}
    assert used == {"gridmgmt.logs.PlainFormatter"}
    assert settings.LOGGING["loggers"]["django"]["handlers"] == []
