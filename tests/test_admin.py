"""Django admin: usable for every model, and closed at the edge of the user's scope."""

import datetime

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from communities.models import (
    Area,
    Community,
    Cover,
    Department,
    Disclosure,
    GridContact,
    Membership,
    User,
    WastedTime,
)
from communities.roles import Role
from communities.scoped_admin import ScopedAdmin
from households.models import (
    CareTag,
    Fact,
    FactEntry,
    FormerGrid,
    Household,
    Phone,
    Post,
    Question,
    RegisterImport,
    Residency,
    Resident,
    SavedExport,
    Topic,
    TopicDepartment,
    WorkloadRule,
)
from tests.admin_forms import resident_data, url
from tests.factories import (
    PASSWORD,
    ApiClientFactory,
    AreaFactory,
    CampaignDoorFactory,
    CareFactory,
    CoverFactory,
    DepartmentFactory,
    EmergencyGridFactory,
    FactEntryFactory,
    FactFactory,
    GridContactFactory,
    HouseholdFactory,
    MatterCategoryFactory,
    MatterFactory,
    MembershipFactory,
    PairingFactory,
    PhoneFactory,
    ResidencyFactory,
    ResidentFactory,
    ResidentReportFactory,
    RollCallEntryFactory,
    RollCallFactory,
    SavedExportFactory,
    ServiceRequestFactory,
    TopicDepartmentFactory,
    UserFactory,
    VisitFactory,
    WastedTimeFactory,
)
from tests.growth import grow
from visits.actions.receipts import make_receipt
from visits.models import (
    ApiClient,
    CalendarDay,
    CalledDepartment,
    Campaign,
    CampaignDoor,
    Emergency,
    EmergencyGrid,
    ErrandStep,
    HeldItem,
    MatterEvent,
    Pairing,
    Photo,
    Receipt,
    ResidentAnswer,
    ResidentReport,
    RetryRule,
    RollCall,
    RollCallEntry,
    RoutingProposal,
    ServiceRequest,
    Visit,
    VisitRule,
)

# A register on its way in, what the program keeps for itself to count faster, and what is
# nobody's business: when somebody is expected back, what stands under her bell, and a diary,
# read on its own page.
NOT_IN_ADMIN = {
    "communities.ExpectedBack",
    # Kept on pages of their own, beside the map.
    "households.Barrier",
    "households.BuildingPair",
    "households.GridArea",
    "households.PlaceFile",
    "households.GridPlan",
    "households.PlannedGrid",
    "households.PlannedMove",
    "households.PlannedPart",
    "households.ImportPage",
    "visits.BurdenWeek",
    "visits.CommunityFigures",
    "visits.DiaryEntry",
    "visits.Digest",
    "visits.GridOpenings",
    # Kept on pages of their own, with what people answer.
    "visits.HandOver",
    "visits.HandOverDoor",
    "visits.Notice",
    "visits.PhotoUpload",
    "visits.ReportCount",
    # Seen on the page of their report, and gone with its decision.
    "visits.ReportPhoto",
    "visits.ServerEpoch",
    "visits.SyncDevice",
    "visits.StaleGrid",
    # Edited on the page of their category.
    "visits.ServiceAttribute",
    "visits.TimeLimit",
    # Said by somebody's phone and shown with the hand-over alone.
    "visits.UnsentWord",
    "visits.VisitTally",
}
OWN_APPS = ("communities", "households", "visits")


def own_models() -> list[type[models.Model]]:
    return [model for app in OWN_APPS for model in apps.get_app_config(app).get_models()]


