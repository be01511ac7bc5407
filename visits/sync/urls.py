from django.urls import path

from visits.sync import views

app_name = "sync"

urlpatterns = [
    path("hello/", views.hello, name="hello"),
    path("visits/", views.visits, name="visits"),
    path("photos/", views.photo_add, name="photo_add"),
    path("photos/<uuid:pk>/", views.photo, name="photo"),
]
