"""Running instances: four pushes, what a diagram may call, settle, and trouble."""

from engine.process.acts import (
    Completion,
    complete_task,
    deliver_message,
    fire_deadline,
    is_awaited,
    warn,
)
from engine.process.ahead import Forecast, forecast
from engine.process.beginning import MAIN, begin
from engine.process.calendar import Move, load_year, plan_year
from engine.process.chart import Chart, Stop, chart_of
from engine.process.decisions import Decision, Decisions, how_many, to_decide
from engine.process.finding import Found, Wanted, find_cases
from engine.process.identity import SHOWN_FOR, may_unmask, step_aside, unmask
from engine.process.instructions import instruct, instructable, instruction_of
from engine.process.joint import Agreement, Joint, Signature, agreement_of, conclusion_from, joint_of, tasks_together
from engine.process.mentions import Mentionable, comment, mentionable, mentionable_in, units_of_story
from engine.process.model import Instance, Instruction
from engine.process.push import FUNCTIONS, OUTWARD, record
from engine.process.related import Related, related
from engine.process.reopening import arm_case_clocks, reopen, supervise
from engine.process.requests import ask_extension, downgrade, report_risk, sort_case, supply, withdraw
from engine.process.running import running
from engine.process.services import SERVICES
from engine.process.settle import retime_tasks
from engine.process.story import Run, Story, tell, time_spent
from engine.process.time_spent import Kind, Pause, Stretch, TimeSpent
from engine.process.trouble import Cause, Trouble, causes, failed, retry, retry_cause, set_aside, troubles
from engine.process.units import UnitPlan, import_units, plan_units
from engine.process.ways import Way, may_ask_more_time, ways
from engine.process.world import World

__all__ = [
    "FUNCTIONS",
    "MAIN",
    "OUTWARD",
    "SERVICES",
    "SHOWN_FOR",
    "Agreement",
    "Cause",
    "Chart",
    "Completion",
    "Decision",
    "Decisions",
    "Forecast",
    "Found",
    "Instance",
    "Instruction",
    "Joint",
    "Kind",
    "Mentionable",
    "Move",
    "Pause",
    "Related",
    "Run",
    "Signature",
    "Stop",
    "Story",
    "Stretch",
    "TimeSpent",
    "Trouble",
    "UnitPlan",
    "Wanted",
    "Way",
    "World",
    "agreement_of",
    "arm_case_clocks",
    "ask_extension",
    "begin",
    "causes",
    "chart_of",
    "comment",
    "complete_task",
    "conclusion_from",
    "deliver_message",
    "downgrade",
    "failed",
    "find_cases",
    "fire_deadline",
    "forecast",
    "how_many",
    "import_units",
    "instruct",
    "instructable",
    "instruction_of",
    "is_awaited",
    "joint_of",
    "load_year",
    "may_ask_more_time",
    "may_unmask",
    "mentionable",
    "mentionable_in",
    "plan_units",
    "plan_year",
    "record",
    "related",
    "reopen",
    "report_risk",
    "retime_tasks",
    "retry",
    "retry_cause",
    "running",
    "set_aside",
    "sort_case",
    "step_aside",
    "supervise",
    "supply",
    "tasks_together",
    "tell",
    "time_spent",
    "to_decide",
    "troubles",
    "units_of_story",
    "unmask",
    "warn",
    "ways",
    "withdraw",
]
