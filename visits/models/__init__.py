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
    "Issue",
    "IssueCategory",
    "IssueEvent",
    "Outcome",
    "Photo",
    "RetryRule",
    "Step",
    "Visit",
    "VisitRule",
    "VisitTally",
    "Way",
]
