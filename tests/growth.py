"""More rows of everything, to see that a list asks no more of the database for them."""

import datetime
import uuid

from django.utils import timezone

from communities.models import Disclosure, ExpectedBack
from communities.roles import Role
from households.models import FormerGrid, GridPlan, Post, RegisterImport, SavedExport
from tests.factories import (
    ApiClientFactory,
    BarrierFactory,
    BuildingFactory,
    BuildingPairFactory,
    BurdenWeekFactory,
    CampaignDoorFactory,
    CampaignFactory,
    CareFactory,
    CoverFactory,
    DepartmentFactory,
    DiaryEntryFactory,
    EmergencyFactory,
    EmergencyGridFactory,
    FactEntryFactory,
    FactFactory,
    GridContactFactory,
    GridFactory,
    GridPlanFactory,
    HandOverFactory,
    HouseholdFactory,
    MatterFactory,
    MembershipFactory,
    PairingFactory,
    PhoneFactory,
    PlannedGridFactory,
    PlannedPartFactory,
    ResidencyFactory,
    ResidentFactory,
    ResidentReportFactory,
    RollCallEntryFactory,
    RollCallFactory,
    SavedExportFactory,
    ServiceRequestFactory,
    TopicDepartmentFactory,
    VisitFactory,
    WastedTimeFactory,
)
from visits.models import (
    BurdenWeek,
    Campaign,
    Emergency,
    HandOver,
    HeldItem,
    Matter,
    MatterEvent,
    Notice,
    Photo,
    SyncDevice,
    VisitTally,
)
from visits.models.burden import monday_of


def grow(world, grid=None) -> None:
    """Add a row of every model: a household of the grid, or of a new one, and what hangs there."""
    if grid is None:
        grid = GridFactory(community=world.community)
    household = HouseholdFactory(grid=grid, building=BuildingFactory(community=world.community))
    resident = ResidentFactory()
    ResidencyFactory(resident=resident, household=household)
    PhoneFactory(resident=resident)
    CareFactory(resident=resident)
    DepartmentFactory(area=world.street)
    membership = MembershipFactory(grid=grid)
    CoverFactory(away=membership)
    awaited = ExpectedBack.objects.create(by=membership.user, back_at=timezone.now())
    awaited.colleagues.set([world.officer, world.worker])
    captain = MembershipFactory(grid=grid, role=Role.STAIR_CAPTAIN)
    Post.objects.create(membership=captain, building=household.building)
    VisitFactory(household=household, by=membership.user)
    matter = MatterFactory(grid=grid, household=household, reported_by=membership.user)
    MatterFactory(
        grid=grid, household=household, reported_by=membership.user, status=Matter.Status.RESOLVED
    )
    MatterEvent.objects.create(matter=matter, by=membership.user, step="x", status="received")
    Photo.objects.create(matter=matter, by=membership.user, image="photos/x.jpg")
    ServiceRequestFactory(matter__grid=grid, client=ApiClientFactory(code=world.community.code))
    ResidentReportFactory(grid=grid)
    Disclosure.objects.create(
        kind="reveal", by=membership.user, community=world.community, subject="x"
    )
    fact = FactFactory(household=household, confirmed_by=membership.user)
    TopicDepartmentFactory(topic=fact.question.topic, department=world.department_office)
    FactEntryFactory(household=household, question=fact.question, confirmed_by=membership.user)
    for export in (*SavedExport.objects.all(), SavedExportFactory(code=world.community.code)):
        export.questions.add(fact.question)
    FormerGrid.objects.create(
        household=household,
        grid=grid,
        since=datetime.date(2024, 1, 1),
        until=datetime.date(2024, 2, 1),
    )
    RegisterImport.objects.create(
        community=world.community, by=membership.user, original_suffix=".xlsx"
    )
    HeldItem.objects.create(
        item=uuid.uuid4(),
        digest="x",
        by=membership.user,
        community=world.community,
        reason="invalid",
        content="{}",
    )
    SyncDevice.objects.create(
        pk=uuid.uuid4(),
        community=world.community,
        highest=2,
        gaps=[[1, 1]],
        missing=1,
        seen_on=datetime.date(2026, 1, 1),
    )
    VisitTally.objects.get_or_create(grid=grid, day=datetime.date(2026, 1, 1), outcome="met")
    GridContactFactory(grid=grid)
    PairingFactory(household=household)
    PairingFactory(household=None, grid=grid, user=membership.user, unit_name="")
    HandOverFactory(giver=membership.user, grid=grid)
    grow_plans(world, membership.user, grid)
    for given in HandOver.objects.filter(grid__community=world.community):
        given.matters.add(matter)
    DiaryEntryFactory(user=membership.user)
    Notice.objects.create(user=world.officer, event=MatterEvent.objects.latest("pk"))
    weeks = BurdenWeek.objects.filter(community=world.community).count()
    BurdenWeekFactory(
        community=world.community,
        week=monday_of(timezone.localdate()) - datetime.timedelta(weeks=weeks),
    )
    WastedTimeFactory(code=world.community.code, page=f"page{weeks}", text="x")
    CampaignFactory(community=world.community, started_by=membership.user)
    emergency = EmergencyFactory(community=world.community, started_by=membership.user)
    EmergencyGridFactory(emergency=emergency, grid=grid, is_running=False)
    for running in Emergency.objects.all():
        call = RollCallFactory(emergency=running, household=household)
        RollCallEntryFactory(roll_call=call, by=membership.user)
    for campaign in Campaign.objects.filter(community=world.community):
        CampaignDoorFactory(campaign=campaign, household=household)


def grow_plans(world, worker, grid) -> None:
    """Add a plan, a grid with one part to it and to the first, and what plans heed."""
    BarrierFactory(community=world.community)
    BuildingPairFactory(first__community=world.community)
    plan = GridPlanFactory(community=world.community)
    for made in (plan, GridPlan.objects.filter(community=world.community).order_by("pk").first()):
        planned = PlannedGridFactory(plan=made, worker=worker)
        PlannedPartFactory(planned_grid=planned, today=grid)
