from households.models.place import Building, FormerGrid, Household, Post
from households.models.register_import import RegisterImport
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
    "FormerGrid",
    "Household",
    "Phone",
    "Post",
    "RegisterImport",
    "Residency",
    "Resident",
    "identity_error_text",
    "identity_index",
    "phone_index",
]
