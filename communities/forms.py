"""What officers type about communities, grids, accounts and assignments."""

import datetime
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communities import staffing
from communities.models import (
    Community,
    Cover,
    Department,
    ExpectedBack,
    Grid,
    GridContact,
    Membership,
    User,
)
from communities.models.place import HOLDING_SEQUENCE, codes_above
from communities.phones import read_work_phone
from communities.photos import shrink_photo
from communities.roles import PLACES, Role

USUAL_GRID_SIZES = (30, 500)


class DayInput(forms.DateInput):
    """A date chosen from the browser's own calendar, which reads and writes ISO dates only."""

    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)


class DayField(forms.DateField):
    """A day on which something was or may be arranged; a slip in the year is refused."""

    widget = DayInput
    out_of_range = _("Choose a day from 1949 to 2099.")
    default_validators = [
        MinValueValidator(datetime.date(1949, 1, 1), out_of_range),
        MaxValueValidator(datetime.date(2099, 12, 31), out_of_range),
    ]


class HourInput(forms.TimeInput):
    """The browser's own picker for a time of day."""

    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class CommunityForm(forms.ModelForm):
    """How large the grids of a community shall be, and how often doors are visited."""

    class Meta:
        model = Community
        fields = [
            "grid_size",
            "grid_size_min",
            "grid_size_max",
            "households_per_worker",
            "visit_every_days",
            "knock_gap_days",
            "quiet_from",
            "quiet_until",
            "duty_phone",
        ]
        widgets = dict.fromkeys(("quiet_from", "quiet_until"), HourInput)

    def unusual_sizes(self) -> str:
        """Name the sizes outside the usual limits; they are allowed, and worth a second look."""
        smallest, largest = USUAL_GRID_SIZES
        names = ("grid_size", "grid_size_min", "grid_size_max")
        unusual = [
            self.fields[name].label
            for name in names
            if not smallest <= self.cleaned_data[name] <= largest
        ]
        return ", ".join(str(label) for label in unusual)


