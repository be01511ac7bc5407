"""What people type about doors and buildings."""

from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communities.division.coordinates import Datum
from communities.models import Community, Grid, User
from communities.roles import MANAGERS, REGISTER_KEEPERS
from households.addresses import door_key, half_width, plain_room, plain_unit
from households.forms.places import datum_field
from households.models import Building, Household
from households.places.distance import refuse_far
from households.places.place import converted

SHORT_NOTE = forms.Textarea(attrs={"rows": 3})


class HouseholdForm(forms.ModelForm):
    """What is known of a door besides the people behind it.

    `changed_fields` are those of the household to be saved. Who changes the occupancy, or
    says that she checked it, confirms it with that day.
    """

    occupancy_checked = forms.BooleanField(label=_("I checked the occupancy today"), required=False)
    field_order = ["building", "grid", "unit", "room", "occupancy", "occupancy_checked"]

    class Meta:
        model = Household
        fields = [
            "unit",
            "room",
            "occupancy",
            "visit_in_pairs",
            "has_dog",
            "safety_note",
            "note",
        ]
        widgets = {"note": SHORT_NOTE}

    def clean_unit(self) -> str:
        return plain_unit(half_width(self.cleaned_data["unit"]))

    def clean_room(self) -> str:
        room = plain_room(half_width(self.cleaned_data["room"]))
        if not room:
            raise ValidationError(_("Give the number or name of the room, such as 502."))
        return room

    def clean(self) -> dict[str, Any]:
        """Refuse a second spelling of a door that the register has: 2单元502 and 二单元502室."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        building = cleaned.get("building") or getattr(self.instance, "building", None)
        if building is None or "room" not in cleaned or "unit" not in cleaned:
            return cleaned
        key = door_key(cleaned["unit"], cleaned["room"])
        others = Household.objects.filter(building=building).exclude(pk=self.instance.pk)
        if any(door_key(unit, room) == key for unit, room in others.values_list("unit", "room")):
            self.add_error("room", _("The register already has this door."))
        return cleaned

    @property
    def confirms_occupancy(self) -> bool:
        return not {"occupancy", "occupancy_checked"}.isdisjoint(self.changed_data)

    @property
    def changed_fields(self) -> list[str]:
        changed = [name for name in self.changed_data if name != "occupancy_checked"]
        return changed + ["occupancy_confirmed_on"] * self.confirms_occupancy

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc] # where ModelForm fills the instance
        if self.confirms_occupancy:
            self.instance.confirm_occupancy(timezone.localdate())


class NewHouseholdForm(HouseholdForm):
    """A door that the register does not have yet, in a building that it has."""

    class Meta(HouseholdForm.Meta):
        fields = ["building", "grid", *HouseholdForm.Meta.fields]

    def __init__(self, *args: Any, user: User, building: Building | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A new door's occupancy is confirmed by being entered.
        del self.fields["occupancy_checked"]
        if building is not None:
            self.instance.building = building
        grids = Grid.objects.held_by(user, REGISTER_KEEPERS).open().numbered()
        if building is None:
            choices(self, "building").queryset = new_door_buildings(user)
        else:
            del self.fields["building"]
            grids = grids.filter(community=building.community_id)
        choices(self, "grid").queryset = grids
        self.fields["grid"].error_messages["required"] = _("Choose the grid of this door.")
        # A worker has no doors outside her grids; an officer may leave the choice for later.
        if user.has_any_role(MANAGERS):
            self.fields["grid"].required = False
            choices(self, "grid").empty_label = _("Not yet in a grid")
        elif grids.count() == 1:
            choices(self, "grid").empty_label = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        building = cleaned.get("building") or getattr(self.instance, "building", None)
        if building is not None and "grid" in cleaned and cleaned["grid"] is None:
            cleaned["grid"] = building.community.holding_grid()
        return cleaned


def choices(form: forms.BaseForm, name: str) -> Any:
    """Return a field that chooses among rows, whose choices a form may narrow."""
    return form.fields[name]


def new_door_buildings(user: User) -> QuerySet[Building]:
    """Return the buildings that the user may enter a door in.

    A manager's community may have no grid yet; its doors wait for one.
    """
    return Building.objects.visible_to(user).filter(
        Q(community__in=Grid.objects.held_by(user, REGISTER_KEEPERS).values("community"))
        | Q(community__in=Community.objects.editable_by(user))
    )


class BuildingForm(forms.ModelForm):
    """A building; of a new one the community is chosen as well."""

    datum = datum_field(required=False)

    class Meta:
        model = Building
        fields = [
            "community",
            "estate",
            "name",
            "street_address",
            "floors",
            "longitude",
            "latitude",
        ]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["community"]
        else:
            communities = Community.objects.editable_by(user)
            choices(self, "community").queryset = communities
            if communities[:2].count() == 1:
                choices(self, "community").empty_label = None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("estate", "name"):
            if name in cleaned:
                cleaned[name] = half_width(cleaned[name])
        position = cleaned.get("longitude"), cleaned.get("latitude")
        # One that stands there unchanged has been brought back already.
        if None not in position and {"longitude", "latitude"} & set(self.changed_data):
            try:
                position = converted(list(position), Datum(cleaned.get("datum") or Datum.WGS84))
                if community := cleaned.get("community") or self.instance.community_id:
                    refuse_far([position], community, but=self.instance.pk or 0)
            except ValidationError as error:
                self.add_error("longitude", error)
            cleaned["longitude"], cleaned["latitude"] = position
        return cleaned

    def _post_clean(self) -> None:
        """Compare with the other buildings by the key that all spellings of a name share."""
        super()._post_clean()  # type: ignore[misc] # where ModelForm fills the instance
        if self.errors:
            return
        field = Building._meta.get_field("match_key")
        key = field.pre_save(self.instance, add=False)
        others = Building.objects.filter(community=self.instance.community_id, match_key=key)
        if others.exclude(pk=self.instance.pk).exists():
            self.add_error(NON_FIELD_ERRORS, _("The register already has this building."))
