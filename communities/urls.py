from django.urls import path

from communities.views import disclosures, people

app_name = "communities"

urlpatterns = [
    path("memberships/<int:pk>/end/", people.member_end, name="member_end"),
    path("people/<int:pk>/password/", people.person_password, name="person_password"),
    path("disclosures/", disclosures.disclosure_list, name="disclosure_list"),
]
