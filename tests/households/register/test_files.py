"""Files as they come: other formats, other encodings, broken, hostile and too large."""

import csv
import io
import zipfile

import openpyxl
import pytest
import xlwt
from django.core.management import CommandError

from households.models import Household, RegisterImport, Residency, Resident
from households.register import jobs
from households.register.reader import Limits
from tests.factories import identity_number

WANG = identity_number("19800101", 12)
HEADINGS = ["姓名", "身份证号", "居住地址", "电话"]
ROW = ["王芳", WANG, "幸福家园3号楼2单元503室", "13800138000"]


def as_csv(encoding, delimiter=",", head=""):
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([HEADINGS, ROW])
    return (head + text.getvalue()).encode(encoding)


@pytest.mark.parametrize(
    "content",
    [
        as_csv("utf-8"), as_csv("utf-8-sig"), as_csv("gbk"), as_csv("gb18030"), as_csv("utf-16"),
        as_csv("gbk", "\t"), as_csv("utf-8", ";"), as_csv("gbk", head="幸福社区居民名册\r\n\r\n"),
    ],
)  # fmt: skip
def test_csv(content, upload, world):
    _client, _response, done = upload(content, name="名册.csv")
    assert done.summary["counts"] == {"new": 1, "absent": 1}


def test_csv_from_the_command_line_in_gbk(tmp_path, run_import, world):
    path = tmp_path / "register.csv"
    path.write_bytes(as_csv("gbk"))
    run_import(path)
    assert Resident.objects.get(name="王芳").identity_number == WANG


def test_rare_characters_of_gb18030(upload, world):
    content = "姓名,居住地址\r\n䶮𠮷,幸福家园3号楼2单元503室\r\n".encode("gb18030")
    client, _response, done = upload(content, name="a.csv")
    client.post(f"{done.get_absolute_url()}confirm/")
    assert Resident.objects.filter(name="䶮𠮷").exists()


def test_old_excel(tmp_path, upload, world):
    book = xlwt.Workbook()
    sheet = book.add_sheet("名册")
    sheet.write_merge(0, 0, 1, 4, "幸福社区居民名册")
    for line, cells in enumerate([HEADINGS, ROW, ["李四", float(WANG), "", 13900139000]], 2):
        for column, cell in enumerate(cells, 1):
            sheet.write(line, column, cell)
    path = tmp_path / "register.xls"
    book.save(str(path))
    _client, _response, done = upload(path)
    assert done.summary["counts"] == {"new": 1, "refused": 1, "absent": 1}
    assert done.pages.get(kind="refused").content[0]["number"] == 5


def test_headings_in_english_in_any_order(workbook, upload, world):
    _client, _response, done = upload(
        workbook(
            ("Phone number", "Date of birth", "ADDRESS", "Full Name", "Shoe size"),
            ("13800138000", "1980-01-01", "幸福家园3号楼2单元503室", "John Smith", 42),
        )
    )
    assert done.summary["counts"] == {"new": 1, "absent": 1}
    assert done.pages.get(kind="details").content["sheets"][0]["unused"] == ["Shoe size"]


def test_headings_over_two_lines(tmp_path, run_import, world):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["姓名", "住址", "", "", "", "联系方式"],
        ["", "小区", "楼栋", "单元", "房号", ""],
        ["王芳", "幸福家园", "3", "2", 503, "13800138000"],
        ["李四", "", "", "", "504", ""],
    ):
        sheet.append(row)
    sheet.merge_cells("B1:E1")
    sheet.merge_cells("B3:B4")
    path = tmp_path / "a.xlsx"
    book.save(path)
    run_import(path)
    doors = {tie.resident.name: str(tie.household) for tie in Residency.objects.all()}
    assert doors["王芳"] == "幸福家园3号楼2单元503室"
    assert doors["李四"] == "幸福家园3号楼2单元504室"


