"""Places, people at work and the record of disclosures, as administrators keep them."""

import datetime
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communities.forms import DayField
from communities.models import (
    Area,
    Community,
    Cover,
    Department,
    Disclosure,
    Grid,
    GridContact,
    Membership,
    User,
    WastedTime,
)
from communities.phones import read_work_phone
from communities.scoped_admin import (
    SEARCH_HELP,
    RecordAdmin,
    ScopedAdmin,
    ScopedFilter,
    ScopedInline,
    may_edit,
)


@admin.register(Area)
class AreaAdmin(ScopedAdmin):
    fields = ["code", "name", "level", "parent"]
    list_display = ["code", "name", "level"]
    list_filter = ["level"]
    search_fields = ["code__startswith", "name"]
    search_help_text = SEARCH_HELP
    autocomplete_fields = ["parent"]


@admin.register(Community)
class CommunityAdmin(ScopedAdmin):
    anchors = ("area",)
    fields = [
        "code",
        "name",
        "area",
        "grid_size",
        "grid_size_min",
        "grid_size_max",
        "households_per_worker",
        "visit_every_days",
        "knock_gap_days",
        "quiet_from",
        "quiet_until",
        "duty_phone",
    ]
    list_display = ["code", "name", "area", "grid_size", "visit_every_days"]
    list_select_related = ["area"]
    search_fields = ["code__startswith", "name"]
    search_help_text = SEARCH_HELP
    autocomplete_fields = ["area"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:  # noqa: ARG002 - Django's signature
        """Leave the rhythm to the community's own page, which reschedules its doors."""
        return ["code", "visit_every_days"] if obj else []


DAYS_IN_REACH: Mapping[type[Any], Mapping[str, Any]] = {models.DateField: {"form_class": DayField}}


class GridForm(forms.ModelForm):
    """A grid; one closed by mistake is opened again here, and closed on its own page alone."""

    def clean_closed_on(self) -> datetime.date | None:
        closed_on: datetime.date | None = self.cleaned_data["closed_on"]
        if self.instance.pk and closed_on and self.initial.get("closed_on") is None:
            raise ValidationError(
                _("Close a grid on its own page of the program: its doors are handed over there.")
            )
        return closed_on


@admin.register(Grid)
class GridAdmin(ScopedAdmin):
    form = GridForm
    formfield_overrides = DAYS_IN_REACH
    anchors = ("community",)
    fields = ["code", "name", "community", "kind", "opened_on", "closed_on"]
    list_display = ["code", "name", "community", "kind", "opened_on", "closed_on"]
    list_filter = ["kind", ("community", ScopedFilter)]
    list_select_related = ["community"]
    search_fields = ["code__startswith", "name"]
    search_help_text = SEARCH_HELP
    autocomplete_fields = ["community"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:  # noqa: ARG002 - Django's signature
        """Keep a grid where it was opened: its number begins with its community's."""
        return ["code", "community"] if obj else []


@admin.register(Department)
class DepartmentAdmin(ScopedAdmin):
    anchors = ("area",)
    fields = ["name", "area"]
    list_display = ["name", "area"]
    list_select_related = ["area"]
    search_fields = ["name", "area__code__startswith"]
    search_help_text = SEARCH_HELP
    autocomplete_fields = ["area"]


class MembershipInline(ScopedInline):
    """Roles of a person; the first comes with the account, or nobody could see it."""

    model = Membership
    formfield_overrides = DAYS_IN_REACH
    anchors = ("grid", "community", "area", "department")
    fields = [
        "role",
        "grid",
        "community",
        "area",
        "department",
        "employment",
        "rank",
        "since",
        "until",
    ]
    autocomplete_fields = ["grid", "community", "area", "department"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Membership]:
        return (
            super().get_queryset(request).select_related("grid", "community", "area", "department")
        )

    def get_min_num(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:  # noqa: ARG002 - Django's signature
        return 0 if obj else 1

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, validate_min=obj is None, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Roles end on a day and stay on record."""
        return False


class UserForm(forms.ModelForm):
    """Details of a person, and an initial password that she must replace."""

    initial_password = forms.CharField(
        label=_("Initial password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("She has to choose her own when she logs in. Leave empty to change nothing."),
    )

    class Meta:
        model = User
        fields = ["username", "name", "phone", "is_active"]
        labels = {"name": _("Full name")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None and "initial_password" in self.fields:
            self.fields["initial_password"].required = True

    def clean_phone(self) -> str:
        """Check what is typed now; an older number of another shape may stay."""
        phone: str = self.cleaned_data["phone"]
        return read_work_phone(phone) if "phone" in self.changed_data else phone

    def clean_initial_password(self) -> str:
        password: str = self.cleaned_data["initial_password"]
        if password:
            validate_password(password, self.instance)
        return password


class UserAdmin(ScopedAdmin):
    """Accounts; `visits.account_admin` registers them, with the work that changes hands."""

    form = UserForm
    fields = ["username", "name", "phone", "is_active", "initial_password", "must_change_password"]
    readonly_fields = ["must_change_password"]
    inlines = [MembershipInline]
    list_display = [
        "username",
        "__str__",
        "phone",
        "is_active",
        "must_change_password",
        "last_login",
    ]
    list_filter = ["is_active", "memberships__role"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None and not may_edit(request, obj):
            return [name for name in self.fields if name != "initial_password"]
        return self.fields

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Set a new password as an initial one; every session of the person ends with it."""
        if form.cleaned_data.get("initial_password"):
            obj.set_password(form.cleaned_data["initial_password"])
            obj.must_change_password = True
        if "is_active" in form.changed_data:
            # What her phone held then goes up for some days more.
            obj.closed_at = None if obj.is_active else timezone.now()
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Accounts are switched off, so that what people did keeps its author."""
        return False


class MembershipAdmin(ScopedAdmin):
    """Roles by place, registered beside accounts. New ones are given on the person's record."""

    formfield_overrides = DAYS_IN_REACH
    anchors = ("grid", "community", "area", "department")
    fields = ["user", *MembershipInline.fields]
    readonly_fields = ["user"]
    list_display = ["user", "role", "where", "employment", "rank", "since", "until"]
    list_filter = ["role", "employment", "rank"]
    list_select_related = ["user", "grid", "community", "area"]
    autocomplete_fields = ["grid", "community", "area", "department"]

    @admin.display(description=_("Place"))
    def where(self, membership: Membership) -> str:
        return str(membership.place or "–")

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Roles end on a day and stay on record."""
        return False


@admin.register(Disclosure)
class DisclosureAdmin(RecordAdmin):
    list_display = ["at", "by", "kind", "what", "rows", "community"]
    list_filter = ["kind", ("community", ScopedFilter)]
    list_select_related = ["by", "community"]

    @admin.display(description=_("What"))
    def what(self, disclosure: Disclosure) -> str:
        return disclosure.subject_words()


@admin.register(Cover)
class CoverAdmin(RecordAdmin):
    """Who goes for whom; covers are set and ended on the community's own pages."""

    list_display = ["since", "until", "user", "away", "reason"]
    list_filter = ["reason"]
    list_select_related = ["user", "away__grid", "away__community", "away__area"]


@admin.register(GridContact)
class GridContactAdmin(ScopedAdmin):
    """Whom to call about a grid who does not log in; officers keep them on the grid's page."""

    anchors = ("grid", "community")
    fields = ["grid", "community", "kind", "name", "unit_name", "phone", "since", "until"]
    list_display = ["kind", "name", "unit_name", "phone", "grid", "community", "since", "until"]
    list_filter = ["kind"]
    list_select_related = ["grid", "community"]
    search_fields = ["name", "unit_name", "grid__code__startswith", "community__code__startswith"]
    search_help_text = SEARCH_HELP
    autocomplete_fields = ["grid", "community"]


@admin.register(WastedTime)
class WastedTimeAdmin(RecordAdmin):
    """What people say wastes their time, and what was answered; nobody knows who said it."""

    list_display = ["week", "code", "page", "answered_on"]
