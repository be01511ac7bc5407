"""To whom a matter may go: learned from where matters in like words went and were resolved."""

from collections import Counter
from collections.abc import Container
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from communities.models import Area
from communities.models.place import inside
from visits.likeness import likeness, pairs
from visits.models import Matter

# The newest resolved matters of the category in the street that are read, and how many of the
# likest of them decide.
MOST_READ = 300
NEAREST = 10
LEAST_ALIKE = 0.08
# One of the same community weighs more than one of the next.
SAME_COMMUNITY = 1.5
# Without like words the usual way of a category counts from so many matters on.
LEAST_USUAL = 5
MOST_WORDS = 3


@dataclass(frozen=True)
class Proposal:
    """Whom a matter may be handed to: "person-7" or "department-3", and why."""

    to: str
    reason: str


def propose(matter: Matter, choices: dict[str, str]) -> Proposal | None:
    """Return the likeliest of the choices, None where nothing speaks for one; one query.

    `choices` names whom the officer may choose, by the value of the form. Only who had a
    matter when it was resolved counts, never who had it for a while and returned it.
    """
    learned = from_like_words(matter, choices)
    if learned:
        return learned
    usual = next(
        (value for value, name in choices.items() if is_usual(matter, value, name)),
        None,
    )
    if usual is None:
        return None
    return Proposal(usual, _("The usual department of this category."))


def is_usual(matter: Matter, value: str, name: str) -> bool:
    usual = matter.category.department_name
    return bool(usual) and value.startswith("department") and name == usual


def from_like_words(matter: Matter, choices: Container[str]) -> Proposal | None:
    words = pairs(matter.description)
    community = matter.grid.community_id
    votes: list[tuple[float, str, frozenset[str]]] = []
    ways: Counter[str] = Counter()
    for department, person, description, other in went_before(matter):
        to = f"department-{department}" if department else f"person-{person}"
        if to not in choices:
            continue
        ways[to] += 1
        theirs = pairs(description)
        alike = likeness(words, theirs) * (SAME_COMMUNITY if other == community else 1.0)
        if alike >= LEAST_ALIKE:
            votes.append((alike, to, words & theirs))
    if votes:
        return by_vote(sorted(votes, key=lambda vote: -vote[0])[:NEAREST])
    if ways.total() >= LEAST_USUAL:
        to, count = ways.most_common(1)[0]
        if 2 * count > ways.total():
            reason = _("%(count)s of %(total)s of this category went there.")
            return Proposal(to, reason % {"count": count, "total": ways.total()})
    return None


def by_vote(votes: list[tuple[float, str, frozenset[str]]]) -> Proposal:
    """Let the likest matters vote, each by how alike it is."""
    weights: Counter[str] = Counter()
    for alike, to, _shared in votes:
        weights[to] += alike  # type: ignore[assignment] # a counter of parts
    to = max(weights, key=lambda way: weights[way])
    shared = Counter(pair for _alike, way, both in votes if way == to for pair in both)
    said = "、".join(pair for pair, _times in shared.most_common(MOST_WORDS))
    reason = _("%(count)s of %(total)s matters in like words went there (%(words)s).")
    count = sum(way == to for _alike, way, _shared in votes)
    return Proposal(to, reason % {"count": count, "total": len(votes), "words": said})


def went_before(matter: Matter) -> list[tuple[int | None, int | None, str, int]]:
    """Return who had the newest resolved matters of the category in the street, and their words."""
    street = matter.grid.code[: Area.Level.STREET]
    return list(
        Matter.objects.filter(
            inside([street], field="grid__code"),
            Q(department__isnull=False) | Q(assignee__isnull=False),
            category=matter.category_id,
            resolved_at__isnull=False,
        )
        .exclude(pk=matter.pk)
        .order_by("-reported_at", "-pk")
        .values_list("department", "assignee", "description", "grid__community")[:MOST_READ]
    )