def test_headings_in_the_twentieth_row(workbook, upload, world):
    assert upload(workbook(*[["说明"]] * 19, HEADINGS, ROW))[2].summary["counts"]["new"] == 1
    assert upload(workbook(*[["说明"]] * 20, HEADINGS, ROW))[2].summary["error"] == "no_headings"


def test_building_in_the_title(workbook, run_import, world):
    run_import(
        workbook(["幸福家园3号楼人员名单"], ["门牌号", "姓名"], ["2-503", "王芳"], [504, "李四"])
    )
    doors = {tie.resident.name: str(tie.household) for tie in Residency.objects.all()}
    assert doors == {
        "张伟明": "幸福家园3号楼2单元502室",
        "王芳": "幸福家园3号楼2单元503室",
        "李四": "幸福家园3号楼504室",
    }


def test_village_roster_without_addresses(workbook, run_import, world):
    run_import(
        workbook(
            ["户序号", "姓名", "年龄", "性别", "电话", "是否常住", "在外地点", "备注"],
            [1, "王大", 60, "男", "13800138000", "是", "", ""],
            ["", "王二", 30, "男", "", "否", "苏州", ""],
            [2, "", "", "", "", "", "", "空户"],
            ["合计", 2, "", "", "", "", "", ""],
        )
    )
    people = {
        tie.resident.name: (str(tie.household), tie.kind, tie.is_head, tie.resident.note)
        for tie in Residency.objects.exclude(resident=world.resident)
    }
    assert people == {
        "王大": ("按户编号1号", "both", True, ""),
        "王二": ("按户编号1号", "registered", False, "在外地点：苏州"),
    }
    assert Household.objects.get(room="2号").occupancy == "vacant"


def test_several_sheets(tmp_path, upload, world):
    book = openpyxl.Workbook()
    for name, row in (("3号楼", ROW), ("4号楼", ["李四", "", "幸福家园4号楼101", ""])):
        sheet = book.create_sheet(name)
        sheet.append(HEADINGS)
        sheet.append(row)
    book.create_sheet("说明").append(["如何填写"])
    path = tmp_path / "a.xlsx"
    book.save(path)
    assert upload(path)[2].summary["counts"] == {"new": 2, "absent": 1}


def zipped(**files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/").replace("_DOT_", "."), data)
    return content.getvalue()


def bomb():
    return zipped(
        xl__workbook_DOT_xml="x", xl__worksheets__sheet1_DOT_xml=b"\0" * (251 * 1024 * 1024)
    )


def encrypted():
    return (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + b"\0" * 600
        + "EncryptedPackage".encode("utf-16-le")
        + b"\0" * 600
    )


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.pdf", b"%PDF-1.4", "not an Excel or CSV file"),
        ("a.xlsx", b"", "empty"),
        ("a.xlsm", b"PK\x03\x04", "macros"),
        ("a.xlsx", zipped(xl__workbook_DOT_xml="x", xl__vbaProject_DOT_bin="x"), "macros"),
        ("a.xlsx", encrypted(), "password"),
        ("a.xlsx", b"PK\x03\x04 cut off", "damaged"),
        ("a.xlsx", b"\x00\x01\x02" * 100, "damaged"),
        ("a.xlsx", zipped(word__document_DOT_xml="x"), "not an Excel workbook"),
        ("a.csv", b"x" * (20 * 1024 * 1024 + 1), "larger than 20 MB"),
    ],
)
def test_files_refused_at_once(name, content, words, upload, world):
    _client, response, done = upload(content, name=name)
    assert response.status_code == 200
    assert words in response.content.decode()
    assert done is None


def test_zip_bomb_is_not_unpacked(upload, world):
    _client, response, done = upload(bomb(), name="a.xlsx")
    assert "larger than 250 MB" in response.content.decode()
    assert done is None


