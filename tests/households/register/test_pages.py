"""The import in the browser, from the upload to the undo."""

import datetime
import io

import openpyxl
import pytest
import time_machine
from bs4 import BeautifulSoup
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from communities.models import Disclosure
from households.models import Household, RegisterImport, Residency, Resident
from households.register.jobs import run_import
from tests.factories import identity_number

State = RegisterImport.State
NOW = datetime.datetime(2026, 5, 20, 2, tzinfo=datetime.UTC)
WANG = identity_number("19800101", 12)
HEADINGS = ("姓名", "身份证号", "居住地址", "电话", "血型")
ROWS = (
    HEADINGS,
    ("王芳", WANG, "幸福家园3号楼2单元503室", "13800138000", "A"),
    ("李四", "990101198001010127", "幸福家园3号楼2单元504室", "1380013800", "B"),
)


def page_of(client, register_import, query=""):
    response = client.get(register_import.get_absolute_url() + query)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def confirm(client, register_import):
    client.post(reverse("households:register_import_confirm", args=[register_import.pk]))
    register_import.refresh_from_db()


def figures_of(page):
    return {
        item.get_text(" ", strip=True).split(" ", 2)[1]: int(
            item.find(class_="figures__number").text
        )
        for item in page.select(".figures > li")
    }


def test_upload_preview_confirm_undo(workbook, upload, world):
    client, response, done = upload(workbook(*ROWS))
    assert (response.status_code, response.url) == (302, done.get_absolute_url())
    assert done.state == State.PREVIEWED
    page = page_of(client, done)
    assert figures_of(page)["New"] == 1
    assert figures_of(page)["Refused"] == 1
    assert figures_of(page)["Not"] == 1
    assert "血型" in page.get_text()
    assert not Resident.objects.filter(name="王芳").exists()
    confirm(client, done)
    assert done.state == State.APPLIED
    assert not done.file
    assert Resident.objects.get(name="王芳").identity_number == WANG
    client.post(reverse("households:register_import_undo", args=[done.pk]))
    done.refresh_from_db()
    assert done.state == State.UNDONE
    assert list(Resident.objects.values_list("name", flat=True)) == ["张伟明"]
    assert not done.pages.exists()
    page_of(client, done)


def test_upload_that_nobody_takes_up_says_what_the_administrator_does(
    workbook, upload, world, settings
):
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    words = "the part of the program that does imports is not running"
    with time_machine.travel(NOW, tick=False) as clock:
        client, _response, waiting = upload(workbook(*ROWS))
        assert words not in page_of(client, waiting).get_text()
        clock.shift(11)
        page = page_of(client, waiting).get_text()
        assert words in page
        assert "python manage.py db_worker" in page
        # A worker busy with the import of somebody else comes to this one next.
        other = DBTaskResult.objects.create(
            status="RUNNING", started_at=NOW, args_kwargs={"args": ["x"], "kwargs": {}},
            task_path=run_import.module_path, run_after=NOW, backend_name="default",
        )  # fmt: skip
        assert words not in page_of(client, waiting).get_text()
        # One that was killed stays running in the table, and does nothing.
        DBTaskResult.objects.filter(pk=other.pk).update(
            started_at=NOW - datetime.timedelta(hours=2)
        )
        assert words in page_of(client, waiting).get_text()
        DBTaskResult.objects.exclude(pk=other.pk).update(status="RUNNING", started_at=NOW)
        assert words not in page_of(client, waiting).get_text()


def test_file_without_one_good_row_is_not_offered_for_writing(workbook, upload, world):
    client, _response, done = upload(workbook(HEADINGS, ("李四", "1", "", "", "")))
    page = page_of(client, done)
    assert figures_of(page)["Refused"] == 1
    assert (
        page.find("form", action=reverse("households:register_import_confirm", args=[done.pk]))
        is None
    )
    assert "No row of this file can be imported yet." in page.get_text()


def test_every_figure_opens_its_rows(workbook, upload, world):
    client, _response, done = upload(workbook(*ROWS))
    for link in page_of(client, done).select(".figures a"):
        rows = page_of(client, done, link["href"].split("#")[0])
        assert rows.select("#rows tbody tr")


def test_pages_of_fifty_rows(workbook, upload, world):
    people = [
        (
            f"王{number}",
            identity_number("19800101", number),
            f"幸福家园4号楼1单元{number:03d}",
            "",
            "",
        )
        for number in range(1, 121)
    ]
    client, _response, done = upload(workbook(HEADINGS, *people))
    assert len(page_of(client, done, "?kind=new").select("#rows tbody tr")) == 50
    assert len(page_of(client, done, "?kind=new&page=3").select("#rows tbody tr")) == 20
    assert len(page_of(client, done, "?kind=new&page=x").select("#rows tbody tr")) == 50
    assert len(page_of(client, done, "?kind=written&page=1").select("#rows tbody tr")) == 50


def test_pages_mask_personal_data(workbook, upload, world):
    client, _response, done = upload(workbook(*ROWS))
    for kind in ("new", "refused", "remarked"):
        text = page_of(client, done, f"?kind={kind}").get_text()
        assert WANG not in text
        assert "13800138000" not in text
        assert "1380013800" not in text


