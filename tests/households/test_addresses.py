import pytest
from hypothesis import given
from hypothesis import strategies as st

from households.addresses import (
    Door,
    InvalidAddressError,
    building_in_title,
    building_key,
    door_key,
    parse_address,
    place_prefixes,
    split_building,
)

PREFIXES = place_prefixes(["北京市", "朝阳区", "东风街道", "幸福社区居委会"])


@pytest.mark.parametrize(
    ("text", "door"),
    [
        ("幸福家园3号楼2单元502室", ("幸福家园", "3号楼", "2", "502")),
        ("幸福家园3号楼2单元502", ("幸福家园", "3号楼", "2", "502")),
        ("幸福家园３号楼２单元５０２室", ("幸福家园", "3号楼", "2", "502")),
        ("幸福家园三栋二单元五〇二室", ("幸福家园", "3栋", "2", "502")),
        ("幸福家园3-2-502", ("幸福家园", "3号楼", "2", "502")),
        ("幸福家园 3－2－502 室", ("幸福家园", "3号楼", "2", "502")),
        ("幸福家园3#2-502", ("幸福家园", "3号楼", "2", "502")),
        ("幸福家园3栋2-502", ("幸福家园", "3栋", "2", "502")),
        ("3-502", ("", "3号楼", "", "502")),
        ("幸福家园A座1203", ("幸福家园", "A座", "", "1203")),
        ("幸福家园B-1203", ("幸福家园", "B座", "", "1203")),
        ("幸福家园3号楼12层1203", ("幸福家园", "3号楼", "", "1203")),
        ("幸福家园5号楼3门502", ("幸福家园", "5号楼", "3", "502")),
        ("幸福家园3号楼地下室1", ("幸福家园", "3号楼", "", "地下室1")),
        ("东风路123弄5号502室", ("东风路123弄", "5号", "", "502")),
        ("东风路12号院3号楼2单元502", ("东风路12号院", "3号楼", "2", "502")),
        ("东风路12号3号楼502", ("东风路12号", "3号楼", "", "502")),
        ("东风路12号", ("", "东风路", "", "12号")),
        ("幸福村3组8号", ("", "幸福村3组", "", "8号")),
        ("钟鼓楼花园3号楼502", ("钟鼓楼花园", "3号楼", "", "502")),
        ("现代城市花园3号楼2单元502", ("现代城市花园", "3号楼", "2", "502")),
        ("北京市朝阳区东风街道幸福社区居委会幸福家园3号楼2单元502室", ("幸福家园", "3号楼", "2", "502")),
        ("幸福社区幸福家园3号楼2单元502室", ("幸福家园", "3号楼", "2", "502")),
        ("朝阳区幸福家园3号楼2单元502室", ("幸福家园", "3号楼", "2", "502")),
    ],
)  # fmt: skip
def test_addresses_in_one_line(text, door):
    assert parse_address(text, PREFIXES) == Door(*door)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"), ("  ", "empty"), ("幸福家园", "building"), ("502", "building"), ("幸福家园3号楼", "room"),
        ("幸福家园3号楼2单元", "room"), ("江苏省苏州市吴江区松陵镇1号", "elsewhere"), ("苏州市吴江区3号楼502", "elsewhere"),
        ("幸福家园2-12-1-502", "building"), ("长" * 61 + "3号楼502", "long"),
    ],
)  # fmt: skip
def test_addresses_that_name_no_door(text, code):
    with pytest.raises(InvalidAddressError) as refusal:
        parse_address(text, PREFIXES)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    "spelling", ["3号楼", "3栋", "3幢", "3#", "三号楼", "３号楼", "3", "03号楼", "3号", "3座"]
)
def test_spellings_of_one_building(spelling):
    assert building_key("幸福家园", spelling) == building_key("幸福家园小区", "3号楼")


def test_different_buildings_stay_apart():
    names = ["3号楼", "13号楼", "A3号楼", "3A号楼", "东3号楼", "A座", "B座"]
    assert len({building_key("幸福家园", name) for name in names}) == len(names)


def test_spellings_of_one_door():
    assert door_key("2单元", "502室") == door_key("二", "０５０２")
    assert door_key("", "502") != door_key("2", "502")


estates = st.sampled_from(["幸福家园", "东风里", "光明新村", "万科城市花园", "阳光100", ""])
forms = st.sampled_from(
    [
        "{e}{b}号楼{u}单元{r}室",
        "{e}{b}号楼{u}单元{r}",
        "{e}{b}栋{u}单元{r}室",
        "{e} {b}幢 {u}单元 {r}",
        "{e}{b}#{u}-{r}",
    ]
)


@given(
    estates, st.integers(1, 200), st.integers(1, 12), st.integers(1, 40), st.integers(1, 20), forms
)
def test_every_form_of_a_door_is_the_same_door(  # noqa: PLR0917 - hypothesis fills them in order
    estate, building, unit, floor, flat, form
):
    room = f"{floor}{flat:02d}"
    text = form.format(e=estate, b=building, u=unit, r=room)
    if estate.endswith("100"):
        return
    assert parse_address(text).key == Door(estate, f"{building}号楼", str(unit), room).key


@given(estates, st.integers(1, 200), st.integers(0, 12), st.integers(1, 40), st.integers(1, 20))
def test_what_is_shown_reads_back_as_the_same_door(estate, building, unit, floor, flat):
    door = Door(estate, f"{building}号楼", str(unit or ""), f"{floor}{flat:02d}")
    if not estate.endswith("100"):
        assert parse_address(str(door)).key == door.key


@given(st.text(alphabet="幸福家园东风路社区市省0123456789号楼栋单元室-－#ABＡ１ ()", max_size=30))
def test_any_text_is_read_or_refused(text):
    try:
        door = parse_address(text, PREFIXES)
    except InvalidAddressError as error:
        assert error.code in {"empty", "building", "room", "elsewhere", "long"}  # noqa: PT017 - one of two outcomes
    else:
        assert door.building
        assert door.room


def test_buildings_in_titles():
    assert building_in_title("幸福家园3号楼人员名单") == ("幸福家园", "3号楼", "")
    assert building_in_title("东风路123弄5号2单元居民名册") == ("东风路123弄", "5号", "2")
    assert building_in_title("幸福社区居民名册") is None
    assert split_building("幸福家园12幢") == ("幸福家园", "12幢")
    assert split_building("幸福家园") == ("", "幸福家园")
