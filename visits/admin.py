"""Rules that administrators edit, and the record of visits and matters that they read."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

import visits.account_admin
import visits.calendar_admin  # noqa: F401 - registers the working calendar
from communities.scoped_admin import (
    SEARCH_HELP,
    RecordAdmin,
    ScopedAdmin,
    ScopedFilter,
    ScopedInline,
)
from visits.models import (
    CalledDepartment,
    Campaign,
    CampaignDoor,
    Emergency,
    EmergencyGrid,
    ErrandStep,
    HeldItem,
    Matter,
    MatterCategory,
    MatterEvent,
    Pairing,
    Photo,
    Receipt,
    ResidentAnswer,
    ResidentReport,
    RetryRule,
    RollCall,
    RollCallEntry,
    RoutingProposal,
    TimeLimit,
    Visit,
    VisitRule,
)
from visits.open311.admin import ServiceAttributeInline


@admin.register(VisitRule)
class VisitRuleAdmin(ScopedAdmin):
    fields = ["outcome", "way", "counts", "retry_after_days"]
    list_display = ["__str__", "counts", "retry_after_days"]


@admin.register(RetryRule)
class RetryRuleAdmin(ScopedAdmin):
    fields = ["tries", "after_days", "changes_part"]
    list_display = ["tries", "after_days", "changes_part"]


class TimeLimitInline(ScopedInline):
    """How long matters of the category may take; without a line seven days."""

    model = TimeLimit
    fields = ["urgency", "amount", "unit"]
    extra = 0


@admin.register(MatterCategory)
class MatterCategoryAdmin(ScopedAdmin):
    fieldsets = [
        (None, {"fields": ["name", "code", "order", "department_name", "hint", "is_public"]}),
        (_("Errands"), {"fields": ["is_errand", "checklist"]}),
        (
            _("Clocks"),
            {
                "fields": [
                    "accept_working_days",
                    "verify_working_days",
                    "yellow_percent",
                    "red_percent",
                ]
            },
        ),
    ]
    inlines = [TimeLimitInline, ServiceAttributeInline]
    list_display = ["name", "code", "department_name", "is_public", "is_errand", "order"]


@admin.register(CalledDepartment)
class CalledDepartmentAdmin(RecordAdmin):
    list_display = ["matter", "department", "is_lead", "called_at", "answered_at"]
    list_select_related = ["matter__category", "department"]


@admin.register(Visit)
class VisitAdmin(RecordAdmin):
    """Visits as they were told; a mistake is corrected on the visit's own page."""

    list_display = ["done_at", "household", "outcome", "way", "counts", "by", "grid"]
    list_filter = ["outcome", "way", "counts", ("grid", ScopedFilter)]
    list_select_related = ["household__building", "by", "grid"]
    search_fields = ["grid__code__startswith"]
    search_help_text = SEARCH_HELP


@admin.register(HeldItem)
class HeldItemAdmin(RecordAdmin):
    """What phones handed over and was held back; officers decide about it on its own page."""

    fields = ["reason", "by", "community", "received_at", "decision", "decided_by", "decided_at"]
    list_display = ["received_at", "reason", "by", "community", "decision"]
    list_filter = ["reason", "decision", ("community", ScopedFilter)]
    list_select_related = ["by", "community"]


@admin.register(Matter)
class MatterAdmin(ScopedAdmin):
    """Matters: wording and category are corrected here, steps are taken on the matter's page."""

    readonly_fields = [
        "grid",
        "household",
        "visit",
        "status",
        "level",
        "source",
        "reported_by",
        "reported_at",
        "assignee",
        "department",
        "merged_into",
        "dispatched_at",
        "due_at",
        "handle_by",
        "next_on",
        "supervision",
        "rating",
        "resolved_at",
        "closed_at",
    ]
    fields = [
        "category",
        "place",
        "description",
        "urgency",
        *readonly_fields,
    ]
    list_display = ["__str__", "urgency", "status", "due_at", "grid"]
    list_filter = ["status", "urgency", ("category", ScopedFilter), ("grid", ScopedFilter)]
    list_select_related = ["category", "grid"]
    search_fields = ["grid__code__startswith"]
    search_help_text = SEARCH_HELP

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """What was reported stays on record."""
        return False


