"""Who goes for whom in a community, and what that makes of her caseload."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from communities.actions import end_cover, refuse_cover, set_cover
from communities.forms import CoverEndForm, CoverForm
from communities.lists import key_page
from communities.models import Community, Cover
from households.figures import cover_load


@require_safe
def cover_list(request: HttpRequest, code: str) -> HttpResponse:
    community = get_object_or_404(Community.objects.editable_by(request.user), code=code)
    today = timezone.localdate()
    covers = (
        Cover.objects.visible_to(request.user)
        .filter(away__grid__community=community)
        .not_over(today)
        .select_related("away__user", "away__grid", "user")
    )
    editable = Cover.objects.editable_by(request.user).values("pk")
    return TemplateResponse(
        request,
        "households/cover_list.html",
        {
            "community": community,
            "page": key_page(request, covers, order=("since", "pk")),
            "editable": set(covers.filter(pk__in=editable).values_list("pk", flat=True)),
            "today": today,
        },
    )


def cover_add(request: HttpRequest, code: str) -> HttpResponse:
    community = get_object_or_404(Community.objects.editable_by(request.user), code=code)
    form = CoverForm(request.POST or None, user=request.user, community=community)
    step = request.POST.get("step", "")
    if form.is_valid() and step == "confirmed":
        try:
            cover = set_cover(cover=form.instance, by=request.user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(
                request,
                _("%(person)s covers from %(since)s to %(until)s and sees the doors on these days.")
                % {"person": cover.user, "since": cover.since, "until": cover.until},
            )
            return redirect("households:cover_list", code=community.code)
    context: dict[str, object] = {"form": form, "community": community}
    if form.is_bound and form.is_valid() and step != "change":
        try:
            refuse_cover(form.instance, form.instance.away)
        except ValidationError as error:
            form.add_error(None, error)
    if form.is_bound and form.is_valid() and step != "change":
        load = cover_load(form.instance, request.user)
        context |= {
            "cover": form.instance,
            "load": load,
            "target": community.households_per_worker,
            "is_over_target": load.together > community.households_per_worker,
        }
        return TemplateResponse(request, "households/cover_confirm.html", context)
    return TemplateResponse(request, "households/cover_add.html", context)


def cover_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a cover early, or call off one that has not begun."""
    today = timezone.localdate()
    covers = Cover.objects.editable_by(request.user).not_over(today)
    cover = get_object_or_404(
        covers.select_related("away__user", "away__grid__community", "user", "stand_in"), pk=pk
    )
    community = cover.away.grid.community  # type: ignore[union-attr] # only grid workers are covered for
    has_begun = cover.since <= today
    form = CoverEndForm(request.POST or None, cover=cover) if has_begun else None
    if form is None and request.method == "POST":
        end_cover(cover=cover, on=today)
        messages.success(request, _("The cover is called off."))
        return redirect("households:cover_list", code=community.code)
    if form is not None and form.is_valid():
        end_cover(cover=cover, on=form.cleaned_data["until"])
        messages.success(request, _("The cover ends with that day."))
        return redirect("households:cover_list", code=community.code)
    return TemplateResponse(
        request,
        "households/cover_end.html",
        {"cover": cover, "community": community, "form": form},
    )
