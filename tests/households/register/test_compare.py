"""What a register changes about people who are already known."""

import datetime

import pytest
from django.utils import timezone

from communities.names import search_terms
from households.models import (
    Care,
    FormerGrid,
    Household,
    ImportPage,
    Phone,
    Residency,
    Resident,
)
from tests.factories import (
    BuildingFactory,
    CareFactory,
    GridFactory,
    HouseholdFactory,
    PhoneFactory,
    ResidencyFactory,
    ResidentFactory,
    identity_number,
)

WANG = identity_number("19800101", 12)


@pytest.fixture
def wang(world):
    """Somebody registered and living at room 501, with one phone."""
    household = HouseholdFactory(
        grid=world.grid, building=world.household.building, unit="2", room="501"
    )
    resident = ResidentFactory(
        name="王芳", identity_number=WANG, birth_date=datetime.date(1980, 1, 1), sex="female"
    )
    PhoneFactory(resident=resident, number="13800138000")
    ResidencyFactory(resident=resident, household=household, is_head=True, relation="户主")
    return resident


def ties(resident):
    return sorted(
        (str(tie.household), tie.kind, tie.until)
        for tie in resident.residencies.select_related("household__building")
    )


def entries(done, kind):
    return [entry for page in done.pages.filter(kind=kind) for entry in page.content]


def test_empty_cells_and_other_spellings_change_nothing(world, wang, workbook, run_import):
    path = workbook(
        ("姓名", "身份证号", "居住地址", "电话", "与户主关系", "备注"),
        ("王芳", WANG, "幸福家园三栋2-501", "", "", ""),
        ("王芳", "", "", "", "", ""),
    )
    done = run_import(path)
    assert done.summary["counts"] == {"unchanged": 2, "absent": 1}


def test_changes_are_shown_with_before_and_after(world, wang, workbook, upload):
    path = workbook(
        ("姓名", "身份证号", "居住地址", "电话", "与户主关系", "房屋状态", "备注"),
        (
            "王芳芳",
            WANG,
            "幸福家园3号楼2单元501室",
            "13800138000;13900139000",
            "妻",
            "出租",
            "行动不便",
        ),
    )
    _client, _response, done = upload(path)
    (entry,) = entries(done, "changed")
    assert sorted(map(tuple, entry["changes"])) == [
        ("is_head", "True", "False"),
        ("name", "王芳", "王芳芳"),
        ("note", "", "行动不便"),
        ("occupancy", "owner", "rented"),
        ("phone", "", "139****9000 电话"),
        ("relation", "户主", "妻"),
    ]


def test_changes_are_written_and_undone(world, wang, workbook, upload):
    def state():
        return [
            list(model.objects.order_by("pk").values_list())
            for model in (Household, Resident, Residency, Phone, Care)
        ]

    def without_times(rows):
        times = {"changed_at"}
        return [
            [
                [
                    value
                    for field, value in zip(model._meta.concrete_fields, row, strict=True)
                    if field.name not in times
                ]
                for row in values
            ]
            for model, values in zip(
                (Household, Resident, Residency, Phone, Care), rows, strict=True
            )
        ]

    before = state()
    path = workbook(
        (
            "姓名",
            "身份证号",
            "居住地址",
            "电话",
            "房屋状态",
            "备注",
            "重点类别",
            "所属网格",
            "死亡日期",
        ),
        (
            "王芳芳",
            WANG,
            "幸福家园3号楼2单元501室",
            "13900139000",
            "出租",
            "行动不便",
            "独居老人",
            "",
            "",
        ),
        (
            "赵新",
            identity_number("19900101", 3),
            "幸福家园8号楼1单元101室",
            "13700137000",
            "自住",
            "",
            "",
            "",
            "",
        ),
        ("张伟明", "", "幸福家园3号楼2单元502室", "", "", "", "", "", "20200101"),
    )
    client, _response, done = upload(path)
    client.post(f"{done.get_absolute_url()}confirm/")
    wang.refresh_from_db()
    assert (wang.name, wang.note, wang.identity_number) == ("王芳芳", "行动不便", WANG)
    assert "王芳芳"[1:] in wang.search_terms
    world.resident.refresh_from_db()
    assert world.resident.died_on == datetime.date(2020, 1, 1)
    assert world.resident.residencies.get().until == datetime.date(2020, 1, 1)
    client.post(f"{done.get_absolute_url()}undo/")
    done.refresh_from_db()
    assert done.state == "undone"
    assert without_times(state()) == without_times(before)


def test_moved_within_the_community(world, wang, workbook, run_import):
    path = workbook(
        ("姓名", "身份证号", "居住地址", "入住日期"),
        ("王芳", WANG, "幸福家园3号楼2单元601室", "2026-05-01"),
    )
    done = run_import(path)
    assert done.summary["counts"] == {"moved": 1, "absent": 1}
    assert ties(wang) == [
        ("幸福家园3号楼2单元501室", "both", datetime.date(2026, 5, 1)),
        ("幸福家园3号楼2单元601室", "both", None),
    ]
    assert run_import(path).summary["counts"] == {"unchanged": 1, "absent": 1}


