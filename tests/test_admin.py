"""Django admin: usable for every model, and closed at the edge of the user's scope."""

import datetime
import json

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
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
    Grid,
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
from tests.factories import (
    PASSWORD,
    ApiClientFactory,
    AreaFactory,
    CampaignDoorFactory,
    CareFactory,
    CareTagFactory,
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
IDENTITY = "11010519491231002X"
OWN_APPS = ("communities", "households", "visits")


def own_models() -> list[type[models.Model]]:
    return [model for app in OWN_APPS for model in apps.get_app_config(app).get_models()]


def url(model, page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


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


def membership_rows(*memberships: dict[str, object]) -> dict[str, object]:
    data: dict[str, object] = {
        "memberships-TOTAL_FORMS": len(memberships),
        "memberships-INITIAL_FORMS": 0,
        "memberships-MIN_NUM_FORMS": 0,
        "memberships-MAX_NUM_FORMS": 1000,
    }
    for index, membership in enumerate(memberships):
        for name, value in {"since": "2026-01-01", **membership}.items():
            data[f"memberships-{index}-{name}"] = value
    return data


def new_person(**extra: object) -> dict[str, object]:
    return {
        "username": "newcomer",
        "name": "李新",
        "phone": "",
        "is_active": "on",
        "initial_password": "First-Day-2026",
        **extra,
    }


def test_new_person_gets_a_first_role_and_must_change_her_password(world, as_user):
    role = {"role": Role.COMMUNITY_OFFICER, "community": world.community.pk}
    answer = as_user(world.admin).post(url(User, "add"), new_person() | membership_rows(role))
    person = User.objects.get(username="newcomer")
    assert answer.status_code == 302
    assert person.must_change_password
    assert person.check_password("First-Day-2026")
    assert [(row.role, row.place) for row in person.memberships.all()] == [
        (Role.COMMUNITY_OFFICER, world.community)
    ]
    assert (person.is_superuser, person.is_staff) == (False, False)


def test_person_without_role_is_refused(world, as_user):
    answer = as_user(world.admin).post(url(User, "add"), new_person() | membership_rows())
    assert answer.status_code == 200
    assert not User.objects.filter(username="newcomer").exists()


def test_weak_initial_password_is_refused(world, as_user):
    role = {"role": Role.COMMUNITY_OFFICER, "community": world.community.pk}
    data = new_person(initial_password="grid-demo-2026") | membership_rows(role)
    assert as_user(world.admin).post(url(User, "add"), data).status_code == 200
    assert not User.objects.filter(username="newcomer").exists()


def test_nobody_appoints_beyond_her_own_places(world, as_user):
    city = AreaFactory(code="9901", name="上级市", level=Area.Level.CITY)
    role = {"role": Role.ADMINISTRATOR, "area": city.pk}
    answer = as_user(world.admin).post(url(User, "add"), new_person() | membership_rows(role))
    assert answer.status_code == 200
    assert not User.objects.filter(username="newcomer").exists()


def test_nobody_edits_herself(world, as_user):
    client = as_user(world.admin)
    own = world.admin.memberships.get()
    role = {"role": Role.ADMINISTRATOR, "area": world.street.pk}
    answers = (
        client.post(url(User, "change", world.admin.pk), new_person() | membership_rows(role)),
        client.post(url(Membership, "change", own.pk), {"role": Role.AUDITOR}),
        client.get(url(User, "change", world.admin.pk)),
    )
    assert [answer.status_code for answer in answers] == [403, 403, 200]
    assert world.admin.memberships.count() == 1


def test_posted_extras_are_ignored(world, as_user):
    data = new_person(
        username="worker", is_superuser="on", is_staff="on", initial_password="", user_permissions=1
    )
    answer = as_user(world.admin).post(
        url(User, "change", world.worker.pk), data | membership_rows()
    )
    worker = User.objects.get(pk=world.worker.pk)
    assert answer.status_code == 302
    assert (worker.is_superuser, worker.is_staff, worker.name) == (False, False, "李新")


def test_new_initial_password_ends_sessions_of_the_person(world, as_user):
    client = as_user(world.worker)
    data = new_person(username="worker", initial_password="Second-Day-2026")
    as_user(world.admin).post(url(User, "change", world.worker.pk), data | membership_rows())
    assert client.get(reverse("home")).headers["Location"].startswith(reverse("login"))
    assert User.objects.get(pk=world.worker.pk).must_change_password


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


def test_care_tag_rhythm_reaches_the_doors(world, as_user):
    tag = CareTagFactory(name="独居", visit_every_days=30)
    CareFactory(resident=world.resident, tag=tag)
    as_user(world.admin).post(
        url(CareTag, "change", tag.pk),
        {"name": "独居", "visit_every_days": 7, "extra_workload": 1, "description": ""},
    )
    world.household.refresh_from_db()
    assert (world.household.due_by - world.household.registered_on).days == 7


def test_sensitive_mark_stays_while_somebody_carries_the_tag(world, as_user):
    tag = CareTagFactory(name="敏感", is_sensitive=True)
    CareFactory(resident=world.resident, tag=tag)
    client = as_user(world.admin)
    client.post(
        url(CareTag, "change", tag.pk),
        {"name": "敏感", "visit_every_days": 9, "extra_workload": "0.5", "description": ""},
    )
    tag.refresh_from_db()
    assert (tag.is_sensitive, tag.visit_every_days) == (True, 9)
    listed = client.get(url(apps.get_model("households.Care"), "changelist"))
    assert list(listed.context["cl"].queryset) == []


def test_sensitive_tags_are_not_offered_to_whoever_may_not_know_them(world, as_user):
    plain, sensitive = CareTagFactory(name="独居"), CareTagFactory(name="敏感", is_sensitive=True)
    page = as_user(world.admin).get(url(Resident, "change", world.resident.pk))
    [care] = [
        entry.formset
        for entry in page.context["inline_admin_formsets"]
        if entry.formset.prefix == "care"
    ]
    offered = set(care.empty_form.fields["tag"].queryset)
    assert (plain in offered, sensitive in offered) == (True, False)


def test_a_grid_is_closed_on_its_own_page_and_opened_again_here(world, as_user):
    client = as_user(world.admin)
    page = url(Grid, "change", world.grid.pk)
    data = {"name": "第一网格", "kind": world.grid.kind, "opened_on": ""}
    refused = client.post(page, {**data, "closed_on": "2026-01-31"})
    assert "on its own page" in refused.content.decode()
    Grid.objects.filter(pk=world.grid.pk).update(closed_on="2026-01-31")
    assert client.post(page, {**data, "closed_on": ""}).status_code == 302
    world.grid.refresh_from_db()
    assert world.grid.closed_on is None


def resident_data(world, **extra: object) -> dict[str, object]:
    residency = world.resident.residencies.get()
    data = {"name": "张伟明", "sex": "", "birth_date": "", "note": "", "died_on": ""}
    for prefix in ("phones", "care"):
        data |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    data |= {
        "residencies-TOTAL_FORMS": 1,
        "residencies-INITIAL_FORMS": 1,
        "residencies-0-id": residency.pk,
        "residencies-0-resident": world.resident.pk,
        "residencies-0-household": residency.household_id,
        "residencies-0-kind": residency.kind,
        "residencies-0-is_head": "on",
    }
    return data | extra


def test_identity_and_phone_are_entered_and_never_shown(world, as_user):
    client = as_user(world.admin)
    page = url(Resident, "change", world.resident.pk)
    data = resident_data(
        world,
        new_identity_number=IDENTITY,
        **{
            "phones-TOTAL_FORMS": 1,
            "phones-0-resident": world.resident.pk,
            "phones-0-new_number": "138 0013 8000",
            "phones-0-label": "本人",
        },
    )
    assert client.post(page, data).status_code == 302
    resident = Resident.objects.get(pk=world.resident.pk)
    assert (resident.identity_number, resident.birth_date, resident.sex) == (
        IDENTITY,
        datetime.date(1949, 12, 31),
        "female",
    )
    assert [phone.number for phone in resident.phones.all()] == ["13800138000"]
    shown = client.get(page).content.decode()
    assert "1****************X" in shown
    assert "138****8000" in shown
    assert IDENTITY not in shown
    assert "13800138000" not in shown


def test_identity_number_of_another_person_is_refused(world, as_user):
    ResidentFactory(identity_number=IDENTITY)
    answer = as_user(world.admin).post(
        url(Resident, "change", world.resident.pk),
        resident_data(world, new_identity_number=IDENTITY.lower()),
    )
    assert answer.status_code == 200
    assert "already has a person with this identity number" in answer.content.decode()


def test_admin_log_names_rows_by_number_and_fields_by_name(world, as_user):
    data = resident_data(
        world,
        name="欧阳新名",
        new_identity_number=IDENTITY,
        **{
            "phones-TOTAL_FORMS": 1,
            "phones-0-resident": world.resident.pk,
            "phones-0-new_number": "13800138000",
        },
    )
    as_user(world.admin).post(url(Resident, "change", world.resident.pk), data)
    entry = LogEntry.objects.get()
    assert entry.object_repr == f"households.Resident {world.resident.pk}"
    assert json.loads(entry.change_message) == [
        {"changed": {"fields": ["Full name", "New identity number", "phone"]}}
    ]


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
    answer = as_user(world.admin).post(
        url(Community, "add"), data | {"code": "110101001009", "name": "外省"}
    )
    assert answer.status_code == 403
    assert not Community.objects.filter(code="110101001009").exists()


def test_departments_stay_below_the_administrator(world, as_user):
    city = AreaFactory(code="9901", name="上级市", level=Area.Level.CITY)
    above = DepartmentFactory(area=city, name="市局")
    client = as_user(world.admin)
    assert client.get(url(Department, "change", above.pk)).status_code == 200
    assert client.post(url(Department, "change", above.pk), {"name": "改"}).status_code == 403
    assert client.post(url(Department, "delete", above.pk), {"post": "yes"}).status_code == 403
    posted = client.post(
        url(Department, "changelist"),
        {"action": "delete_selected", "_selected_action": [above.pk], "post": "yes", "index": 0},
    )
    assert posted.status_code in {200, 302}
    assert Department.objects.filter(pk=above.pk).exists()


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
