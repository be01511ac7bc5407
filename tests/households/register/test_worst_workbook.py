"""A register as communities really keep them, with everything wrong with it at once."""

import datetime

import openpyxl
import pytest

from households.models import Care, CareTag, Household, ImportPage, Phone, Residency, Resident
from tests.factories import identity_number

HEADINGS = (
    "序号", "户编号", "居住地址", "姓 名*", "与户主\n关系", "身份证号（18位）", "联系电话", "出生日期", "性别",
    "户籍地址", "是否常住", "房屋状态", "所属网格", "重点类别", "是否已迁出", "迁出日期", "死亡日期", "备注", "民族", "血型",
)  # fmt: skip
EXPLANATION = (
    "", "同户相同", "必填，例：幸福家园3号楼2单元502室", "必填", "户主/配偶/子女", "必填", "多个用;分隔", "格式：YYYYMMDD", "男/女",
    "", "是/否", "自住/出租", "", "", "1/0", "", "", "", "", "",
)  # fmt: skip

WANG = identity_number("19500615", 1)
LIU = identity_number("19520101", 2)
WANG_SON = identity_number("19780808", 3)
FIFTEEN = "990101800101007"
X_NUMBER = next(
    number for seq in range(1, 99) if (number := identity_number("19600101", seq))[-1] == "X"
)
TWICE = identity_number("19700101", 5)
ZEROS = next(
    number
    for day in range(1, 29)
    if (number := identity_number(f"199001{day:02d}", 100)).endswith("000")
)
RENTER = identity_number("19950505", 8)
DEAD = identity_number("19300101", 9)
GONE = identity_number("19910101", 10)


def row(**cells):
    """Return a line of the sheet with these cells, named by letter from A to T."""
    return [cells.get(chr(ord("A") + index), "") for index in range(len(HEADINGS))]


# Line of the sheet, cells, what becomes of it: kind, and the codes of its problems.
LINES = [
    # A household with members below; half-width, full-width, spaces, a date cell.
    (5, row(A=1, B=1, C="幸福家园３号楼２单元５０１室", D="王　德发", E="户主", F=WANG, G="13800138000；0512-63123456", I="男", L="自住", M="第一网格", N="独居老人"), "new", []),
    (6, row(A=2, D="刘桂英", E="配偶", F=f" {LIU[:6]} {LIU[6:14]} {LIU[14:]} ", G=13900139000.0, H=datetime.date(1952, 1, 1), I="女"), "new", []),
    (7, row(A=3, D="王小军", E="子", F=WANG_SON, G="", H=19780808, K="否", J="幸福家园3号楼2单元501"), "new", []),
    # 8 is blank.
    # Without 室, with dashes, with a lower-case x, 15 digits, a serial date.
    (9, row(A=4, B=2, C="幸福家园3-2-503", D="赵六", E="户主", F=X_NUMBER.lower(), G="138 0013 8001", H=21916, L="出租"), "new", []),
    (10, row(A=5, D="租客甲", E="租客", F=RENTER, G="13700137000女儿，13600136000", J="江苏省苏州市吴江区某路1号", H="1995年5月5日"), "new", []),
    (11, row(A=6, B=3, C="幸福家园三号楼二单元504", D="钱七", E="户主", F=FIFTEEN, H="1980-1-1"), "new", []),
    # An empty dwelling, twice: in the note, and as the name.
    (12, row(A=7, B=4, C="幸福家园3号楼2单元505室", R="空户"), "new", []),
    (13, row(A=8, B=5, C="幸福家园3号楼2单元506室", D="空户"), "new", []),
    # Identity numbers that Excel has rounded: as a number, as text with zeros, with an exponent.
    (14, row(A=9, B=6, C="幸福家园3号楼2单元601室", D="孙一", E="户主", F=float(WANG[:17] + "0")), "refused", ["rounded"]),
    (15, row(A=10, D="孙二", E="子", F=WANG[:15] + "000"), "refused", ["rounded"]),
    (16, row(A=11, D="孙三", E="子", F="1.10101E+17"), "refused", ["rounded"]),
    (17, row(A=12, D="孙四", E="女", F=ZEROS), "doubtful", ["maybe_rounded"]),
    (18, row(A=13, D="孙五", E="女", F=WANG[:17] + ("1" if WANG[17] != "1" else "2")), "refused", ["check"]),
    (19, row(A=14, D="孙六", E="女", F="99010119801301001X"), "refused", ["identity_date"]),
    (20, row(A=15, D="孙七", E="女", F="12345"), "refused", ["shape"]),
    # Addresses that name no door.
    (21, row(A=16, B=7, C="幸福家园", D="周一", E="户主"), "refused", ["address_building"]),
    (22, row(A=17, B=8, C="幸福家园3号楼", D="周二", E="户主"), "refused", ["address_room"]),
    (23, row(A=18, B=9, D="周三", E="户主"), "refused", ["address_missing"]),
    (24, row(A=19, B=10, C="江苏省苏州市吴江区松陵镇1号", D="周四", E="户主"), "refused", ["address_elsewhere"]),
    # The same person at two doors.
    (25, row(A=20, B=11, C="幸福家园3号楼2单元602室", D="吴双", E="户主", F=TWICE), "doubtful", ["twice"]),
    (26, row(A=21, B=12, C="幸福家园3号楼2单元603室", D="吴双", E="户主", F=TWICE), "doubtful", ["twice"]),
    # Taken but for one cell.
    (27, row(A=22, B=13, C="幸福家园3号楼2单元604室", D="郑八", E="户主", G="1380013800", H="1980.13.1"), "new", ["date", "phone"]),
    (28, row(A=23, D="", E="子", F=identity_number("20050505", 33)), "refused", ["name_missing"]),
    (29, row(A=24, D="郑九", E="子", H="80年", K="大概"), "new", ["date", "yes_no"]),
    # Dead without a date; dead and gone people the register never knew.
    (30, row(A=25, D="郑十", E="父", F=DEAD, Q="2020.1.5"), "unchanged", []),
    (31, row(A=26, D="郑十一", E="女", F=GONE, O="1", P="20230401"), "unchanged", []),
    # Two people of one name without a number at one door.
    (32, row(A=27, B=14, C="幸福家园3号楼2单元605室", D="冯同", E="户主"), "doubtful", ["twice_by_name"]),
    (33, row(A=28, D="冯同", E="子"), "doubtful", ["twice_by_name"]),
    # A grid and a tag that do not exist are listed, and the row is taken.
    (34, row(A=29, B=15, C="幸福家园3号楼2单元606室", D="陈十", E="户主", M="第九网格", N="独居老人、爱唱歌"), "new", []),
]  # fmt: skip


