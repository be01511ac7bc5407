"""The menu: where each role goes, in the order of her day."""

from functools import cache, partial
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override, pgettext_lazy

from communities.models import Cover, User
from communities.roles import (
    DASHBOARD_READERS,
    DIARY_READERS,
    EXPORT_KEEPERS,
    MANAGERS,
    POST_HOLDERS,
    READERS,
    VISIT_KEEPERS,
    VISITORS,
    Role,
)


class Entry(NamedTuple):
    """A menu entry: the page, its label, and the roles that see it."""

    url_name: str
    label: Any
    roles: frozenset[Role]


MENU = (
    Entry("visits:today", pgettext_lazy("doors", "Today"), VISITORS - MANAGERS),
    Entry("visits:diary", _("Diary"), VISITORS - MANAGERS),
    Entry("overview", _("Overview"), DASHBOARD_READERS),
    Entry("households:household_list", _("Households"), READERS),
    Entry("visits:matter_list", _("Matters"), frozenset(Role)),
    Entry("visits:resident_report_list", _("Reports to look at"), MANAGERS),
    Entry("visits:visit_list", _("Visits"), READERS),
    Entry("visits:diary_list", _("Diaries"), DIARY_READERS),
    Entry("visits:campaign_list", _("Campaigns"), READERS),
    Entry("visits:emergency_list", _("Emergencies"), MANAGERS | {Role.GRID_LEADER, Role.AUDITOR}),
    Entry("visits:held_list", _("Held back"), VISIT_KEEPERS),
    Entry("households:export_list", _("Exports"), EXPORT_KEEPERS | {Role.AUDITOR}),
    Entry("households:community_list", _("Grids and people"), MANAGERS | {Role.AUDITOR}),
    Entry("households:register_import_list", _("Import"), MANAGERS),
    Entry("communities:disclosure_list", _("Disclosures"), MANAGERS | {Role.AUDITOR}),
    Entry("admin:index", _("Administration"), frozenset({Role.ADMINISTRATOR})),
)


def entries_for(user: User) -> list[Entry]:
    return [entry for entry in MENU if user.has_any_role(entry.roles)]


# A longer menu would fill a third of a phone: all but its first entries wait behind one.
LONGEST_MENU = 6
FIRST_ENTRIES = 3


class Item(NamedTuple):
    """A menu entry as a page shows it; on a phone it may wait behind the word that unfolds it."""

    url: str
    label: str
    url_name: str
    is_folded: bool


@cache
def items(entries: tuple[Entry, ...], language: str) -> list[Item]:
    """Return these entries in that language; kept, because addresses and labels never change."""
    in_sight = FIRST_ENTRIES if len(entries) > LONGEST_MENU else len(entries)
    with override(language):
        return [
            Item(reverse(entry.url_name), str(entry.label), entry.url_name, place >= in_sight)
            for place, entry in enumerate(entries)
        ]


@cache
def offline_copies() -> str:
    """Return the addresses of the pages that a visitor's phone keeps, for its script."""
    names = (
        "visits:offline_today",
        "visits:offline_visit",
        "visits:offline_matter",
        "visits:offline_roll_call",
    )
    return " ".join(reverse(name) for name in names)


def navigation(request: HttpRequest) -> dict[str, object]:
    """Give every template its `menu`, `menu_folds`, `current_page`, `can_search` and `offline_copies`.

    `covers` asks the database only where a page names them, of somebody they concern.
    """
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {"menu": [], "can_search": False, "offline_copies": ""}
    match = request.resolver_match
    menu = items(tuple(entries_for(user)), request.LANGUAGE_CODE)
    return {
        "menu": menu,
        "menu_folds": bool(menu) and menu[-1].is_folded,
        "current_page": match.view_name if match else "",
        "offline_copies": offline_copies() if user.has_any_role(VISITORS) else "",
        "can_search": user.has_any_role(READERS | POST_HOLDERS),
        "covers": partial(covers_today, user),
    }


def covers_today(user: User) -> list[Cover]:
    """Return the covers of today that the user goes for, or that let her be away."""
    if not user.is_in_cover:
        return []
    covers = Cover.objects.concerning(user).current(timezone.localdate())
    return list(covers.select_related("user", "away__user", "away__grid"))
