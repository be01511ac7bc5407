"""The map of addresses. No personal data ever stands in one."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.urls import include, path
from django.views.i18n import set_language

from communities.views import public
from gridmgmt import map_views, overview_views, views, wasted_views
from gridmgmt.service_worker import service_worker
from visits.views import public as residents
from visits.views.burden import burden

urlpatterns = [
    path("", views.home, name="home"),
    path("login/", login_not_required(views.SignInView.as_view()), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("account/password/", views.OwnPasswordView.as_view(), name="password_change"),
    # Public: the login page has the language switch too.
    path("language/", login_not_required(set_language), name="language"),
    # At the root: a worker serves only the addresses below its own.
    path("sw.js", service_worker, name="service_worker"),
    path("health/", views.health, name="health"),
    path("overview/", overview_views.overview, name="overview"),
    path("overview/areas/<slug:code>/", overview_views.area, name="area"),
    path("overview/communities/<slug:code>/", overview_views.community, name="community"),
    path("overview/communities/<slug:code>/map/", map_views.community_map, name="community_map"),
    path("overview/grids/<slug:code>/map/", map_views.grid_map, name="grid_map"),
    path("burden/", burden, name="burden"),
    path("wasted/", wasted_views.wasted_list, name="wasted_list"),
    path("wasted/say/", wasted_views.wasted_add, name="wasted_add"),
    path("wasted/<int:pk>/answer/", wasted_views.wasted_answer, name="wasted_answer"),
    path("places/", include("communities.urls")),
    path("register/", include("households.urls")),
    path("work/", include("visits.urls")),
    path("sync/", include("visits.sync.urls")),
    path("open311/v2/", include("visits.open311.urls")),
    # Short, because they stand in QR codes.
    path("c/<slug:key>/", public.public_person, name="public_person"),
    path("c/<slug:key>/photo/", public.public_photo, name="public_photo"),
    path("g/<slug:key>/", public.public_grid, name="public_grid"),
    path("g/<slug:key>/report/", residents.public_report, name="public_report"),
    path("r/", residents.receipt_find, name="receipt_find"),
    path("r/<str:code>/", residents.receipt, name="receipt"),
    path("admin/", admin.site.urls),
]
