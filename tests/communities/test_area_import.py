import gzip

import pytest
from django.core.management import CommandError, call_command

from communities.area_import import COLUMNS
from communities.models import Area, Community

SHANGHAI = (
    "310101002001,云南中路居委会,310101002000,南京东路街道,"
    "310101000000,黄浦区,310100000000,市辖区,上海市"
)
DONGGUAN = "441900003001,岗贝社区,441900003000,东城街道,,,441900000000,东莞市,广东省"
ZHONGSHAN = (
    "442000001001,𬒈岗社区,442000001000,石岐街道,442000000000,中山市,442000000000,中山市,广东省"
)


@pytest.fixture
def area_file(tmp_path):
    def write(*lines: str, head: str = ",".join(COLUMNS), encoding: str = "utf-8"):
        path = tmp_path / "areas.csv"
        path.write_text("\n".join([head, *lines]) + "\n", encoding=encoding)
        return path

    return write


def tree() -> list[tuple[str, str, str | None]]:
    areas = Area.objects.values_list("code", "name", "parent__code").order_by("code")
    communities = Community.objects.values_list("code", "name", "area__code").order_by("code")
    return [*areas, *communities]


def test_import_builds_the_tree_with_streets_under_county_or_city(db, area_file):
    call_command("import_areas", area_file(SHANGHAI, DONGGUAN, ZHONGSHAN))
    assert tree() == [
        ("31", "上海市", None),
        ("3101", "市辖区", "31"),
        ("310101", "黄浦区", "3101"),
        ("310101002", "南京东路街道", "310101"),
        ("44", "广东省", None),
        ("4419", "东莞市", "44"),
        ("441900003", "东城街道", "4419"),
        ("4420", "中山市", "44"),
        ("442000001", "石岐街道", "4420"),
        ("310101002001", "云南中路居委会", "310101002"),
        ("441900003001", "岗贝社区", "441900003"),
        ("442000001001", "𬒈岗社区", "442000001"),
    ]
    assert set(Area.objects.values_list("level", "code").order_by("code")) >= {
        (2, "31"),
        (4, "3101"),
        (6, "310101"),
        (9, "310101002"),
    }


def test_import_again_writes_nothing_and_says_so(db, area_file, capsys):
    path = area_file(SHANGHAI, DONGGUAN)
    call_command("import_areas", path)
    before = tree()
    capsys.readouterr()
    call_command("import_areas", path)
    assert tree() == before
    assert capsys.readouterr().out == (
        "2 lines: 0 new areas, 0 new communities, 0 renamed, 0 moved, 0 left out.\n"
    )


def test_import_reports_renames_and_moves_and_keeps_settings(db, area_file, capsys):
    call_command("import_areas", area_file(SHANGHAI, DONGGUAN))
    Community.objects.filter(code="310101002001").update(grid_size=250)
    city = Area.objects.get(code="3101")
    Area.objects.filter(code="310101002").update(parent=city)
    capsys.readouterr()
    call_command(
        "import_areas",
        area_file(SHANGHAI.replace("云南中路居委会", "云南路社区"), DONGGUAN),
    )
    assert capsys.readouterr().out.splitlines() == [
        "调整隶属 310101002 南京东路街道：现属 310101。",
        "改名 310101002001：原名云南中路居委会，现名云南路社区。",
        "2 lines: 0 new areas, 0 new communities, 1 renamed, 1 moved, 0 left out.",
    ]
    community = Community.objects.get(code="310101002001")
    assert (community.name, community.grid_size) == ("云南路社区", 250)
    assert community.area.parent.code == "310101"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (SHANGHAI.replace("310101002001", "31010100200"), "社区代码 31010100200 不是12位数字"),
        (SHANGHAI.replace("310101002001", "３10101002001"), "社区代码 ３10101002001 不是12位数字"),
        (
            SHANGHAI.replace("310101002001", "310101003001"),
            "代码 310101003001 与同一行的上级代码对不上",
        ),
        (
            SHANGHAI.replace("310101002000", "310101002123"),
            "310101002123 不是补零的9位代码",
        ),
        (SHANGHAI.replace("310100000000", ""), "“” 不是补零的4位代码"),
        (
            SHANGHAI.replace("云南中路居委会", ""),
            "310101002001 的名称为空、超过60个字或无法识别",
        ),
        (
            SHANGHAI.replace("云南中路居委会", "长" * 61),
            "310101002001 的名称为空、超过60个字或无法识别",
        ),
        (
            SHANGHAI.replace("云南中路居委会", "云\x00南"),
            "310101002001 的名称为空、超过60个字或无法识别",
        ),
        ("310101002001,云南中路居委会", "缺少列"),
    ],
)
def test_wrong_lines_are_listed_by_number_and_the_others_kept(db, area_file, capsys, line, reason):
    with pytest.raises(CommandError, match="left out"):
        call_command("import_areas", area_file(DONGGUAN, "", line))
    assert f"第4行未导入：{reason}。" in capsys.readouterr().out.splitlines()
    assert list(Community.objects.values_list("code", flat=True)) == ["441900003001"]


def test_import_reads_gzip_and_a_byte_order_mark(db, area_file, tmp_path):
    packed = tmp_path / "areas.csv.gz"
    packed.write_bytes(gzip.compress(area_file(SHANGHAI, encoding="utf-8-sig").read_bytes()))
    call_command("import_areas", packed)
    assert Community.objects.get().code == "310101002001"


def test_import_in_several_batches_counts_every_line(db, area_file, capsys, monkeypatch):
    monkeypatch.setattr("communities.area_import.BATCH", 2)
    lines = [SHANGHAI.replace("310101002001", f"310101002{n:03d}") for n in range(1, 6)]
    call_command("import_areas", area_file(*lines))
    captured = capsys.readouterr()
    assert captured.out == (
        "5 lines: 4 new areas, 5 new communities, 0 renamed, 0 moved, 0 left out.\n"
    )
    assert captured.err == "\r2 lines\r4 lines\r5 lines\n"


def test_unreadable_files_get_one_sentence(db, area_file, tmp_path):
    def refusal(path) -> str:
        with pytest.raises(CommandError) as caught:
            call_command("import_areas", path)
        return str(caught.value)

    missing = tmp_path / "none.csv"
    assert refusal(missing) == f"{missing} cannot be read: No such file or directory."
    path = area_file(SHANGHAI, encoding="gbk")
    assert refusal(path) == f"{path} is not UTF-8 text. Save it again as UTF-8."
    path = area_file(SHANGHAI, head="community_code,community_name")
    assert refusal(path).startswith(f"{path} lacks the columns street_code, street_name")
    path = area_file('"' + "1" * 200_000)
    assert refusal(path) == f"{path} is not a CSV file: field larger than field limit (131072)."
    cut = tmp_path / "cut.gz"
    cut.write_bytes(gzip.compress(area_file(SHANGHAI).read_bytes())[:-12])
    assert refusal(cut) == f"{cut} is damaged: its compressed part ends too early."
    assert not Area.objects.exists()
