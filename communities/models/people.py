"""The people at work, and where each may work: a role at a place for a time."""

import datetime
import uuid
from collections.abc import Iterable
from typing import ClassVar, NamedTuple, Self

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import connections, models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from communities.fields import DerivedField
from communities.models.place import Area, Community, Grid, codes_above, inside, new_card_key
from communities.names import LONGEST_SORTING_NAME, sorting_name
from communities.roles import GOES_OUT, HANDS_OUT, MANAGERS, PLACES, READERS, Role


class DepartmentQuerySet(models.QuerySet["Department"]):
    def visible_to(self, user: "User") -> Self:
        """Departments of the user's places, of the areas above them, and her own."""
        if user.is_superuser:
            return self
        codes = user.place_codes(Role)
        return self.filter(inside(codes, field="area__code") | Q(area__code__in=codes_above(codes)))

    def editable_by(self, user: "User") -> Self:
        if user.is_superuser:
            return self
        return self.filter(inside(user.place_codes(MANAGERS), field="area__code"))


class Department(models.Model):
    """An office that matters are handed to, such as civil affairs of a street."""

    name = models.CharField(_("name"), max_length=60)
    area = models.ForeignKey(
        Area, models.PROTECT, related_name="departments", verbose_name=_("area")
    )

    objects = DepartmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ["area__code", "name"]
        constraints = [
            models.UniqueConstraint(fields=["area", "name"], name="department_name_unique_in_area")
        ]

    def __str__(self) -> str:
        return self.name


class Standing(NamedTuple):
    """What one current membership lets a person do: a role, and the code of its place."""

    role: Role
    code: str
    department_id: int | None
    membership_id: int


class UserQuerySet(models.QuerySet["User"]):
    def visible_to(self, user: "User") -> Self:
        """People working in the user's places, and the user herself."""
        if user.is_superuser:
            return self
        return self.filter(
            Q(pk__in=Membership.objects.visible_to(user).values("user")) | Q(pk=user.pk)
        )

    def editable_by(self, user: "User") -> Self:
        """People all of whose memberships the user may edit; never herself."""
        if user.is_superuser:
            return self
        mine = Membership.objects.editable_by(user)
        beyond = Membership.objects.exclude(pk__in=mine.values("pk"))
        return self.filter(pk__in=mine.values("user"), is_superuser=False).exclude(
            Q(pk__in=beyond.values("user")) | Q(pk=user.pk)
        )


class Awaited(NamedTuple):
    """A colleague who is not back at the time she gave, as every page names her."""

    name: str
    phone: str
    back_at: datetime.datetime


