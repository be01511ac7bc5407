"""Whom a matter is proposed to, what may be the same matter, and what is kept of both."""

import datetime
import random

import pytest
from django.utils import timezone
from django.utils.translation import override

from tests.factories import (
    BuildingFactory,
    CommunityFactory,
    DepartmentFactory,
    GridFactory,
    HouseholdFactory,
    MatterCategoryFactory,
    MatterFactory,
)
from visits.duplicates import likely_duplicates
from visits.likeness import likeness, pairs
from visits.models import Matter, RoutingProposal, Step
from visits.routing import propose


@pytest.fixture
def category(db):
    return MatterCategoryFactory(name="公共设施", department_name="民政办")


@pytest.fixture
def offices(world):
    """Return three departments of the street by name; one is the usual one of the category."""
    rows = {name: DepartmentFactory(area=world.street, name=name) for name in ("城管办", "物业办")}
    return rows | {"民政办": world.department_office}


@pytest.fixture
def choices(offices):
    return {f"department-{row.pk}": name for name, row in offices.items()}


def resolved(category, grid, description: str, department, **values) -> Matter:
    now = timezone.now()
    values = {"resolved_at": now, "reported_at": now, **values}
    return MatterFactory(
        category=category,
        grid=grid,
        description=description,
        status="closed",
        department=department,
        **values,
    )


def new(category, grid, description: str, **values) -> Matter:
    return MatterFactory(category=category, grid=grid, description=description, **values)


# Proposals.


def test_like_words_go_where_they_were_resolved(world, category, offices, choices):
    for words in ("下水道堵了", "下水道堵塞返味", "小区下水道又堵"):
        resolved(category, world.grid, words, offices["城管办"])
    resolved(category, world.grid, "单元门禁坏了", offices["物业办"])
    found = propose(new(category, world.grid, "门口下水道堵塞"), choices)
    assert found.to == f"department-{offices['城管办'].pk}"
    assert "下水" in found.reason
    assert "3" in found.reason


def test_without_like_words_the_usual_way_counts_and_then_the_usual_department(
    world, category, offices, choices
):
    matter = new(category, world.grid, "电梯异响")
    assert propose(matter, choices).to == f"department-{offices['民政办'].pk}"
    for number in range(5):
        resolved(category, world.grid, f"门禁{number}号坏", offices["物业办"])
    assert propose(matter, choices).to == f"department-{offices['物业办'].pk}"


def test_nothing_is_proposed_that_cannot_be_chosen(world, category, offices):
    resolved(category, world.grid, "下水道堵了", offices["城管办"])
    only = {f"department-{offices['物业办'].pk}": "物业办"}
    assert propose(new(category, world.grid, "下水道堵了"), only) is None


def test_other_streets_and_other_categories_teach_nothing(world, category, offices, choices):
    elsewhere = GridFactory(
        code="990101002001001", community=CommunityFactory(code="990101002001", name="远社区")
    )
    for _number in range(9):
        resolved(category, elsewhere, "下水道堵了", offices["城管办"])
        resolved(MatterCategoryFactory(), world.grid, "下水道堵了", offices["城管办"])
    found = propose(new(category, world.grid, "下水道堵了"), choices)
    assert found.to == f"department-{offices['民政办'].pk}"


def test_a_proposal_asks_once_however_much_there_is(
    world, category, offices, choices, django_assert_num_queries
):
    matter = new(category, world.grid, "下水道堵了")
    matter = Matter.objects.select_related("grid", "category").get(pk=matter.pk)
    for rows in (1, 3):
        for _row in range(rows):
            resolved(category, world.grid, "下水道堵了", offices["城管办"])
        with django_assert_num_queries(1):
            propose(matter, choices)


WORDS = {
    "城管办": ("下水道堵塞", "垃圾满溢", "流动摊贩占道", "路面破损积水", "绿化带堆建筑垃圾"),
    "物业办": ("楼道灯不亮", "单元门禁坏了", "电梯异响停运", "楼顶漏水发霉", "车棚棚顶破损"),
    "民政办": ("低保材料代办", "高龄津贴咨询", "残疾证换领", "困难补助申请", "临时救助问询"),
}
AROUND = ("小区东门", "3号楼前", "居民反映", "已经好几天", "麻烦尽快处理", "晚上")


def test_four_of_five_unseen_matters_are_proposed_right(world, category, offices, choices):
    """Seeded words with others around them, one in ten resolved by another department."""
    rng = random.Random(7)

    def case() -> tuple[str, str]:
        name = rng.choice(list(WORDS))
        words = [rng.choice(WORDS[name]), *rng.sample(AROUND, 2)]
        rng.shuffle(words)
        return "，".join(words), name

    for _number in range(200):
        words, name = case()
        stray = rng.random() < 0.1
        resolved(category, world.grid, words, offices[rng.choice(list(WORDS)) if stray else name])
    right = 0
    for _number in range(100):
        words, name = case()
        right += choices[propose(new(category, world.grid, words), choices).to] == name
    assert right >= 80


