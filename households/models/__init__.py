from households.models.place import (
    Building,
    DoorState,
    FormerGrid,
    Household,
    Post,
    is_in_state,
    is_listed,
    quarter_start,
    week_end,
)
from households.models.register_import import ImportPage, RegisterImport
from households.models.resident import (
    Care,
    CareTag,
    Phone,
    Residency,
    Resident,
    identity_error_text,
    identity_index,
    phone_index,
)

__all__ = [
    "Building",
    "Care",
    "CareTag",
    "DoorState",
    "FormerGrid",
    "Household",
    "ImportPage",
    "Phone",
    "Post",
    "RegisterImport",
    "Residency",
    "Resident",
    "identity_error_text",
    "identity_index",
    "is_in_state",
    "is_listed",
    "phone_index",
    "quarter_start",
    "week_end",
]
