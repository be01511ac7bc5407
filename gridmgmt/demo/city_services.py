"""A city service with a key nobody holds yet, a question it asks, and what it filed."""

import datetime
import uuid

from django.utils import timezone

from communities.models import Grid
from visits.actions.matters import report_matter
from visits.models import ApiClient, Matter, MatterCategory, ServiceAttribute, ServiceRequest

NAME = "12345 热线平台"
CATEGORY = "房屋与公共设施"
# Hour of yesterday, what is wrong, where.
FILED = (
    (9, "路灯连续三天不亮\n设施编号：A-17", "小区北门外人行道"),
    (15, "雨后窨井盖松动，车辆经过有响声", "文化广场东侧路口"),
)


def connect_city_service(grid: Grid, today: datetime.date) -> None:
    """Let the hotline of the city file two matters in this grid."""
    category = MatterCategory.objects.filter(name=CATEGORY, is_public=True).first()
    if category is None:
        return
    client = ApiClient(name=NAME, code=grid.community.code)
    client.renew_key()
    client.save()
    ServiceAttribute.objects.get_or_create(
        category=category, code="facility", defaults={"question": "设施编号"}
    )
    for hour, description, address in FILED:
        at = timezone.make_aware(datetime.datetime.combine(today, datetime.time(hour)))
        at -= datetime.timedelta(days=1)
        number = uuid.uuid5(uuid.NAMESPACE_OID, f"{grid.code} {hour}")
        matter = report_matter(
            id=number,
            by=None,
            source=Matter.Source.OPEN311,
            category=category,
            grid=grid,
            place=address,
            description=description,
            at=at,
        )
        ServiceRequest.objects.create(
            matter=matter, client=client, filed_at=at, digest=number.hex, address=address
        )
