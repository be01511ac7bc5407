import datetime
import hashlib
from collections import Counter

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from communities.authentication import DEMO_PASSWORD
from communities.models import (
    Area,
    Community,
    Cover,
    Department,
    Grid,
    GridContact,
    Membership,
    User,
    WastedTime,
)
from communities.roles import Role
from gridmgmt.demo.places import shares
from households.models import (
    Barrier,
    Building,
    Care,
    CareTag,
    Fact,
    FactEntry,
    GridPlan,
    Household,
    Phone,
    PlannedGrid,
    PlannedPart,
    Post,
    Residency,
    Resident,
    SavedExport,
    TopicDepartment,
    is_listed,
)
from households.plans.figures import plan_figures
from tests.factories import CommunityFactory
from visits.models import (
    ApiClient,
    BurdenWeek,
    Campaign,
    CampaignDoor,
    Emergency,
    EmergencyGrid,
    ErrandStep,
    Matter,
    MatterEvent,
    Notice,
    Outcome,
    Pairing,
    Receipt,
    ResidentAnswer,
    ResidentReport,
    RollCall,
    RollCallEntry,
    ServiceRequest,
    Visit,
    VisitTally,
)
from visits.rules import part_of_day

TODAY = datetime.date(2026, 11, 24)
# What differs between two loads of the same street: see `load_street`.
MOMENTS_AND_KEYS = {
    "changed_at",
    "password",
    "date_joined",
    "last_login",
    "card_key",
    "stored_at",
    "made_at",
    "key_hash",
    "created_at",
    # Keys of rows within JSON.
    "edges",
    "by_grid",
}
LOADED = (
    *(
        Area,
        Community,
        Department,
        Grid,
        User,
        Membership,
        Cover,
        GridContact,
        Post,
        Building,
        Household,
        Resident,
    ),
    *(Residency, Phone, CareTag, Care, Visit, VisitTally, Matter, MatterEvent),
    *(Emergency, EmergencyGrid, RollCall, RollCallEntry),
    *(TopicDepartment, Fact, FactEntry, SavedExport, SavedExport.questions.through),
    *(Campaign, CampaignDoor, Pairing, BurdenWeek, WastedTime, ApiClient, ServiceRequest),
    Notice,
    *(ResidentReport, Receipt, ResidentAnswer, ErrandStep),
    *(Barrier, GridPlan, PlannedGrid, PlannedPart),
)


def load(**options):
    call_command(
        "load_demo", **{"households": 90, "seed": 7, "today": TODAY, "verbosity": 0, **options}
    )


@pytest.fixture
def street(db):
    load(households=300)


def contents() -> dict[str, str]:
    """Return a digest of every table, with rows named by their order instead of their number."""
    orders = {
        model: {
            key: order
            for order, key in enumerate(model.objects.order_by("pk").values_list("pk", flat=True))
        }
        for model in LOADED
        if model._meta.pk.get_internal_type() != "UUIDField"
    }
    digests = {}
    for model in LOADED:
        rows = []
        for row in model.objects.all():
            values = []
            for field in model._meta.concrete_fields:
                if field.name in MOMENTS_AND_KEYS:
                    continue
                value = getattr(row, field.attname)
                target = field.related_model or (model if field.primary_key else None)
                values.append(repr(orders[target].get(value) if target in orders else value))
            rows.append("|".join(values))
        digests[model.__name__] = hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest()
    return digests


def unload():
    for model in reversed(LOADED):
        if model is CareTag:
            continue  # a new installation comes with some
        model._base_manager.all()._raw_delete("default")


@pytest.mark.django_db
def test_same_seed_gives_the_same_street_and_another_seed_another():
    load()
    first = contents()
    unload()
    load()
    again = contents()
    unload()
    load(seed=8)
    other = contents()
    assert again == first
    assert {name for name in first if other[name] == first[name]} <= {
        "Area",
        "Department",
        "CareTag",
        "Community",
        "Grid",
        "Campaign",
        "Emergency",
        "EmergencyGrid",
        "Cover",
        "WastedTime",
        "TopicDepartment",
        "SavedExport",
        "SavedExport_questions",
        "ApiClient",
        "ServiceRequest",
        "Notice",
        "ResidentReport",
        "Receipt",
        "ResidentAnswer",
        "ErrandStep",
        "Barrier",
        "GridPlan",
        "PlannedGrid",
    }


def test_street_has_exactly_the_households_asked_for(street):
    assert Household.objects.count() == 300
    assert sum(shares(100_001)) == 100_001
    assert {code[:2] for code in Area.objects.values_list("code", flat=True)} == {"99"}
    assert Community.objects.count() == 3


def test_doors_and_tallies_are_what_a_recomputation_finds(street):
    call_command("recompute_doors", check=True, verbosity=0)


