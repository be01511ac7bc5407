"""Writing a visit down in full."""

import datetime

import pytest

from households.models import Household
from tests.factories import MatterCategoryFactory
from tests.visits.visit_pages.pages import NOW, SHANGHAI, add_url, errors, filled, soup_of, text
from visits.models import Matter, Visit


def test_form_starts_with_now_and_its_own_key(world, as_user):
    client = as_user(world.worker)
    first, second = (soup_of(client.get(add_url(world.household))) for _ in range(2))
    assert first.select_one("[name=done_at]")["value"] == "2026-03-11T10:05"
    assert first.select_one("[name=way][checked]")["value"] == "door"
    assert first.select_one("[name=outcome][checked]") is None
    assert first.details.get("open") is None
    keys = [page.select_one("[name=visit_id]")["value"] for page in (first, second)]
    assert keys[0] != keys[1]


def test_form_stores_everything_said(world, as_user):
    data = filled(
        outcome="met",
        way="neighbour",
        done_at="2026-03-10T19:30",
        companions="老王",
        note="想办居住证",
        next_on="2026-03-20",
    )
    response = as_user(world.worker).post(add_url(world.household), data, follow=True)
    visit = Visit.objects.get()
    assert response.redirect_chain == [(f"/work/visits/{visit.pk}/", 302)]
    assert "The visit is saved." in response.content.decode()
    assert (
        str(visit.pk),
        visit.household,
        visit.by,
        visit.done_at,
        visit.outcome,
        visit.way,
        visit.companions,
        visit.note,
        visit.next_on,
    ) == (
        data["visit_id"],
        world.household,
        world.worker,
        datetime.datetime(2026, 3, 10, 19, 30, tzinfo=SHANGHAI),
        "met",
        "neighbour",
        "老王",
        "想办居住证",
        datetime.date(2026, 3, 20),
    )
    assert Matter.objects.count() == 0


def test_form_sent_twice_is_one_visit_and_one_matter(world, as_user):
    data = filled(
        **{"matter-category": MatterCategoryFactory().pk, "matter-description": "楼道堆物"}
    )
    client = as_user(world.worker)
    answers = [client.post(add_url(world.household), data).url for _ in range(2)]
    assert answers[0] == answers[1]
    assert (Visit.objects.count(), Matter.objects.count()) == (1, 1)


def test_form_sent_with_a_used_key_and_other_content_shows_what_is_stored(world, as_user):
    client, data = as_user(world.worker), filled()
    client.post(add_url(world.household), data)
    response = client.post(add_url(world.household), {**data, "outcome": "declined"}, follow=True)
    assert response.redirect_chain == [(f"/work/visits/{data['visit_id']}/", 302)]
    assert Visit.objects.get().outcome == "met"


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("met", ["Category: This field is required."]),
        ("", ["What happened: This field is required.", "Category: This field is required."]),
    ],
)
def test_form_says_all_that_is_wrong_once_at_its_head(world, as_user, outcome, expected):
    data = filled(outcome=outcome, **{"matter-description": "楼道堆物"})
    response = as_user(world.worker).post(add_url(world.household), data)
    assert errors(response) == expected
    form = soup_of(response).select_one("form.visit-form")
    assert form.select(".notice--error") == [form.select_one("#error-summary")]
    assert form.find(["fieldset", "details"]).find_previous(id="error-summary")
    assert all(form.find(id=link["href"][1:]) for link in form.select("#error-summary a"))
    assert Visit.objects.count() == 0


def test_form_reports_an_matter_noticed(world, as_user):
    category = MatterCategoryFactory(name="消防隐患")
    data = filled(
        **{
            "matter-category": category.pk,
            "matter-place": "二楼拐角",
            "matter-description": "楼道堆物",
            "matter-urgency": "urgent",
        }
    )
    client = as_user(world.worker)
    response = client.post(add_url(world.household), data, follow=True)
    visit, matter = Visit.objects.get(), Matter.objects.get()
    assert (
        matter.visit,
        matter.household,
        matter.grid,
        matter.category,
        matter.place,
        matter.description,
        matter.urgency,
        matter.reported_by,
        matter.reported_at,
    ) == (
        visit,
        world.household,
        world.grid,
        category,
        "二楼拐角",
        "楼道堆物",
        "urgent",
        world.worker,
        NOW,
    )
    assert matter.reference in text(soup_of(response).main)


