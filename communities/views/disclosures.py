from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from communities.filters import DisclosureFilter
from communities.lists import Column, export_response, key_page, query_with, wants_export
from communities.models import Disclosure
from communities.roles import MANAGERS, Role

COLUMNS = (
    Column(_("At"), lambda row: f"{timezone.localtime(row.at):%Y-%m-%d %H:%M:%S}"),
    Column(_("Kind"), lambda row: row.get_kind_display()),
    Column(_("Person"), lambda row: row.by.name),
    Column(_("Login name"), lambda row: row.by.username),
    Column(_("Community"), lambda row: row.community and row.community.name),
    Column(_("What"), lambda row: row.subject_words()),
    Column(_("Reason"), lambda row: row.reason),
    Column(_("Rows"), lambda row: row.rows),
)


@require_safe
def disclosure_list(request: HttpRequest) -> HttpResponseBase:
    if not request.user.has_any_role(MANAGERS | {Role.AUDITOR}):
        raise Http404
    disclosures = Disclosure.objects.visible_to(request.user).select_related("by", "community")
    filters = DisclosureFilter(request.GET, disclosures)
    if wants_export(request):
        return export_response(
            request, name="disclosures", columns=COLUMNS, rows=filters.qs.order_by("-at", "-pk")
        )
    return TemplateResponse(
        request,
        "communities/disclosure_list.html",
        {
            "filter_form": filters.form,
            "page": key_page(request, filters.qs, order=("-at", "-pk")),
            "export_query": query_with(request, export="xlsx", after=""),
        },
    )
