"""One street under codes no real place has, cut into communities, grids and buildings."""

import datetime
import random
from dataclasses import dataclass, field
from itertools import groupby
from math import ceil, cos, radians, sqrt

from communities.models import Area, Community, Department, Grid
from households.models import Barrier, Building

# No province has the code 99.
AREAS = (
    ("99", "示范省", Area.Level.PROVINCE),
    ("9901", "示范市", Area.Level.CITY),
    ("990101", "示范区", Area.Level.COUNTY),
    ("990101001", "东风街道", Area.Level.STREET),
)
DEPARTMENTS = ("民政办", "综治办", "城管办", "应急办", "社保所", "物业办", "卫健办")
COMMUNITY_NAMES = (
    "幸福 光明 和平 新华 红旗 春晖 长青 解放 建设 友谊 朝阳 翠湖 滨河 南苑 北苑 东升 西关 金桥 文昌 团结 "
    "永安 康乐 兴隆 向阳 锦华 学府 纺织 机车 铁西 花园 清泉 梧桐 桃园 柳林 银杏 凤凰 龙泉 玉泉 石桥 东湖"
).split()
PARTS = ("", "东", "西", "南", "北", "中", "新", "一", "二", "三")
ESTATE_NAMES = (
    "幸福家园 锦绣花园 翠湖名邸 阳光水岸 金色港湾 书香苑 碧桂苑 清风雅居 怡和园 紫薇花园 滨江一号 丽景湾 "
    "星河湾 世纪城 天鹅湖畔 绿地新城 春江花月 香樟园 盛世华庭 都市丽人"
).split()
OLD_ESTATE_NAMES = (
    "东风新村 纺织厂宿舍 机械厂家属院 粮食局家属院 光明小区 红星小区 建设新村 铁路新村 教师新村 农机厂宿舍 "
    "和平里 工人新村"
).split()
LANE_NAMES = "梧桐巷 书院巷 石板巷 井水巷 柳树巷 磨坊巷 油坊巷 马家巷".split()
ROADS = "东风路 解放路 文昌路 建设大道 滨河路 学府街 中山路".split()

DOORS_PER_COMMUNITY = 3000
FEWEST_COMMUNITIES = 3
# A community of this size also has a new building that no grid has been given yet.
DOORS_FOR_A_NEW_BUILDING = 300
NEW_BUILDING_DOORS = 24
GRIDS_TO_HAVE_A_CROWDED_ONE = 3
CROWDED_SHARE = 0.6

# Where the street lies, on a plain without other places; degrees of WGS 84.
WEST, SOUTH = 116.2, 33.1
METRES_PER_DEGREE = 111_195
COMMUNITY_WIDTH = 420
GAP_BETWEEN_ESTATES = 45
# Somewhat more than a community is wide.
BETWEEN_COMMUNITIES = 700


@dataclass(frozen=True)
class EstateKind:
    """How an estate is built, and how its people take a knock on the door."""

    name: str
    share: float
    floors: tuple[int, int]
    units: tuple[int, int]
    doors_per_floor: tuple[int, int]
    # New estates with a gatekeeper distrust callers; in the lanes everybody knows the worker.
    distrust: float
    rented: float
    elderly: float
    # Metres from one building to the next, along the row and to the row behind.
    spacing: tuple[int, int]


TOWERS = EstateKind("towers", 0.45, (11, 18), (1, 2), (2, 4), 0.09, 0.24, 0.10, (60, 70))
OLD_BLOCKS = EstateKind("old blocks", 0.45, (5, 6), (3, 4), (2, 3), 0.03, 0.20, 0.30, (55, 32))
LANES = EstateKind("lanes", 0.10, (1, 1), (1, 1), (4, 9), 0.015, 0.35, 0.25, (18, 22))


@dataclass
class Stairwell:
    """The doors reached by one stair, all of them in one grid."""

    building: Building
    unit: str
    kind: EstateKind
    rooms: list[str]
    grid: Grid | None = None
    # Of a building that still awaits its grid.
    is_new: bool = False