def test_the_form_proposes_and_keeps_what_was_chosen(world, category, offices, as_user):
    resolved(category, world.grid, "下水道堵了", offices["城管办"])
    client = as_user(world.officer)
    for chosen, accepted in (("城管办", True), ("物业办", False)):
        matter = new(category, world.grid, "下水道堵了")
        page = client.get(matter.get_absolute_url())
        form = next(
            form for form, _open in page.context["steps"] if form.initial["step"] == Step.ASSIGN
        )
        proposed = f"department-{offices['城管办'].pk}"
        assert (form.initial["to"], form.initial["proposed"]) == (proposed, proposed)
        sent = {
            "step": "assign",
            "seen": 0,
            "to": f"department-{offices[chosen].pk}",
            "proposed": proposed,
        }
        for _twice in range(2):
            assert client.post(f"{matter.get_absolute_url()}step/", sent).status_code == 302
        row = RoutingProposal.objects.get(event__matter=matter)
        assert (row.department, row.is_accepted) == (offices["城管办"], accepted)


def test_a_proposal_that_was_made_up_is_not_kept(world, category, offices, as_user):
    matter = new(category, world.grid, "下水道堵了")
    sent = {"step": "assign", "seen": 0, "to": f"department-{offices['城管办'].pk}"}
    as_user(world.officer).post(
        f"{matter.get_absolute_url()}step/", {**sent, "proposed": "department-99999"}
    )
    assert not RoutingProposal.objects.exists()


# Duplicates.


@pytest.fixture
def door(world):
    return HouseholdFactory(grid=world.grid, building=world.household.building, room="901")


def test_the_same_matter_is_found_at_door_building_place_and_grid(world, category, door):
    leak = new(category, world.grid, "楼顶漏水，天花板发霉", household=world.household)
    other_building = HouseholdFactory(
        grid=world.grid, building=BuildingFactory(community=world.community, name="9号楼")
    )
    cases = {
        "at the same door": new(category, world.grid, "天花板漏水", household=world.household),
        "in the same building, in like words": new(
            category, world.grid, "楼顶漏水，墙也发霉", household=door
        ),
        "": new(category, world.grid, "楼顶太阳能支架松动", household=other_building),
    }
    with override("en"):
        found = {row.matter.pk: row.reason for row in likely_duplicates(leak, world.officer)}
    assert found == {matter.pk: reason for reason, matter in cases.items() if reason}


def test_the_same_place_in_words_is_the_same_place(world, category):
    first = new(category, world.grid, "路灯不亮", place="小区东门外人行道")
    second = new(category, world.grid, "路灯不亮了", place="东门外人行道")
    far = new(category, world.grid, "路灯不亮，太暗", place="中心花园")
    found = [row.matter for row in likely_duplicates(first, world.officer)]
    assert found == [second]
    assert far not in found
    vague = new(category, world.grid, "路灯不亮")
    assert len(likely_duplicates(vague, world.officer)) == 3


@pytest.mark.parametrize("change", ["ended", "long ago", "another kind", "another community"])
def test_what_cannot_be_the_same_is_not_pointed_out(world, category, change):
    matter = new(category, world.grid, "路灯不亮", place="东门")
    values = {
        "ended": {"status": "closed"},
        "long ago": {"reported_at": timezone.now() - datetime.timedelta(days=15)},
        "another kind": {"category": MatterCategoryFactory()},
        "another community": {"grid": world.next_grid},
    }[change]
    values = {"category": category, "grid": world.grid, **values}
    MatterFactory(description="路灯不亮", place="东门", **values)
    assert likely_duplicates(matter, world.street_officer) == []


def test_nobody_learns_of_matters_beyond_her_own(world, category):
    MatterFactory(
        category=category,
        grid=GridFactory(community=world.community),
        description="路灯不亮",
        place="东门",
    )
    mine = new(category, world.grid, "路灯不亮", place="东门", reported_by=world.worker)
    assert likely_duplicates(mine, world.worker) == []
    assert len(likely_duplicates(mine, world.officer)) == 1


def test_one_press_merges_and_whoever_reports_is_told(world, category, as_user):
    first = new(category, world.grid, "路灯不亮", place="东门", reported_by=world.captain)
    client = as_user(world.worker)
    answer = client.post(
        "/work/matters/add/",
        {
            "category": category.pk,
            "grid": world.grid.code,
            "place": "东门",
            "description": "路灯不亮",
            "urgency": "normal",
        },
        follow=True,
    )
    assert first.reference in answer.content.decode()
    second = Matter.objects.exclude(pk=first.pk).get()
    client = as_user(world.officer)
    assert "Perhaps the same" in client.get(second.get_absolute_url()).content.decode()
    client.post(
        f"{second.get_absolute_url()}step/", {"step": "merge", "seen": 0, "into": first.reference}
    )
    second.refresh_from_db()
    assert second.merged_into == first


def test_likeness_is_that_of_pairs_of_characters():
    assert likeness(pairs("路灯不亮"), pairs("路灯不亮！")) == 1.0
    assert likeness(pairs("路"), pairs("路")) == 0.0
    assert likeness(pairs(""), pairs("路灯")) == 0.0