def test_a_care_tag_comes_along_to_the_new_door(world, wang, workbook, upload):
    CareFactory(resident=wang, tag__visit_every_days=20)
    new = HouseholdFactory(grid=world.grid, building=world.household.building, unit="2", room="601")
    path = workbook(("姓名", "身份证号", "居住地址"), ("王芳", WANG, "幸福家园3号楼2单元601室"))
    client, _response, done = upload(path)

    def days_between_visits():
        new.refresh_from_db()
        return (new.due_by - new.registered_on).days

    client.post(f"{done.get_absolute_url()}confirm/")
    assert days_between_visits() == 20
    client.post(f"{done.get_absolute_url()}undo/")
    assert days_between_visits() == 90


def test_a_changed_long_name_is_found_by_every_part(world, wang, workbook, run_import):
    name = "".join(chr(code) for code in range(0x4E00, 0x4E00 + 60))
    run_import(workbook(("姓名", "身份证号", "居住地址"), (name, WANG, "幸福家园3号楼2单元501室")))
    wang.refresh_from_db()
    assert (wang.name, wang.search_terms) == (name, search_terms(name))


def test_living_elsewhere_keeps_the_registration(world, wang, workbook, run_import):
    path = workbook(
        ("姓名", "身份证号", "居住地址", "户籍地址"),
        ("王芳", WANG, "幸福家园3号楼2单元601室", "幸福家园3号楼2单元501室"),
    )
    run_import(path)
    assert ties(wang) == [
        ("幸福家园3号楼2单元501室", "registered", None),
        ("幸福家园3号楼2单元601室", "lives", None),
    ]
    assert run_import(path).summary["counts"] == {"unchanged": 1, "absent": 1}


def test_living_at_one_door_and_registered_at_another_is_no_doubt(world, workbook, run_import):
    path = workbook(
        ("姓名", "身份证号", "居住地址", "人员类型"),
        ("王芳", WANG, "幸福家园3号楼2单元501室", "户在人不在"),
        ("王芳", WANG, "幸福家园3号楼2单元601室", "人在户不在"),
    )
    assert run_import(path).summary["counts"] == {"new": 2, "absent": 1}
    assert ties(Resident.objects.get(name="王芳")) == [
        ("幸福家园3号楼2单元501室", "registered", None),
        ("幸福家园3号楼2单元601室", "lives", None),
    ]
    assert run_import(path).summary["counts"] == {"unchanged": 2, "absent": 1}


def test_the_same_person_at_two_doors_is_shown_not_written(world, wang, workbook, run_import):
    path = workbook(
        ("姓名", "身份证号", "居住地址"),
        ("王芳", WANG, "幸福家园3号楼2单元601室"),
        ("王方", WANG, "幸福家园3号楼2单元602室"),
    )
    done = run_import(path)
    assert done.summary["counts"] == {"doubtful": 2, "absent": 1}
    assert [entry["problems"] for entry in entries(done, "doubtful")] == [
        [["twice", "", "2, 3"]]
    ] * 2
    assert ties(wang) == [("幸福家园3号楼2单元501室", "both", None)]
    assert Household.objects.count() == 2


def test_moved_out_and_registered_only(world, wang, workbook, run_import):
    run_import(
        workbook(
            ("姓名", "身份证号", "居住地址", "是否已迁出", "迁出日期"),
            ("王芳", WANG, "幸福家园3号楼2单元501室", 1, "20260301"),
        )
    )
    assert ties(wang) == [("幸福家园3号楼2单元501室", "both", datetime.date(2026, 3, 1))]


def test_somebody_of_another_community_gets_a_residency_here(world, workbook, run_import):
    elsewhere = HouseholdFactory(grid=world.next_grid)
    known = ResidentFactory(
        name="王芳", identity_number=WANG, birth_date=datetime.date(1980, 1, 1), sex="female"
    )
    ResidencyFactory(resident=known, household=elsewhere)
    headings = ("姓名", "身份证号", "居住地址")
    done = run_import(workbook(headings, ("王芬", WANG, "幸福家园3号楼2单元601室")))
    assert done.summary["counts"] == {"doubtful": 1, "absent": 1}
    assert entries(done, "doubtful")[0]["problems"] == [["known_elsewhere", "", "name"]]
    done = run_import(workbook(headings, ("王芳", WANG, "幸福家园3号楼2单元601室")))
    assert done.summary["counts"] == {"changed": 1, "absent": 1}
    assert len(ties(known)) == 2
    assert Resident.objects.filter(name="王芳").count() == 1


