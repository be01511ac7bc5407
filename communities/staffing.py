"""Who works where today, and who may be put there."""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from communities.models import Community, GridContact, Membership, User
from communities.models.people import at_places
from communities.models.place import COMMUNITY_DIGITS, codes_above
from communities.roles import GOES_OUT, HANDS_OUT, VISITORS, Role


def full_time_workers(
    communities: QuerySet[Community] | list[Community], user: User, on: datetime.date
) -> dict[int, int]:
    """Return how many full-time grid workers each community has, in the grids the user sees.

    One with two grids is one.
    """
    rows = (
        Membership.objects.visible_to(user)
        .current(on)
        .filter(
            role=Role.GRID_WORKER,
            employment=Membership.Employment.FULL_TIME,
            grid__community__in=communities,
        )
        .values_list("grid__community")
        .annotate(workers=Count("user", distinct=True))
    )
    return dict(rows)


def roles_handed_out(user: User, place_code: str) -> frozenset[Role]:
    """Return the roles the user may give to others at the place with this code."""
    if user.is_superuser:
        return frozenset(Role)
    return frozenset(
        role
        for standing in user.standings
        if place_code.startswith(standing.code)
        for role in HANDS_OUT.get(standing.role, ())
    )


def candidates(user: User, community: Community) -> QuerySet[User]:
    """Return the people the user may assign in a community: active ones of the same street.

    Street-wide, so that a worker can move to the next community; never the user herself.
    """
    street = max(codes_above([community.code]), key=len)
    nearby = Membership.objects.filter(at_places([street]))
    return (
        User.objects.visible_to(user)
        .filter(pk__in=nearby.values("user"), is_active=True)
        .exclude(pk=user.pk)
        .order_by("sorts_as", "username")
    )


def coverable(user: User, community: Community, on: datetime.date) -> QuerySet[Membership]:
    """Return the grid workers of a community, now or to come, whose absence the user settles."""
    return (
        Membership.objects.editable_by(user)
        .filter(
            Q(until=None) | Q(until__gte=on),
            role=Role.GRID_WORKER,
            grid__community=community,
            user__is_active=True,
            cover=None,
        )
        .select_related("user", "grid__community")
        .order_by("grid__code", "-rank", "since", "pk")
    )


def colleagues(user: User, on: datetime.date) -> QuerySet[User]:
    """Return the people at the user's places today, and those of the communities around them."""
    codes = user.place_codes(GOES_OUT)
    around = {code[:COMMUNITY_DIGITS] for code in codes}
    beside = Membership.objects.current(on).filter(at_places(codes) | Q(community__code__in=around))
    return (
        User.objects.filter(pk__in=beside.values("user"))
        .exclude(pk=user.pk)
        .order_by("sorts_as", "username")
    )


def gaps(team: Iterable[Membership]) -> list[str]:
    """Name what a grid with this team lacks: a main worker, a leader."""
    team = list(team)
    missing = []
    if not any(member.rank == Membership.Rank.MAIN for member in team):
        missing.append(_("No main worker"))
    if not any(member.role == Role.GRID_LEADER for member in team):
        missing.append(_("No grid leader"))
    return missing


def main_workers(grids: Iterable[int], on: datetime.date) -> dict[int, User]:
    """Return the main worker of each of these grids on that day, the newest of several.

    Unscoped, for actions: whose work moves does not depend on who moves it.
    """
    rows = Membership.objects.current(on).filter(
        grid__in=list(grids), role=Role.GRID_WORKER, rank=Membership.Rank.MAIN
    )
    return {row.grid_id: row.user for row in rows.select_related("user").order_by("since", "pk")}  # type: ignore[misc] # filtered by it


def places_visited(people: Iterable[int], on: datetime.date) -> dict[int, set[str]]:
    """Return by person, by key, the codes of the places to whose doors she goes on that day."""
    places: dict[int, set[str]] = defaultdict(set)
    held = Membership.objects.current(on).filter(user__in=list(people), role__in=VISITORS)
    for person, code in held.values_list(
        "user", Coalesce("grid__code", "community__code", "area__code")
    ):
        places[person].add(code)
    return places


class Unnamed(NamedTuple):
    """A place beside a grid that nobody holds yet: of a role, or of a kind of contact."""

    words: str
    role: str = ""
    contact: str = ""


def unnamed(team: Iterable[Membership], contacts: Iterable[GridContact]) -> list[Unnamed]:
    """Name who else belongs around a grid and is not there yet; work goes on without them.

    What cannot wait is in `gaps`.
    """
    team = list(team)
    kinds = {contact.kind for contact in contacts}
    found = []
    if not any(member.rank == Membership.Rank.BACKUP for member in team):
        found.append(Unnamed(_("backup worker"), role=Role.GRID_WORKER))
    if not any(member.role == Role.AREA_CADRE for member in team):
        found.append(Unnamed(_("area cadre"), role=Role.AREA_CADRE))
    names = {
        GridContact.Kind.POLICE: _("community police officer"),
        GridContact.Kind.PROPERTY: _("property management"),
        GridContact.Kind.PARTY_GROUP: _("Party group"),
    }
    found += [Unnamed(name, contact=kind) for kind, name in names.items() if kind not in kinds]
    return found
