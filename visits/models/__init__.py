from visits.models.issue import Issue, IssueCategory, IssueEvent, Photo
from visits.models.visit import (
    Outcome,
    RetryRule,
    Visit,
    VisitRule,
    VisitTally,
    Way,
)

__all__ = [
    "Issue",
    "IssueCategory",
    "IssueEvent",
    "Outcome",
    "Photo",
    "RetryRule",
    "Visit",
    "VisitRule",
    "VisitTally",
    "Way",
]
