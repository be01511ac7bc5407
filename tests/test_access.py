"""Who gets what at every address: one table, and no address outside it."""

import datetime
import json
from collections import defaultdict
from typing import NamedTuple

import pytest
from django.contrib import admin
from django.core.files.base import ContentFile
from django.db import transaction
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from communities.models import ExpectedBack
from communities.roles import Role
from households.models import GridPlan, ImportPage, PlaceFile, Post, RegisterImport
from tests.factories import (
    BarrierFactory,
    BuildingPairFactory,
    CampaignDoorFactory,
    CareFactory,
    CoverFactory,
    DiaryEntryFactory,
    GridContactFactory,
    GridPlanFactory,
    HandOverFactory,
    MatterFactory,
    MembershipFactory,
    PairingFactory,
    PhoneFactory,
    PlannedGridFactory,
    ResidentReportFactory,
    RollCallFactory,
    SavedExportFactory,
    UserFactory,
    VisitFactory,
    WastedTimeFactory,
)
from visits.actions.receipts import make_receipt
from visits.models import ErrandStep, HeldItem, Photo, ReportPhoto

MEMBERS = (
    "worker",
    "captain",
    "officer",
    "street_officer",
    "department",
    "auditor",
    "admin",
    "outsider",
)
EVERYBODY = (*MEMBERS, "anonymous")

# Short names for the groups that the answers of the table name.
FIELD = "worker officer street_officer admin"
READ = f"{FIELD} auditor"
MANAGE = "officer street_officer admin"
ALL = " ".join(MEMBERS)


class Row(NamedTuple):
    """What one address answers to one method: status by people.

    Whoever is not named gets `other`; anonymous is sent to log in unless named.
    """

    name: str
    method: str
    answers: dict[int, str]
    arguments: str = ""
    other: int = 404
    data: dict[str, str] = {}


def page(name: str, readers: str, arguments: str = "", **more) -> list[Row]:
    """A page that is only read."""
    return [
        Row(name, "GET", {200: readers}, arguments, **more),
        Row(name, "POST", {405: ALL}, arguments),
    ]


def form(name: str, people: str, arguments: str = "", sent: int = 200) -> list[Row]:
    """A page with a form; an empty one comes back to be filled in."""
    return [
        Row(name, "GET", {200: people}, arguments),
        Row(name, "POST", {sent: people}, arguments),
    ]


def change(name: str, people: str, arguments: str = "", done: int = 302, **data: str) -> list[Row]:
    """A change without a page of its own."""
    return [
        Row(name, "GET", {405: ALL}, arguments),
        Row(name, "POST", {done: people}, arguments, data=data),
    ]


