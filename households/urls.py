from django.urls import path

from households.views import buildings, grid_filling, households, imports, residents, search

app_name = "households"

urlpatterns = [
    path("search/", search.search, name="search"),
    path("households/", households.household_list, name="household_list"),
    path("households/add/", households.household_add, name="household_add"),
    path("households/<int:pk>/", households.household, name="household"),
    path("households/<int:pk>/edit/", households.household_edit, name="household_edit"),
    path("households/<int:pk>/residents/add/", residents.resident_add, name="resident_add"),
    path("buildings/", buildings.building_list, name="building_list"),
    path("buildings/add/", buildings.building_add, name="building_add"),
    path("buildings/<int:pk>/", buildings.building, name="building"),
    path("buildings/<int:pk>/edit/", buildings.building_edit, name="building_edit"),
    path("residents/<int:pk>/", residents.resident, name="resident"),
    path("residents/<int:pk>/edit/", residents.resident_edit, name="resident_edit"),
    path("residents/<int:pk>/reveal/", residents.reveal, name="reveal"),
    path("residents/<int:pk>/phones/add/", residents.phone_add, name="phone_add"),
    path("phones/<int:pk>/remove/", residents.phone_remove, name="phone_remove"),
    path("residents/<int:pk>/care/add/", residents.care_add, name="care_add"),
    path("care/<int:pk>/end/", residents.care_end, name="care_end"),
    path("residencies/<int:pk>/edit/", residents.residency_edit, name="residency_edit"),
    path("residencies/<int:pk>/end/", residents.residency_end, name="residency_end"),
    path("memberships/<int:pk>/posts/", buildings.post_list, name="post_list"),
    path("posts/<int:pk>/remove/", buildings.post_remove, name="post_remove"),
    path("grids/<str:code>/fill/", grid_filling.grid_fill, name="grid_fill"),
    path("imports/", imports.register_import_list, name="register_import_list"),
    path("imports/template.xlsx", imports.register_template, name="register_template"),
    path("imports/<uuid:pk>/", imports.register_import, name="register_import"),
    path(
        "imports/<uuid:pk>/confirm/",
        imports.register_import_confirm,
        name="register_import_confirm",
    ),
    path("imports/<uuid:pk>/undo/", imports.register_import_undo, name="register_import_undo"),
    path(
        "imports/<uuid:pk>/report.xlsx",
        imports.register_import_report,
        name="register_import_report",
    ),
]
