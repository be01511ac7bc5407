"""The whole line in a real browser: import, grid, assign, visit, matter, dashboard."""

import openpyxl
import pytest
from playwright.sync_api import expect

from communities.models import Grid, Membership
from communities.roles import Role
from tests.browser.conftest import DESK, PHONE, axe_violations, sideways_scroll
from tests.factories import (
    CommunityFactory,
    DepartmentFactory,
    MembershipFactory,
    UserFactory,
)
from visits.models import Matter, Visit

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

ROWS = [
    ["王秀英", "幸福家园3号楼1单元101室", "独居老人"],
    ["李建国", "幸福家园3号楼1单元102室", ""],
    ["张伟", "幸福家园3号楼2单元201室", ""],
    ["刘洋", "幸福家园5号楼1单元301", ""],
]


@pytest.fixture
def register_file(tmp_path):
    """A small register as communities keep it: a title, then headings in their own words."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(["幸福社区人员名单"])
    sheet.append(["姓名", "居住地址", "重点类别"])
    for row in ROWS:
        sheet.append(row)
    path = tmp_path / "register.xlsx"
    workbook.save(path)
    return path


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts on", "scripts off"])
def test_from_register_to_dashboard(open_page, register_file, settings, scripts):
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    community = CommunityFactory(code="990101001001", name="幸福社区")
    officer = MembershipFactory(
        user=UserFactory(username="officer", name="陈静"),
        role=Role.COMMUNITY_OFFICER,
        community=community,
        grid=None,
    ).user
    worker = UserFactory(username="worker", name="赵丽华")
    MembershipFactory(
        user=worker,
        role=Role.DEPARTMENT_HANDLER,
        community=community,
        grid=None,
        department=DepartmentFactory(area=community.area),
    )

    office = open_page(officer, scripts=scripts, size=DESK)
    office.click("text=Import")
    office.set_input_files("input[type=file]", register_file)
    office.click("text=Upload and look")
    office.wait_for_selector("text=Write this into the register", timeout=30_000)
    assert not Grid.objects.filter(households__isnull=False).exists()
    office.click("text=Write this into the register")
    office.wait_for_selector("text=The import is done.", timeout=30_000)

    office.click("text=Grids and people")
    office.click("main a:has-text('幸福社区')")
    office.click("text=Open a grid")
    office.fill("[name=name]", "第一网格")
    office.click("main button:has-text('Open the grid')")
    grid = Grid.objects.get(name="第一网格")
    assert grid.code == "990101001001001"
    office.goto(f"/work/grids/{grid.code}/fill/")
    office.check("input[name=pick][value^=estate] >> nth=0")
    office.click("text=Show the size this makes")
    office.click("text=Give them to the grid")
    assert grid.households.count() == len(ROWS)

    office.goto(grid.get_absolute_url())
    office.click("text=Assign somebody >> nth=0")
    office.select_option("[name$=user]", str(worker.pk))
    office.select_option("[name=employment]", "full_time")
    office.select_option("[name=rank]", "main")
    office.click("main button:has-text('Continue')")
    expect(office.locator("main")).to_contain_text("4")
    office.click("button:has-text('Assign')")
    assert Membership.objects.filter(user=worker, grid=grid, rank="main").exists()

    phone = open_page(worker, scripts=scripts, size=PHONE)
    phone.click("text=Today")
    expect(phone.locator(".door")).to_have_count(len(ROWS))
    phone.locator(".door", has_text="王秀英").get_by_text("Met, nothing unusual").click()
    expect(phone.locator(".door")).to_have_count(len(ROWS) - 1)
    phone.locator(".door", has_text="李建国").get_by_text("Nobody home").click()
    expect(phone.locator(".door")).to_have_count(len(ROWS) - 2)
    phone.locator(".door", has_text="张伟").get_by_text("Other").click()
    phone.check("[name=outcome][value=met]")
    phone.click("summary")
    phone.select_option("[name$=category]", index=1)
    phone.fill("[name$=description]", "楼道灯不亮")
    phone.click("text=Save visit")
    phone.wait_for_url("**/work/today/**")
    if scripts:
        expect(phone.locator("#outbox")).to_have_text("Uploaded 3")
    assert sorted(Visit.objects.values_list("outcome", flat=True)) == ["met", "met", "nobody_home"]
    assert Matter.objects.get().household.room == "201"
    assert sideways_scroll(phone) <= 0

    office.goto("/overview/")
    main = office.locator("main")
    expect(main).to_contain_text("2 of 4 actual households")
    office.click("main a:has-text('50 %')")
    expect(office.locator("main tbody tr")).to_have_count(2)
    office.goto("/work/matters/")
    office.click("main a:has-text('楼道灯不亮')")
    expect(office.locator("main")).to_contain_text("赵丽华")
    if scripts:
        assert axe_violations(office) == []


def test_two_taps_from_the_list_and_a_double_tap_is_one_visit(open_page, world):
    page = open_page(world.worker)
    page.goto("/work/today/")
    page.locator(".door button", has_text="Nobody home").dblclick()
    expect(page.locator(".saved")).to_contain_text("Nobody home")
    expect(page.locator("#outbox")).to_have_text("Uploaded 1")
    assert Visit.objects.count() == 1
