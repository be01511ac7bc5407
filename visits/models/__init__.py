from visits.models.figures import CommunityFigures, StaleGrid
from visits.models.issue import Issue, IssueCategory, IssueEvent, Photo, Step
from visits.models.visit import (
    Outcome,
    RetryRule,
    Visit,
    VisitRule,
    VisitTally,
    Way,
)

__all__ = [
    "CommunityFigures",
    "Issue",
    "IssueCategory",
    "IssueEvent",
    "Outcome",
    "Photo",
    "RetryRule",
    "StaleGrid",
    "Step",
    "Visit",
    "VisitRule",
    "VisitTally",
    "Way",
]