def test_visits_have_believable_rhythms(street):
    visits = list(Visit.objects.values_list("done_at", "outcome"))
    tried, nobody = Counter(), Counter()
    for done_at, outcome in visits:
        tried[part_of_day(done_at)] += 1
        nobody[part_of_day(done_at)] += outcome == Outcome.NOBODY_HOME
    share = {str(part): nobody[part] / tried[part] for part in tried}
    assert 0.4 < nobody.total() / tried.total() < 0.6
    assert share["evening"] < 0.45 < share["morning"]
    assert share["weekend"] < share["afternoon"]
    days = [timezone.localdate(done_at) for done_at, _outcome in visits]
    assert min(days) >= TODAY - datetime.timedelta(days=365)
    assert TODAY - datetime.timedelta(days=30) <= max(days) < TODAY
    hours = {timezone.localtime(done_at).hour for done_at, _outcome in visits}
    assert hours <= set(range(9, 22))
    in_drive = sum(datetime.date(2026, 8, 8) <= day < datetime.date(2026, 8, 20) for day in days)
    before = sum(datetime.date(2026, 7, 20) <= day < datetime.date(2026, 8, 1) for day in days)
    assert in_drive > 1.5 * before


def test_a_third_of_the_people_live_apart_from_their_registration(street):
    current = Residency.objects.current()
    settled = current.filter(kind=Residency.Kind.BOTH).values("resident").distinct().count()
    assert 0.28 < 1 - settled / current.values("resident").distinct().count() < 0.42


def test_people_are_nobody_real(street):
    for resident in Resident.objects.exclude(identity_number=None):
        assert resident.identity_number.startswith("99")
        resident.full_clean(
            exclude=["identity_index"], validate_unique=False, validate_constraints=False
        )
    assert all(phone.number.startswith("154") for phone in Phone.objects.all())


@pytest.mark.django_db
def test_every_role_occupancy_outcome_and_status_occurs():
    load(households=900)
    assert set(Membership.objects.values_list("role", flat=True)) == set(Role)
    assert set(Household.objects.values_list("occupancy", flat=True)) == set(Household.Occupancy)
    assert set(Visit.objects.values_list("outcome", flat=True)) == set(Outcome)
    assert set(Matter.objects.values_list("status", flat=True)) == set(Matter.Status)
    assert CareTag.objects.filter(is_sensitive=True, care__isnull=False).exists()
    for membership in Membership.objects.select_related("user", "grid", "community", "area"):
        membership.full_clean()


def test_matter_history_ends_where_the_matter_stands(street):
    for matter in Matter.objects.prefetch_related("events"):
        events = list(matter.events.all())
        assert events[0].step == "reported"
        assert (events[-1].status, events[-1].assignee_id, events[-1].department_id) == (
            matter.status,
            matter.assignee_id,
            matter.department_id,
        )
        assert matter.moves == len([event for event in events if event.move])
        assert timezone.localdate(events[-1].at) < TODAY


DEMO_ROLES = {
    "worker": Role.GRID_WORKER,
    "officer": Role.COMMUNITY_OFFICER,
    "street": Role.STREET_OFFICER,
    "department": Role.DEPARTMENT_HANDLER,
    "auditor": Role.AUDITOR,
    "admin": Role.ADMINISTRATOR,
}


@pytest.mark.django_db
def test_demo_accounts_hold_one_role_each_and_open_with_the_demo_password():
    load()
    assert {
        user.username: role for user in User.objects.filter(is_demo=True) for role in user.roles
    } == DEMO_ROLES
    for name in DEMO_ROLES:
        answer = Client().post("/login/", {"username": name, "password": DEMO_PASSWORD})
        assert (name, answer.status_code) == (name, 302)
    assert not User.objects.filter(is_superuser=True).exists()
    others = User.objects.filter(is_demo=False)
    assert others.exists()
    assert not any(user.has_usable_password() for user in others)
    worker, officer = (User.objects.get(username=name) for name in ("worker", "officer"))
    grid = Grid.objects.visible_to(worker).get()
    assert Community.objects.editable_by(officer).get() == grid.community
    main = Membership.objects.get(user=worker)
    assert (main.rank, main.employment, main.until) == ("main", "full_time", None)


def test_worker_finds_doors_on_todays_list(street):
    worker = User.objects.get(username="worker")
    listed = Household.objects.visitable_by(worker).filter(is_listed(TODAY))
    assert listed.count() >= 8


@pytest.mark.django_db
def test_demo_data_is_refused_where_there_is_data():
    CommunityFactory()
    with pytest.raises(CommandError, match="an empty one alone"):
        load()
    assert not Household.objects.exists()


@pytest.mark.django_db
def test_too_few_households_are_refused():
    with pytest.raises(CommandError, match="At least 60 households"):
        load(households=59)
    load(households=60)
    assert Household.objects.count() == 60


def test_contacts_leave_something_to_name(street):
    contacts = GridContact.objects.current(TODAY)
    for community in Community.objects.all():
        grids = list(community.grids.numbered().order_by("code"))
        kinds = [set(contacts.of_grid(grid).values_list("kind", flat=True)) for grid in grids]
        assert all("police" in found for found in kinds)
        assert ["property" in found for found in kinds] == [True] * (len(grids) - 1) + [False]
        assert "party_group" in kinds[0]


@pytest.mark.django_db
def test_buildings_stand_on_the_map_and_grids_have_drifted():
    load(households=3000)
    assert not Building.objects.filter(longitude=None).exists()
    places = Building.objects.values_list("longitude", "latitude")
    assert len(set(places)) == len(places)
    assert Barrier.objects.exists()
    plan = plan_figures(GridPlan.objects.get())
    assert len(plan.occupied) == 3
    assert plan.moved > 0
    sizes = Counter(Household.objects.actual().values_list("grid__name", flat=True))
    assert sizes["第3网格"] > plan.plan.community.grid_size_max