def test_namesakes(world, wang, workbook, run_import):
    headings = ("姓名", "身份证号", "居住地址", "已核对")
    other = identity_number("19810202", 14)
    done = run_import(workbook(headings, ("王芳", other, "幸福家园3号楼2单元501室", "")))
    assert entries(done, "doubtful")[0]["problems"] == [["other_identity", "", ""]]
    done = run_import(
        workbook(
            ("姓名", "身份证号", "居住地址", "已核对（填“是”）"),
            ("王芳", other, "幸福家园3号楼2单元501室", "是"),
        )
    )
    assert done.summary["counts"] == {"new": 1, "absent": 2}
    # Now two of this name live there, and a row without a number could mean either.
    done = run_import(workbook(headings, ("王芳", "", "幸福家园3号楼2单元501室", "")))
    assert entries(done, "doubtful")[0]["problems"] == [["several_matches", "", ""]]


def test_identity_number_is_added_to_somebody_without(world, workbook, run_import):
    number = identity_number("19700101", 11)
    done = run_import(
        workbook(("姓名", "身份证号", "居住地址"), ("张伟明", number, "幸福家园3号楼2单元502室"))
    )
    assert done.summary["counts"] == {"changed": 1}
    world.resident.refresh_from_db()
    assert (world.resident.identity_number, world.resident.birth_date, world.resident.sex) == (
        number, datetime.date(1970, 1, 1), "male",
    )  # fmt: skip
    assert Resident.objects.get(identity_index=world.resident.identity_index) == world.resident


def test_birth_date_and_sex_come_from_the_identity_number(world, workbook, run_import):
    done = run_import(
        workbook(
            ("姓名", "身份证号", "居住地址", "出生日期", "性别"),
            ("王芳", WANG, "幸福家园3号楼2单元601室", "1980-02-15", "男"),
        )
    )
    assert [problem[0] for problem in entries(done, "remarked")[0]["problems"]] == [
        "birth_differs",
        "sex_differs",
    ]
    person = Resident.objects.get(name="王芳")
    assert (person.birth_date, person.sex) == (datetime.date(1980, 1, 1), "female")


def test_grids(world, workbook, run_import):
    second = GridFactory(community=world.community, name="第二网格")
    waiting = HouseholdFactory(
        grid=world.community.holding_grid(), building=world.household.building, unit="2", room="503",
        grid_since=datetime.date(2026, 1, 1),
    )  # fmt: skip
    done = run_import(
        workbook(
            ("姓名", "居住地址", "网格"),
            ("甲", "幸福家园3号楼2单元502室", "第二网格"),
            ("乙", "幸福家园3号楼2单元503室", second.code),
            ("丙", "幸福家园3号楼2单元504室", "第二网格"),
        )
    )
    grids = dict(Household.objects.values_list("room", "grid__name"))
    assert grids == {"502": "第一网格", "503": "第二网格", "504": "第二网格"}
    assert entries(done, "remarked")[0]["problems"] == [["grid_differs", "", "第一网格"]]
    former = FormerGrid.objects.get()
    assert (former.household, former.since) == (waiting, datetime.date(2026, 1, 1))


def test_absent_people_of_the_buildings_in_the_file(world, wang, workbook, run_import):
    other = BuildingFactory(community=world.community, name="9号楼")
    ResidencyFactory(household=HouseholdFactory(grid=world.grid, building=other))
    done = run_import(workbook(("姓名", "居住地址"), ("王芳", "幸福家园3号楼2单元501室")))
    assert [entry["name"] for entry in entries(done, "absent")] == ["张伟明"]
    assert Residency.objects.current().count() == 3


def test_rows_of_another_community_are_refused(world, workbook, run_import):
    done = run_import(
        workbook(
            ("社区", "姓名", "居住地址"),
            ("幸福社区居委会", "甲", "幸福家园3号楼2单元601室"),
            ("光明社区", "乙", "光明新村3号楼2单元601室"),
        )
    )
    assert done.summary["counts"] == {"new": 1, "refused": 1, "absent": 1}
    assert done.pages.get(kind=ImportPage.Kind.REFUSED).content[0]["name"] == "乙"


def test_what_the_register_says_anew_is_confirmed_with_its_day(world, wang, workbook, run_import):
    old = datetime.date(2020, 1, 1)
    Household.objects.update(occupancy_confirmed_on=old)
    Phone.objects.update(confirmed_on=old)
    rows = [
        ("王芳", WANG, "幸福家园3号楼2单元501室", "出租", "13800138000"),
        ("张伟明", "", "幸福家园3号楼2单元502室", "自住", "13900139000"),
        ("赵新", "", "幸福家园8号楼1单元101室", "自住", ""),
        ("钱新", "", "幸福家园8号楼1单元102室", "", ""),
    ]
    run_import(workbook(("姓名", "身份证号", "居住地址", "房屋状态", "电话"), *rows))
    today = timezone.localdate()
    assert dict(Household.objects.values_list("room", "occupancy_confirmed_on")) == {
        "501": today,
        "502": old,
        "101": today,
        "102": None,
    }
    assert [phone.confirmed_on for phone in Phone.objects.order_by("pk")] == [old, today]
