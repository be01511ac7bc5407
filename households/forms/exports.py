"""What people choose of a saved export: the place, the questions, the columns."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communities.models import Area, Community, Department, Grid, User
from communities.models.place import inside
from communities.roles import EXPORT_KEEPERS, MANAGERS
from households.models import Question, SavedExport
from households.models.saved_export import place_names

# A longer list is no choice; whoever governs so many grids takes communities.
MOST_GRIDS = 100
MOST_COMMUNITIES = 300


class QuestionsField(forms.ModelMultipleChoiceField):
    """The questions, ticked one by one below the topic they belong to."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.topic} · {obj.name}"


class SavedExportForm(forms.ModelForm):
    """A department names one of its own; a manager may leave the department out."""

    code = forms.ChoiceField(label=gettext_lazy("Place"))
    questions = QuestionsField(Question.objects.none(), label=gettext_lazy("Questions"))
    columns = forms.MultipleChoiceField(
        label=gettext_lazy("Columns of the register"),
        choices=SavedExport.Column.choices,
        initial=[SavedExport.Column.ADDRESS, SavedExport.Column.GRID],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = SavedExport
        fields = ["name", "code", "department", "questions", "columns"]
        help_texts = {
            "department": gettext_lazy("Its people may take it too, for what they may read.")
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.offer("code").choices = place_choices(user, self.instance.code)
        offered = Question.objects.visible_to(user).in_order().select_related("topic")
        self.offer("questions").queryset = offered
        departments = self.offer("department")
        departments.queryset = Department.objects.visible_to(user)
        if not user.has_any_role(MANAGERS):
            departments.queryset = Department.objects.filter(pk__in=user.handled_departments)
            departments.required = True
            departments.initial = departments.queryset.first()

    def offer(self, name: str) -> Any:
        return self.fields[name]

    def clean_columns(self) -> list[str]:
        """Keep a way to tell the rows apart."""
        columns: list[str] = self.cleaned_data["columns"]
        if SavedExport.Column.ADDRESS not in columns:
            raise ValidationError(_("Take the address along, or no row can be told from another."))
        return columns

    def save(self, commit: bool = True) -> SavedExport:  # noqa: FBT001, FBT002 - Django's signature
        """Leave the questions in that whoever edits may not see."""
        mine = Question.objects.visible_to(self.user)
        unseen = list(self.instance.questions.exclude(pk__in=mine)) if self.instance.pk else []
        export: SavedExport = super().save(commit)
        export.questions.add(*unseen)
        return export


def place_choices(user: User, current: str) -> list[tuple[str, str]]:
    """Return the places the user may take lists of, each below the one it lies in."""
    scope = Q() if user.is_superuser else inside(user.place_codes(EXPORT_KEEPERS))
    codes = {current} if current else set()
    codes |= set(Area.objects.filter(scope).values_list("code", flat=True))
    codes |= set(first_codes(Community.objects.filter(scope), MOST_COMMUNITIES))
    grids = list(first_codes(Grid.objects.filter(scope).open().numbered(), MOST_GRIDS + 1))
    codes |= set(grids) if len(grids) <= MOST_GRIDS else set()
    return sorted(place_names(codes).items())


def first_codes(places: Any, most: int) -> Iterator[str]:
    yield from places.order_by("code").values_list("code", flat=True)[:most]
