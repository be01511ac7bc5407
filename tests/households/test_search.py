import io
import logging

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypinyin import Style, lazy_pinyin

from communities.names import SURNAME_INITIALS, pinyin_initials, plain_name, search_terms
from households import search
from households.finding import among_visible, read_question
from households.models import Household, Resident
from tests.factories import (
    BuildingFactory,
    HouseholdFactory,
    PhoneFactory,
    ResidencyFactory,
    ResidentFactory,
    UserFactory,
)

SEARCH = reverse("households:search")
NUMBER = "11010519491231002X"

NAMES = [
    "张伟", "张伟明", "伟", "欧阳小明", "单雄信", "曾志伟", "Mary Jane", "maryjane", "O'Brien", "买买提·艾力",
    "买买提艾力", "100%", "a_b", 'say "hi"', "\\slash", "王😀", "😀", "'; DROP TABLE", "-- x", "NEAR(a b)",
    "a AND b", "*", "张*", "^王", "𠮷野家", "Ünal", "ÜNAL", "ﬁne", "张 伟", "ZW", "zw", "{a,b}", "张,伟", "\u0130nce",
    "Straße", "STRASSE", "ΣΟΦΟΣ", "σοφος", "null", "é", "e\u0301",
]  # fmt: skip


def named(text):
    return set(Resident.objects.filter(search.named(text)).values_list("name", flat=True))


def scanned(text):
    return set(search.scan(Resident.objects.all(), text).values_list("name", flat=True))


@pytest.fixture
def names(db):
    Resident.objects.bulk_create([Resident(name=name) for name in NAMES])


@pytest.mark.parametrize("name", NAMES)
def test_index_answers_as_a_scan_for_every_part_of_every_name(names, name):
    for start in range(len(name)):
        for end in range(start + 1, min(start + 5, len(name)) + 1):
            assert named(name[start:end]) == scanned(name[start:end])
    if plain_name(name):
        assert name in named(name)


ALPHABET = st.sampled_from([*"张伟明欧阳王小zwmoy aA'\"%_\\*()-:^·{},", "😀", "𠮷", "é", "İ", "ß"])
TEXT = st.one_of(
    st.text(ALPHABET, max_size=6),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6),
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(people=st.lists(TEXT, max_size=8), text=TEXT)
def test_index_answers_as_a_scan(db, people, text):
    Resident.objects.all().delete()
    Resident.objects.bulk_create([Resident(name=name) for name in [*people, "张伟明"]])
    assert named(text) == scanned(text)
    for name in people:
        part = name[:3]
        assert named(part) == scanned(part)
        assert not plain_name(part) or name in named(part)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_terms_fit_their_column_and_hold_every_part(name):
    terms = search_terms(name)
    assert len(terms) <= Resident._meta.get_field("search_terms").max_length
    plain = plain_name(name)
    words = set(terms.split(" "))
    assert {plain[at : at + 2] for at in range(len(plain))} <= words | {""}


def test_pairs_of_a_text_apart_are_not_the_text(db):
    Resident.objects.bulk_create([Resident(name="张伟伟明"), Resident(name="张伟明")])
    assert named("张伟明") == scanned("张伟明") == {"张伟明"}


def test_index_follows_every_way_of_writing(db):
    first = ResidentFactory(name="张伟明")
    Resident.objects.bulk_create([Resident(name="李小龙")])
    assert (named("伟明"), named("小龙"), named("zwm")) == ({"张伟明"}, {"李小龙"}, {"张伟明"})
    first.name = "陈大文"
    first.save()
    assert (named("伟明"), named("大文")) == (set(), {"陈大文"})
    Resident.objects.filter(name="李小龙").update(search_terms=search_terms("赵云"))
    assert (named("小龙"), named("赵云")) == (set(), {"李小龙"})
    first.delete()
    assert named("大文") == set()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite builds tables anew")
