"""The least valid object of each kind."""

import datetime
import uuid

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

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
from households.identity import check_character
from households.models import (
    Barrier,
    Building,
    BuildingPair,
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
    Question,
    Residency,
    Resident,
    SavedExport,
    Topic,
    TopicDepartment,
)
from visits.models import (
    ApiClient,
    BurdenWeek,
    Campaign,
    CampaignDoor,
    DiaryEntry,
    Emergency,
    EmergencyGrid,
    HandOver,
    Matter,
    MatterCategory,
    Outcome,
    Pairing,
    ResidentReport,
    RollCall,
    RollCallEntry,
    RollCallState,
    ServiceRequest,
    Visit,
    Way,
)
from visits.models.burden import monday_of

PASSWORD = "Correct-Horse-7"


class AreaFactory(DjangoModelFactory):
    class Meta:
        model = Area
        django_get_or_create = ["code"]

    code = "990101001"
    name = "东风街道"
    level = Area.Level.STREET


class CommunityFactory(DjangoModelFactory):
    class Meta:
        model = Community

    area = factory.SubFactory(AreaFactory)
    code = factory.Sequence(lambda n: f"990101001{n % 900 + 100:03d}")
    name = factory.Sequence(lambda n: f"第{n}社区")
    # Tests run at any hour and knock twice a day; those of the rules of knocking set them.
    quiet_from = quiet_until = datetime.time(0)
    knock_gap_days = 0


class GridFactory(DjangoModelFactory):
    class Meta:
        model = Grid

    community = factory.SubFactory(CommunityFactory)
    code = factory.LazyAttribute(lambda grid: grid.community.next_grid_code())
    name = factory.Sequence(lambda n: f"第{n}网格")


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")
    name = factory.Sequence(lambda n: f"用户{n}")
    password = factory.django.Password(PASSWORD)


class DepartmentFactory(DjangoModelFactory):
    class Meta:
        model = Department

    area = factory.SubFactory(AreaFactory)
    name = factory.Sequence(lambda n: f"部门{n}")


class GridContactFactory(DjangoModelFactory):
    """The police officer of a grid, from today on."""

    class Meta:
        model = GridContact

    grid = factory.SubFactory(GridFactory)
    kind = GridContact.Kind.POLICE
    name = factory.Sequence(lambda n: f"警官{n}")
    phone = "0512-63123456"


class MembershipFactory(DjangoModelFactory):
    """A full-time backup worker of a grid; pass role and another place for others."""

    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    role = Role.GRID_WORKER
    grid = factory.SubFactory(GridFactory)
    employment = factory.LazyAttribute(
        lambda row: Membership.Employment.FULL_TIME if row.role == Role.GRID_WORKER else ""
    )
    rank = factory.LazyAttribute(
        lambda row: Membership.Rank.BACKUP if row.role == Role.GRID_WORKER else ""
    )
    since = datetime.date(2020, 1, 1)


class CoverFactory(DjangoModelFactory):
    """A week's leave from today, covered by somebody who works in the grid anyway."""

    class Meta:
        model = Cover

    away = factory.SubFactory(MembershipFactory)
    user = factory.SubFactory(UserFactory)
    reason = Cover.Reason.LEAVE
    since = factory.LazyFunction(timezone.localdate)
    until = factory.LazyAttribute(lambda row: row.since + datetime.timedelta(days=6))


class BuildingFactory(DjangoModelFactory):
    class Meta:
        model = Building

    community = factory.SubFactory(CommunityFactory)
    estate = "幸福家园"
    name = factory.Sequence(lambda n: f"{n + 11}号楼")


class BarrierFactory(DjangoModelFactory):
    class Meta:
        model = Barrier

    community = factory.SubFactory(CommunityFactory)
    name = factory.Sequence(lambda n: f"第{n}大街")
    line = ((116.4, 39.9), (116.5, 39.9))