# One row for each current membership, as `MembershipQuerySet.current` finds them, or one
# without any. Each says too whether the person takes part in a cover today, and which of
# those who asked her to look out for them is overdue longest, and whether all of her roles are
# over. Written out because every
# page asks this: Django would take longer to compile it than the database to answer.
WITH_STANDINGS = """
    SELECT person.*, membership.id AS membership_id, membership.role, membership.department_id,
        COALESCE(grid.code, community.code, area.code) AS code,
        awaited.back_at AS awaited_at, missing.name AS awaited_name,
        missing.phone AS awaited_phone,
        (EXISTS (SELECT 1 FROM communities_cover cover
            WHERE cover.user_id = person.id AND cover.since <= %(on)s AND cover.until >= %(on)s)
        OR EXISTS (SELECT 1 FROM communities_cover cover
            JOIN communities_membership away ON away.id = cover.away_id
            WHERE away.user_id = person.id AND cover.since <= %(on)s AND cover.until >= %(on)s)
        ) AS in_cover,
        (SELECT MIN(grids_change_on) FROM communities_community
            WHERE grids_change_on IS NOT NULL) AS next_change,
        (EXISTS (SELECT 1 FROM communities_membership past WHERE past.user_id = person.id)
        AND NOT EXISTS (SELECT 1 FROM communities_membership held WHERE held.user_id = person.id
            AND (held.until IS NULL OR held.until >= %(on)s))
        ) AS without_role
    FROM communities_user person
    LEFT JOIN communities_expectedback awaited ON awaited.id = (
        SELECT expected.id FROM communities_expectedback expected
        JOIN communities_expectedback_colleagues told ON told.expectedback_id = expected.id
        WHERE told.user_id = person.id AND expected.back_at <= %(now)s
        ORDER BY expected.back_at, expected.id LIMIT 1)
    LEFT JOIN communities_user missing ON missing.id = awaited.by_id
    LEFT JOIN communities_membership membership
        ON membership.user_id = person.id AND membership.since <= %(on)s
        AND (membership.until IS NULL OR membership.until >= %(on)s)
    LEFT JOIN communities_grid grid ON grid.id = membership.grid_id
    LEFT JOIN communities_community community ON community.id = membership.community_id
    LEFT JOIN communities_area area ON area.id = membership.area_id
    WHERE person.id = %(pk)s
"""


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc] # the base is made at run time
    """Create accounts by login name."""

    def create_user(self, username: str, password: str | None = None, **fields: object) -> "User":
        user: User = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(
        self, username: str, password: str | None = None, **fields: object
    ) -> "User":
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str) -> "User":
        return self.get(username=username)

    def with_standings(self, pk: int, on: datetime.date, now: datetime.datetime) -> "User | None":
        """Return the user with the roles she holds on that day, in one query; None if unknown.

        She comes with whoever she is waiting for at that moment, and with whether a cover
        concerns her on that day.
        """
        moment = connections[self.db].ops.adapt_datetimefield_value(now)
        rows = list(self.raw(WITH_STANDINGS, {"pk": pk, "on": on, "now": moment}))
        if not rows:
            return None
        user: User = rows[0]
        user.is_in_cover = bool(rows[0].in_cover)
        user.grids_change_on = as_date(rows[0].next_change)
        user.has_left = bool(rows[0].without_role) and not user.is_superuser
        if rows[0].awaited_at:
            user.awaited = Awaited(
                rows[0].awaited_name, rows[0].awaited_phone, aware(rows[0].awaited_at)
            )
        user.standings = tuple(
            Standing(Role(row.role), row.code, row.department_id, row.membership_id)
            for row in rows
            if row.membership_id and row.is_active
        )
        return user


def aware(value: datetime.datetime) -> datetime.datetime:
    """Return a moment read without a field; SQLite stores it in UTC and does not say so."""
    return value if timezone.is_aware(value) else value.replace(tzinfo=datetime.UTC)


def as_date(value: datetime.date | str | None) -> datetime.date | None:
    """Return a day read without a field; SQLite stores it as text."""
    return datetime.date.fromisoformat(value) if isinstance(value, str) else value


def face_path(_user: "User", _name: str) -> str:
    """Store under a name that says nothing of the person."""
    return f"faces/{uuid.uuid4().hex}.jpg"


def name_in_order(user: "User") -> str:
    return sorting_name(user.name)


