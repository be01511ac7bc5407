"""People stand in lists as a dictionary orders them."""

import importlib

import pytest
from django.apps import apps
from django.db import connection

from communities.models import User
from communities.names import sorting_name
from communities.staffing import candidates
from tests.factories import MembershipFactory, UserFactory

# By the pinyin of each character, 任 and 单 as they are read in surnames; one character's
# people beside each other.
IN_ORDER = [
    "Anna",
    "陈晓",
    "崔慧燕",
    "何鹏超",
    "江婷丹",
    "刘洋",
    "任静",
    "单雄信",
    "汪洋",
    "王庆东",
    "王志东",
    "夏雨",
    "叶青",
]


def test_names_stand_in_the_order_of_pinyin():
    shuffled = set(IN_ORDER)
    assert sorted(shuffled, key=sorting_name) == IN_ORDER


@pytest.mark.parametrize("name", ["", "·", "𠮷田", "李" * 60, "Ana María"])
def test_any_name_has_a_place(name):
    assert sorting_name(name).isascii()
    assert len(sorting_name(name)) <= 120


def test_those_whom_an_officer_may_assign_stand_in_that_order(world):
    for name in reversed(IN_ORDER):
        person = UserFactory(name=name)
        MembershipFactory(user=person, grid=world.grid)
    offered = [row.name for row in candidates(world.officer, world.community)]
    assert [name for name in offered if name in IN_ORDER] == IN_ORDER


def test_people_of_before_get_their_place(db):
    person = UserFactory(name="何鹏超")
    User.objects.update(sorts_as="")
    fill = importlib.import_module("communities.migrations.0013_sorting_names").fill
    fill(apps, connection.schema_editor())
    person.refresh_from_db()
    assert person.sorts_as == sorting_name("何鹏超") != ""