def test_size_in_the_directory_may_lie(upload, world):
    content = bytearray(bomb())
    size = (251 * 1024 * 1024).to_bytes(4, "little")
    small = (1000).to_bytes(4, "little")
    _client, _response, done = upload(bytes(content).replace(size, small), name="a.xlsx")
    assert done.state == "failed"
    assert done.summary["error"] in {"damaged", "unpacked"}
    assert not done.file


@pytest.mark.parametrize("size", [0.2, 0.5, 0.9])
def test_cut_off_workbook(size, workbook, upload, world):
    content = workbook(HEADINGS, *[ROW] * 50).read_bytes()
    _client, response, done = upload(content[: int(len(content) * size)], name="a.xlsx")
    assert "damaged" in response.content.decode()
    assert done is None


def test_damaged_inside(workbook, upload, world):
    content = bytearray(workbook(HEADINGS, *[ROW] * 50).read_bytes())
    start = content.index(b"xl/worksheets/sheet1.xml") + 60
    content[start : start + 40] = b"\0" * 40
    _client, _response, done = upload(bytes(content), name="a.xlsx")
    assert (done.state, done.summary["error"]) == ("failed", "damaged")


def test_damaged_old_excel(upload, world):
    content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x7f" * 3000
    _client, _response, done = upload(content, name="a.xls")
    assert (done.state, done.summary["error"]) == ("failed", "damaged")


def test_one_cell_far_away(tmp_path, upload, world):
    book = openpyxl.Workbook()
    book.active.append(HEADINGS)
    book.active.append(ROW)
    book.active["XFD1048576"] = "x"
    path = tmp_path / "a.xlsx"
    book.save(path)
    _client, _response, done = upload(path)
    assert (done.state, done.summary["error"]) == ("failed", "far_cell")


def test_formatted_blank_rows_to_the_end_are_no_hindrance(tmp_path, upload, world):
    book = openpyxl.Workbook()
    book.active.append(HEADINGS)
    book.active.append(ROW)
    book.active["A1048576"].font = openpyxl.styles.Font(bold=True)
    path = tmp_path / "a.xlsx"
    book.save(path)
    assert upload(path)[2].summary["counts"]["new"] == 1


def test_too_many_rows(workbook, upload, world, monkeypatch, run_import):
    monkeypatch.setattr(
        jobs, "BROWSER", Limits(file_bytes=None, rows=10, unpacked_bytes=10**9, cells=10**7)
    )
    people = [[f"王{number}", "", "幸福家园3号楼2单元503室", ""] for number in range(11)]
    path = workbook(HEADINGS, *people)
    client, _response, done = upload(path)
    assert (done.state, done.summary) == (
        "failed",
        {"error": "too_many_rows", "values": {"limit": 10}},
    )
    assert "more than 10 rows" in client.get(done.get_absolute_url()).content.decode()
    assert run_import(path).state == "applied"


def test_command_refuses_in_one_sentence(tmp_path, run_import, world):
    path = tmp_path / "a.xlsx"
    path.write_bytes(encrypted())
    with pytest.raises(CommandError, match="密码"):
        run_import(path)
    with pytest.raises(CommandError, match="no file"):
        run_import(tmp_path / "missing.xlsx")
    assert not RegisterImport.objects.exists()


def test_dry_run_writes_nothing(workbook, run_import, world, tmp_path):
    assert run_import(workbook(HEADINGS, ROW), dry_run=True, report=tmp_path / "r.xlsx") is None
    assert "would be imported: 1 rows" in run_import.output
    assert (Resident.objects.count(), Household.objects.count()) == (1, 1)
    assert not world.community.grids.filter(kind="holding").exists()


def test_text_that_looks_like_a_formula_stays_text(workbook, upload, world):
    client, _response, done = upload(
        workbook(HEADINGS, ["=1+1", "12345", "幸福家园3号楼2单元503室", ""])
    )
    response = client.get(f"{done.get_absolute_url()}report.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    assert {cell.data_type for row in book.active.iter_rows() for cell in row if cell.value} == {
        "s"
    }