def test_index_survives_a_migration_that_builds_the_table_anew():
    ResidentFactory(name="张伟明")
    with connection.cursor() as cursor:
        for name in search.SQLITE_TRIGGERS:
            cursor.execute(f"DROP TRIGGER {name}")
    ResidentFactory(name="李小龙")
    assert named("小龙") == set()
    call_command("migrate", verbosity=0)
    assert (named("小龙"), named("伟明")) == ({"李小龙"}, {"张伟明"})
    assert MigrationRecorder(connection).applied_migrations()


def test_two_characters_are_found_by_the_index(db):
    Resident.objects.bulk_create([Resident(name=f"张{chr(0x4E00 + n)}") for n in range(3000)])
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # So few rows are read faster than any index.
            cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Resident.objects.filter(search.named("伟明")).explain()
    assert search.INDEX in plan


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("张伟明", "zwm"),
        ("曾志伟", "zzw"),
        ("单雄信", "sxx"),
        ("查良镛", "zly"),
        ("仇英", "qy"),
        ("区瑞强", "orq"),
        ("解缙", "xj"),
        ("盖叫天", "gjt"),
        ("朴正熙", "pzx"),
        ("任素汐", "rsx"),
        ("万俟卨", "mqx"),
        ("单于雄", "cyx"),
        ("繁漪", "py"),
        ("翟天临", "ztl"),
        ("尉迟恭", "ycg"),
        ("乐毅", "yy"),
        ("覃海洋", "qhy"),
        ("缪斯", "ms"),
        ("冼星海", "xxh"),
        ("欧阳锋", "oyf"),
        ("吕布", "lb"),
        ("Mary", "mary"),
        ("", ""),
    ],
)
def test_initials_read_surnames_as_surnames(name, initials):
    assert pinyin_initials(name) == initials


def test_surname_readings_differ_from_the_dictionary_where_they_must():
    """The table is needed: the library's own reading of these characters is another."""
    common = {char: lazy_pinyin(char, style=Style.FIRST_LETTER)[0] for char in "曾单查仇区盖"}
    ours = {char: SURNAME_INITIALS[char] for char in common}
    assert {char for char in common if common[char] != ours[char]} >= set("曾单查仇")


@pytest.fixture
def doors(world):
    """Three doors of 幸福家园3号楼 in scope, one lookalike next door."""
    building = world.household.building
    building.street_address = "东风路12号"
    building.save()
    other = BuildingFactory(community=world.community, estate="幸福家园", name="5号楼")
    tower = BuildingFactory(
        community=world.community, estate="", name="A座", street_address="人民路123弄"
    )
    near = BuildingFactory(community=world.next_community, estate="幸福家园", name="3号楼")
    made = {
        "3-2-502": world.household,
        "3-1-502": HouseholdFactory(grid=world.grid, building=building, unit="1", room="502"),
        "5-2-502": HouseholdFactory(grid=world.grid, building=other, unit="2", room="502"),
        "A-1203": HouseholdFactory(grid=world.grid, building=tower, unit="", room="1203"),
    }
    HouseholdFactory(grid=world.next_grid, building=near, unit="2", room="502")
    return {door.pk: name for name, door in made.items()}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("幸福家园3-2-502", "3-2-502"),
        ("幸福家园３－２－５０２", "3-2-502"),
        ("幸福家园小区3号楼2单元502室", "3-2-502"),
        ("幸福家园三号楼二单元502", "3-2-502"),
        ("3号楼 502", "3-1-502 3-2-502"),
        ("3栋502", "3-1-502 3-2-502"),
        ("2单元 502", "3-2-502 5-2-502"),
        ("3-502", "3-1-502 3-2-502"),
        ("502", "3-1-502 3-2-502 5-2-502"),
        ("502室", "3-1-502 3-2-502 5-2-502"),
        ("5号楼", "5-2-502"),
        ("东风路12号", "3-1-502 3-2-502"),
        ("东风路 1单元", "3-1-502"),
        ("人民路123弄 1203", "A-1203"),
        ("A座1203", "A-1203"),
        ("a座 1203", "A-1203"),
        ("幸福", "3-1-502 3-2-502 5-2-502"),
        ("幸福家园3-2-503", ""),
        ("张伟明", ""),
        ("%", ""),
        ("'; --", ""),
    ],
)
def test_address_finds_its_doors(world, doors, typed, expected):
    condition = read_question(typed).doors
    found = (
        Household.objects.visible_to(world.officer).filter(condition)
        if condition is not None
        else ()
    )
    assert " ".join(sorted(doors[door.pk] for door in found)) == expected


