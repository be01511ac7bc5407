"""Whom to call about a grid who does not log in; kept by officers."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from communities.forms import GridContactForm
from communities.lists import key_page
from communities.models import Grid, GridContact
from communities.saving import saved


def kept_grid(request: HttpRequest, code: str) -> Grid:
    grids = Grid.objects.editable_by(request.user).open().numbered()
    return get_object_or_404(grids.select_related("community"), code=code)


def kept_contact(request: HttpRequest, grid: Grid, pk: int) -> GridContact:
    contacts = GridContact.objects.editable_by(request.user).of_grid(grid)
    return get_object_or_404(contacts.not_over(timezone.localdate()), pk=pk)


def contact_list(request: HttpRequest, code: str) -> HttpResponse:
    """Show the contacts of a grid that go on, and add one; `?kind=` proposes which."""
    grid = kept_grid(request, code)
    form = GridContactForm(
        request.POST or None, grid=grid, initial={"kind": request.GET.get("kind", "")}
    )
    if form.is_valid() and saved(form, form.save):
        messages.success(request, _("Contact added."))
        return redirect("communities:contact_list", code=grid.code)
    contacts = GridContact.objects.editable_by(request.user).of_grid(grid)
    return TemplateResponse(
        request,
        "communities/contact_list.html",
        {
            "grid": grid,
            "form": form,
            "page": key_page(
                request, contacts.not_over(timezone.localdate()), order=("kind", "pk")
            ),
        },
    )


def contact_edit(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    grid = kept_grid(request, code)
    contact = kept_contact(request, grid, pk)
    form = GridContactForm(request.POST or None, instance=contact, grid=grid)
    if form.is_valid() and saved(form, form.save):
        messages.success(request, _("Contact saved."))
        return redirect("communities:contact_list", code=grid.code)
    return TemplateResponse(request, "communities/contact_edit.html", {"form": form, "grid": grid})


@require_POST
def contact_end(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Let a contact end with today; who it was stays on record."""
    grid = kept_grid(request, code)
    contact = kept_contact(request, grid, pk)
    GridContact.objects.filter(pk=contact.pk, until=None).update(until=timezone.localdate())
    messages.success(request, _("The contact ends with today."))
    return redirect("communities:contact_list", code=grid.code)