class User(AbstractUser):
    """Somebody who logs in: a worker, an officer, a handler, an auditor."""

    first_name = None  # type: ignore[assignment] # one name, as Chinese names are written
    last_name = None  # type: ignore[assignment]
    name = models.CharField(_("name"), max_length=60)
    sorts_as = DerivedField(max_length=LONGEST_SORTING_NAME, derive=name_in_order)
    phone = models.CharField(_("work phone"), max_length=30, blank=True)
    walks_down = models.BooleanField(_("walks a stairwell from top to bottom"), default=False)
    photo = models.ImageField(_("photo"), upload_to=face_path, blank=True)
    must_change_password = models.BooleanField(_("must change password"), default=False)
    # Since when something waits for her under the bell; empty once she has looked.
    bell_at = models.DateTimeField(null=True, blank=True, editable=False)
    # From which day on work that was handed to her waits for her answer; empty when none does.
    hand_over_on = models.DateField(null=True, blank=True, editable=False)
    # When the account was switched off; what its phone held then goes up for some days more.
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    is_demo = models.BooleanField(_("demo account"), default=False, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    REQUIRED_FIELDS = ["name"]
    # Known of the person a page is shown to, who is read by `with_standings`.
    awaited: Awaited | None = None
    is_in_cover: bool = False
    # The earliest day on which accepted plans of any community change its grids.
    grids_change_on: datetime.date | None = None
    has_left: bool = False

    class Meta:
        verbose_name = _("person at work")
        verbose_name_plural = _("people at work")
        ordering = ["username"]

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    @cached_property
    def standings(self) -> tuple[Standing, ...]:
        """Roles held today with the code of each place; read once per loaded user."""
        rows = (
            Membership.objects.filter(user=self)
            .current(timezone.localdate())
            .values_list(
                "role", Coalesce("grid__code", "community__code", "area__code"), "department", "pk"
            )
        )
        return tuple(Standing(Role(role), code, dept, pk) for role, code, dept, pk in rows)

    @cached_property
    def roles(self) -> frozenset[Role]:
        return frozenset(standing.role for standing in self.standings)

    def place_codes(self, roles: Iterable[Role]) -> list[str]:
        """Return the codes of the places where one of `roles` is held today."""
        wanted = frozenset(roles)
        return sorted({standing.code for standing in self.standings if standing.role in wanted})

    @property
    def handled_departments(self) -> list[int]:
        """The keys of the departments she handles for today, in order."""
        return sorted(
            {
                standing.department_id
                for standing in self.standings
                if standing.role == Role.DEPARTMENT_HANDLER and standing.department_id
            }
        )

    def spans_streets(self, roles: Iterable[Role]) -> bool:
        """Say whether one of `roles` is held over more than a street: too many places to list."""
        codes = self.place_codes(roles)
        return self.is_superuser or any(len(code) < Area.Level.STREET for code in codes)

    @property
    def keeps_rules(self) -> bool:
        """Say whether she may edit tables that hold everywhere: administrators of an area may.

        The administrator of a single community may not: its neighbours follow the same rules.
        """
        codes = self.place_codes({Role.ADMINISTRATOR})
        return self.is_superuser or any(len(code) <= Area.Level.STREET for code in codes)

    def has_any_role(self, roles: Iterable[Role]) -> bool:
        """Say whether one of `roles` is held today, anywhere; a superuser holds all."""
        return self.is_superuser or not self.roles.isdisjoint(roles)


class MembershipQuerySet(models.QuerySet["Membership"]):
    def current(self, on: datetime.date) -> Self:
        return self.filter(Q(until=None) | Q(until__gte=on), since__lte=on, user__is_active=True)

    def visible_to(self, user: "User") -> Self:
        """Memberships at places the user may read, and her own."""
        if user.is_superuser:
            return self
        return self.filter(at_places(user.place_codes(READERS)) | Q(user=user))

    def editable_by(self, user: "User") -> Self:
        """Memberships the user may change or end: of roles she hands out, never her own.

        A community officer ends a worker's assignment in her community, not that of its
        administrator or of the other officer.
        """
        if user.is_superuser:
            return self
        scope = Q(pk__in=[])
        for manager, roles in HANDS_OUT.items():
            scope |= at_places(user.place_codes([manager])) & Q(role__in=roles)
        return self.filter(scope).exclude(user=user)

    def with_badge(self, on: datetime.date) -> Self:
        """Memberships whose holder shows a badge at doors on that day."""
        return self.current(on).filter(role__in=GOES_OUT, area=None)

    def printable_by(self, user: "User") -> Self:
        """Memberships whose badge and slips the user prints: her own and those she hands out."""
        editable = self.model._default_manager.editable_by(user)
        return self.filter(Q(user=user) | Q(pk__in=editable.values("pk")))


def at_places(codes: list[str]) -> Q:
    """Match memberships at any place inside the places with these codes."""
    return (
        inside(codes, field="grid__code")
        | inside(codes, field="community__code")
        | inside(codes, field="area__code")
    )


class Membership(models.Model):
    """One person's role at one place, from a day until a day."""

    class Employment(models.TextChoices):
        FULL_TIME = "full_time", _("Full-time")
        PART_TIME = "part_time", _("Part-time")

    class Rank(models.TextChoices):
        MAIN = "main", _("Main")
        BACKUP = "backup", _("Backup")

    user = models.ForeignKey(
        User, models.CASCADE, related_name="memberships", verbose_name=_("person")
    )
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    grid = models.ForeignKey(
        Grid,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="memberships",
        verbose_name=_("grid"),
    )
    community = models.ForeignKey(
        Community,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="memberships",
        verbose_name=_("community"),
    )
    area = models.ForeignKey(
        Area,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="memberships",
        verbose_name=_("area"),
    )
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="memberships",
        verbose_name=_("department"),
    )
    employment = models.CharField(
        _("employment"), max_length=10, choices=Employment.choices, blank=True
    )
    rank = models.CharField(_("main or backup"), max_length=10, choices=Rank.choices, blank=True)
    since = models.DateField(_("since"), default=timezone.localdate)
    until = models.DateField(
        _("until"), null=True, blank=True, help_text=_("The last day; empty while it goes on.")
    )
    card_key = models.CharField(
        _("address of the public card"),
        max_length=43,
        unique=True,
        default=new_card_key,
        editable=False,
    )

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["user", "since"]
        constraints = [
            models.CheckConstraint(
                name="membership_at_exactly_one_place",
                condition=Q(grid__isnull=False, community=None, area=None)
                | Q(grid=None, community__isnull=False, area=None)
                | Q(grid=None, community=None, area__isnull=False),
                violation_error_message=_("Choose exactly one of grid, community and area."),
            ),
            models.CheckConstraint(
                name="membership_ends_after_it_begins",
                condition=Q(until=None) | Q(until__gte=F("since")),
                violation_error_message=_("The last day cannot be before the first."),
            ),
            models.CheckConstraint(
                name="membership_department_for_handlers",
                condition=Q(role=Role.DEPARTMENT_HANDLER, department__isnull=False)
                | (~Q(role=Role.DEPARTMENT_HANDLER) & Q(department=None)),
                violation_error_message=_(
                    "A department handler, and nobody else, names a department."
                ),
            ),
            models.CheckConstraint(
                name="membership_worker_says_how",
                condition=(Q(role=Role.GRID_WORKER) & ~Q(employment="") & ~Q(rank=""))
                | (~Q(role=Role.GRID_WORKER) & Q(employment="", rank="")),
                violation_error_message=_(
                    "Say of a grid worker, and only there, whether full-time or part-time, "
                    "main or backup."
                ),
            ),
            models.UniqueConstraint(
                name="membership_one_open_main_worker",
                fields=["grid"],
                condition=Q(role=Role.GRID_WORKER, rank="main", until=None),
                violation_error_message=_(
                    "This grid has a main worker. End that assignment first, or make this one a backup."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} · {self.place}"

    @property
    def place(self) -> Grid | Community | Area | None:
        return self.grid or self.community or self.area

    @property
    def community_of(self) -> Community | None:
        """The community of the place; a role over an area has none."""
        return self.grid.community if self.grid else self.community

    @property
    def card_phone(self) -> str:
        """Whom residents call about the holder: the duty phone, or else her work phone."""
        community = self.community_of
        return (community and community.duty_phone) or self.user.phone

    def clean(self) -> None:
        """Refuse a role at the wrong kind of place, such as a street officer of one grid."""
        kinds = [kind for kind in ("grid", "community", "area") if getattr(self, f"{kind}_id")]
        if self.role and len(kinds) == 1 and kinds[0] not in PLACES[Role(self.role)]:
            raise ValidationError(
                _("%(role)s is not a role at this kind of place."),
                params={"role": self.get_role_display()},
            )