TABLE = [
    Row("home", "GET", {302: ALL}),
    Row("home", "POST", {405: ALL}),
    Row("login", "GET", {302: ALL, 200: "anonymous"}),
    Row("login", "POST", {302: ALL, 200: "anonymous"}),
    Row("logout", "GET", {405: ALL}),
    Row("logout", "POST", {302: ALL}),
    *form("password_change", ALL),
    Row("language", "GET", {302: f"{ALL} anonymous"}),
    Row("language", "POST", {302: f"{ALL} anonymous"}),
    Row("health", "GET", {200: f"{ALL} anonymous"}),
    Row("health", "POST", {405: f"{ALL} anonymous"}),
    # Whoever has one place goes straight there; without any, the page says so.
    Row("overview", "GET", {302: f"{MANAGE} auditor outsider", 200: "worker captain department"}),
    Row("overview", "POST", {405: ALL}),
    *page("burden", ALL),
    *page("wasted_list", ALL),
    Row("wasted_add", "GET", {200: ALL}),
    # Without a word it counts as well.
    Row("wasted_add", "POST", {302: ALL}),
    *form("wasted_answer", MANAGE, "wasted"),
    # Lists open for everybody and hold what she may see, for some of them nothing.
    *page("area", "street_officer auditor admin", "area"),
    *page("community", f"{MANAGE} auditor", "community"),
    *form("visits:member_end", MANAGE, "membership"),
    *page("community_map", READ, "community"),
    *page("grid_map", READ, "grid"),
    *form("communities:person_password", MANAGE, "person"),
    *form("communities:expected_back", "worker captain officer outsider"),
    *change("communities:expected_back_extend", "worker"),
    *change("communities:expected_back_end", ALL),
    *change("communities:expected_back_reached", "officer", "awaited"),
    *page("communities:own_cards", "worker captain officer outsider"),
    *page("communities:badge", FIELD, "membership"),
    *change("communities:badge_renew", MANAGE, "membership"),
    *page("communities:door_slips", FIELD, "membership"),
    *page("communities:community_badges", MANAGE, "community"),
    *page("communities:grid_card", READ, "grid"),
    *change("communities:grid_card_renew", MANAGE, "grid"),
    *form("communities:contact_list", MANAGE, "grid"),
    *form("communities:contact_edit", MANAGE, "grid_contact"),
    *change("communities:contact_end", MANAGE, "grid_contact"),
    *form("communities:person_photo", MANAGE, "person"),
    # Residents open these from a QR code.
    Row("public_person", "GET", {200: f"{ALL} anonymous"}, "card"),
    Row("public_person", "POST", {405: f"{ALL} anonymous"}, "card"),
    Row("public_photo", "GET", {404: f"{ALL} anonymous"}, "card"),
    Row("public_photo", "POST", {405: f"{ALL} anonymous"}, "card"),
    Row("public_grid", "GET", {200: f"{ALL} anonymous"}, "grid_card"),
    Row("public_grid", "POST", {405: f"{ALL} anonymous"}, "grid_card"),
    *form("public_report", f"{ALL} anonymous", "grid_card"),
    *form("receipt_find", f"{ALL} anonymous"),
    *form("receipt", f"{ALL} anonymous", "receipt"),
    *page("communities:report_poster", READ, "grid"),
    *page("communities:disclosure_list", f"{MANAGE} auditor outsider"),
    *page("households:community_list", ALL),
    *form("households:community_edit", MANAGE, "community"),
    *page("households:grid_list", READ, "community"),
    *form("households:grid_add", MANAGE, "community"),
    *page("households:grid", READ, "grid"),
    *form("households:grid_edit", MANAGE, "grid"),
    *form("visits:grid_fill", MANAGE, "grid", sent=302),
    *form("visits:grid_close", MANAGE, "grid", sent=302),
    *page("households:plan_list", f"{MANAGE} auditor", "community"),
    *form("households:plan_add", MANAGE, "community"),
    *page("households:plan", f"{MANAGE} auditor", "plan"),
    *page("households:plan_map", f"{MANAGE} auditor", "plan"),
    *page("households:plan_moves", f"{MANAGE} auditor", "plan"),
    *change("households:plan_change", MANAGE, "plan"),
    *change("households:plan_finish", MANAGE, "plan"),
    *change("households:plan_copy", MANAGE, "plan"),
    *form("households:plan_delete", MANAGE, "plan", sent=302),
    *form("households:plan_grid", MANAGE, "planned_grid"),
    *page("households:member_list", READ, "community"),
    *form("visits:member_add", MANAGE, "community"),
    *form("visits:person_add", MANAGE, "community"),
    *page("households:cover_list", MANAGE, "community"),
    *page("households:staffing", MANAGE, "community"),
    *form("visits:cover_add", MANAGE, "community"),
    *form("visits:cover_end", MANAGE, "cover"),
    *form("households:place_list", MANAGE, "community"),
    *form("households:place_file", MANAGE, "place_file", sent=302),
    *change("households:area_forget", MANAGE, "community"),
    *form("households:barrier_add", MANAGE, "community"),
    *change("households:barrier_remove", MANAGE, "barrier"),
    *form("households:pair_list", MANAGE, "community"),
    *change("households:pair_remove", MANAGE, "building_pair"),
    *form("households:post_list", MANAGE, "post_membership"),
    *change("households:post_remove", MANAGE, "post"),
    *form("households:search", f"{READ} captain outsider"),
    *page("households:household_list", f"{READ} captain outsider"),
    *form("households:household_add", f"{FIELD} outsider"),
    *page("households:household", f"{READ} captain", "household"),
    *page("households:fact_list", READ, "household"),
    *form("households:household_edit", FIELD, "household"),
    *form("households:resident_add", FIELD, "household"),
    *page("households:building_list", f"{READ} outsider"),
    *form("households:building_add", f"{MANAGE} outsider"),
    *page("households:building", READ, "building"),
    *form("households:building_edit", MANAGE, "building"),
    *page("households:resident", f"{READ} captain", "resident"),
    *form("households:resident_edit", FIELD, "resident"),
    *form("households:reveal", FIELD, "resident"),
    *form("households:phone_add", FIELD, "resident"),
    *change("households:phone_remove", FIELD, "phone"),
    *form("households:care_add", FIELD, "resident"),
    *change("households:care_end", FIELD, "care"),
    *form("households:residency_edit", FIELD, "residency"),
    *form("households:residency_end", FIELD, "residency"),
    *form("households:register_import_list", f"{MANAGE} outsider"),
    *page("households:register_template", f"{MANAGE} outsider"),
    *page("households:register_import", MANAGE, "register_import"),
    *change("households:register_import_confirm", MANAGE, "register_import"),
    *change("households:register_import_undo", MANAGE, "register_import"),
    *page("households:register_import_report", MANAGE, "register_import"),
    *page("households:export_list", f"{MANAGE} auditor department outsider"),
    *form("households:export_add", f"{MANAGE} department outsider"),
    *page("households:export", f"{MANAGE} auditor department", "export"),
    *form("households:export_edit", f"{MANAGE} department", "export"),
    *change("households:export_remove", f"{MANAGE} department", "export"),
    *page("visits:today", "worker captain officer street_officer outsider"),
    *change("visits:today_walk", "worker captain officer street_officer outsider"),
    *change("visits:visit_quick", "worker captain officer street_officer", "household"),
    *form("visits:stairwell_unanswered", "worker captain officer street_officer", "building"),
    *form("visits:pairing_list", MANAGE, "grid"),
    *change("visits:pairing_end", MANAGE, "pairing"),
    *form("visits:plan_accept", MANAGE, "draft"),
    *page("visits:plan_change", f"{MANAGE} auditor", "accepted_plan"),
    *form("visits:plan_take_back", MANAGE, "accepted_plan", sent=302),
    *form("visits:reassign_grids", MANAGE, "community"),
    *page("visits:hand_over_list", ALL),
    *page("visits:hand_over", f"worker {MANAGE}", "hand_over"),
    *change("visits:hand_over_accept", "worker", "hand_over"),
    *change("visits:hand_over_return", "worker", "hand_over", done=200),
    *change("visits:hand_over_decide", MANAGE, "hand_over", done=200),
    *page("visits:door_odds", "worker captain officer street_officer", "household"),
    *form("visits:visit_add", "worker captain officer street_officer", "household"),
    Row("visits:diary", "GET", {200: "worker captain officer street_officer outsider"}),
    Row("visits:diary", "POST", {200: "worker captain officer street_officer outsider"}),
    *page("visits:diary_list", ALL),
    *page("visits:diary_entry", "worker officer street_officer", "diary"),
    *page("visits:visit_list", ALL),
    *page("visits:visit", f"{READ} captain", "visit"),
    *form("visits:visit_correct", "worker officer street_officer", "visit"),
    *page("visits:held_list", ALL),
    *form("visits:held_item", "worker officer street_officer admin", "held"),
    *change("visits:held_void", "worker officer street_officer", "held"),
    # Everybody has a bell of her own.
    *page("visits:notice_list", ALL),
    *change("visits:notice_read", ALL),
    *form("visits:digest", ALL),
    *page("visits:matter_list", ALL),
    *page("visits:matter_board", f"{READ} department outsider"),
    *form("visits:matter_add", "worker captain officer street_officer admin outsider"),
    *page("visits:matter", f"{READ} captain department", "matter"),
    # A refused step is shown at its own address, which opened again leads to the matter.
    Row("visits:matter_step", "GET", {302: f"{READ} captain department"}, "matter"),
    Row("visits:matter_step", "POST", {200: f"{FIELD} department"}, "matter"),
    *form("visits:matter_contact", f"{FIELD} department", "report"),
    *form("visits:matter_receipt", f"{FIELD} department", "matter", sent=302),
    *change("visits:errand_step", f"{FIELD} department", "errand"),
    *page("visits:resident_report_list", f"{MANAGE} outsider"),
    *form("visits:resident_report", MANAGE, "held_report"),
    *page("visits:report_photo", MANAGE, "report_photo"),
    *page("visits:emergency_list", ALL),
    *form("visits:emergency_add", f"{MANAGE} outsider"),
    *page("visits:emergency", f"{READ} captain", "emergency"),
    *page("visits:emergency_door_list", f"{READ} captain", "emergency"),
    *form("visits:emergency_end", MANAGE, "emergency", sent=302),
    *page("visits:roll_call", "worker captain officer street_officer outsider"),
    *page("visits:offline_roll_call", "worker captain officer street_officer outsider"),
    *page("visits:roll_call_door", f"{READ} captain", "roll_call"),
    *change("visits:roll_call_enter", "worker captain officer street_officer", "roll_call"),
    *change("visits:roll_call_matter", MANAGE, "roll_call"),
    *page("visits:campaign_list", ALL),
    *form("visits:campaign_add", f"{MANAGE} outsider"),
    *page("visits:campaign", f"{READ} captain", "campaign"),
    *page("visits:campaign_door_list", f"{READ} captain", "campaign"),
    *form("visits:campaign_end", MANAGE, "campaign", sent=302),
    *form("visits:campaign_extend", MANAGE, "campaign"),
    *page("visits:photo", f"{READ} captain department", "photo"),
    # Phones hand over what they hold after a logout too; the ticket inside is asked for there.
    Row("service_worker", "GET", {200: f"{ALL} anonymous"}),
    Row("service_worker", "POST", {405: f"{ALL} anonymous"}),
    # What it shows is what the phone holds, after a logout too.
    Row("visits:queue", "GET", {200: f"{ALL} anonymous"}),
    Row("visits:queue", "POST", {405: f"{ALL} anonymous"}),
    *page("visits:offline_today", "worker captain officer street_officer outsider"),
    *page("visits:offline_visit", "worker captain officer street_officer outsider"),
    *page("visits:offline_matter", "worker captain officer street_officer admin outsider"),
    Row("sync:hello", "GET", {200: f"{ALL} anonymous"}),
    Row("sync:hello", "POST", {405: f"{ALL} anonymous"}),
    Row("sync:visits", "GET", {405: f"{ALL} anonymous"}),
    Row("sync:visits", "POST", {400: f"{ALL} anonymous"}),
    Row("sync:photo_add", "GET", {405: f"{ALL} anonymous"}),
    Row("sync:photo_add", "POST", {412: f"{ALL} anonymous"}),
    Row("sync:photo", "GET", {405: f"{ALL} anonymous"}, "visit"),
    Row("sync:photo", "POST", {405: f"{ALL} anonymous"}, "visit"),
    # City systems bring a key; a login opens nothing here.
    Row("open311:openapi", "GET", {200: f"{ALL} anonymous"}),
    Row("open311:openapi", "POST", {405: f"{ALL} anonymous"}),
    Row("open311:discovery", "GET", {200: f"{ALL} anonymous"}, "format"),
    Row("open311:discovery", "POST", {405: f"{ALL} anonymous"}, "format"),
    Row("open311:services", "GET", {200: f"{ALL} anonymous"}, "format"),
    Row("open311:services", "POST", {405: f"{ALL} anonymous"}, "format"),
    Row("open311:service_definition", "GET", {200: f"{ALL} anonymous"}, "service"),
    Row("open311:service_definition", "POST", {405: f"{ALL} anonymous"}, "service"),
    Row("open311:requests", "GET", {403: f"{ALL} anonymous"}, "format"),
    Row("open311:requests", "POST", {403: f"{ALL} anonymous"}, "format"),
    Row("open311:request", "GET", {403: f"{ALL} anonymous"}, "request"),
    Row("open311:request", "POST", {405: f"{ALL} anonymous"}, "request"),
    Row("open311:token", "GET", {403: f"{ALL} anonymous"}, "request"),
    Row("open311:token", "POST", {405: f"{ALL} anonymous"}, "request"),
    Row("open311:nowhere", "GET", {404: f"{ALL} anonymous"}, "elsewhere"),
    Row("open311:nowhere", "POST", {404: f"{ALL} anonymous"}, "elsewhere"),
    Row("admin:index", "GET", {200: "admin"}),
    Row("admin:index", "POST", {200: "admin"}),
    Row("admin:login", "GET", {302: ALL}),
    Row("admin:login", "POST", {302: ALL}),
    Row("admin:logout", "GET", {405: "admin"}),
    Row("admin:logout", "POST", {302: "admin"}),
    Row("admin:password_change", "GET", {302: "admin"}),
    Row("admin:password_change", "POST", {302: "admin"}),
    Row("admin:password_change_done", "GET", {302: "admin"}),
    Row("admin:password_change_done", "POST", {302: "admin"}),
    # Without the names of a model and a field it has nothing to complete.
    Row("admin:autocomplete", "GET", {403: "admin"}),
    Row("admin:autocomplete", "POST", {405: "admin"}),
    Row("admin:visits_calendarday_many", "GET", {200: "admin"}),
    Row("admin:visits_calendarday_many", "POST", {200: "admin"}),
    Row("admin:jsi18n", "GET", {200: "admin"}),
    Row("admin:jsi18n", "POST", {405: "admin"}),
    Row("admin:app_list", "GET", {200: "admin"}, "app"),
    Row("admin:app_list", "POST", {200: "admin"}, "app"),
]
ADMIN_PAGES = ("changelist", "add", "history", "delete", "change")


