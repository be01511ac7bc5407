"""Which role may do what. The sets below are the only place that says so."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    GRID_WORKER = "grid_worker", _("Grid worker")
    GRID_LEADER = "grid_leader", _("Grid leader")
    STAIR_CAPTAIN = "stair_captain", _("Stairwell captain")
    INFO_VOLUNTEER = "info_volunteer", _("Information volunteer")
    AREA_CADRE = "area_cadre", _("Area cadre")
    COMMUNITY_OFFICER = "community_officer", _("Community officer")
    STREET_OFFICER = "street_officer", _("Street officer")
    DEPARTMENT_HANDLER = "department_handler", _("Department handler")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")


# Residents who help: they see the doors of their stairwell and nothing else of the grid.
POST_HOLDERS = frozenset({Role.STAIR_CAPTAIN, Role.INFO_VOLUNTEER})
# Community, street and system keepers: grids, assignments, imports, exports.
MANAGERS = frozenset({Role.COMMUNITY_OFFICER, Role.STREET_OFFICER, Role.ADMINISTRATOR})
GRID_TEAM = frozenset({Role.GRID_WORKER, Role.GRID_LEADER, Role.AREA_CADRE})
READERS = MANAGERS | GRID_TEAM | {Role.AUDITOR}
REGISTER_KEEPERS = MANAGERS | {Role.GRID_WORKER, Role.GRID_LEADER}
VISITORS = GRID_TEAM | POST_HOLDERS | {Role.COMMUNITY_OFFICER, Role.STREET_OFFICER}
# They go out at a place small enough to know one another: they carry a badge and may tell
# colleagues when to expect them back.
GOES_OUT = VISITORS - {Role.STREET_OFFICER}
REPORTERS = VISITORS | MANAGERS
# Everybody but those who only read.
WRITERS = frozenset(Role) - {Role.AUDITOR}
# Those at a place to whom its matters may be handed.
MATTER_HELPERS = GRID_TEAM | POST_HOLDERS | {Role.COMMUNITY_OFFICER}
# They take the matters they see away as a file.
MATTER_EXPORTERS = READERS | {Role.DEPARTMENT_HANDLER}
# They may set right what somebody else wrote of a visit in their grids.
VISIT_KEEPERS = frozenset({Role.GRID_LEADER, Role.COMMUNITY_OFFICER, Role.STREET_OFFICER})
# They read what the people of their places keep as diaries.
DIARY_READERS = frozenset({Role.COMMUNITY_OFFICER, Role.STREET_OFFICER})
SENSITIVE_READERS = frozenset({Role.GRID_LEADER, Role.COMMUNITY_OFFICER, Role.STREET_OFFICER})
# They define what is taken of the answers of households, again and again.
EXPORT_KEEPERS = MANAGERS | {Role.DEPARTMENT_HANDLER}
DASHBOARD_READERS = MANAGERS | {Role.GRID_LEADER, Role.AREA_CADRE, Role.AUDITOR}

# The kind of place each role is held at.
PLACES = {
    Role.GRID_WORKER: frozenset({"grid"}),
    Role.GRID_LEADER: frozenset({"grid"}),
    Role.STAIR_CAPTAIN: frozenset({"grid"}),
    Role.INFO_VOLUNTEER: frozenset({"grid"}),
    Role.AREA_CADRE: frozenset({"grid", "community"}),
    Role.COMMUNITY_OFFICER: frozenset({"community"}),
    Role.STREET_OFFICER: frozenset({"area"}),
    Role.DEPARTMENT_HANDLER: frozenset({"community", "area"}),
    Role.AUDITOR: frozenset({"community", "area"}),
    Role.ADMINISTRATOR: frozenset({"community", "area"}),
}

# Which roles each manager hands out and ends. A community officer makes no officers, or she
# could rise by way of a colleague's account.
HANDS_OUT = {
    Role.COMMUNITY_OFFICER: GRID_TEAM | POST_HOLDERS,
    Role.STREET_OFFICER: GRID_TEAM
    | POST_HOLDERS
    | {Role.COMMUNITY_OFFICER, Role.DEPARTMENT_HANDLER},
    Role.ADMINISTRATOR: frozenset(Role),
}