def test_stored_pages_are_sealed(workbook, upload, world):
    _client, _response, _done = upload(workbook(*ROWS))
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed FROM households_importpage")
        stored = [sealed for (sealed,) in cursor.fetchall()]
    assert stored
    assert all(sealed.startswith("v1:") for sealed in stored)


def test_report_is_recorded(workbook, upload, world):
    client, _response, done = upload(workbook(*ROWS))
    response = client.get(reverse("households:register_import_report", args=[done.pk]))
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    assert [cell.value for cell in sheet[1]] == [
        "Row in the file", "What is wrong", "Checked (write yes)", "Address carried over", *HEADINGS,
    ]  # fmt: skip
    assert [cell.value or "" for cell in sheet[2]][4:] == [
        "李四",
        "990101198001010127",
        "幸福家园3号楼2单元504室",
        "1380013800",
        "B",
    ]
    record = Disclosure.objects.get()
    assert (record.kind, record.by, record.community, record.rows) == (
        "export",
        world.officer,
        world.community,
        1,
    )


def test_no_report_without_problems(workbook, upload, world):
    client, _response, done = upload(workbook(*ROWS[:2]))
    assert (
        client.get(reverse("households:register_import_report", args=[done.pk])).status_code == 404
    )


def test_discard_before_confirming(workbook, upload, world):
    client, _response, done = upload(workbook(*ROWS))
    client.post(reverse("households:register_import_undo", args=[done.pk]))
    done.refresh_from_db()
    assert (done.state, bool(done.file), done.pages.count()) == (State.UNDONE, False, 0)
    confirm(client, done)
    assert done.state == State.UNDONE


def test_confirming_twice_writes_once(workbook, upload, world):
    client, _response, done = upload(workbook(*ROWS))
    confirm(client, done)
    confirm(client, done)
    assert Resident.objects.filter(name="王芳").count() == 1


def test_register_changed_after_the_preview(workbook, upload, world):
    client, _response, done = upload(
        workbook(*ROWS, ("张伟明", "", "幸福家园3号楼2单元502室", "13900139000", ""))
    )
    world.resident.note = "另有说明"
    world.resident.name = "张伟名"
    world.resident.save()
    confirm(client, done)
    assert done.state == State.PREVIEWED
    assert done.summary["looked_again"]
    assert not Resident.objects.filter(name="王芳").exists()
    confirm(client, done)
    assert done.state == State.APPLIED


@pytest.mark.parametrize("state", [State.UPLOADED, State.CONFIRMED])
def test_progress_works_without_scripts(workbook, upload, world, state):
    client, _response, done = upload(workbook(*ROWS))
    RegisterImport.objects.filter(pk=done.pk).update(state=state, rows_done=50, rows_total=200)
    page = page_of(client, done)
    assert page.find("meta", {"http-equiv": "refresh"})
    assert (page.progress["value"], page.progress["max"]) == ("50", "200")


def test_list_has_the_same_queries_with_more_imports(
    workbook, upload, world, as_user, django_assert_num_queries
):
    client, _response, _done = upload(workbook(*ROWS))
    url = reverse("households:register_import_list")
    client.get(url)
    for _import in range(2):
        with django_assert_num_queries(5):
            client.get(url)
        upload(workbook(*ROWS))


def test_template_can_be_filled_in_and_imported(upload, world, as_user, tmp_path):
    client = as_user(world.officer)
    response = client.get(reverse("households:register_template"))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    sheet = book.worksheets[0]
    columns = {cell.value: cell.column for cell in sheet[1]}
    for heading, value in {
        "Name": "王芳",
        "Address": "幸福家园3号楼2单元503室",
        "Identity number": WANG,
    }.items():
        sheet.cell(2, columns[heading], value)
    path = tmp_path / "filled.xlsx"
    book.save(path)
    client, _response, done = upload(path)
    assert done.summary["counts"] == {"new": 1, "absent": 1}
    assert client.get(done.get_absolute_url()).context["details"]["unused"] == []


@pytest.mark.parametrize("name", ["outsider", "auditor", "worker", "captain", "department"])
def test_others_see_nothing(workbook, upload, world, as_user, name):
    _client, _response, done = upload(workbook(*ROWS))
    client = as_user(getattr(world, name))
    for url in ("register_import", "register_import_report"):
        assert client.get(reverse(f"households:{url}", args=[done.pk])).status_code == 404
    for url in ("register_import_confirm", "register_import_undo"):
        assert client.post(reverse(f"households:{url}", args=[done.pk])).status_code == 404
    if name != "outsider":
        assert client.get(reverse("households:register_import_list")).status_code == 404
    done.refresh_from_db()
    assert done.state == State.PREVIEWED


def test_nobody_imports_into_another_community(workbook, upload, world, as_user):
    _client, response, done = upload(workbook(*ROWS), user=world.outsider)
    assert response.status_code == 200
    assert done is None
    assert "Select a valid choice" in response.content.decode()
    assert Household.objects.count() == 1
    assert Residency.objects.count() == 1
