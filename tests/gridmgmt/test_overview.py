from django.urls import reverse


def test_smoke(world, as_user):
    for user in (world.officer, world.street_officer, world.auditor, world.admin):
        client = as_user(user)
        r = client.get(reverse("overview"), follow=True)
        assert r.status_code == 200, user
        print(r.redirect_chain, len(r.content))