@pytest.fixture
def arguments(world) -> dict[str, list[object]]:
    """Return, by the word the table uses, what stands in the address: rows of the world."""
    worker_role = world.worker.memberships.get()
    colleague = MembershipFactory(user=UserFactory(name="colleague"), grid=world.grid)
    post = Post.objects.get(membership__user=world.captain)
    visit = VisitFactory(household=world.household, by=world.worker)
    matter = MatterFactory(
        grid=world.grid,
        household=world.household,
        reported_by=world.worker,
        department=world.department_office,
        status="assigned",
    )
    photo = Photo(matter=matter, by=world.worker)
    photo.image.save("x.jpg", ContentFile(b"\xff\xd8\xff"), save=False)
    photo.save()
    failed = RegisterImport.objects.create(
        community=world.community, by=world.officer, original_suffix=".xlsx", state="failed"
    )
    for kind, content in (("problem", []), ("details", {"sheets": []})):
        page = ImportPage(register_import=failed, kind=kind, number=1)
        page.content = content
        page.save()
    held = HeldItem(
        item=visit.pk,
        digest="x",
        by=world.worker,
        community=world.community,
        reason="invalid",
        content=json.dumps({"household": world.household.pk, "visit": {"note": "x"}}),
    )
    held.save()
    reported = MatterFactory(
        grid=world.grid,
        source="resident",
        reported_by=None,
        department=world.department_office,
        status="assigned",
    )
    ResidentReportFactory(
        grid=world.grid, state="passed", matter=reported, contact_phone="13812345678"
    )
    held_report = ResidentReportFactory(grid=world.grid)
    ErrandStep.objects.create(matter=matter, number=1, text="x")
    awaited = ExpectedBack.objects.create(by=world.worker, back_at=timezone.now())
    awaited.colleagues.add(world.officer)
    call = RollCallFactory(household=world.household)
    rows = {
        "diary": DiaryEntryFactory(user=world.worker),
        "wasted": WastedTimeFactory(code=world.community.code),
        "awaited": awaited,
        "place_file": PlaceFile.objects.create(
            community=world.community, by=world.officer, kind="buildings", unknown=["x"]
        ),
        "barrier": BarrierFactory(community=world.community),
        "building_pair": BuildingPairFactory(first__community=world.community),
        "cover": CoverFactory(away=worker_role, user=colleague.user),
        "held": held,
        "report": reported,
        "held_report": held_report,
        "report_photo": ReportPhoto.objects.create(report=held_report, content=b"x"),
        "membership": worker_role,
        "person": colleague.user,
        "post_membership": post.membership,
        "post": post,
        "household": world.household,
        "building": world.household.building,
        "resident": world.resident,
        "phone": PhoneFactory(resident=world.resident),
        "care": CareFactory(resident=world.resident),
        "residency": world.resident.residencies.get(),
        "register_import": failed,
        "export": SavedExportFactory(code=world.community.code, department=world.department_office),
        "visit": visit,
        "matter": matter,
        "photo": photo,
        "plan": GridPlanFactory(community=world.community),
        "planned_grid": PlannedGridFactory(plan__community=world.community),
        "hand_over": HandOverFactory(giver=colleague.user, receiver=world.worker, grid=world.grid),
        "draft": GridPlan.objects.create(community=world.community, name="x"),
        "accepted_plan": GridPlan.objects.create(
            community=world.community,
            name="y",
            accepted_by=world.admin,
            accepted_at=timezone.now(),
            effective_on=timezone.localdate() + datetime.timedelta(days=3),
        ),
        "pairing": PairingFactory(household=world.household),
        "emergency": call.emergency,
        "roll_call": call,
        "campaign": CampaignDoorFactory(
            campaign__community=world.community, household=world.household
        ).campaign,
    }
    return {
        "": [],
        "area": [world.street.code],
        "community": [world.community.code],
        "grid": [world.grid.code],
        "card": [worker_role.card_key],
        "grid_card": [world.grid.card_key],
        "grid_contact": [world.grid.code, GridContactFactory(grid=world.grid).pk],
        "app": ["communities"],
        "format": ["json"],
        # A category that came with the program.
        "service": ["sanitation", "xml"],
        "elsewhere": ["requests.csv"],
        "request": [matter.pk, "json"],
        "errand": [matter.pk, 1],
        "receipt": [make_receipt(matter=matter, by=world.worker, at=timezone.now()).code],
        **{word: [row.pk] for word, row in rows.items()},
    }


