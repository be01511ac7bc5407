"""City services as administrators keep them: a place, a key, what it may do."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from communities.scoped_admin import RecordAdmin, ScopedAdmin, ScopedInline, may_edit
from visits.models import ApiClient, ServiceAttribute, ServiceRequest
from visits.open311.views import endpoint_address


class ServiceAttributeInline(ScopedInline):
    """What city services have to ask about the category."""

    model = ServiceAttribute
    fields = ["code", "question", "kind", "choices", "is_required", "order"]


class ApiClientForm(forms.ModelForm):
    """A city service; its key is made here and never typed."""

    new_key = forms.BooleanField(
        label=_("Make a new key"),
        required=False,
        help_text=_("The key it has now opens nothing any more."),
    )

    class Meta:
        model = ApiClient
        fields = ["name", "code", "is_active", "may_file", "reads_all"]


@admin.register(ApiClient)
class ApiClientAdmin(ScopedAdmin):
    """City services and their keys. They are switched off, never deleted."""

    form = ApiClientForm
    readonly_fields = ["created_at", "last_used_on"]
    list_display = ["name", "code", "is_active", "may_file", "reads_all", "last_used_on"]
    list_filter = ["is_active"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = ApiClientForm.Meta.fields
        if obj is None:
            return fields
        key = ["new_key"] if may_edit(request, obj) else []
        return [*fields, *key, *self.readonly_fields]

    def save_model(self, request: HttpRequest, obj: ApiClient, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        if not change or form.cleaned_data.get("new_key"):
            obj.renew_key()
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        return self.show_key(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> Any:
        return self.show_key(request, obj) or super().response_change(request, obj)

    def show_key(self, request: HttpRequest, client: ApiClient) -> HttpResponse | None:
        """Answer with the new key, if one was made: it is shown now and never again."""
        if not client.fresh_key:
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Key of the city service"),
            "client": client,
            "opts": self.opts,
            # Named as the specification names them.
            "facts": [
                ("endpoint", endpoint_address(request)),
                ("jurisdiction_id", client.code),
                ("api_key", client.fresh_key),
                # For programs that send no key when they read.
                ("endpoint, HTTP Basic", endpoint_with(endpoint_address(request), client)),
            ],
        }
        return TemplateResponse(request, "admin/api_key.html", context)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """What it filed keeps its author."""
        return False


def endpoint_with(address: str, client: ApiClient) -> str:
    """Return the address with the fresh key as its password."""
    scheme, _slashes, rest = address.partition("//")
    return f"{scheme}//city:{client.fresh_key}@{rest}"


@admin.register(ServiceRequest)
class ServiceRequestAdmin(RecordAdmin):
    """What city services said of the matters they filed."""

    fields = ["matter", "client", "filed_at", "address", "lat", "long", "media_url"]
    list_display = ["filed_at", "matter", "client"]
    list_select_related = ["matter__category", "client"]