class BuildingPairFactory(DjangoModelFactory):
    """Two buildings of one community that must not be neighbours."""

    class Meta:
        model = BuildingPair

    first = factory.SubFactory(BuildingFactory)
    second = factory.SubFactory(
        BuildingFactory, community=factory.SelfAttribute("..first.community")
    )
    relation = BuildingPair.Relation.APART


class HouseholdFactory(DjangoModelFactory):
    """A household of the given grid, in a new building of the same community."""

    class Meta:
        model = Household

    grid = factory.SubFactory(GridFactory)
    building = factory.LazyAttribute(
        lambda household: BuildingFactory(community=household.grid.community)
    )
    unit = "1"
    room = factory.Sequence(lambda n: f"{n % 20 + 1}01")
    occupancy = Household.Occupancy.OWNER


class ResidentFactory(DjangoModelFactory):
    class Meta:
        model = Resident

    name = "张伟明"


class ResidencyFactory(DjangoModelFactory):
    class Meta:
        model = Residency

    resident = factory.SubFactory(ResidentFactory)
    household = factory.SubFactory(HouseholdFactory)


class PhoneFactory(DjangoModelFactory):
    class Meta:
        model = Phone

    resident = factory.SubFactory(ResidentFactory)
    number = factory.Sequence(lambda n: f"138{n:08d}")


class CareTagFactory(DjangoModelFactory):
    class Meta:
        model = CareTag

    name = factory.Sequence(lambda n: f"关爱{n}")


class CareFactory(DjangoModelFactory):
    class Meta:
        model = Care

    resident = factory.SubFactory(ResidentFactory)
    tag = factory.SubFactory(CareTagFactory)


class TopicFactory(DjangoModelFactory):
    class Meta:
        model = Topic

    name = factory.Sequence(lambda n: f"专题{n}")


class TopicDepartmentFactory(DjangoModelFactory):
    class Meta:
        model = TopicDepartment

    topic = factory.SubFactory(TopicFactory)
    department = factory.SubFactory(DepartmentFactory)


class QuestionFactory(DjangoModelFactory):
    """A yes-or-no question to every household, asked once a year."""

    class Meta:
        model = Question

    topic = factory.SubFactory(TopicFactory)
    name = factory.Sequence(lambda n: f"事实{n}")
    text = factory.Sequence(lambda n: f"问题{n}是这样吗？")


class FactFactory(DjangoModelFactory):
    class Meta:
        model = Fact

    household = factory.SubFactory(HouseholdFactory)
    question = factory.SubFactory(QuestionFactory)
    value = "yes"
    confirmed_by = factory.SubFactory(UserFactory)
    confirmed_at = factory.LazyFunction(timezone.now)


class FactEntryFactory(FactFactory):
    class Meta:
        model = FactEntry

    source = factory.LazyFunction(uuid.uuid4)
    digest = "x"


class SavedExportFactory(DjangoModelFactory):
    class Meta:
        model = SavedExport

    name = factory.Sequence(lambda n: f"名单{n}")
    code = "990101001"
    columns = ["address"]
    made_by = factory.SubFactory(UserFactory)


class GridPlanFactory(DjangoModelFactory):
    """A draft without grids."""

    class Meta:
        model = GridPlan

    community = factory.SubFactory(CommunityFactory)
    name = factory.Sequence(lambda n: f"方案{n}")
    target = 1.0


class PlannedGridFactory(DjangoModelFactory):
    class Meta:
        model = PlannedGrid

    plan = factory.SubFactory(GridPlanFactory)
    number = factory.Sequence(lambda n: n)
    name = factory.Sequence(lambda n: f"新网格{n}")