def answers_of(world, as_user, address: str, row: Row) -> dict[int, str]:
    """Ask as everybody, each time in an untouched world; return people by status."""
    found = defaultdict(list)
    for name in EVERYBODY:
        client = as_user(None if name == "anonymous" else getattr(world, name))
        client.raise_request_exception = False
        with transaction.atomic():
            response = getattr(client, row.method.lower())(address, row.data)
            transaction.set_rollback(True)
        status = response.status_code
        if name == "anonymous" and asks_to_log_in(response):
            status = 0
        found[status].append(name)
    return {status: " ".join(names) for status, names in found.items()}


def asks_to_log_in(response) -> bool:
    place, _mark, query = response.headers.get("Location", "").partition("?")
    return place in {reverse("login"), reverse("admin:login")} and query.startswith("next=")


def expected_of(row: Row) -> dict[int, str]:
    by_name = {name: status for status, names in row.answers.items() for name in names.split()}
    found = defaultdict(list)
    for name in EVERYBODY:
        found[by_name.get(name, 0 if name == "anonymous" else row.other)].append(name)
    return {status: " ".join(names) for status, names in found.items()}


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.method} {row.name}")
def test_answer_to_everybody(row, world, arguments, as_user):
    address = reverse(row.name, args=arguments[row.arguments])
    assert answers_of(world, as_user, address, row) == expected_of(row)


