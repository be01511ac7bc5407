from django.urls import path

from communities.views import disclosures, grids, people

app_name = "communities"

urlpatterns = [
    path("communities/", grids.community_list, name="community_list"),
    path("communities/<str:code>/edit/", grids.community_edit, name="community_edit"),
    path("communities/<str:code>/grids/", grids.grid_list, name="grid_list"),
    path("communities/<str:code>/grids/add/", grids.grid_add, name="grid_add"),
    path("grids/<str:code>/", grids.grid, name="grid"),
    path("grids/<str:code>/edit/", grids.grid_edit, name="grid_edit"),
    path("grids/<str:code>/close/", grids.grid_close, name="grid_close"),
    path("communities/<str:code>/people/", people.member_list, name="member_list"),
    path("communities/<str:code>/people/assign/", people.member_add, name="member_add"),
    path("communities/<str:code>/people/new/", people.person_add, name="person_add"),
    path("memberships/<int:pk>/end/", people.member_end, name="member_end"),
    path("people/<int:pk>/password/", people.person_password, name="person_password"),
    path("disclosures/", disclosures.disclosure_list, name="disclosure_list"),
]