@pytest.fixture
def rows(world) -> dict[type[models.Model], tuple[models.Model, models.Model]]:
    """Return of every model a row in the community of `local_admin`, and one next door."""
    local_admin = MembershipFactory(
        user=UserFactory(username="local_admin", name="local_admin"),
        role=Role.ADMINISTRATOR,
        grid=None,
        community=world.community,
    ).user

    def place(community, grid, area_code: str) -> dict[type[models.Model], models.Model]:
        household = HouseholdFactory(grid=grid)
        resident = ResidentFactory()
        residency = ResidencyFactory(resident=resident, household=household)
        membership = MembershipFactory(grid=grid)
        visit = VisitFactory(household=household, by=membership.user)
        matter = MatterFactory(grid=grid, household=household, reported_by=membership.user)
        fact = FactFactory(household=household)
        call = RollCallFactory(household=household)
        door = CampaignDoorFactory(campaign__community=community, household=household)
        return {
            Community: community,
            type(grid): grid,
            User: membership.user,
            Membership: membership,
            Disclosure: Disclosure.objects.create(
                kind="reveal", by=membership.user, community=community, subject="x"
            ),
            type(household.building): household.building,
            Household: household,
            FormerGrid: FormerGrid.objects.create(
                household=household,
                grid=grid,
                since=datetime.date(2024, 1, 1),
                until=datetime.date(2024, 2, 1),
            ),
            Post: Post.objects.create(
                membership=MembershipFactory(grid=grid, role=Role.STAIR_CAPTAIN),
                building=household.building,
            ),
            Resident: resident,
            Residency: residency,
            Phone: PhoneFactory(resident=resident),
            apps.get_model("households.Care"): CareFactory(resident=resident),
            RegisterImport: RegisterImport.objects.create(
                community=community, by=membership.user, original_suffix=".xlsx"
            ),
            Visit: visit,
            type(matter): matter,
            CalledDepartment: CalledDepartment.objects.create(
                matter=matter,
                department=DepartmentFactory(area=community.area),
                called_at=timezone.now(),
            ),
            RoutingProposal: RoutingProposal.objects.create(
                event=MatterEvent.objects.create(
                    matter=matter, by=membership.user, step="assign", status="assigned"
                ),
                is_accepted=True,
            ),
            MatterEvent: MatterEvent.objects.create(
                matter=matter, by=membership.user, step="report", status="received"
            ),
            Photo: Photo.objects.create(matter=matter, by=membership.user, image="photos/x.jpg"),
            ResidentReport: ResidentReportFactory(grid=grid),
            Receipt: make_receipt(matter=matter, by=membership.user, at=timezone.now()),
            ResidentAnswer: ResidentAnswer.objects.create(matter=matter, rating=3),
            ErrandStep: ErrandStep.objects.create(matter=matter, number=1, text="x"),
            Cover: CoverFactory(away=membership),
            GridContact: GridContactFactory(grid=grid),
            WastedTime: WastedTimeFactory(code=community.code),
            Pairing: PairingFactory(household=household),
            HeldItem: HeldItem.objects.create(
                item=visit.pk,
                digest="x",
                by=membership.user,
                community=community,
                reason="invalid",
                content="{}",
            ),
            ApiClient: ApiClientFactory(code=community.code),
            ServiceRequest: ServiceRequestFactory(matter__grid=grid),
            Fact: fact,
            FactEntry: FactEntryFactory(household=household, question=fact.question),
            SavedExport: SavedExportFactory(code=community.code),
            TopicDepartment: TopicDepartmentFactory(
                department__area=AreaFactory(code=area_code[:9], name=area_code)
            ),
            Campaign: door.campaign,
            CampaignDoor: door,
            Emergency: call.emergency,
            EmergencyGrid: EmergencyGridFactory(emergency=call.emergency, grid=grid),
            RollCall: call,
            RollCallEntry: RollCallEntryFactory(roll_call=call),
        }

    here = place(world.community, world.grid, "990101001")
    there = place(world.next_community, world.next_grid, "990101002")
    pairs = {model: (here[model], there[model]) for model in here}
    pairs["admin"] = local_admin
    return pairs


GLOBAL = {
    CalendarDay,
    CareTag,
    Question,
    RetryRule,
    Topic,
    VisitRule,
    WorkloadRule,
    apps.get_model("visits.MatterCategory"),
}
# A community's administrator reads the areas above her and edits none.
ABOVE = {Area, Department}


def test_every_model_of_the_program_is_in_admin():
    missing = {
        model._meta.label for model in own_models() if model not in admin.site._registry
    } - NOT_IN_ADMIN
    assert missing == set()
    assert all(isinstance(entry, ScopedAdmin) for entry in admin.site._registry.values())


