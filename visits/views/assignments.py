"""Who works where: assigning, ending, covering, each with the work that changes hands."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from communities.actions import refuse_cover
from communities.forms import AccountForm, AssignmentForm, CoverEndForm, CoverForm
from communities.models import Community, Cover, Membership
from communities.roles import POST_HOLDERS, Role
from households.figures import caseload_with, cover_load
from visits.actions.assignments import (
    assign,
    cover_for,
    end_assignment,
    open_account,
    reassign,
    stop_cover,
)
from visits.caseloads import loads_with
from visits.forms.hand_overs import LastDayForm, ReassignForm


def member_add(request: HttpRequest, code: str) -> HttpResponse:
    community = get_object_or_404(Community.objects.editable_by(request.user), code=code)
    form = AssignmentForm(
        request.POST or None,
        user=request.user,
        community=community,
        is_new_person=False,
        initial={name: request.GET.get(name, "") for name in ("place", "role")},
    )
    if is_confirmed(request, form):
        try:
            membership = assign(membership=form.membership, by=request.user, at=timezone.now())
        except ValidationError as error:
            form.add_refusal(error)
        else:
            messages.success(request, _("%(person)s is assigned.") % {"person": membership.user})
            if membership.role in POST_HOLDERS:
                return redirect("households:post_list", pk=membership.pk)
            return redirect("households:member_list", code=community.code)
    return assignment_page(request, community, form, None)


def person_add(request: HttpRequest, code: str) -> HttpResponse:
    community = get_object_or_404(Community.objects.editable_by(request.user), code=code)
    account = AccountForm(request.POST or None)
    form = AssignmentForm(
        request.POST or None,
        user=request.user,
        community=community,
        is_new_person=True,
        initial={name: request.GET.get(name, "") for name in ("place", "role")},
    )
    if is_confirmed(request, account, form):
        try:
            password = open_account(
                user=account.instance,
                membership=form.membership,
                by=request.user,
                at=timezone.now(),
            )
        except ValidationError as error:
            # A login name taken meanwhile is said beside its field.
            account.full_clean()
            if account.is_valid():
                form.add_refusal(error)
        else:
            # Shown in the answer to the POST itself: kept for a redirect, it could be read again.
            return TemplateResponse(
                request,
                "visits/person_added.html",
                {
                    "person": account.instance,
                    "password": password,
                    "membership": form.membership,
                    "community": community,
                    "has_posts": form.membership.role in POST_HOLDERS,
                },
            )
    return assignment_page(request, community, form, account)


def is_confirmed(request: HttpRequest, *forms: AccountForm | AssignmentForm) -> bool:
    """Say whether every form is in order and the summary of what it does was agreed to."""
    return all(form.is_valid() for form in forms) and request.POST.get("step") == "confirmed"


def assignment_page(
    request: HttpRequest,
    community: Community,
    form: AssignmentForm,
    account: AccountForm | None,
) -> HttpResponse:
    """Show the forms, or once they are in order what the assignment would make."""
    forms = [account, form] if account else [form]
    is_summary = (
        request.method == "POST"
        and request.POST.get("step") != "change"
        and all(one.is_valid() for one in forms)
    )
    context: dict[str, object] = {"forms": forms, "community": community}
    if not is_summary:
        template = "visits/person_add.html" if account else "visits/member_add.html"
        context["wrong"] = [one for one in forms if one.errors]
        return TemplateResponse(request, template, context)
    membership = form.membership
    load = caseload_with(membership, request.user, timezone.localdate())
    context |= {
        "membership": membership,
        "person": account.instance if account else membership.user,
        "is_worker": membership.role == Role.GRID_WORKER,
        "caseload": load,
        "target": community.households_per_worker,
        "is_over_target": load.as_main > community.households_per_worker,
    }
    return TemplateResponse(request, "visits/member_confirm.html", context)


def member_end(request: HttpRequest, pk: int) -> HttpResponse:
    ongoing = Membership.objects.editable_by(request.user).filter(
        Q(until=None) | Q(until__gte=timezone.localdate())
    )
    membership = get_object_or_404(
        ongoing.select_related("user", "grid__community", "community", "area"), pk=pk
    )
    form = LastDayForm(request.POST or None, membership=membership, user=request.user)
    if form.is_valid():
        try:
            row = end_assignment(
                membership=membership,
                on=form.cleaned_data["until"],
                receiver=form.cleaned_data.get("receiver"),
                by=request.user,
                at=timezone.now(),
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The assignment ends with that day."))
            return redirect(row or place_url(membership))
    covers = Cover.objects.visible_to(request.user).not_over(timezone.localdate())
    return TemplateResponse(
        request,
        "visits/member_end.html",
        {
            "form": form,
            "membership": membership,
            "covers": covers.filter(user=membership.user)
            .exclude(stand_in=membership)
            .select_related("away__user", "away__grid__community"),
            "back_url": place_url(membership),
        },
    )


def place_url(membership: Membership) -> str:
    """Return the page of people that the membership stands on; an area has none of its own."""
    community = membership.grid.community if membership.grid else membership.community
    if community is None:
        return reverse("households:community_list")
    return reverse("households:member_list", args=[community.code])


def reassign_grids(request: HttpRequest, code: str) -> HttpResponse:
    """Give several assignments to others at once, after a look at what it makes of each caseload."""
    community = get_object_or_404(Community.objects.editable_by(request.user), code=code)
    form = ReassignForm(request.POST or None, user=request.user, community=community)
    step = request.POST.get("step", "")
    if step == "confirmed" and form.is_valid():
        try:
            made = reassign(
                form.moves(),
                first=form.cleaned_data["first"],
                by=request.user,
                at=timezone.now(),
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Hand-overs made: %(count)s.") % {"count": len(made)})
            return redirect("visits:hand_over_list")
    context: dict[str, object] = {"form": form, "community": community}
    if form.is_bound and step != "change" and form.is_valid():
        context |= {
            "moves": form.moves(),
            "loads": loads_with(
                form.moves(),
                request.user,
                timezone.localdate(),
                target=community.households_per_worker,
            ),
            "target": community.households_per_worker,
        }
        return TemplateResponse(request, "visits/reassign_confirm.html", context)
    return TemplateResponse(request, "visits/reassign.html", context)


def cover_add(request: HttpRequest, code: str) -> HttpResponse:
    community = get_object_or_404(Community.objects.editable_by(request.user), code=code)
    form = CoverForm(request.POST or None, user=request.user, community=community)
    step = request.POST.get("step", "")
    if form.is_valid() and step == "confirmed":
        try:
            cover = cover_for(cover=form.instance, by=request.user, at=timezone.now())
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
        return TemplateResponse(request, "visits/cover_confirm.html", context)
    return TemplateResponse(request, "visits/cover_add.html", context)


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
        stop_cover(cover=cover, on=today, at=timezone.now())
        messages.success(request, _("The cover is called off."))
        return redirect("households:cover_list", code=community.code)
    if form is not None and form.is_valid():
        stop_cover(cover=cover, on=form.cleaned_data["until"], at=timezone.now())
        messages.success(request, _("The cover ends with that day."))
        return redirect("households:cover_list", code=community.code)
    return TemplateResponse(
        request,
        "visits/cover_end.html",
        {"cover": cover, "community": community, "form": form},
    )
