"""What the first view of Today weighs at its fullest, and how slow a processor can be played."""

import datetime
import gzip

import pytest
from django.conf import settings

from households.models import Household
from tests.browser.conftest import page_load_ms, slowed
from tests.browser.offline import wait_for
from tests.browser.weight import EVERYTHING_BYTES, FIRST_VIEW_BYTES, over, too_heavy, weigh
from tests.factories import (
    BuildingFactory,
    CareFactory,
    CareTagFactory,
    HouseholdFactory,
    ResidencyFactory,
    ResidentFactory,
    VisitFactory,
)

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.one_database,
]

TODAY = "/work/today/"
NOTES = ["楼道堆物，小心脚下", "门口台阶松动", "有人酒后吵闹，先打电话", "无"]


@pytest.fixture
def full_day(world):
    """Sixty doors in two buildings, so that a page of forty is full, with all a door can say."""
    today = datetime.date.today()  # noqa: DTZ011 - the day of the live server
    now = datetime.datetime.now(datetime.UTC)
    buildings = [world.household.building]
    buildings.append(BuildingFactory(community=world.community, estate="东风新村", name="2号楼"))
    tags = [CareTagFactory(name=name) for name in ("需要送药", "需要量血压", "需要翻译")]
    for number in range(60):
        household = HouseholdFactory(
            grid=world.grid,
            building=buildings[number % 2],
            unit="123"[number % 3],
            room=f"{number // 2 + 1}0{number % 4 + 1}",
            due_from=today - datetime.timedelta(days=90),
            due_by=today - datetime.timedelta(days=number),
            visit_in_pairs=number % 2 == 0,
            has_dog=number % 3 == 0,
            safety_note=NOTES[number % 4] if number % 4 < 3 else "",
            asked_for_on=today if number % 5 == 0 else None,
            unanswered=number % 4,
            retry_part=Household.PartOfDay.EVENING if number % 3 else "",
        )
        resident = ResidentFactory(
            name="王李张刘陈杨赵黄周吴"[number % 10] + "秀英建国"[number % 4]
        )
        ResidencyFactory(resident=resident, household=household, is_head=True)
        for tag in tags[: number % 4]:
            CareFactory(resident=resident, tag=tag)
        VisitFactory(household=household, done_at=now - datetime.timedelta(days=number + 1))
    return world


def test_first_view_of_a_full_day(open_page, full_day):
    phone = open_page(full_day.worker, language="zh-hans")
    sizes = weigh(phone, TODAY)
    assert phone.locator(".door").count() == 40
    assert too_heavy(sizes, TODAY) == []
    # One press more, which the server answers where no script takes it over: the note of what
    # was saved, with its way back, stands there too.
    plain = open_page(full_day.worker, language="zh-hans", scripts=False)
    plain.goto(TODAY)
    plain.click(".door button[value=met] >> nth=0")
    plain.wait_for_url("**/work/today/?**")
    assert too_heavy(weigh(phone, plain.url), TODAY) == []


def test_all_scripts_leave_room_for_the_first_view():
    scripts = {
        path.relative_to(settings.BASE_DIR).as_posix(): len(gzip.compress(path.read_bytes()))
        for folder in ("static", "templates")
        for path in (settings.BASE_DIR / folder).rglob("*.js")
    }
    assert scripts
    assert over("scripts", scripts, EVERYTHING_BYTES - FIRST_VIEW_BYTES) == []


def test_weight_is_told_by_file():
    sizes = {"/x/": 10_000, "/a.css": 5_000, "/b.js": 40_000}
    first_view, everything = too_heavy(sizes, "/x/")
    assert first_view == (
        "HTML and CSS: 15000 of 14336 bytes gzipped, 664 too many (/x/ 10000, /a.css 5000)"
    )
    assert everything == (
        "everything: 55000 of 51200 bytes gzipped, 3800 too many"
        " (/b.js 40000, /x/ 10000, /a.css 5000)"
    )


def test_slowed_page_thinks_slower(open_page):
    page = open_page()
    page.goto("/login/")
    # The fastest of several: whatever else the machine does only adds.
    work = """Math.min(...Array.from({ length: 7 }, () => {
      const start = performance.now();
      for (let i = 0, x = 0; i < 4e6; i++) x += Math.sqrt(i);
      return performance.now() - start;
    }))"""
    plain = page.evaluate(work)
    with slowed(page, rate=4):
        # The thread that slows the page has to get a turn itself.
        wait_for(lambda: page.evaluate(work) > 2 * plain, page=page)
        page.goto("/login/")
        assert 0 < page_load_ms(page) < 15_000
