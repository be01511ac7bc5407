"""One named world: two communities of one street, and everybody who works there."""

import hashlib
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from hypothesis import settings as hypothesis_settings

from communities.models import Area, Community, Department, Grid, User
from communities.roles import Role
from households.models import Household, Resident
from tests.factories import (
    AreaFactory,
    BuildingFactory,
    CommunityFactory,
    DepartmentFactory,
    GridFactory,
    HouseholdFactory,
    MembershipFactory,
    PostFactory,
    ResidencyFactory,
    ResidentFactory,
    UserFactory,
)

# No deadline for one example: a busy machine must not fail a test of what is true.
hypothesis_settings.register_profile("steady", deadline=None)
hypothesis_settings.load_profile("steady")

DATABASES = {"db", "transactional_db", "live_server", "django_db_setup"}
COMMITTING = {"transactional_db", "live_server"}
SERIALIZED = "_test_serialized_contents"
EMPTIED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(config, items):
    """Leave out on PostgreSQL what ran on SQLite before and cannot end differently.

    That is whatever touches no database, and what is marked: how a page looks, and what a
    phone does by itself. What the server answers is tested on both.
    """
    if connection.vendor == "sqlite":
        return
    left_out = [
        item
        for item in items
        if item.get_closest_marker("one_database")
        or not (item.get_closest_marker("django_db") or DATABASES & set(item.fixturenames))
    ]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


@pytest.fixture(autouse=True)
def _rows_of_migrations(request, django_db_blocker):
    """Give back what a test that commits has emptied, before one that only rolls back.

    pytest runs the latter first, unless a process that is through with its own tests takes
    some of another's.
    """
    if commits(request.node):
        request.session.stash[EMPTIED] = True
    elif request.session.stash.get(EMPTIED, False):
        with django_db_blocker.unblock():
            connection.creation.deserialize_db_from_string(getattr(connection, SERIALIZED))
        ContentType.objects.clear_cache()
        request.session.stash[EMPTIED] = False


def commits(item):
    """Say whether a test writes for all to see, so that the database is emptied after it."""
    marker = item.get_closest_marker("django_db")
    return bool(marker and marker.kwargs.get("transaction")) or bool(
        COMMITTING & set(item.fixturenames)
    )


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """Put the SQLite test database into a file: in memory it knows neither WAL nor waiting.

    Migrating takes most of a short run, so a migrated file is kept for each state of the
    migrations and copied.
    """
    if connection.vendor != "sqlite":
        yield
        return
    path = Path(tempfile.gettempdir()) / f"gridmgmt-test-{os.getpid()}.sqlite3"
    connection.settings_dict["TEST"]["NAME"] = str(path)
    if migrated_file().exists():
        shutil.copyfile(migrated_file(), path)
    yield
    for leftover in path.parent.glob(f"{path.name}*"):
        leftover.unlink()


@pytest.fixture(scope="session")
def django_db_keepdb():
    """Let SQLite go on from the copy; the settings above remove it."""
    return connection.vendor == "sqlite"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Keep the database as it is when the first test begins."""
    if connection.vendor == "sqlite" and not migrated_file().exists():
        half = migrated_file().with_suffix(f".{os.getpid()}")
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(half)])
        half.replace(migrated_file())


@cache
def migrated_file() -> Path:
    """Return where the migrated database of just these migrations is kept."""
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(Path(settings.BASE_DIR).glob("*/migrations/*.py")):
        digest.update(f"{path.parent.parent.name}/{path.name}\n".encode() + path.read_bytes())
    for package in ("django", "django-axes", "django-tasks-db"):
        digest.update(version(package).encode())
    return Path(tempfile.gettempdir()) / f"gridmgmt-migrated-{digest.hexdigest()[:16]}.sqlite3"


@dataclass
class World:
    """Everybody by role; `outsider` is the officer and worker of the next community."""

    street: Area
    community: Community
    grid: Grid
    household: Household
    resident: Resident
    department_office: Department
    next_community: Community
    next_grid: Grid
    worker: User
    captain: User
    officer: User
    street_officer: User
    department: User
    auditor: User
    admin: User
    outsider: User


@pytest.fixture
def world(db) -> World:
    street = AreaFactory(code="990101001", name="东风街道")
    community = CommunityFactory(area=street, code="990101001001", name="幸福社区")
    grid = GridFactory(community=community, code="990101001001001", name="第一网格")
    next_community = CommunityFactory(area=street, code="990101001002", name="光明社区")
    next_grid = GridFactory(community=next_community, code="990101001002001", name="邻居网格")
    office = DepartmentFactory(area=street, name="民政办")
    building = BuildingFactory(community=community, estate="幸福家园", name="3号楼")
    household = HouseholdFactory(grid=grid, building=building, unit="2", room="502")
    resident = ResidentFactory(name="张伟明")
    ResidencyFactory(resident=resident, household=household, is_head=True)

    def member(name: str, role: Role, **place: object) -> User:
        place = {"grid": None, **place}
        return MembershipFactory(
            user=UserFactory(username=name, name=name), role=role, **place
        ).user

    captain = MembershipFactory(
        user=UserFactory(username="captain", name="captain"), role=Role.STAIR_CAPTAIN, grid=grid
    )
    PostFactory(membership=captain, building=building, unit="2")
    outsider = member("outsider", Role.COMMUNITY_OFFICER, community=next_community)
    MembershipFactory(user=outsider, grid=next_grid)
    return World(
        street=street,
        community=community,
        grid=grid,
        household=household,
        resident=resident,
        department_office=office,
        next_community=next_community,
        next_grid=next_grid,
        worker=member("worker", Role.GRID_WORKER, grid=grid),
        captain=captain.user,
        officer=member("officer", Role.COMMUNITY_OFFICER, community=community),
        street_officer=member("street", Role.STREET_OFFICER, area=street),
        department=member("department", Role.DEPARTMENT_HANDLER, area=street, department=office),
        auditor=member("auditor", Role.AUDITOR, area=street),
        admin=member("admin", Role.ADMINISTRATOR, area=street),
        outsider=outsider,
    )


@pytest.fixture
def as_user():
    """Return a test client logged in as the given user, speaking English."""

    def login(user: User | None) -> Client:
        client = Client()
        client.cookies["django_language"] = "en"
        if user is not None:
            client.force_login(user, backend="communities.authentication.AccountBackend")
        return client

    return login


@pytest.fixture(autouse=True)
def _plain_test_settings(settings, tmp_path):
    """Fast hashes, no static manifest, uploads in a folder of their own."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
