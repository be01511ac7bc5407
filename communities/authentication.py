"""How people prove who they are: the login backend, the password rules, the hasher."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from communities.models import User

DEMO_PASSWORD = "grid-demo-2026"  # noqa: S105 - published in the README, refused outside demo data
CLASSES_WANTED = 3


class AccountBackend(ModelBackend):
    """Check the password; the demo password opens demo accounts alone.

    Permissions come from memberships, so Django's own permission tables grant nothing.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        user = super().authenticate(request, username=username, password=password, **kwargs)
        if not isinstance(user, User) or (password == DEMO_PASSWORD and not user.is_demo):
            return None
        return user

    def get_user(self, user_id: int) -> User | None:
        """Return the user of a session as she is now, with her roles of today.

        With the last day of her last role every session of hers ends; what her phone holds
        still goes up without one.
        """
        user = User.objects.with_standings(user_id, timezone.localdate(), timezone.now())
        if user is None or user.has_left or not self.user_can_authenticate(user):
            return None
        return user


class SignInForm(AuthenticationForm):
    """Name and password; somebody whose roles are all over is told so."""

    def confirm_login_allowed(self, user: Any) -> None:
        super().confirm_login_allowed(user)
        known = User.objects.with_standings(user.pk, timezone.localdate(), timezone.now())
        if known and known.has_left:
            raise ValidationError(
                _(
                    "Your last day here has passed, so nothing opens any more. What is still on "
                    "your phone goes up by itself for seven days."
                ),
                code="left",
            )


class LeanArgon2Hasher(Argon2PasswordHasher):
    """Argon2id with 19 MiB and two passes, the OWASP minimum.

    Django's 100 MiB per login would exhaust a small server when a morning shift logs in.
    """

    time_cost = 2
    memory_cost = 19456
    parallelism = 1


class CharacterClassesValidator:
    """Ask for three of four kinds of character (GB/T 22239, identity authentication)."""

    def validate(self, password: str, user: User | None = None) -> None:  # noqa: ARG002 - Django's signature
        found = (
            any(char.islower() for char in password),
            any(char.isupper() for char in password),
            any(char.isdigit() for char in password),
            any(not char.isalnum() for char in password),
        )
        if sum(found) < CLASSES_WANTED:
            raise ValidationError(self.get_help_text(), code="too_few_classes")

    def get_help_text(self) -> str:
        return _("Use at least three of: small letters, capital letters, digits, other characters.")


class DemoPasswordValidator:
    """Refuse the published demo password for real accounts."""

    def validate(self, password: str, user: User | None = None) -> None:  # noqa: ARG002 - Django's signature
        if password == DEMO_PASSWORD:
            raise ValidationError(
                _("This password is published in the manual. Choose another."), code="demo"
            )

    def get_help_text(self) -> str:
        return ""