def post(client, q, **more):
    return client.post(SEARCH, {"q": q, **more})


def people_in(response):
    return [person.name for person, _age, _homes in response.context["people"]]


def test_one_box_finds_a_person_in_every_way(world, as_user):
    world.resident.identify(NUMBER)
    world.resident.save()
    PhoneFactory(resident=world.resident, number="13800138000")
    client = as_user(world.worker)
    for typed in ("张伟明", "伟明", "伟", "张 伟", "zwm", "WM", NUMBER, NUMBER.lower(), f" {NUMBER} ",
                  "１１０１０５１９４９１２３１００２Ｘ", "13800138000", "138 0013 8000", "+86 138-0013-8000"):  # fmt: skip
        assert people_in(post(client, typed)) == ["张伟明"], typed
    for typed in ("11010519491231", "1380013800", "王", "mz"):
        assert people_in(post(client, typed)) == [], typed


def test_wrong_identity_number_says_what_is_wrong(world, as_user):
    response = post(as_user(world.worker), "110105194912310021")
    assert response.context["problem"].startswith("The last character of this identity number")
    assert people_in(response) == []


def test_search_stops_at_the_scope(world, as_user):
    stranger = ResidentFactory(name="张伟明", identity_number=NUMBER)
    PhoneFactory(resident=stranger, number="13800138000")
    door = HouseholdFactory(grid=world.next_grid, unit="9", room="909")
    ResidencyFactory(resident=stranger, household=door)
    for typed in (NUMBER, "13800138000", "9-909"):
        assert people_in(post(as_user(world.worker), typed)) == []
        assert post(as_user(world.worker), typed).context["lines"] == []
    found = {
        user.username: len(post(as_user(user), "伟明").context["people"])
        for user in (
            world.worker,
            world.captain,
            world.officer,
            world.street_officer,
            world.outsider,
        )
    }
    assert found == {"worker": 1, "captain": 1, "officer": 1, "street": 2, "outsider": 1}
    assert post(as_user(world.department), "伟明").status_code == 404
    assert [line.household for line in post(as_user(world.outsider), "9-909").context["lines"]] == [
        door
    ]


def test_both_ways_of_asking_for_the_scope_agree(world):
    for grid in (world.grid, world.next_grid):
        ResidencyFactory(household=HouseholdFactory(grid=grid), until="2020-01-01")
    ResidencyFactory(resident=world.resident, household=HouseholdFactory(grid=world.next_grid))
    ResidentFactory(name="无户")
    users = [world.worker, world.captain, world.officer, world.street_officer, world.department,
             world.auditor, world.outsider, UserFactory(is_superuser=True)]  # fmt: skip
    for user in users:
        found = set(among_visible(Resident.objects.all(), user))
        assert found == set(Resident.objects.visible_to(user)), user
    assert len(found) == 4


def test_home_elsewhere_stays_hidden(world, as_user):
    elsewhere = HouseholdFactory(grid=world.next_grid, room="1808")
    ResidencyFactory(resident=world.resident, household=elsewhere)
    assert "1808" not in post(as_user(world.worker), "伟明").content.decode()
    assert "1808" in post(as_user(world.street_officer), "伟明").content.decode()