def test_form_with_half_an_matter_keeps_all_and_says_what_is_missing(world, as_user):
    response = as_user(world.worker).post(
        add_url(world.household), filled(note="记得带表", **{"matter-description": "楼道堆物"})
    )
    assert errors(response) == ["Category: This field is required."]
    soup = soup_of(response)
    assert soup.details.get("open") == ""
    assert soup.select_one("[name=note]").get_text().strip() == "记得带表"
    assert soup.select_one("[name=outcome][checked]")["value"] == "met"
    assert (Visit.objects.count(), Matter.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"outcome": ""}, "What happened: This field is required."),
        (
            {"done_at": "2026-03-11T10:11"},
            "When: This time has not come yet. Give the time of the visit.",
        ),
        (
            {"done_at": "2026-03-04T10:04"},
            "When: A visit can be entered up to 7 days afterwards.",
        ),
        (
            {"done_at": "9999-12-31T23:59"},
            "When: This time has not come yet. Give the time of the visit.",
        ),
        ({"done_at": "gestern"}, "When: Enter a valid date/time."),
        (
            {"next_on": "2026-03-10"},
            "Asked to come again on: Choose a day from today on, within three months.",
        ),
        (
            {"next_on": "2026-06-10"},
            "Asked to come again on: Choose a day from today on, within three months.",
        ),
    ],
)
def test_form_refuses_in_words(world, as_user, values, expected):
    response = as_user(world.worker).post(add_url(world.household), filled(**values))
    assert errors(response) == [expected]
    assert Visit.objects.count() == 0


def test_form_takes_the_edges_of_what_it_allows(world, as_user):
    client = as_user(world.worker)
    for values in (
        {"done_at": "2026-03-11T10:10"},
        {"done_at": "2026-03-04T10:05"},
        {"next_on": "2026-03-11"},
        {"next_on": "2026-06-09"},
    ):
        assert client.post(add_url(world.household), filled(**values)).status_code == 302
    assert Visit.objects.count() == 4


def test_form_at_a_door_for_two_asks_who_came_along(world, as_user):
    Household.objects.update(visit_in_pairs=True)
    client = as_user(world.worker)
    response = client.post(add_url(world.household), filled())
    asked = "This door is to be visited in pairs. Tick this box, or write who came along."
    assert errors(response) == [f"I went alone this time: {asked}"]
    assert Visit.objects.count() == 0
    for values in ({"went_alone": "on"}, {"companions": "老王"}, {"way": "phone"}):
        assert client.post(add_url(world.household), filled(**values)).status_code == 302
    assert Visit.objects.count() == 3


def test_form_opened_from_the_list_returns_there(world, as_user):
    client = as_user(world.worker)
    url = add_url(world.household) + "?list=1&building=3&after=9"
    cancel = soup_of(client.get(url)).find("a", string="Cancel")["href"]
    assert cancel == f"/work/today/?building=3&after=9#door-{world.household.pk}"
    response = client.post(url, filled())
    visit = Visit.objects.get()
    assert response.url == f"/work/today/?building=3&after=9&saved={visit.pk}#saved"


def test_form_is_for_visitors_of_the_door(world, as_user):
    for user in (world.auditor, world.department, world.admin, world.outsider):
        client = as_user(user)
        assert client.get(add_url(world.household)).status_code == 404
        assert client.post(add_url(world.household), filled()).status_code == 404
    for user in (world.worker, world.captain, world.officer, world.street_officer):
        assert as_user(user).post(add_url(world.household), filled()).status_code == 302
    assert Visit.objects.count() == 4
