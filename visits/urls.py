from django.urls import path

from visits.views import (
    campaign_steps,
    campaigns,
    diary,
    held,
    issues,
    odds,
    pairings,
    stairwells,
    today,
    visits,
)

app_name = "visits"

urlpatterns = [
    path("today/", today.today, name="today"),
    path("today/walk/", today.today_walk, name="today_walk"),
    path("diary/", diary.diary, name="diary"),
    path("diary/days/", diary.diary_list, name="diary_list"),
    path("diary/<int:pk>/", diary.diary_entry, name="diary_entry"),
    path("households/<int:pk>/quick/", today.visit_quick, name="visit_quick"),
    path("households/<int:pk>/visit/", visits.visit_add, name="visit_add"),
    path(
        "buildings/<int:pk>/nobody-home/",
        stairwells.stairwell_unanswered,
        name="stairwell_unanswered",
    ),
    path("grids/<str:code>/pairings/", pairings.pairing_list, name="pairing_list"),
    path("pairings/<int:pk>/end/", pairings.pairing_end, name="pairing_end"),
    path("households/<int:pk>/when/", odds.door_odds, name="door_odds"),
    path("visits/", visits.visit_list, name="visit_list"),
    path("visits/<uuid:pk>/", visits.visit, name="visit"),
    path("visits/<uuid:pk>/correct/", visits.visit_correct, name="visit_correct"),
    path("held/", held.held_list, name="held_list"),
    path("held/<int:pk>/", held.held_item, name="held_item"),
    path("held/<int:pk>/void/", held.held_void, name="held_void"),
    path("issues/", issues.issue_list, name="issue_list"),
    path("issues/add/", issues.issue_add, name="issue_add"),
    path("issues/<uuid:pk>/", issues.issue, name="issue"),
    path("issues/<uuid:pk>/step/", issues.issue_step, name="issue_step"),
    path("photos/<uuid:pk>/", issues.photo, name="photo"),
    path("campaigns/", campaigns.campaign_list, name="campaign_list"),
    path("campaigns/add/", campaign_steps.campaign_add, name="campaign_add"),
    path("campaigns/<int:pk>/", campaigns.campaign, name="campaign"),
    path("campaigns/<int:pk>/doors/", campaigns.campaign_door_list, name="campaign_door_list"),
    path("campaigns/<int:pk>/end/", campaign_steps.campaign_end, name="campaign_end"),
    path("campaigns/<int:pk>/extend/", campaign_steps.campaign_extend, name="campaign_extend"),
]