def test_a_model_without_scope_is_refused():
    unscoped = apps.get_model("auth.Group")
    with pytest.raises(ImproperlyConfigured, match="visible_to"):
        ScopedAdmin(unscoped, admin.site)


ROWS_OF_A_COMMUNITY = [
    model
    for model in own_models()
    if model not in GLOBAL | ABOVE and model._meta.label not in NOT_IN_ADMIN
]


@pytest.mark.parametrize("model", ROWS_OF_A_COMMUNITY, ids=lambda model: model.__name__)
def test_rows_lists_and_history_stop_at_the_scope(model, rows, as_user):
    client = as_user(rows["admin"])
    mine, foreign = rows[model]
    listed = client.get(url(model, "changelist"))
    keys = set(listed.context["cl"].queryset.values_list("pk", flat=True))
    assert listed.status_code == 200
    assert (mine.pk in keys, foreign.pk in keys) == (True, False)
    pages = {
        page: tuple(client.get(url(model, page, row.pk)).status_code for row in (mine, foreign))
        for page in ("change", "history")
    }
    assert pages == {"change": (200, 404), "history": (200, 404)}
    assert client.post(url(model, "change", foreign.pk), {}).status_code in {403, 404}
    assert client.get(url(model, "delete", foreign.pk)).status_code in {403, 404}
    assert client.post(url(model, "delete", foreign.pk), {"post": "yes"}).status_code in {403, 404}
    assert model._default_manager.filter(pk=foreign.pk).exists()


RECORDS = (
    Visit,
    Fact,
    FactEntry,
    HeldItem,
    MatterEvent,
    Photo,
    Disclosure,
    FormerGrid,
    RegisterImport,
    Campaign,
    Pairing,
    Cover,
    WastedTime,
    ServiceRequest,
)


@pytest.mark.parametrize("model", RECORDS, ids=lambda model: model.__name__)
def test_records_are_read_only(model, rows, as_user):
    client = as_user(rows["admin"])
    mine, _foreign = rows[model]
    answers = (
        client.get(url(model, "add")).status_code,
        client.post(url(model, "change", mine.pk), {}).status_code,
        client.post(url(model, "delete", mine.pk), {"post": "yes"}).status_code,
    )
    assert answers == (403, 403, 403)
    assert model._default_manager.filter(pk=mine.pk).exists()


def test_choices_stop_at_the_scope(world, as_user, rows):
    page = as_user(rows["admin"]).get(url(apps.get_model("communities.Grid"), "add"))
    field = page.context["adminform"].form.fields["community"]
    assert set(field.queryset) == {world.community}


def test_autocomplete_stops_at_the_scope(world, as_user, rows):
    answer = as_user(rows["admin"]).get(
        reverse("admin:autocomplete"),
        {
            "app_label": "households",
            "model_name": "residency",
            "field_name": "household",
            "term": "",
        },
    )
    assert answer.status_code in {200, 403}
    answer = as_user(rows["admin"]).get(
        reverse("admin:autocomplete"),
        {"app_label": "households", "model_name": "household", "field_name": "grid", "term": ""},
    )
    names = {entry["text"] for entry in answer.json()["results"]}
    assert "第一网格" in names
    assert "邻居网格" not in names


def test_filters_offer_only_visible_places(world, as_user, rows):
    page = as_user(rows["admin"]).get(url(Household, "changelist"))
    offered = page.content.decode()
    assert "第一网格" in offered
    assert "邻居网格" not in offered


def test_addresses_take_no_other_lookups(world, as_user):
    client = as_user(world.admin)
    answer = client.get(url(Resident, "changelist"), {"name__startswith": "张"})
    assert answer.status_code in {302, 400}
    form = client.get(url(Household, "add"), {"room": "张三"})
    assert "张三" not in form.content.decode().split("</head>")[1]