def model_pages() -> list[tuple[str, list[int]]]:
    """Return name and arguments of the pages that admin has of each registered model."""
    return [
        (
            f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}",
            [] if name in {"changelist", "add"} else [1],
        )
        for model in admin.site._registry
        for name in ADMIN_PAGES
    ]


def test_admin_is_closed_to_everybody_else(world, as_user):
    """One page for everybody, every page for one member and for a stranger."""
    shut = {404: " ".join(name for name in MEMBERS if name != "admin"), 0: "anonymous"}
    for method in ("GET", "POST"):
        row = Row("", method, {200: "admin"})
        address = reverse("admin:households_resident_changelist")
        assert answers_of(world, as_user, address, row) == {200: "admin", **shut}
    member, stranger = as_user(world.officer), as_user(None)
    answers = set()
    for name, args in model_pages():
        address = reverse(name, args=args)
        for client in (member, stranger):
            for response in (client.get(address), client.post(address)):
                answers.add((client is member, response.status_code, asks_to_log_in(response)))
    assert answers == {(True, 404, False), (False, 302, True)}


def test_every_address_is_in_the_table():
    named = {row.name for row in TABLE}
    of_models = {name for name, _args in model_pages()}
    unlisted = set()
    for name in url_names():
        methods = {row.method for row in TABLE if row.name == name}
        if methods != {"GET", "POST"} and name not in of_models:
            unlisted.add(name)
    assert unlisted == set()
    assert named <= set(url_names())


