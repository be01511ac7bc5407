"""One trip: five topics and two matters of one visit reach three departments and come back."""

import datetime
import io
import zipfile

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from communities.roles import Role
from households.models import Fact, FactEntry, Question, Topic
from tests.browser.conftest import DESK, axe_violations, sideways_scroll
from tests.browser.offline import ROWS, ready, upload, wait_for
from tests.browser.weight import too_heavy, weigh
from tests.factories import (
    DepartmentFactory,
    MatterCategoryFactory,
    MembershipFactory,
    SavedExportFactory,
    TopicDepartmentFactory,
    UserFactory,
)
from visits.actions.matter_steps import take_step
from visits.models import Matter, Photo, Step, Visit

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

ANSWERS = {
    "低保特困": "yes",
    "没有医保": "no",
    "党员人数": "2",
    "燃气报警器": "没有装",
    "房屋隐患": "yes",
}
OWNERS = {"民政办": ("民政",), "社保所": ("人力社保",), "应急办": ("平安安全", "住房")}


@pytest.fixture
def offices(world):
    """Three departments with their topics, a handler and a saved export each."""
    found = {}
    for name, topics in OWNERS.items():
        office = (
            world.department_office
            if name == world.department_office.name
            else DepartmentFactory(area=world.street, name=name)
        )
        handler = MembershipFactory(
            user=UserFactory(username=f"handler{len(found)}", name=name),
            role=Role.DEPARTMENT_HANDLER,
            grid=None,
            area=world.street,
            department=office,
        ).user
        export = SavedExportFactory(name=f"{name}名单", department=office, code=world.street.code)
        for topic in Topic.objects.filter(name__in=topics):
            TopicDepartmentFactory(topic=topic, department=office)
            export.questions.add(*topic.questions.filter(is_sensitive=False))
        found[name] = (office, handler, export)
    return found


@pytest.fixture
def categories(db):
    return [MatterCategoryFactory(name="楼道堆物"), MatterCategoryFactory(name="燃气隐患")]


def answer(page, name: str, value: str) -> None:
    question = Question.objects.get(name=name)
    field = f"[name=fact-q{question.pk}]"
    if question.kind in {"yes_no", "choice"}:
        page.check(f"{field}[value='{value}']")
    else:
        page.fill(field, value)


def notice(page, number: int, category, text: str) -> None:
    block = page.locator("details[data-matter]").nth(number)
    if block.get_attribute("open") is None:
        block.locator("summary").click()
    block.locator("select[name$=category]").select_option(str(category.pk))
    block.locator("textarea").fill(text)


def fill_visit(page, categories, *, scripts: bool) -> None:
    page.check("input[name=outcome][value=met]")
    for name, value in ANSWERS.items():
        answer(page, name, value)
    notice(page, 0, categories[0], "三楼楼道有杂物")
    if scripts:
        assert page.locator("details[data-matter]:visible").count() == 1
        page.click("#another-matter")
    notice(page, 1, categories[1], "没有燃气报警器")


def sheet_of(page) -> str:
    with page.expect_download() as download:
        page.click("text=Download as Excel")
    file = zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes()))
    return "".join(
        file.read(name).decode() for name in file.namelist() if "sheet1" in name or "Str" in name
    )


def assert_all_stored(world) -> None:
    visit = Visit.objects.get()
    facts = {fact.question.name: fact.value for fact in Fact.objects.all()}
    assert facts == ANSWERS
    assert FactEntry.objects.count() == len(ANSWERS)
    assert [matter.visit for matter in Matter.objects.all()] == [visit, visit]
    assert visit.by == world.worker


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts on", "scripts off"])
def test_one_trip_reaches_three_departments_and_comes_back(
    open_page, world, offices, categories, scripts
):
    phone = open_page(world.worker, scripts=scripts)
    form = f"/work/households/{world.household.pk}/visit/?list=1"
    phone.goto(form)
    if scripts:
        assert axe_violations(phone) == []
        assert sideways_scroll(phone) <= 0
    expect(phone.locator(".topics")).to_contain_text("Not asked yet")
    fill_visit(phone, categories, scripts=scripts)
    phone.click("button:has-text('Save visit')")
    phone.wait_for_url("**/work/today/?**")
    assert_all_stored(world)

    # Each department takes what it needs to know, and nothing of the others.
    for _office, handler, export in offices.values():
        desk = open_page(handler, size=DESK)
        desk.click("text=Exports")
        desk.click(f"main a:has-text('{export.name}')")
        sheet = sheet_of(desk)
        own = {q.name for q in export.questions.all()} & set(ANSWERS)
        assert own
        assert {name for name in ANSWERS if f">{name}<" in sheet} == own
        assert world.household.address in sheet
        expect(desk.locator("main")).to_contain_text("1 household has answered")

    # Each matter goes to a department, is resolved there and comes back to the door.
    now = timezone.now()
    for matter, name in zip(
        Matter.objects.order_by("reported_at", "pk"), ("民政办", "应急办"), strict=True
    ):
        office, handler, _export = offices[name]
        take_step(matter=matter, step=Step.ASSIGN, by=world.officer, at=now, department=office)
        matter.refresh_from_db()
        desk = open_page(handler, size=DESK)
        desk.goto("/work/matters/")
        expect(desk.locator("main")).to_contain_text(matter.category.name)
        take_step(matter=matter, step=Step.RESOLVE, by=handler, at=now, note="办好了")
    phone.goto("/work/today/")
    door = phone.locator(f"#door-{world.household.pk}")
    for category in categories:
        expect(door).to_contain_text(f"Tell them: {category.name}")