def test_pages_go_on_by_a_hidden_key(world, as_user):
    for number in range(45):
        ResidencyFactory(
            resident=ResidentFactory(name=f"王{number:02d}"), household=world.household
        )
    client = as_user(world.worker)
    pages, after = [], ""
    while True:
        response = post(client, "王", **({"people_after": after} if after else {}))
        pages.append(people_in(response))
        after = response.context["more_people"]
        if not after:
            break
    assert [len(page) for page in pages] == [20, 20, 5]
    assert sorted(name for page in pages for name in page) == [
        f"王{number:02d}" for number in range(45)
    ]


def test_doors_go_on_by_a_hidden_key(world, as_user):
    building = world.household.building
    for number in range(101, 126):
        HouseholdFactory(grid=world.grid, building=building, unit="1", room=str(number))
    client = as_user(world.worker)
    first = post(client, "3号楼")
    rest = post(client, "3号楼", doors_after=first.context["more_doors"])
    rooms = [line.household.room for line in [*first.context["lines"], *rest.context["lines"]]]
    assert rooms == [*(str(number) for number in range(101, 126)), "502"]
    assert rest.context["more_doors"] == ""


def test_what_was_typed_stays_nowhere(world, as_user):
    """Neither in an address, nor in the session, nor in a log."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger().addHandler(handler)
    try:
        client = as_user(world.worker)
        response = post(client, "张伟明")
        refused = post(as_user(world.department), "张伟明")
    finally:
        logging.getLogger().removeHandler(handler)
    assert (response.status_code, refused.status_code) == (200, 404)
    assert "/register/search/" in stream.getvalue()
    assert "伟明" not in stream.getvalue()
    assert response.headers["Cache-Control"] == "no-store, private"
    assert "伟明" not in str(dict(client.session))
    links = response.content.decode().split('href="')[1:]
    assert links
    assert not any("伟明" in link.split('"')[0] or "%E4" in link.split('"')[0] for link in links)


def test_asking_by_address_line_finds_nothing(world, as_user):
    assert "张伟明" not in as_user(world.worker).get(SEARCH, {"q": "张伟明"}).content.decode()


@pytest.mark.parametrize("typed", ["", " ", "x" * 101, "\0"])
def test_unusable_text_is_answered_in_words(world, as_user, typed):
    response = post(as_user(world.worker), typed)
    assert (response.status_code, bool(response.context["form"].errors)) == (200, True)


@pytest.mark.parametrize(
    "typed", ["·", "%%%", "((((", "3" * 100, "1-2-3-4-5-6-7-8", "\u200b", '"', "a" * 100]
)
def test_odd_text_finds_nothing_and_breaks_nothing(world, as_user, typed):
    response = post(as_user(world.worker), typed)
    assert (response.status_code, people_in(response), response.context["lines"]) == (200, [], [])


def test_number_of_queries_does_not_grow(world, as_user, django_assert_num_queries):
    client = as_user(world.worker)
    post(client, "3号楼")
    with django_assert_num_queries(5):
        assert len(post(client, "张伟明").context["people"]) == 1
    for _more in range(2):
        person = ResidentFactory(name="张伟明")
        ResidencyFactory(resident=person, household=HouseholdFactory(grid=world.grid))
    with django_assert_num_queries(5):
        assert len(post(client, "张伟明").context["people"]) == 3
    building = world.household.building
    with django_assert_num_queries(6):
        assert len(post(client, "3号楼").context["lines"]) == 1
    for room in ("101", "102"):
        door = HouseholdFactory(grid=world.grid, building=building, room=room)
        ResidencyFactory(household=door)
    with django_assert_num_queries(6):
        assert len(post(client, "3号楼").context["lines"]) == 3


def test_box_stands_on_every_page_of_those_who_may_search(world, as_user):
    box = f'action="{SEARCH}"'
    shown = {
        user.username: box in as_user(user).get(reverse("visits:matter_list")).content.decode()
        for user in (world.worker, world.captain, world.officer, world.auditor, world.department)
    }
    assert shown == {
        "worker": True,
        "captain": True,
        "officer": True,
        "auditor": True,
        "department": False,
    }
