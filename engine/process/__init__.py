"""Running instances: four pushes, what a diagram may call, settle, and trouble."""

from engine.process.acts import (
    MAIN,
    Completion,
    begin,
    complete_task,
    deliver_message,
    fire_deadline,
    is_awaited,
    warn,
)
from engine.process.calendar import Move, load_year, plan_year
from engine.process.finding import Found, Wanted, find_cases
from engine.process.model import Instance
from engine.process.push import FUNCTIONS, OUTWARD, record
from engine.process.requests import Forecast, ask_extension, comment, downgrade, forecast, report_risk, supply, withdraw
from engine.process.services import SERVICES
from engine.process.settle import retime_tasks
from engine.process.story import Diagram, Story, tell
from engine.process.trouble import Trouble, failed, retry, troubles
from engine.process.world import World

__all__ = [
    "FUNCTIONS",
    "MAIN",
    "OUTWARD",
    "SERVICES",
    "Completion",
    "Diagram",
    "Forecast",
    "Found",
    "Instance",
    "Move",
    "Story",
    "Trouble",
    "Wanted",
    "World",
    "ask_extension",
    "begin",
    "comment",
    "complete_task",
    "deliver_message",
    "downgrade",
    "failed",
    "find_cases",
    "fire_deadline",
    "forecast",
    "is_awaited",
    "load_year",
    "plan_year",
    "record",
    "report_risk",
    "retime_tasks",
    "retry",
    "supply",
    "tell",
    "troubles",
    "warn",
    "withdraw",
]