def test_same_trip_without_signal_goes_up_whole(open_page, world, offices, categories, tmp_path):
    page = open_page(world.worker)
    ready(page)
    page.context.set_offline(True)
    page.goto("/work/today/")
    page.click(f"#door-{world.household.pk} a:has-text('Other')")
    page.wait_for_selector("#topics")
    assert Question.objects.filter(is_sensitive=True).get().text not in page.content()
    fill_visit(page, categories, scripts=True)
    photo = tmp_path / "photo.png"
    page.screenshot(path=photo)
    page.set_input_files("[name=matter2-photos]", photo)
    page.click("button:has-text('Save visit')")
    expect(page.locator("#outbox")).to_contain_text("Saved on this phone 1")
    assert not Visit.objects.exists()
    page.context.set_offline(False)
    page.goto("/work/queue/")
    upload(page)
    wait_for(
        lambda: (FactEntry.objects.count(), Matter.objects.count()) == (len(ANSWERS), 2), page=page
    )
    assert_all_stored(world)
    wait_for(Photo.objects.exists, page=page)
    assert Photo.objects.get().matter.category == categories[1]


def test_one_tap_without_signal_confirms_what_the_phone_knew(open_page, world, offices):
    question = Question.objects.get(name="党员人数")
    Fact.objects.create(
        household=world.household,
        question=question,
        value="3",
        confirmed_by=world.officer,
        confirmed_at=timezone.now() - datetime.timedelta(days=400),
    )
    page = open_page(world.worker)
    ready(page)
    page.context.set_offline(True)
    page.goto(f"/work/households/{world.household.pk}/visit/?list=1")
    expect(page.locator("#topics")).to_contain_text("Known: 3, confirmed 1 year ago")
    page.check("input[name=outcome][value=met]")
    page.check("text=Everything unchanged")
    page.click("button:has-text('Save visit')")
    expect(page.locator("#outbox")).to_contain_text("Saved on this phone 1")
    page.context.set_offline(False)
    page.goto("/work/queue/")
    upload(page)
    wait_for(Fact.objects.exists, page=page)
    fact = Fact.objects.get()
    assert (fact.value, fact.confirmed_by) == ("3", world.worker)


def test_sensitive_answer_goes_to_the_server_and_stays_off_the_phone(open_page, world):
    leader = MembershipFactory(role=Role.GRID_LEADER, grid=world.grid, employment="", rank="").user
    secret = Question.objects.get(is_sensitive=True)
    page = open_page(leader)
    ready(page)
    page.goto(f"/work/households/{world.household.pk}/visit/")
    page.check("input[name=outcome][value=met]")
    answer(page, "党员人数", "2")
    answer(page, secret.name, "yes")
    # Long enough for a draft to be kept.
    wait_for(lambda: page.evaluate(ROWS, "drafts"), page=page)
    page.click("button:has-text('Save visit')")
    page.wait_for_url("**/work/visits/*/")
    assert {fact.question: fact.value for fact in Fact.objects.all()} == {
        secret: "yes",
        Question.objects.get(name="党员人数"): "2",
    }
    assert page.evaluate(ROWS, "queue") + page.evaluate(ROWS, "sent") == []
    # Without one she saves on the phone first, as ever.
    page.goto(f"/work/households/{world.household.pk}/visit/")
    page.check("input[name=outcome][value=declined]")
    page.click("button:has-text('Save visit')")
    expect(page.locator("#outbox")).to_contain_text("Uploaded 1")


def test_first_view_of_the_visit_form_stays_light(open_page, world):
    phone = open_page(world.worker, language="zh-hans")
    address = f"/work/households/{world.household.pk}/visit/"
    assert too_heavy(weigh(phone, address), address) == []
