from django.urls import path

from communities.views import disclosures, expected_back, people

app_name = "communities"

urlpatterns = [
    path("memberships/<int:pk>/end/", people.member_end, name="member_end"),
    path("people/<int:pk>/password/", people.person_password, name="person_password"),
    path("disclosures/", disclosures.disclosure_list, name="disclosure_list"),
    path("back/", expected_back.expected_back, name="expected_back"),
    path("back/later/", expected_back.expected_back_extend, name="expected_back_extend"),
    path("back/end/", expected_back.expected_back_end, name="expected_back_end"),
    path(
        "back/<int:pk>/reached/", expected_back.expected_back_reached, name="expected_back_reached"
    ),
]
