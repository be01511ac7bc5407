import pytest
from django.urls import reverse

from communities.roles import Role
from households.models import Household, Post
from tests.factories import BuildingFactory, HouseholdFactory, MembershipFactory, PostFactory


def url(membership) -> str:
    return reverse("households:post_list", args=[membership.pk])


@pytest.fixture
def captaincy(world):
    return world.captain.memberships.get()


def test_stairwells_of_the_grid_are_offered_and_added(world, captaincy, as_user):
    HouseholdFactory(grid=world.grid, building=world.household.building, unit="1", room="101")
    HouseholdFactory(grid=world.next_grid)
    client = as_user(world.officer)
    building = world.household.building_id
    form = client.get(url(captaincy)).context["form"]
    assert [value for value, _label in form.fields["stairwell"].choices] == [
        "",
        f"{building}:",
        f"{building}:1",
        f"{building}:2",
    ]
    client.post(url(captaincy), {"stairwell": f"{building}:1"})
    client.post(url(captaincy), {"stairwell": f"{building}:"})
    assert [str(post) for post in captaincy.posts.order_by("unit")] == [
        "幸福家园3号楼",
        "幸福家园3号楼1单元",
        "幸福家园3号楼2单元",
    ]
    assert Household.objects.visible_to(world.captain).count() == 2


def test_stairwell_held_already_or_elsewhere_is_refused(world, captaincy, as_user):
    client = as_user(world.officer)
    building = world.household.building_id
    twice = client.post(url(captaincy), {"stairwell": f"{building}:2"})
    assert "looks after this stairwell already" in twice.content.decode()
    other = BuildingFactory(community=world.next_community)
    foreign = client.post(url(captaincy), {"stairwell": f"{other.pk}:"})
    assert "Select a valid choice" in foreign.content.decode()
    assert captaincy.posts.count() == 1


def test_removing_takes_the_doors_out_of_sight(world, captaincy, as_user):
    post = captaincy.posts.get()
    response = as_user(world.officer).post(reverse("households:post_remove", args=[post.pk]))
    assert response.url == url(captaincy)
    assert not Household.objects.visible_to(world.captain).exists()


def test_posts_are_for_managers_of_the_place_and_for_post_holders(world, captaincy, as_user):
    post = captaincy.posts.get()
    worker = world.worker.memberships.get()

    def status(user, address) -> int:
        return as_user(user).post(address).status_code

    remove = reverse("households:post_remove", args=[post.pk])
    for name in ("outsider", "auditor", "worker", "captain"):
        user = getattr(world, name)
        assert [status(user, url(captaincy)), status(user, remove)] == [404, 404]
    assert status(world.officer, url(worker)) == 404
    assert as_user(world.officer).get(remove).status_code == 405
    assert Post.objects.filter(pk=post.pk).exists()


def test_officer_leaves_her_own_post_to_another(world, as_user):
    own = MembershipFactory(user=world.officer, role=Role.STAIR_CAPTAIN, grid=world.grid)
    post = PostFactory(membership=own, building=world.household.building)
    remove = reverse("households:post_remove", args=[post.pk])
    assert as_user(world.officer).post(remove).status_code == 404
    assert as_user(world.street_officer).post(remove).status_code == 302


@pytest.mark.parametrize("posts", [1, 3])
def test_page_asks_the_same_for_one_post_and_three(
    world, as_user, django_assert_num_queries, posts
):
    membership = MembershipFactory(role=Role.INFO_VOLUNTEER, grid=world.grid)
    for number in range(posts):
        building = BuildingFactory(community=world.community)
        HouseholdFactory(grid=world.grid, building=building)
        Post.objects.create(membership=membership, building=building, unit=str(number))
    client = as_user(world.officer)
    with django_assert_num_queries(5):
        client.get(url(membership))
