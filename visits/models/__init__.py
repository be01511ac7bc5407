from visits.models.api_client import ApiClient, ServiceRequest
from visits.models.burden import BurdenWeek
from visits.models.calendar import CalendarDay
from visits.models.campaign import Campaign, CampaignDoor, DoorResult, campaigns_at
from visits.models.diary import DiaryEntry
from visits.models.emergency import (
    Emergency,
    EmergencyGrid,
    RollCall,
    RollCallEntry,
    RollCallState,
)
from visits.models.errand import ErrandStep
from visits.models.figures import CommunityFigures, GridOpenings, StaleGrid
from visits.models.hand_over import HandOver, HandOverDoor, UnsentWord
from visits.models.matter import CalledDepartment, Matter
from visits.models.matter_category import MatterCategory, TimeLimit
from visits.models.matter_event import MatterEvent, Step
from visits.models.notice import Digest, Notice
from visits.models.pairing import Pairing
from visits.models.photo import Photo
from visits.models.receipt import Receipt, ResidentAnswer
from visits.models.resident_report import ReportCount, ReportPhoto, ResidentReport
from visits.models.routing import RoutingProposal
from visits.models.service_attribute import ServiceAttribute
from visits.models.sync import HeldItem, PhotoUpload, ServerEpoch, SyncDevice
from visits.models.visit import (
    Outcome,
    RetryRule,
    Visit,
    VisitRule,
    VisitTally,
    Way,
)

__all__ = [
    "ApiClient",
    "BurdenWeek",
    "CalendarDay",
    "CalledDepartment",
    "Campaign",
    "CampaignDoor",
    "CommunityFigures",
    "DiaryEntry",
    "Digest",
    "DoorResult",
    "Emergency",
    "EmergencyGrid",
    "ErrandStep",
    "GridOpenings",
    "HandOver",
    "HandOverDoor",
    "HeldItem",
    "Matter",
    "MatterCategory",
    "MatterEvent",
    "Notice",
    "Outcome",
    "Pairing",
    "Photo",
    "PhotoUpload",
    "Receipt",
    "ReportCount",
    "ReportPhoto",
    "ResidentAnswer",
    "ResidentReport",
    "RetryRule",
    "RollCall",
    "RollCallEntry",
    "RollCallState",
    "RoutingProposal",
    "ServerEpoch",
    "ServiceAttribute",
    "ServiceRequest",
    "StaleGrid",
    "Step",
    "SyncDevice",
    "TimeLimit",
    "UnsentWord",
    "Visit",
    "VisitRule",
    "VisitTally",
    "Way",
    "campaigns_at",
]
