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
    person = django_filters.CharFilter(label=_("Name or login of the person"), method="by_person")

    class Meta:
        model = Disclosure
        fields: list[str] = []

    def by_person(
        self, queryset: QuerySet[Disclosure], _name: str, value: str
    ) -> QuerySet[Disclosure]:
        return queryset.filter(Q(by__name__icontains=value) | Q(by__username=value))