class PlannedPartFactory(DjangoModelFactory):
    """A building of one household, which leaves the grid it is in today."""

    class Meta:
        model = PlannedPart

    planned_grid = factory.SubFactory(PlannedGridFactory)
    plan = factory.SelfAttribute("planned_grid.plan")
    building = factory.SubFactory(
        BuildingFactory, community=factory.SelfAttribute("..plan.community")
    )
    today = factory.SubFactory(GridFactory, community=factory.SelfAttribute("..plan.community"))
    by_grid = factory.LazyAttribute(lambda part: {str(part.today.pk): 1})
    households = 1
    workload = 1.0


class PostFactory(DjangoModelFactory):
    class Meta:
        model = Post

    membership = factory.SubFactory(MembershipFactory, role=Role.STAIR_CAPTAIN)
    building = factory.SubFactory(BuildingFactory)


class VisitFactory(DjangoModelFactory):
    """A visit as a bare row; `visits.actions.record_visit` also updates the door."""

    class Meta:
        model = Visit

    household = factory.SubFactory(HouseholdFactory)
    grid = factory.SelfAttribute("household.grid")
    by = factory.SubFactory(UserFactory)
    done_at = factory.LazyFunction(timezone.now)
    outcome = Outcome.MET
    way = Way.DOOR
    counts = True


class CampaignFactory(DjangoModelFactory):
    """A campaign of the fortnight that began yesterday."""

    class Meta:
        model = Campaign

    community = factory.SubFactory(CommunityFactory)
    name = factory.Sequence(lambda n: f"第{n}次集中走访")
    purpose = "燃气安全"
    first_on = factory.LazyFunction(lambda: timezone.localdate() - datetime.timedelta(days=1))
    last_on = factory.LazyAttribute(lambda row: row.first_on + datetime.timedelta(days=13))
    started_by = factory.SubFactory(UserFactory)
    started_at = factory.LazyFunction(timezone.now)


class CampaignDoorFactory(DjangoModelFactory):
    class Meta:
        model = CampaignDoor

    campaign = factory.SubFactory(CampaignFactory)
    household = factory.SubFactory(HouseholdFactory)


class EmergencyFactory(DjangoModelFactory):
    """An emergency that runs, without a grid and without doors."""

    class Meta:
        model = Emergency

    community = factory.SubFactory(CommunityFactory)
    name = factory.Sequence(lambda n: f"台风{n}号")
    asked = "关好门窗，清点在家人数"
    started_by = factory.SubFactory(UserFactory)
    started_at = factory.LazyFunction(timezone.now)


class EmergencyGridFactory(DjangoModelFactory):
    class Meta:
        model = EmergencyGrid

    emergency = factory.SubFactory(EmergencyFactory)
    grid = factory.SubFactory(GridFactory)


class RollCallFactory(DjangoModelFactory):
    """A door that nobody has called yet."""

    class Meta:
        model = RollCall

    household = factory.SubFactory(HouseholdFactory)
    grid = factory.SelfAttribute("household.grid")
    emergency = factory.SubFactory(
        EmergencyFactory, community=factory.SelfAttribute("..household.grid.community")
    )


class RollCallEntryFactory(DjangoModelFactory):
    """An entry as a bare row; `visits.actions.enter_roll_call` also updates the door."""

    class Meta:
        model = RollCallEntry

    roll_call = factory.SubFactory(RollCallFactory)
    state = RollCallState.SAFE
    by = factory.SubFactory(UserFactory)
    at = factory.LazyFunction(timezone.now)


class PairingFactory(DjangoModelFactory):
    """A unit without an account, paired with one household every month."""

    class Meta:
        model = Pairing

    household = factory.SubFactory(HouseholdFactory)
    unit_name = "区税务局"


class HandOverFactory(DjangoModelFactory):
    """A whole grid that changed hands today, not yet accepted."""

    class Meta:
        model = HandOver

    giver = factory.SubFactory(UserFactory)
    receiver = factory.SubFactory(UserFactory)
    grid = factory.SubFactory(GridFactory)
    reason = HandOver.Reason.REASSIGNMENT
    effective_on = factory.LazyFunction(timezone.localdate)
    made_at = factory.LazyFunction(timezone.now)


