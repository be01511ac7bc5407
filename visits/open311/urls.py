from django.urls import path, register_converter

from visits.open311 import views


class Extension:
    """The two formats of every answer, as the end of its address."""

    regex = "json|xml"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(Extension, "extension")

app_name = "open311"

urlpatterns = [
    path("openapi.json", views.openapi, name="openapi"),
    path("discovery.<extension:extension>", views.discovery, name="discovery"),
    path("services.<extension:extension>", views.services, name="services"),
    path(
        "services/<str:service_code>.<extension:extension>",
        views.service_definition,
        name="service_definition",
    ),
    path("requests.<extension:extension>", views.requests, name="requests"),
    path(
        "requests/<str:service_request_id>.<extension:extension>",
        views.service_request,
        name="request",
    ),
    path("tokens/<str:token>.<extension:extension>", views.token, name="token"),
    path("<path:elsewhere>", views.nowhere, name="nowhere"),
]