@dataclass
class CommunityPlan:
    """A community with everything in it that stands still; unsaved until `save_plan`."""

    community: Community
    grids: list[Grid] = field(default_factory=list)
    buildings: list[Building] = field(default_factory=list)
    stairwells: list[Stairwell] = field(default_factory=list)
    # The one of a new building which still awaits its grid; empty where there is none.
    new_stairwells: list[Stairwell] = field(default_factory=list)
    barriers: list[Barrier] = field(default_factory=list)


def create_street() -> tuple[Area, list[Department]]:
    parent = None
    for code, name, level in AREAS:
        parent = Area.objects.create(code=code, name=name, level=level, parent=parent)
    assert parent is not None  # noqa: S101 - AREAS is not empty
    departments = [Department(name=name, area=parent) for name in DEPARTMENTS]
    return parent, Department.objects.bulk_create(departments)


def shares(doors: int) -> list[int]:
    """Return how many doors each community gets; together exactly `doors`."""
    count = max(FEWEST_COMMUNITIES, round(doors / DOORS_PER_COMMUNITY))
    return [doors * (index + 1) // count - doors * index // count for index in range(count)]


def plan_community(
    street: Area, index: int, doors: int, rng: random.Random, *, opened_on: datetime.date
) -> CommunityPlan:
    """Build estates until the community has its doors, and cut them into grids."""
    part, base = divmod(index, len(COMMUNITY_NAMES))
    community = Community(
        area=street,
        code=f"{street.code}{index + 1:03d}",
        name=f"{COMMUNITY_NAMES[base]}{PARTS[part % len(PARTS)]}社区",
        duty_phone=f"0990-5550{index + 1:03d}",
    )
    plan = CommunityPlan(community)
    new_doors = NEW_BUILDING_DOORS if doors >= DOORS_FOR_A_NEW_BUILDING else 0
    for kind in (OLD_BLOCKS, TOWERS, LANES):
        room_for = round((doors - new_doors) * kind.share)
        if kind is LANES:
            room_for = doors - new_doors - sum(len(stair.rooms) for stair in plan.stairwells)
        build_estates(plan, kind, room_for, rng)
    cut_into_grids(plan, opened_on)
    if new_doors:
        building = Building(community=community, estate="云璟府", name="1号楼", floors=12)
        plan.buildings.append(building)
        rooms = [f"{floor}{door:02d}" for floor in range(1, 13) for door in (1, 2)][:new_doors]
        plan.new_stairwells.append(Stairwell(building, "1", TOWERS, rooms, is_new=True))
    place_buildings(plan, index)
    return plan


def place_buildings(plan: CommunityPlan, index: int) -> None:
    """Stand the estates beside each other in rows, and let a river run between two rows."""
    kinds = {stair.building.estate: stair.kind for stair in plan.stairwells}
    east, north, row_depth = index * BETWEEN_COMMUNITIES, 0, 0
    first_row = 0
    for estate, group in groupby(plan.buildings, key=lambda building: building.estate):
        buildings = list(group)
        across, behind = kinds.get(estate, TOWERS).spacing
        columns = ceil(sqrt(len(buildings) * behind / across))
        width, depth = columns * across, ceil(len(buildings) / columns) * behind
        if east - index * BETWEEN_COMMUNITIES + width > COMMUNITY_WIDTH:
            first_row = first_row or north + row_depth
            east, north = index * BETWEEN_COMMUNITIES, north + row_depth + GAP_BETWEEN_ESTATES
            row_depth = 0
        for number, building in enumerate(buildings):
            row, column = divmod(number, columns)
            place = position(east + column * across, north + row * behind)
            building.longitude, building.latitude = place
        east += width + GAP_BETWEEN_ESTATES
        row_depth = max(row_depth, depth)
    if first_row:
        # A bridge at its eastern end joins both banks.
        middle = first_row + GAP_BETWEEN_ESTATES // 4
        west = index * BETWEEN_COMMUNITIES - GAP_BETWEEN_ESTATES
        line = [position(west, middle), position(west + COMMUNITY_WIDTH * 2 // 3, middle)]
        plan.barriers.append(
            Barrier(
                community=plan.community,
                name="清水河",
                kind=Barrier.Kind.RIVER,
                line=[list(place) for place in line],
            )
        )


def position(east: float, north: float) -> tuple[float, float]:
    """Return longitude and latitude of a place so many metres from the corner of the street."""
    return (
        round(WEST + east / (METRES_PER_DEGREE * cos(radians(SOUTH))), 6),
        round(SOUTH + north / METRES_PER_DEGREE, 6),
    )


def build_estates(plan: CommunityPlan, kind: EstateKind, doors: int, rng: random.Random) -> None:
    """Add buildings of one kind until `doors` doors are reached exactly."""
    names = {TOWERS: ESTATE_NAMES, OLD_BLOCKS: OLD_ESTATE_NAMES, LANES: LANE_NAMES}[kind]
    estates = rng.sample(names, len(names))
    buildings_each = {TOWERS: 6, OLD_BLOCKS: 12, LANES: 20}[kind]
    number = 0
    while doors > 0:
        around, within = divmod(number, buildings_each)
        repeat, which = divmod(around, len(estates))
        estate = estates[which] + ("" if repeat == 0 else f"{repeat + 1}期")
        number += 1
        floors = rng.randint(*kind.floors)
        building = Building(
            community=plan.community,
            estate=estate,
            name=f"{within + 1}号" + ("" if kind is LANES else "楼"),
            floors=floors,
            street_address=f"{ROADS[around % len(ROADS)]}{around * 17 % 300 + 8}号",
        )
        plan.buildings.append(building)
        per_floor = rng.randint(*kind.doors_per_floor)
        for unit in range(1, rng.randint(*kind.units) + 1):
            if kind is LANES:
                rooms = [str(door) for door in range(1, per_floor + 1)]
            else:
                rooms = [
                    f"{floor}{door:02d}"
                    for floor in range(1, floors + 1)
                    for door in range(1, per_floor + 1)
                ]
            rooms = rooms[:doors]
            doors -= len(rooms)
            if rooms:
                unit_name = "" if kind is LANES else str(unit)
                plan.stairwells.append(Stairwell(building, unit_name, kind, rooms))


def cut_into_grids(plan: CommunityPlan, opened_on: datetime.date) -> None:
    """Give neighbouring stairwells to one grid until it has its share of the doors."""
    community = plan.community
    total = sum(len(stair.rooms) for stair in plan.stairwells)
    count = max(1, round(total / community.grid_size))
    # The first community has grown since it was cut: its last grid has drifted past its limit.
    is_crowded = community.code.endswith("001") and count >= GRIDS_TO_HAVE_A_CROWDED_ONE
    share_of_others = 1 - CROWDED_SHARE if is_crowded else (count - 1) / count
    plan.grids = [
        Grid(
            community=community,
            code=f"{community.code}{sequence:03d}",
            name=f"第{sequence}网格",
            opened_on=opened_on,
        )
        for sequence in range(1, count + 1)
    ]
    passed = 0
    for stair in plan.stairwells:
        others = int(passed * (count - 1) / (total * share_of_others)) if count > 1 else 0
        stair.grid = plan.grids[min(others, count - 1)]
        passed += len(stair.rooms)


def save_plan(plan: CommunityPlan) -> None:
    plan.community.save()
    Grid.objects.bulk_create(plan.grids)
    Building.objects.bulk_create(plan.buildings)
    Barrier.objects.bulk_create(plan.barriers)
    for stair in plan.new_stairwells:
        stair.grid = plan.community.holding_grid()