class GridForm(forms.ModelForm):
    """Name and kind of a grid; its number only while it is new."""

    class Meta:
        model = Grid
        fields = ["code", "name", "kind", "opened_on"]
        field_classes = {"opened_on": DayField}
        widgets = {"code": forms.TextInput(attrs={"inputmode": "numeric"})}
        help_texts = {"code": _("The community's 12 digits and three more.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [  # type: ignore[attr-defined] # a choice field
            choice for choice in Grid.Kind.choices if choice[0] != Grid.Kind.HOLDING
        ]
        if self.instance.pk:
            del self.fields["code"]

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        community = self.instance.community.code
        if not code.startswith(community) or code == community + HOLDING_SEQUENCE:
            raise ValidationError(
                _("Begin with the community's number %(code)s and add three digits, not 000."),
                params={"code": community},
            )
        return code

    def clean_opened_on(self) -> datetime.date | None:
        day: datetime.date | None = self.cleaned_data["opened_on"]
        if day and day > timezone.localdate():
            raise ValidationError(
                _("A grid holds from the day it is entered. Choose today or earlier.")
            )
        return day


class AccountForm(forms.ModelForm):
    """A new person at work; the program makes the initial password."""

    class Meta:
        model = User
        fields = ["name", "username", "phone"]
        labels = {"name": _("Full name"), "username": _("Login name")}
        help_texts = {
            "username": _("Letters and digits without spaces. She logs in with it."),
        }
        error_messages = {
            "username": {"unique": _("This login name is taken. Add a digit or choose another.")}
        }

    def clean_phone(self) -> str:
        return read_work_phone(self.cleaned_data["phone"])


class PersonChoiceField(forms.ModelChoiceField):
    def label_from_instance(self, obj: User) -> str:
        return f"{obj.name}（{obj.username}）"


class AssignmentForm(forms.Form):
    """A role for a person at a place of one community; gives the checked `membership`."""

    user = PersonChoiceField(queryset=User.objects.none(), label=_("Person"))
    role = forms.ChoiceField(label=_("Role"))
    place = forms.ChoiceField(label=_("Place"))
    department = forms.ModelChoiceField(
        queryset=Department.objects.none(),
        label=_("Department"),
        required=False,
        help_text=_("Counts only for a department handler."),
    )
    employment = forms.ChoiceField(
        label=_("Employment"),
        choices=Membership.Employment.choices,
        initial=Membership.Employment.FULL_TIME,
        help_text=_("Counts only for a grid worker."),
    )
    rank = forms.ChoiceField(
        label=_("Main or backup"),
        choices=Membership.Rank.choices,
        initial=Membership.Rank.MAIN,
        help_text=_("Counts only for a grid worker. Each grid has one main worker."),
    )
    since = DayField(label=_("First day"))
    until = DayField(
        label=_("Last day"),
        required=False,
        help_text=_("Leave empty while it goes on."),
    )

    def __init__(
        self, *args: Any, user: User, community: Community, is_new_person: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.by = user
        self.community = community
        self.membership = Membership()
        self.grids = {
            grid.code: grid for grid in Grid.objects.filter(community=community).open().numbered()
        }
        handed_out = staffing.roles_handed_out(user, community.code)
        roles = [
            role for role in Role if role in handed_out and PLACES[role] & {"grid", "community"}
        ]
        self.fields["role"].choices = [(role.value, role.label) for role in roles]  # type: ignore[attr-defined] # a choice field
        self.fields["place"].choices = [  # type: ignore[attr-defined] # a choice field
            *((grid.code, str(grid)) for grid in self.grids.values()),
            (community.code, _("The whole community")),
        ]
        self.fields["since"].initial = timezone.localdate
        if is_new_person:
            del self.fields["user"]
        else:
            self.fields["user"].queryset = staffing.candidates(user, community)  # type: ignore[attr-defined] # a model choice field
        if Role.DEPARTMENT_HANDLER in roles:
            self.fields["department"].queryset = Department.objects.visible_to(user).filter(  # type: ignore[attr-defined] # a model choice field
                area__code__in=codes_above([community.code])
            )
        else:
            del self.fields["department"]

    def clean(self) -> dict[str, Any]:
        """Build the membership and let its own rules judge it, before anything is asked twice."""
        values = super().clean() or self.cleaned_data
        if self.errors:
            return values
        grid = self.grids.get(values["place"])
        is_worker = values["role"] == Role.GRID_WORKER
        is_handler = values["role"] == Role.DEPARTMENT_HANDLER
        self.membership = Membership(
            role=values["role"],
            grid=grid,
            community=None if grid else self.community,
            # What is set for a role that does not ask for it is left out, not complained about.
            department=values.get("department") if is_handler else None,
            employment=values["employment"] if is_worker else "",
            rank=values["rank"] if is_worker else "",
            since=values["since"],
            until=values["until"],
        )
        exclude = {"user"}
        if "user" in values:
            self.membership.user = values["user"]
            exclude.clear()
        try:
            self.membership.full_clean(exclude=exclude)
        except ValidationError as error:
            self.add_refusal(error)
        return values

    def add_refusal(self, error: ValidationError) -> None:
        """Show errors of fields this form lacks above it rather than nowhere."""
        for name, errors in error.update_error_dict({}).items():
            known = name in self.fields and name != NON_FIELD_ERRORS
            self.add_error(name if known else None, errors)


class MembershipChoiceField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Membership) -> str:
        return f"{obj.user} · {obj.grid} · {obj.get_rank_display()}"


class CoverForm(forms.ModelForm):
    """Who is away from which day to which, and who goes instead."""

    away = MembershipChoiceField(queryset=Membership.objects.none(), label=_("Who is away"))
    user = PersonChoiceField(queryset=User.objects.none(), label=_("Who goes instead"))

    class Meta:
        model = Cover
        fields = ["away", "user", "reason", "since", "until"]
        field_classes = {"since": DayField, "until": DayField}
        help_texts = {
            "reason": _("Only the officers see it."),
            "until": _("That day included. The next day everything is as before, by itself."),
        }

    def __init__(self, *args: Any, user: User, community: Community, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        self.fields["away"].queryset = staffing.coverable(user, community, today)  # type: ignore[attr-defined] # a model choice field
        self.fields["user"].queryset = staffing.candidates(user, community)  # type: ignore[attr-defined] # a model choice field
        self.fields["since"].initial = today

    def clean_until(self) -> datetime.date:
        until: datetime.date = self.cleaned_data["until"]
        if until < timezone.localdate():
            raise ValidationError(_("That day has passed. Choose today or a later day."))
        return until


class CoverEndForm(forms.Form):
    """The last day of a cover that has begun, within its days."""

    until = DayField(label=_("Last day"))

    def __init__(self, *args: Any, cover: Cover, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cover = cover
        self.fields["until"].initial = timezone.localdate

    def clean_until(self) -> datetime.date:
        until: datetime.date = self.cleaned_data["until"]
        if not self.cover.since <= until <= self.cover.until:
            raise ValidationError(
                _("Choose a day from %(since)s to %(until)s."),
                params={"since": f"{self.cover.since}", "until": f"{self.cover.until}"},
            )
        return until


class GridContactForm(forms.ModelForm):
    """Whom to call about a grid, or about every grid of its community."""

    reach = forms.ChoiceField(label=_("For"), initial="grid")
    field_order = ["kind", "name", "unit_name", "phone", "reach"]

    class Meta:
        model = GridContact
        fields = ["kind", "name", "unit_name", "phone"]
        labels = {"name": _("Name"), "phone": _("Work phone")}
        widgets = {"phone": forms.TextInput(attrs={"inputmode": "tel"})}

    def __init__(self, *args: Any, grid: Grid, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.grid = grid
        self.fields["reach"].choices = [  # type: ignore[attr-defined] # a choice field
            ("grid", str(grid)),
            ("community", _("Every grid of %(community)s") % {"community": grid.community}),
        ]
        if self.instance.community_id:
            self.fields["reach"].initial = "community"

    def clean(self) -> dict[str, Any]:
        """Place the contact, and refuse one that stands there already."""
        values = super().clean() or self.cleaned_data
        is_wide = values.get("reach") == "community"
        self.instance.grid = None if is_wide else self.grid
        self.instance.community = self.grid.community if is_wide else None
        same = GridContact.objects.filter(
            grid=self.instance.grid,
            community=self.instance.community,
            until=None,
            **{name: values.get(name, "") for name in ("kind", "name", "phone")},
        )
        if not self.errors and same.exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("This contact stands here already."))
        return values


class ExpectedBackForm(forms.ModelForm):
    """A time of today, and the colleagues who are to know when it has passed."""

    back = forms.TimeField(
        label=_("I expect to be back by"),
        widget=HourInput(),
        help_text=_("A time of today, such as 17:30."),
    )

    class Meta:
        model = ExpectedBack
        fields = ["back", "colleagues", "note"]
        widgets = {"colleagues": forms.CheckboxSelectMultiple}
        labels = {"colleagues": _("Who is to know"), "note": _("Where you are going")}
        error_messages = {"colleagues": {"required": _("Choose at least one colleague.")}}

    def __init__(self, *args: Any, user: User, now: datetime.datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        field = self.fields["colleagues"]
        field.queryset = staffing.colleagues(user, timezone.localdate(now))  # type: ignore[attr-defined] # a model choice field
        if self.instance.pk:
            self.fields["back"].initial = timezone.localtime(self.instance.back_at).time()

    def clean_back(self) -> datetime.time:
        """Take the time as one of today."""
        back: datetime.time = self.cleaned_data["back"]
        today = timezone.localdate(self.now)
        self.instance.back_at = timezone.make_aware(datetime.datetime.combine(today, back))
        if self.instance.back_at <= self.now:
            raise ValidationError(_("That time has passed today. Give a later one."))
        return back

    def arguments(self) -> dict[str, Any]:
        """Return those of `expect_back` that the form decides."""
        names = ("colleagues", "note")
        return {"back_at": self.instance.back_at, **{n: self.cleaned_data[n] for n in names}}


class FaceForm(forms.Form):
    """A photo for the badge, cleaned to a small JPEG."""

    photo = forms.FileField(
        label=_("Photo"),
        help_text=_("Only your face, upright, as on a passport."),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )

    def clean_photo(self) -> bytes:
        try:
            return shrink_photo(self.cleaned_data["photo"])
        except ValidationError as error:
            raise ValidationError(
                _("The photo %(problem)s"), params={"problem": " ".join(error.messages)}
            ) from None
