from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse

from communities.actions import renew_password
from communities.models import User


def person_password(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User.objects.editable_by(request.user), pk=pk)
    # Shown in the answer to the POST itself: kept anywhere for a redirect, it could be read again.
    password = renew_password(user=person) if request.method == "POST" else ""
    return TemplateResponse(
        request, "communities/person_password.html", {"person": person, "password": password}
    )
