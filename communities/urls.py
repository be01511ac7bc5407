from django.urls import path

from communities.views import cards, contacts, disclosures, expected_back, people

app_name = "communities"

urlpatterns = [
    path("people/<int:pk>/password/", people.person_password, name="person_password"),
    path("disclosures/", disclosures.disclosure_list, name="disclosure_list"),
    path("back/", expected_back.expected_back, name="expected_back"),
    path("back/later/", expected_back.expected_back_extend, name="expected_back_extend"),
    path("back/end/", expected_back.expected_back_end, name="expected_back_end"),
    path(
        "back/<int:pk>/reached/", expected_back.expected_back_reached, name="expected_back_reached"
    ),
    path("cards/", cards.own_cards, name="own_cards"),
    path("memberships/<int:pk>/badge/", cards.badge, name="badge"),
    path("memberships/<int:pk>/badge/renew/", cards.badge_renew, name="badge_renew"),
    path("memberships/<int:pk>/slips/", cards.door_slips, name="door_slips"),
    path("communities/<slug:code>/badges/", cards.community_badges, name="community_badges"),
    path("grids/<slug:code>/card/", cards.grid_card, name="grid_card"),
    path("grids/<slug:code>/poster/", cards.report_poster, name="report_poster"),
    path("grids/<slug:code>/card/renew/", cards.grid_card_renew, name="grid_card_renew"),
    path("grids/<slug:code>/contacts/", contacts.contact_list, name="contact_list"),
    path("grids/<slug:code>/contacts/<int:pk>/", contacts.contact_edit, name="contact_edit"),
    path("grids/<slug:code>/contacts/<int:pk>/end/", contacts.contact_end, name="contact_end"),
    path("people/<int:pk>/photo/", cards.person_photo, name="person_photo"),
]
