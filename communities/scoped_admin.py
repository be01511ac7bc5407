"""Django admin that stops where the querysets stop and leaves no personal data behind."""

import json
from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import models
from django.db.models.fields.reverse_related import ForeignObjectRel
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

# More places than this are searched for, not listed beside a table.
LONGEST_FILTER = 200


def require_scope(model: type[models.Model]) -> None:
    """Refuse a model whose queryset does not say who may see and edit its rows."""
    manager = model._default_manager
    for question in ("visible_to", "editable_by"):
        if not hasattr(manager, question):
            raise ImproperlyConfigured(f"{model._meta.label} lacks {question}; admin would leak it")


def may_edit(request: HttpRequest, obj: models.Model) -> bool:
    """Say whether the stored row is one the user may change."""
    rows: Any = type(obj)._default_manager
    return bool(obj.pk) and rows.editable_by(request.user).contains(obj)


class Scoped:
    """What lists and inlines share: rows and choices end at what the user may see.

    `anchors` names the foreign keys that place a row in somebody's scope; their choices
    end at what the user may edit, so nobody appoints people in an area above her own.
    """

    anchors: tuple[str, ...] = ()
    model: type[models.Model]

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: Any = super().get_queryset(request)  # type: ignore[misc] # a mixin
        return rows.visible_to(request.user)

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> Any:
        choices = super().get_field_queryset(db, db_field, request)  # type: ignore[misc] # a mixin
        if choices is None:
            choices = db_field.remote_field.model._default_manager.using(db)
        require_scope(db_field.remote_field.model)
        if db_field.name in self.anchors:
            return choices.editable_by(request.user)
        return choices.visible_to(request.user)


class ScopedAdmin(Scoped, admin.ModelAdmin):
    """Lists, objects, choices and history stop at what the user may see.

    Out of scope answers 404. Nothing a person typed reaches the admin's own log, and a
    list can be narrowed by its filters alone, so no value has to travel in an address.
    """

    # Records are straightened one at a time; nothing here deletes a page of them.
    actions = None
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50

    def __init__(self, model: type[models.Model], admin_site: admin.AdminSite) -> None:
        require_scope(model)
        super().__init__(model, admin_site)

    def view_on_site(self, obj: Any) -> str | None:
        """Link the page of the program itself, without Django's unscoped detour."""
        return obj.get_absolute_url() if hasattr(obj, "get_absolute_url") else None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:  # noqa: ARG002 - every row reaching this is one get_queryset let through
        return self.admin_site.has_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.admin_site.has_permission(request) and (obj is None or may_edit(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.has_change_permission(request, obj)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Let the address narrow a list by its declared filters and its days only."""
        declared = [entry[0] if isinstance(entry, tuple) else entry for entry in self.list_filter]
        declared += [self.date_hierarchy] if self.date_hierarchy else []
        return any(
            lookup == name or lookup.startswith(f"{name}__")
            for name in declared
            if isinstance(name, str)
        ) and super().lookup_allowed(lookup, value, request)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:  # noqa: ARG002 - Django's signature
        """Start every form empty; Django would fill it from the address."""
        return {}

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Save the rows below, then refuse the whole when one of them left the user's scope."""
        super().save_related(request, form, formsets, change)
        saved = [form.instance]
        for formset in formsets:
            saved += formset.new_objects
            saved += [obj for obj, _fields in formset.changed_objects]
        if not all(may_edit(request, obj) for obj in saved):
            raise PermissionDenied

    def construct_change_message(
        self,
        request: HttpRequest,
        form: Any,
        formsets: Any,
        add: bool = False,  # noqa: FBT001, FBT002 - Django's signature
    ) -> list[dict[str, Any]]:
        """Name what changed, never a value: rows below are named by their kind."""
        if add:
            return [{"added": {}}]
        fields: list[str] = []
        entries: Any = super().construct_change_message(request, form, formsets, add)
        for entry in entries:
            for change in entry.values():
                fields.extend([change["name"]] if "name" in change else change["fields"])
        return [{"changed": {"fields": list(dict.fromkeys(fields))}}]

    def log_addition(self, request: HttpRequest, obj: models.Model, message: Any) -> LogEntry:
        return record(request, obj, ADDITION, message)

    def log_change(self, request: HttpRequest, obj: models.Model, message: Any) -> LogEntry:
        return record(request, obj, CHANGE, message)

    def log_deletions(self, request: HttpRequest, queryset: Iterable[models.Model]) -> None:  # type: ignore[override] # the entries are not used
        for obj in queryset:
            record(request, obj, DELETION, [])

    def _get_obj_does_not_exist_redirect(self, *_asked: object) -> HttpResponse:
        raise Http404


def record(request: HttpRequest, obj: models.Model, flag: int, message: Any) -> LogEntry:
    """Write an entry of the admin's log that names the row by its number alone."""
    return LogEntry.objects.create(
        user=request.user,
        content_type=ContentType.objects.get_for_model(obj),
        object_id=str(obj.pk),
        object_repr=f"{obj._meta.label} {obj.pk}",
        action_flag=flag,
        change_message=json.dumps(message) if message else "",
    )


class RecordAdmin(ScopedAdmin):
    """Rows that are written by the program and only read here."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:  # noqa: ARG002 - Django's signature
        return False


class ScopedInline(Scoped, admin.StackedInline):
    """Rows below a record: edited by whoever may edit the record."""

    extra = 0
    view_on_site = False

    def __init__(self, parent_model: type[models.Model], admin_site: admin.AdminSite) -> None:
        require_scope(self.model)
        super().__init__(parent_model, admin_site)

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:  # noqa: ARG002 - the record above was let through
        return self.admin_site.has_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None) -> bool:  # type: ignore[override] # Django passes the record above
        return obj is None or may_edit(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return obj is None or may_edit(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return obj is None or may_edit(request, obj)


class ScopedFilter(admin.RelatedFieldListFilter):
    """Offer the places the user may see; none at all where the list would be endless."""

    def field_choices(
        self,
        field: Any,
        request: HttpRequest,
        model_admin: Any,  # noqa: ARG002 - Django's signature
    ) -> list[tuple[str, Any]]:
        target: Any = (
            field.related_model if isinstance(field, ForeignObjectRel) else field.remote_field.model
        )
        rows = target._default_manager.visible_to(request.user)[: LONGEST_FILTER + 1]
        choices = [(row.pk, str(row)) for row in rows]
        return choices if len(choices) <= LONGEST_FILTER else []


SEARCH_HELP = _("An address or a place's number. Never type a person's name or number here.")
