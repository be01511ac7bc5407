import datetime
from collections import defaultdict

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from communities.actions import assign_member, create_account
from communities.forms import AccountForm, AssignmentForm
from communities.lists import Column, export_response, query_with, wants_export
from communities.models import Community, Membership, User
from communities.roles import GOES_OUT, POST_HOLDERS, Role
from households.figures import caseload_with, caseloads


@require_safe
def member_list(request: HttpRequest, code: str) -> HttpResponseBase:
    community = get_object_or_404(Community.objects.visible_to(request.user), code=code)
    today = timezone.localdate()
    shows_ended = "ended" in request.GET
    members = members_of(community, request.user)
    if not shows_ended:
        members = members.filter(Q(until=None) | Q(until__gte=today), user__is_active=True)
    if wants_export(request):
        return export_response(
            request, name="people", columns=columns(), rows=members, community=community
        )
    rows = list(members)
    people = {member.user_id for member in rows}
    held = list(
        Membership.objects.visible_to(request.user)
        .current(today)
        .filter(user__in=people)
        .select_related("grid", "community", "area")
    )
    loads = caseloads(held)
    roles: dict[int, list[Membership]] = defaultdict(list)
    for member in held:
        roles[member.user_id].append(member)
    editable = set(
        Membership.objects.editable_by(request.user)
        .filter(pk__in=[member.pk for member in rows])
        .values_list("pk", flat=True)
    )
    renewable = set(
        User.objects.editable_by(request.user).filter(pk__in=people).values_list("pk", flat=True)
    )
    return TemplateResponse(
        request,
        "households/member_list.html",
        {
            "community": community,
            "rows": [
                {
                    "member": member,
                    "caseload": loads.get(member.user_id),
                    "others": [other for other in roles[member.user_id] if other != member],
                    "is_editable": member.pk in editable and not has_ended(member, today),
                    "has_ended": has_ended(member, today),
                    "has_posts": member.role in POST_HOLDERS,
                    "has_badge": member.role in GOES_OUT and member.since <= today,
                    "is_renewable": member.user_id in renewable,
                }
                for member in rows
            ],
            "is_editable": Community.objects.editable_by(request.user).contains(community),
            "shows_ended": shows_ended,
            "today": today,
            "export_query": query_with(request, export="xlsx"),
        },
    )


def columns() -> list[Column]:
    return [
        Column(_("Place"), lambda member: member.place),
        Column(_("Role"), lambda member: member.get_role_display()),
        Column(_("Name"), lambda member: member.user.name),
        Column(_("Login name"), lambda member: member.user.username),
        Column(_("Work phone"), lambda member: member.user.phone),
        Column(_("Employment"), lambda member: member.get_employment_display()),
        Column(_("Main or backup"), lambda member: member.get_rank_display()),
        Column(_("First day"), lambda member: member.since),
        Column(_("Last day"), lambda member: member.until),
    ]


def members_of(community: Community, user: User) -> QuerySet[Membership]:
    """Return the memberships in a community, its own first, then grid by grid."""
    return (
        Membership.objects.visible_to(user)
        .filter(Q(community=community) | Q(grid__community=community))
        .select_related("user", "grid", "community", "area", "department")
        .order_by(F("grid__code").asc(nulls_first=True), "role", "-rank", "since", "pk")
    )


def has_ended(member: Membership, today: datetime.date) -> bool:
    return member.until is not None and member.until < today


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
            membership = assign_member(membership=form.membership, by=request.user)
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
            password = create_account(
                user=account.instance, membership=form.membership, by=request.user
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
                "households/person_added.html",
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
        template = "households/person_add.html" if account else "households/member_add.html"
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
    return TemplateResponse(request, "households/member_confirm.html", context)
