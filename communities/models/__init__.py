from communities.models.contacts import GridContact
from communities.models.cover import Cover
from communities.models.disclosure import Disclosure
from communities.models.expected_back import ExpectedBack
from communities.models.people import Department, Membership, Standing, User
from communities.models.place import Area, Community, Grid, inside
from communities.models.wasted import WastedTime

__all__ = [
    "Area",
    "Community",
    "Cover",
    "Department",
    "Disclosure",
    "ExpectedBack",
    "Grid",
    "GridContact",
    "Membership",
    "Standing",
    "User",
    "WastedTime",
    "inside",
]