def url_names() -> list[str]:
    """Walk the resolver; an address without a name counts under its pattern."""

    def walk(patterns, prefix: str):
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                # Admin redirects its old addresses and answers 404 to the rest.
                if pattern.name or not prefix.startswith("admin:"):
                    yield prefix + (pattern.name or str(pattern.pattern))
            else:
                space = f"{pattern.namespace}:" if pattern.namespace else ""
                yield from walk(pattern.url_patterns, prefix + space)

    return list(walk(get_resolver().url_patterns, ""))


def test_every_role_has_somebody_in_the_table_or_shares_her_sets(world):
    """Leaders, cadres and volunteers differ by place and role set, not by address."""
    tabled = {role for name in MEMBERS for role in getattr(world, name).roles}
    assert set(Role) - tabled == {Role.GRID_LEADER, Role.INFO_VOLUNTEER, Role.AREA_CADRE}


def test_an_ended_or_future_role_opens_nothing(world, as_user, arguments):
    address = reverse("households:grid", args=arguments["grid"])
    role = world.worker.memberships.get()
    statuses = []
    for since, until in (
        (datetime.date(2020, 1, 1), None),
        (datetime.date(2020, 1, 1), datetime.date(2020, 12, 31)),
        (datetime.date(2999, 1, 1), None),
    ):
        role.since, role.until = since, until
        role.save()
        statuses.append(as_user(world.worker).get(address).status_code)
    # With the last role every session ends.
    assert statuses == [200, 302, 404]
