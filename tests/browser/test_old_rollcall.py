"""The roll call of an emergency in Chromium 86, the oldest browser supported."""

import pytest
from django.utils import timezone

from tests.browser.test_old_offline import faults
from tests.browser.test_rollcall import KEPT
from tests.factories import HouseholdFactory
from visits.actions.emergencies import start_emergency
from visits.models import Emergency, RollCall

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.one_database,
]


def test_taps_without_signal_go_up(open_old, world):
    other = HouseholdFactory(
        grid=world.grid, building=world.household.building, unit="2", room="101"
    )
    start_emergency(
        emergency=Emergency(community=world.community, name="台风", asked="关好门窗"),
        grids=[world.grid],
        by=world.officer,
        at=timezone.now(),
    )
    phone = open_old(world.worker)
    phone.goto("/work/today/")
    phone.wait_until(lambda: phone.evaluate(KEPT), "copies of the pages")
    phone.context.set_offline(True)
    phone.goto("/work/rollcall/")
    phone.wait_for("main .notice", "没有信号")
    phone.click(f"#door-{other.pk} [value=safe]")
    phone.wait_for(f"#door-{other.pk} .call__now", "已存本机")
    phone.click(f"#door-{world.household.pk} summary")
    phone.fill(f"#n{world.household.pk}", "要药")
    phone.click(f"#door-{world.household.pk} [value=needs_help]")
    phone.wait_for(f"#door-{world.household.pk} .call__now", "要药 · 已存本机")
    phone.wait_for("#outbox", "已存本机 2")
    assert phone.sideways_scroll() <= 0
    phone.goto("/work/rollcall/")
    phone.wait_for(f"#door-{world.household.pk} .call__now", "要药 · 已存本机")
    phone.context.set_offline(False)
    phone.goto("/work/rollcall/")
    phone.wait_for("#outbox", "已上传 2")
    states = RollCall.objects.order_by("state").values_list("household", "state")
    assert list(states) == [(world.household.pk, "needs_help"), (other.pk, "safe")]
    assert faults(phone) == []
