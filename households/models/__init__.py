from households.models.fact import Fact, FactEntry
from households.models.geography import Barrier, BuildingPair, GridArea, PlaceFile
from households.models.place import (
    Building,
    DoorState,
    FormerGrid,
    Household,
    Post,
    is_in_state,
    is_listed,
    is_open,
    is_ready,
    quarter_start,
    week_end,
)
from households.models.plan import GridPlan, PlannedGrid, PlannedMove, PlannedPart
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
from households.models.saved_export import SavedExport
from households.models.topic import Question, Topic, TopicDepartment
from households.models.workload import WorkloadRule

__all__ = [
    "Barrier",
    "Building",
    "BuildingPair",
    "Care",
    "CareTag",
    "DoorState",
    "Fact",
    "FactEntry",
    "FormerGrid",
    "GridArea",
    "GridPlan",
    "Household",
    "ImportPage",
    "Phone",
    "PlaceFile",
    "PlannedGrid",
    "PlannedMove",
    "PlannedPart",
    "Post",
    "Question",
    "RegisterImport",
    "Residency",
    "Resident",
    "SavedExport",
    "Topic",
    "TopicDepartment",
    "WorkloadRule",
    "identity_error_text",
    "identity_index",
    "is_in_state",
    "is_listed",
    "is_open",
    "is_ready",
    "phone_index",
    "quarter_start",
    "week_end",
]
