"""Accounts and roles in the admin: what somebody has who loses one of them changes hands."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from communities.admin import MembershipAdmin, UserAdmin
from communities.models import Membership, User
from visits.actions.leaving import hand_over_if_gone, return_to


@admin.register(User)
class AccountAdmin(UserAdmin):
    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Hand over once roles are stored too; the admin saves all of it in one transaction."""
        super().save_related(request, form, formsets, change)
        at = timezone.now()
        if "is_active" in form.changed_data and form.instance.is_active:
            return_to(form.instance, at=at)
        hand_over_if_gone(form.instance, at=at)


@admin.register(Membership)
class RoleAdmin(MembershipAdmin):
    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        super().save_model(request, obj, form, change)
        hand_over_if_gone(obj.user, at=timezone.now())
