"""Topics, questions and answers as administrators keep them."""

from typing import Any

from django.contrib import admin
from django.db import IntegrityError, models
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from communities.scoped_admin import RecordAdmin, ScopedAdmin, ScopedFilter, ScopedInline
from households.admin_forms import QuestionForm
from households.models import Fact, FactEntry, Question, SavedExport, Topic, TopicDepartment


class TopicDepartmentInline(ScopedInline):
    """The departments that hold the topic: each street gives it to its own."""

    model = TopicDepartment
    anchors = ("department",)
    fields = ["department"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[TopicDepartment]:
        rows = super().get_queryset(request).select_related("department", "topic")
        return TopicDepartment.objects.editable_by(request.user).filter(pk__in=rows.values("pk"))


@admin.register(Topic)
class TopicAdmin(ScopedAdmin):
    fields = ["name", "order"]
    inlines = [TopicDepartmentInline]
    list_display = ["name", "order"]


@admin.register(TopicDepartment)
class TopicDepartmentAdmin(ScopedAdmin):
    anchors = ("department",)
    fields = ["topic", "department"]
    list_display = ["topic", "department"]
    list_select_related = ["topic", "department"]
    ordering = ["topic__order", "pk"]


@admin.register(Question)
class QuestionAdmin(ScopedAdmin):
    """The questions of the visit form. One that was answered keeps what it is about."""

    form = QuestionForm
    # As a rule an administrator may name every tag; who carries one stays hidden.
    anchors = ("tags",)
    list_display = ["name", "text", "topic", "kind", "every_days", "is_sensitive", "is_active"]
    list_filter = ["is_active", "is_sensitive", ("topic", ScopedFilter)]
    list_select_related = ["topic"]
    ordering = ["topic__order", "topic__name", "order", "pk"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Question]:
        return Question.objects.editable_by(request.user)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:  # noqa: ARG002 - Django's signature
        """Keep the kind of answer once there are answers, and the mark that hides them."""
        if obj is None or not obj.facts.exists():
            return []
        return ["kind", "is_sensitive"] if obj.is_sensitive else ["kind"]

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError:
            # Somebody else defined it a moment ago; the check now sees the other row.
            return super().changeform_view(request, *args, **kwargs)


@admin.register(Fact)
class FactAdmin(RecordAdmin):
    """What holds today. It changes with a visit, where somebody answered."""

    fields = ["household", "question", "shown", "confirmed_by", "confirmed_at"]
    readonly_fields = ["shown"]
    list_display = ["household", "question", "confirmed_at"]
    list_select_related = ["household__building", "question"]
    list_filter = [("question", ScopedFilter)]
    ordering = ["-pk"]

    @admin.display(description=_("answer"))
    def shown(self, fact: Fact) -> str:
        return fact.shown


@admin.register(FactEntry)
class FactEntryAdmin(RecordAdmin):
    fields = ["household", "question", "shown", "confirmed_by", "confirmed_at", "stored_at"]
    readonly_fields = ["shown"]
    list_display = ["household", "question", "confirmed_at", "stored_at"]
    list_select_related = ["household__building", "question"]
    ordering = ["-pk"]

    @admin.display(description=_("answer"))
    def shown(self, entry: FactEntry) -> str:
        return entry.shown


@admin.register(SavedExport)
class SavedExportAdmin(ScopedAdmin):
    """Names and departments; places and columns are chosen on the page of the export."""

    fields = ["name", "code", "department", "questions", "made_by", "made_at"]
    readonly_fields = ["code", "made_by", "made_at"]
    list_display = ["name", "code", "department", "made_by"]
    list_select_related = ["department", "made_by"]
    ordering = ["-pk"]

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        return False
