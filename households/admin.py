"""The register as administrators straighten it: places, people, care, posts."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from communities.scoped_admin import (
    SEARCH_HELP,
    RecordAdmin,
    ScopedAdmin,
    ScopedFilter,
    ScopedInline,
)
from households import topic_admin  # noqa: F401 - registers topics, questions and answers
from households.admin_forms import PhoneForm, PhoneFormSet, ResidentForm
from households.models import (
    Building,
    Care,
    CareTag,
    FormerGrid,
    Household,
    Phone,
    Post,
    RegisterImport,
    Residency,
    Resident,
    WorkloadRule,
)
from households.rhythm import reschedule_households


@admin.register(Building)
class BuildingAdmin(ScopedAdmin):
    anchors = ("community",)
    fields = ["community", "estate", "name", "street_address", "floors"]
    list_display = ["__str__", "street_address", "floors", "community"]
    list_filter = [("community", ScopedFilter)]
    list_select_related = ["community"]
    ordering = ["community", "walk_order", "pk"]
    search_fields = ["estate", "name", "street_address"]
    search_help_text = SEARCH_HELP
    autocomplete_fields = ["community"]


@admin.register(Household)
class HouseholdAdmin(ScopedAdmin):
    """Doors. Between grids they move on the page of the grid, which keeps the history."""

    anchors = ("building", "grid")
    fields = [
        "building",
        "unit",
        "room",
        "grid",
        "grid_since",
        "occupancy",
        "occupancy_confirmed_on",
        "visit_in_pairs",
        "has_dog",
        "safety_note",
        "note",
        "registered_on",
        "closed_on",
        "last_visited_on",
        "due_by",
    ]
    list_display = ["__str__", "grid", "occupancy", "due_by", "closed_on"]
    list_filter = ["occupancy", ("grid", ScopedFilter)]
    list_select_related = ["building", "grid"]
    ordering = ["walk_order", "pk"]
    search_fields = ["building__estate", "building__name", "room"]
    search_help_text = SEARCH_HELP
    autocomplete_fields = ["building", "grid"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:  # noqa: ARG002 - Django's signature
        computed = ["last_visited_on", "due_by", "grid_since"]
        return [*computed, "building", "grid"] if obj else computed

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        super().save_related(request, form, formsets, change)
        reschedule_households(Household.objects.filter(pk=form.instance.pk))


@admin.register(FormerGrid)
class FormerGridAdmin(RecordAdmin):
    list_display = ["household", "grid", "since", "until"]
    list_select_related = ["household__building", "grid"]
    ordering = ["-pk"]


@admin.register(Post)
class PostAdmin(ScopedAdmin):
    """The stairwells of captains and volunteers; new ones are given with the membership."""

    anchors = ("building",)
    fields = ["membership", "building", "unit"]
    readonly_fields = ["membership"]
    list_display = ["membership", "building", "unit"]
    list_select_related = [
        "building",
        "membership__grid",
        "membership__community",
        "membership__area",
    ]
    ordering = ["-pk"]
    autocomplete_fields = ["building"]

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        return False


class ResidencyInline(ScopedInline):
    """Where the person lives or is registered; without one nobody could see her."""

    model = Residency
    anchors = ("household",)
    fields = ["household", "kind", "is_head", "relation", "since", "until"]
    autocomplete_fields = ["household"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Residency]:
        return super().get_queryset(request).select_related("household__building")

    def get_min_num(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:  # noqa: ARG002 - Django's signature
        return 0 if obj else 1

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, validate_min=obj is None, **kwargs)


class PhoneInline(ScopedInline):
    model = Phone
    form = PhoneForm
    formset = PhoneFormSet
    fields = ["masked_number", "new_number", "label", "confirmed_on"]
    readonly_fields = ["masked_number"]

    @admin.display(description=_("number"))
    def masked_number(self, phone: Phone) -> str:
        return phone.masked


class CareInline(ScopedInline):
    model = Care
    fields = ["tag", "since", "until"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Care]:
        return super().get_queryset(request).select_related("tag")


@admin.register(Resident)
class ResidentAdmin(ScopedAdmin):
    """People. Numbers are shown shortened; the whole is revealed on the person's own page."""

    form = ResidentForm
    fields = [
        "name",
        "masked_identity",
        "new_identity_number",
        "birth_date",
        "sex",
        "note",
        "died_on",
    ]
    inlines = [ResidencyInline, PhoneInline, CareInline]
    list_display = ["__str__", "full_name", "sex", "masked_identity", "changed_at"]
    ordering = ["-pk"]

    @admin.display(description=_("Full name"))
    def full_name(self, resident: Resident) -> str:
        return resident.name

    @admin.display(description=_("identity number"))
    def masked_identity(self, resident: Resident) -> str:
        return resident.masked_identity

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:  # noqa: ARG002 - Django's signature
        """Take birth date and sex from the identity number where there is one."""
        derived = ["birth_date", "sex"] if obj and obj.identity_number else []
        return ["masked_identity", *derived]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        super().save_related(request, form, formsets, change)
        reschedule_households(doors_of(form.instance))