class BurdenWeekFactory(DjangoModelFactory):
    """The current week of a community, with just enough visits to be shown."""

    class Meta:
        model = BurdenWeek

    community = factory.SubFactory(CommunityFactory)
    week = factory.LazyFunction(lambda: monday_of(timezone.localdate()))
    visits = 5


class DiaryEntryFactory(DjangoModelFactory):
    class Meta:
        model = DiaryEntry

    user = factory.SubFactory(UserFactory)
    day = factory.LazyFunction(timezone.localdate)
    text = "今天走访一户。"


class WastedTimeFactory(DjangoModelFactory):
    class Meta:
        model = WastedTime

    code = "990101001"
    week = factory.LazyFunction(lambda: monday_of(timezone.localdate()))


class MatterCategoryFactory(DjangoModelFactory):
    class Meta:
        model = MatterCategory

    name = factory.Sequence(lambda n: f"类别{n}")


class MatterFactory(DjangoModelFactory):
    class Meta:
        model = Matter

    category = factory.SubFactory(MatterCategoryFactory)
    grid = factory.SubFactory(GridFactory)
    description = "路灯不亮"
    reported_by = factory.SubFactory(UserFactory)

    @classmethod
    def _adjust_kwargs(cls, **values):
        """Fill what the status asks for and the test does not say."""
        status, now = values.get("status", Matter.Status.RECEIVED), timezone.now()
        soon = now + datetime.timedelta(days=7)
        wanted = {}
        if status in Matter.ENDED:
            wanted = {"closed_at": now}
        elif status in Matter.SLEEPING:
            wanted = {"next_on": timezone.localdate(soon)}
        else:
            wanted = {"due_at": values.get("handle_by") or soon}
        if status in (*Matter.HANDLED, Matter.Status.WAITING):
            wanted |= {
                "dispatched_at": now,
                "handle_by": values.get("due_at") or soon,
                "clock_unit": "days",
                "clock_seconds": 7 * 24 * 3600,
            }
        if status == Matter.Status.WAITING:
            wanted["seconds_left"] = 3600
        if status in (*Matter.HANDLED, *Matter.SLEEPING, Matter.Status.RESOLVED) and not values.get(
            "department"
        ):
            wanted["assignee"] = values.get("reported_by")
        if status == Matter.Status.MERGED and "merged_into" not in values:
            wanted["merged_into"] = MatterFactory(grid=values["grid"])
        return wanted | values


class ApiClientFactory(DjangoModelFactory):
    """A city service of a community, whose key nobody knows."""

    class Meta:
        model = ApiClient

    name = factory.Sequence(lambda n: f"城市平台{n}")
    code = factory.LazyFunction(lambda: CommunityFactory().code)
    key_hash = factory.Sequence(lambda n: f"{n:064x}")


class ServiceRequestFactory(DjangoModelFactory):
    class Meta:
        model = ServiceRequest

    matter = factory.SubFactory(MatterFactory, source="open311", reported_by=None)
    client = factory.SubFactory(ApiClientFactory)
    filed_at = factory.LazyFunction(timezone.now)
    digest = factory.Sequence(lambda n: f"{n:032x}")


class ResidentReportFactory(DjangoModelFactory):
    """A report that waits for an officer."""

    class Meta:
        model = ResidentReport

    grid = factory.SubFactory(GridFactory)
    category = factory.LazyFunction(lambda: MatterCategory.objects.get(code="sanitation"))
    place = "东门"
    description = "垃圾没人清"
    state = ResidentReport.State.HELD
    held_for = "links"
    digest = words_digest = "x"


def identity_number(born: str = "19800101", sequence: int = 1, area: str = "990101") -> str:
    """Return a valid identity number; odd sequences are men's."""
    body = f"{area}{born}{sequence:03d}"
    return body + check_character(body)
