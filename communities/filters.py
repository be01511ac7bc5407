"""Filters above the lists of communities and of disclosures."""

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from communities.models import Community, Disclosure


class CommunityFilter(django_filters.FilterSet):
    name = django_filters.CharFilter(label=_("Name or number"), method="by_name")

    class Meta:
        model = Community
        fields: list[str] = []

    def by_name(self, queryset: QuerySet[Community], _name: str, value: str) -> QuerySet[Community]:
        if value.isdigit():
            return queryset.filter(code__startswith=value)
        return queryset.filter(Q(name__icontains=value) | Q(area__name__icontains=value))


class DisclosureFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(
        label=_("Kind"), choices=Disclosure.Kind.choices, empty_label=_("All")
    )
    # By login: the value stands in the address, where no name may.
    login = django_filters.CharFilter(
        label=_("Login name of the person"), field_name="by__username"
    )

    class Meta:
        model = Disclosure
        fields: list[str] = []