def doors_of(resident: Resident) -> models.QuerySet[Household]:
    return Household.objects.filter(pk__in=resident.residencies.values("household"))


class HangsFromResidentAdmin(ScopedAdmin):
    """Rows of one person; new ones are entered on the person's own record."""

    readonly_fields = ["resident"]
    ordering = ["-pk"]

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        return False

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        super().save_related(request, form, formsets, change)
        reschedule_households(doors_of(form.instance.resident))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        doors = list(doors_of(obj.resident).values_list("pk", flat=True))
        super().delete_model(request, obj)
        reschedule_households(Household.objects.filter(pk__in=doors))


@admin.register(Residency)
class ResidencyAdmin(HangsFromResidentAdmin):
    fields = [
        "resident",
        "household",
        "kind",
        "is_head",
        "relation",
        "since",
        "until",
        "confirmed_on",
    ]
    readonly_fields = ["resident", "household"]
    list_display = ["resident", "household", "kind", "is_head", "since", "until"]
    list_filter = ["kind", "is_head"]
    list_select_related = ["resident", "household__building"]


@admin.register(Phone)
class PhoneAdmin(HangsFromResidentAdmin):
    form = PhoneForm
    fields = ["resident", "masked_number", "new_number", "label"]
    readonly_fields = ["resident", "masked_number"]
    list_display = ["masked_number", "label", "resident"]
    list_select_related = ["resident"]

    @admin.display(description=_("number"))
    def masked_number(self, phone: Phone) -> str:
        return phone.masked


@admin.register(Care)
class CareAdmin(HangsFromResidentAdmin):
    fields = ["resident", "tag", "since", "until"]
    list_display = ["resident", "tag", "since", "until"]
    list_filter = [("tag", ScopedFilter)]
    list_select_related = ["resident", "tag"]


@admin.register(CareTag)
class CareTagAdmin(ScopedAdmin):
    """The rule table of care tags.

    Administrators see every tag here, as a rule; who carries a sensitive one stays hidden.
    """

    fields = ["name", "visit_every_days", "extra_workload", "is_sensitive", "description"]
    list_display = ["name", "visit_every_days", "extra_workload", "is_sensitive", "description"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[CareTag]:
        return CareTag.objects.editable_by(request.user)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:  # noqa: ARG002 - Django's signature
        """Keep the mark once somebody carries the tag; taking it off would show her."""
        return ["is_sensitive"] if obj and obj.is_sensitive and obj.care.exists() else []

    def save_model(self, request: HttpRequest, obj: CareTag, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        super().save_model(request, obj, form, change)
        if "visit_every_days" in form.changed_data:
            carriers = Residency.objects.filter(resident__care__tag=obj)
            reschedule_households(Household.objects.filter(pk__in=carriers.values("household")))


@admin.register(WorkloadRule)
class WorkloadRuleAdmin(ScopedAdmin):
    fields = ["kind", "weight"]
    list_display = ["kind", "weight"]


@admin.register(RegisterImport)
class RegisterImportAdmin(RecordAdmin):
    fields = ["community", "by", "state", "uploaded_at", "rows_done", "rows_total", "applied_at"]
    list_display = ["uploaded_at", "community", "by", "state", "rows_total", "applied_at"]
    list_filter = ["state", ("community", ScopedFilter)]
    list_select_related = ["community", "by"]
