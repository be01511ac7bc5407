import datetime
from collections import defaultdict

from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from communities.lists import Column, export_response, query_with, wants_export
from communities.models import Community, Membership, User
from communities.roles import GOES_OUT, POST_HOLDERS
from households.figures import caseloads


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
                    "caseload": loads.get(member.user_id) if minds_doors(member, today) else None,
                    "others": [other for other in roles[member.user_id] if other != member],
                    "is_editable": member.pk in editable and not has_ended(member, today),
                    "has_ended": has_ended(member, today),
                    "begins_on": member.since if member.since > today else None,
                    "has_posts": member.role in POST_HOLDERS,
                    "has_badge": member.role in GOES_OUT and member.since <= today,
                    "is_renewable": member.user_id in renewable,
                }
                for member in rows
            ],
            "is_editable": Community.objects.editable_by(request.user).contains(community),
            "shows_ended": shows_ended,
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
        .select_related("user", "grid", "community", "area", "department", "cover")
        .order_by(F("grid__code").asc(nulls_first=True), "role", "-rank", "since", "pk")
    )


def has_ended(member: Membership, today: datetime.date) -> bool:
    return member.until is not None and member.until < today


def minds_doors(member: Membership, today: datetime.date) -> bool:
    """Say whether the doors a person minds today come of a membership like this one."""
    return bool(member.rank) and member.since <= today and not has_ended(member, today)