@admin.register(RoutingProposal)
class RoutingProposalAdmin(RecordAdmin):
    list_display = ["event", "department", "assignee", "is_accepted"]
    list_filter = ["is_accepted"]
    list_select_related = ["event__matter", "department", "assignee"]


@admin.register(MatterEvent)
class MatterEventAdmin(RecordAdmin):
    list_display = ["at", "matter", "step", "status", "by"]
    list_filter = ["status"]
    list_select_related = ["matter__category", "by"]


@admin.register(Photo)
class PhotoAdmin(RecordAdmin):
    """Photos by matter; the picture itself opens on the program's own page."""

    fields = ["matter", "by", "at"]
    list_display = ["at", "matter", "by"]
    list_select_related = ["matter__category", "by"]


@admin.register(ResidentReport)
class ResidentReportAdmin(RecordAdmin):
    """Reports of residents; officers decide about them on the program's own page."""

    fields = ["grid", "category", "state", "held_for", "matter", "reported_at", "decided_by"]
    list_display = ["reported_at", "grid", "category", "state", "decided_by"]
    list_filter = ["state", ("grid", ScopedFilter)]
    list_select_related = ["grid", "category", "decided_by"]


@admin.register(Receipt)
class ReceiptAdmin(RecordAdmin):
    fields = ["matter", "made_by", "made_at"]
    list_display = ["made_at", "matter", "made_by"]
    list_select_related = ["matter__category", "made_by"]


@admin.register(ResidentAnswer)
class ResidentAnswerAdmin(RecordAdmin):
    fields = ["matter", "rating", "words", "at"]
    list_display = ["at", "matter", "rating"]
    list_select_related = ["matter__category"]


@admin.register(ErrandStep)
class ErrandStepAdmin(RecordAdmin):
    list_display = ["matter", "number", "text", "done_at", "done_by"]
    list_select_related = ["matter__category", "done_by"]


@admin.register(Pairing)
class PairingAdmin(RecordAdmin):
    """Pairings as they were agreed; they are added and ended on the page of their grid."""

    list_display = ["household", "grid", "user", "unit_name", "every_days", "since", "until"]
    list_filter = ["every_days", ("grid", ScopedFilter)]
    list_select_related = ["household__building", "grid", "user"]


@admin.register(Campaign)
class CampaignAdmin(RecordAdmin):
    """Campaigns as they were set; they are ended and extended on their own page."""

    # A tag may become sensitive after it was chosen; pages show it only while it is not.
    exclude = ["tags"]
    list_display = ["name", "community", "first_on", "last_on", "ended_on", "started_by"]
    list_filter = ["fact", ("community", ScopedFilter)]
    list_select_related = ["community", "started_by"]


@admin.register(CampaignDoor)
class CampaignDoorAdmin(RecordAdmin):
    list_display = ["campaign", "household"]
    list_select_related = ["campaign", "household__building"]


@admin.register(Emergency)
class EmergencyAdmin(RecordAdmin):
    """Emergencies as they were switched to; they are ended on their own page."""

    exclude = ["grids"]
    list_display = ["name", "community", "started_at", "ended_at", "started_by"]
    list_filter = [("community", ScopedFilter)]
    list_select_related = ["community", "started_by"]


@admin.register(EmergencyGrid)
class EmergencyGridAdmin(RecordAdmin):
    list_display = ["emergency", "grid", "is_running"]
    list_select_related = ["emergency", "grid"]


@admin.register(RollCall)
class RollCallAdmin(RecordAdmin):
    """The doors of roll calls; notes are read on the program's own page."""

    exclude = ["note"]
    list_display = ["emergency", "household", "grid", "state", "by", "at"]
    list_filter = ["state", ("grid", ScopedFilter)]
    list_select_related = ["emergency", "household__building", "grid", "by"]


@admin.register(RollCallEntry)
class RollCallEntryAdmin(RecordAdmin):
    """What was said of the doors, entry by entry; never edited."""

    fields = ["roll_call", "state", "people", "by", "at", "received_at"]
    list_display = ["at", "roll_call", "state", "people", "by"]
    list_filter = ["state"]
    list_select_related = ["roll_call", "by"]
