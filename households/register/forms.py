"""What an officer gives to import a register."""

from pathlib import PurePath

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from communities.models import Community, User
from households.models import RegisterImport
from households.register.problems import file_text
from households.register.reader import BROWSER, SUFFIXES, FileRefused, check_upload


class RegisterUploadForm(forms.Form):
    """A register and the community it belongs to; one who keeps a single community is not asked."""

    community = forms.ModelChoiceField(
        Community.objects.none(), label=_("Community"), empty_label=None
    )
    file = forms.FileField(
        label=_("File"),
        help_text=_("Excel (.xlsx, .xls) or CSV, up to 20 MB and 100,000 rows."),
        widget=forms.FileInput(attrs={"accept": ",".join(sorted(SUFFIXES))}),
        error_messages={"empty": file_text("empty", {})},
    )

    def __init__(self, *args: object, user: User, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type] # passed on as they came
        self.user = user
        communities = Community.objects.editable_by(user)
        self.fields["community"].queryset = communities  # type: ignore[attr-defined] # a ModelChoiceField
        first_two = list(communities[:2])
        if len(first_two) == 1:
            self.fields["community"].initial = first_two[0]
            self.fields["community"].widget = forms.HiddenInput()

    def clean_file(self) -> UploadedFile:
        """Refuse what can be told without unpacking; the rest is told by the background job."""
        file: UploadedFile = self.cleaned_data["file"]
        try:
            check_upload(file, suffix=self.suffix(file), size=file.size or 0, limits=BROWSER)  # type: ignore[arg-type] # reads and seeks like one
        except FileRefused as refusal:
            raise ValidationError(file_text(refusal.code, refusal.values)) from None
        return file

    def suffix(self, file: UploadedFile) -> str:
        return PurePath(file.name or "").suffix.lower()

    def save(self) -> RegisterImport:
        file = self.cleaned_data["file"]
        return RegisterImport.objects.create(
            community=self.cleaned_data["community"],
            by=self.user,
            file=file,
            original_suffix=self.suffix(file),
        )
