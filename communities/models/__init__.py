from communities.models.disclosure import Disclosure
from communities.models.people import Department, Membership, Standing, User
from communities.models.place import Area, Community, Grid, inside

__all__ = [
    "Area",
    "Community",
    "Department",
    "Disclosure",
    "Grid",
    "Membership",
    "Standing",
    "User",
    "inside",
]
