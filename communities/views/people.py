from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from communities.actions import end_membership, renew_password
from communities.forms import LastDayForm
from communities.models import Membership, User


def member_end(request: HttpRequest, pk: int) -> HttpResponse:
    ongoing = Membership.objects.editable_by(request.user).filter(
        Q(until=None) | Q(until__gte=timezone.localdate())
    )
    membership = get_object_or_404(
        ongoing.select_related("user", "grid__community", "community", "area"), pk=pk
    )
    form = LastDayForm(request.POST or None, membership=membership)
    if form.is_valid():
        try:
            end_membership(membership=membership, on=form.cleaned_data["until"])
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The assignment ends with that day."))
            return redirect(place_url(membership))
    return TemplateResponse(
        request,
        "communities/member_end.html",
        {"form": form, "membership": membership, "back_url": place_url(membership)},
    )


def person_password(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User.objects.editable_by(request.user), pk=pk)
    # Shown in the answer to the POST itself: kept anywhere for a redirect, it could be read again.
    password = renew_password(user=person) if request.method == "POST" else ""
    return TemplateResponse(
        request, "communities/person_password.html", {"person": person, "password": password}
    )


def place_url(membership: Membership) -> str:
    """Return the page of people that the membership stands on; an area has none of its own."""
    community = membership.grid.community if membership.grid else membership.community
    if community is None:
        return reverse("households:community_list")
    return reverse("households:member_list", args=[community.code])