@pytest.fixture
def worst(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "幸福社区"
    sheet["A1"] = "幸福社区实有人口登记表"
    sheet.merge_cells("A1:T1")
    sheet["A2"] = "填报单位：幸福社区居委会      填报日期：2026年11月"
    sheet.merge_cells("A2:T2")
    for column, (heading, explanation) in enumerate(zip(HEADINGS, EXPLANATION, strict=True), 1):
        sheet.cell(3, column, heading)
        sheet.cell(4, column, explanation or None)
    for number, cells, _kind, _codes in LINES:
        for column, cell in enumerate(cells, 1):
            if cell != "":
                sheet.cell(number, column, cell)
    sheet.merge_cells("B5:B7")
    sheet.merge_cells("C5:C7")
    sheet["A35"], sheet["E35"] = "合 计", 29
    sheet["A36"] = "填表人：张三　　审核：李四"
    path = tmp_path / "worst.xlsx"
    book.save(path)
    return path


@pytest.fixture
def tag(db):
    CareTag.objects.update_or_create(name="独居老人", defaults={"visit_every_days": 30})


def outcomes(register_import):
    """Return what became of each line: number to kind and sorted codes of its problems."""
    found = {}
    for page in register_import.pages.exclude(
        kind__in=["problem", "details", "written", "remarked"]
    ):
        for entry in page.content:
            if page.kind != "absent":
                codes = sorted(code for code, _heading, _value in entry["problems"])
                found[entry["number"]] = (page.kind, codes)
    return found


def test_worst_workbook_line_by_line(worst, upload, world, tag):
    _client, _response, done = upload(worst)
    assert done.state == "previewed", done.summary
    assert outcomes(done) == {
        number: (kind, sorted(codes)) for number, _cells, kind, codes in LINES
    }
    assert done.summary["counts"] == {
        "new": 11, "unchanged": 2, "refused": 11, "doubtful": 5, "remarked": 2, "absent": 1,
    }  # fmt: skip
    details = done.pages.get(kind=ImportPage.Kind.DETAILS).content
    assert details["sheets"][0]["unused"] == ["民族", "血型"]
    assert details["skipped"] == [
        [0, 4, "explanation"], [0, 35, "total"], [0, 36, "footnote"],
    ]  # fmt: skip
    assert details["unknown_words"] == [["重点类别", "爱唱歌", 1], ["grid", "第九网格", 1]]
    # Nothing is written before it is confirmed.
    assert Resident.objects.count() == 1
    assert Household.objects.count() == 1


def test_worst_workbook_as_written(worst, run_import, world, tag):
    run_import(worst)
    doors = {
        str(household): (household.occupancy, household.grid.name)
        for household in Household.objects.select_related("building", "grid")
    }
    assert doors == {
        "幸福家园3号楼2单元502室": ("owner", "第一网格"),
        "幸福家园3号楼2单元501室": ("owner", "第一网格"),
        "幸福家园3号楼2单元503室": ("rented", "未划入网格"),
        "幸福家园3号楼2单元504室": ("unknown", "未划入网格"),
        "幸福家园3号楼2单元505室": ("vacant", "未划入网格"),
        "幸福家园3号楼2单元506室": ("vacant", "未划入网格"),
        "幸福家园3号楼2单元604室": ("unknown", "未划入网格"),
        "幸福家园3号楼2单元606室": ("unknown", "未划入网格"),
    }
    people = {
        tie.resident.name: (
            str(tie.household),
            tie.kind,
            tie.is_head,
            tie.relation,
            tie.resident.identity_number,
            str(tie.resident.birth_date or ""),
            tie.resident.sex,
            [(phone.number, phone.label) for phone in tie.resident.phones.all()],
        )
        for tie in Residency.objects.exclude(resident=world.resident)
    }
    assert people == {
        "王德发": ("幸福家园3号楼2单元501室", "both", True, "户主", WANG, "1950-06-15", "male", [("13800138000", "联系电话"), ("051263123456", "联系电话")]),
        "刘桂英": ("幸福家园3号楼2单元501室", "both", False, "配偶", LIU, "1952-01-01", "female", [("13900139000", "联系电话")]),
        "王小军": ("幸福家园3号楼2单元501室", "registered", False, "子", WANG_SON, "1978-08-08", "male", []),
        "赵六": ("幸福家园3号楼2单元503室", "both", True, "户主", X_NUMBER, "1960-01-01", Resident.objects.get(name="赵六").sex, [("13800138001", "联系电话")]),
        "租客甲": ("幸福家园3号楼2单元503室", "lives", False, "租客", RENTER, "1995-05-05", "female", [("13700137000", "女儿"), ("13600136000", "联系电话")]),
        "钱七": ("幸福家园3号楼2单元504室", "both", True, "户主", "99010119800101007" + Resident.objects.get(name="钱七").identity_number[-1], "1980-01-01", "male", []),
        "郑八": ("幸福家园3号楼2单元604室", "both", True, "户主", None, "", "", []),
        "郑九": ("幸福家园3号楼2单元604室", "both", False, "子", None, "", "", []),
        "陈十": ("幸福家园3号楼2单元606室", "both", True, "户主", None, "", "", []),
    }  # fmt: skip
    assert Resident.objects.get(name="租客甲").note == "户籍地址：江苏省苏州市吴江区某路1号"
    assert sorted(Care.objects.values_list("resident__name", "tag__name")) == [
        ("王德发", "独居老人"), ("陈十", "独居老人"),
    ]  # fmt: skip
    # The door of somebody who needs care is due sooner than after a quarter.
    tagged = Household.objects.get(room="501")
    assert tagged.due_by == tagged.registered_on + datetime.timedelta(days=30)
    assert Household.objects.get(room="505").note == "空户"


def test_same_file_twice_changes_nothing(worst, run_import, world, tag):
    run_import(worst)
    before = [
        list(model.objects.order_by("pk").values())
        for model in (Household, Resident, Residency, Phone, Care)
    ]
    second = run_import(worst)
    after = [
        list(model.objects.order_by("pk").values())
        for model in (Household, Resident, Residency, Phone, Care)
    ]
    assert after == before
    assert second.summary["counts"] == {
        "unchanged": 13, "refused": 11, "doubtful": 5, "remarked": 2, "absent": 1,
    }  # fmt: skip
    assert not second.pages.filter(kind=ImportPage.Kind.WRITTEN).exists()


def test_report_holds_the_rows_as_they_were(worst, run_import, world, tag, tmp_path):
    report = tmp_path / "report.xlsx"
    run_import(worst, report=report)
    sheet = openpyxl.load_workbook(report).active
    lines = {line[0]: line for line in sheet.iter_rows(min_row=2, values_only=True)}
    problematic = {str(number): cells for number, cells, _kind, codes in LINES if codes}
    assert set(lines) == set(problematic)
    assert [cell.value for cell in sheet[1]][:4] == [
        "原表行号",
        "问题",
        "已核对（填“是”）",
        "沿用的地址",
    ]
    assert lines["25"][7] == "吴双"
    assert lines["18"][3] == "幸福家园3号楼2单元601室"


def test_report_can_be_corrected_and_uploaded_again(worst, run_import, world, tag, tmp_path):
    report = tmp_path / "report.xlsx"
    run_import(worst, report=report)
    book = openpyxl.load_workbook(report)
    sheet = book.active
    columns = {cell.value: cell.column for cell in sheet[1]}
    for line in range(sheet.max_row, 1, -1):
        number = sheet.cell(line, 1).value
        if number == "17":
            sheet.cell(line, 3).value = "是"
        elif number == "18":
            sheet.cell(line, columns["身份证号（18位）"]).value = (
                WANG[:6] + identity_number("19480202", 44)[6:]
            )
        elif number == "27":
            sheet.cell(line, columns["联系电话"]).value = "13800138009"
            sheet.cell(line, columns["出生日期"]).value = "1980-12-1"
        else:
            sheet.delete_rows(line)
    corrected = tmp_path / "corrected.xlsx"
    book.save(corrected)
    done = run_import(corrected)
    assert done.summary["counts"]["new"] == 2
    assert done.summary["counts"]["changed"] == 1
    people = Residency.objects.filter(household__room="601").order_by("resident__name")
    assert [tie.resident.name for tie in people] == ["孙五", "孙四"]
    assert Phone.objects.get(resident__name="郑八").number == "13800138009"
    assert Resident.objects.get(name="郑八").birth_date == datetime.date(1980, 12, 1)
    details = done.pages.get(kind=ImportPage.Kind.DETAILS).content
    assert details["sheets"][0]["unused"] == ["民族", "血型"]