def test_administrator_of_one_community_leaves_the_rules_of_all_alone(world, as_user):
    role = {"role": Role.ADMINISTRATOR, "grid": None, "community": world.community}
    client = as_user(MembershipFactory(**role).user)
    rule = VisitRule.objects.create(outcome="met", way="message", counts=True)
    rules = VisitRule.objects.count()
    changed = client.post(url(VisitRule, "change", rule.pk), {"outcome": "met", "way": "message"})
    client.post(url(VisitRule, "add"), {"outcome": "declined", "way": "phone", "counts": "on"})
    rule.refresh_from_db()
    assert (changed.status_code, rule.counts) == (403, True)
    assert VisitRule.objects.count() == rules


def test_rule_tables_belong_to_administrators(world, as_user):
    rule = VisitRule.objects.create(outcome="met", way="message", counts=True)
    answer = as_user(world.admin).post(
        url(VisitRule, "change", rule.pk), {"outcome": "met", "way": "message"}
    )
    rule.refresh_from_db()
    assert (answer.status_code, rule.counts) == (302, False)
    assert not VisitRule.objects.editable_by(world.officer).exists()
    assert not MatterCategoryFactory._meta.model.objects.editable_by(world.officer).exists()


def test_resident_moves_only_within_the_scope(world, as_user, rows):
    mine, _foreign = rows[Resident]
    foreign_door = rows[Household][1]
    residency = mine.residencies.get()
    data = resident_data(world) | {
        "residencies-0-id": residency.pk,
        "residencies-0-resident": mine.pk,
        "residencies-0-household": foreign_door.pk,
    }
    answer = as_user(rows["admin"]).post(url(Resident, "change", mine.pk), data)
    residency.refresh_from_db()
    assert answer.status_code == 200
    assert residency.household_id != foreign_door.pk


def test_a_row_saved_out_of_scope_is_taken_back(world, as_user, rows):
    data = {
        "code": "990101001009",
        "name": "别处",
        "area": world.street.pk,
        "grid_size": 300,
        "grid_size_min": 30,
        "grid_size_max": 500,
        "households_per_worker": 100,
        "visit_every_days": 90,
        "knock_gap_days": 3,
        "quiet_from": "21:00",
        "quiet_until": "08:00",
    }
    answer = as_user(rows["admin"]).post(url(Community, "add"), data)
    assert answer.status_code in {200, 403}
    assert not Community.objects.filter(code="990101001009").exists()
    data = {"code": "110101001", "name": "外省", "level": Area.Level.STREET, "parent": ""}
    answer = as_user(world.admin).post(url(Area, "add"), data)
    assert answer.status_code == 403
    assert not Area.objects.filter(code="110101001").exists()


def test_admin_has_one_door(world, as_user):
    anonymous = as_user(None)
    answer = anonymous.get(reverse("admin:login"))
    assert answer.headers["Location"] == f"{reverse('login')}?next={reverse('admin:index')}"
    posted = anonymous.post(reverse("admin:login"), {"username": "admin", "password": PASSWORD})
    assert posted.headers["Location"].startswith(reverse("login"))
    assert "_auth_user_id" not in anonymous.session
    assert as_user(world.officer).get(reverse("admin:index")).status_code == 404
    assert as_user(world.admin).get(reverse("admin:password_change")).headers["Location"] == (
        reverse("password_change")
    )


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_list_and_form_opens_in_both_languages(world, rows, as_user, language):
    client = as_user(world.admin)
    client.cookies["django_language"] = language
    answers = {}
    for model, entry in admin.site._registry.items():
        answers[model.__name__, "list"] = client.get(url(model, "changelist")).status_code
        wanted = (
            200 if entry.__class__.has_add_permission is ScopedAdmin.has_add_permission else 403
        )
        added = client.get(url(model, "add")).status_code
        answers[model.__name__, "add"] = 200 if added == wanted else added
    assert set(answers.values()) == {200}


@pytest.mark.parametrize("model", list(admin.site._registry), ids=lambda model: model.__name__)
def test_lists_keep_their_query_count(model, world, as_user):
    grow(world, world.grid)
    client = as_user(world.admin)
    client.get(url(model, "changelist"))
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url(model, "changelist")).status_code == 200
        counts.append(len(queries))
        grow(world)
        grow(world)
    assert counts[0] == counts[1]
