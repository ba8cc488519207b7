"""Running instances: four pushes, what a diagram may call, settle, and trouble."""

from engine.process.acts import (
    Completion,
    change_hands,
    complete_task,
    deliver_message,
    fire_deadline,
    is_awaited,
    warn,
)
from engine.process.ahead import Forecast, forecast
from engine.process.arbitration import Outcome as ArbitrationOutcome
from engine.process.arbitration import Precedent, arbitration_of, precedents
from engine.process.beginning import MAIN, begin
from engine.process.calendar import Move, load_year, plan_year
from engine.process.cards import GivenCards, cards_given, get_card, may_void, void_card
from engine.process.chart import Chart, Stop, chart_of
from engine.process.decisions import Decision, Decisions, how_many, to_decide
from engine.process.disputed import Beyond, reach
from engine.process.finding import Found, Wanted, find_cases
from engine.process.forces import end_force, give_to_force, reindex_force, take_from_force
from engine.process.identity import SHOWN_FOR, may_unmask, shown_now, step_aside, unmask
from engine.process.instructions import instruct, instructable, instruction_of
from engine.process.joint import Agreement, Joint, Signature, agreement_of, conclusion_from, joint_of, tasks_together
from engine.process.marks import SIGNS_IN
from engine.process.mediating import (
    Pending,
    after_mediation,
    book_session,
    cancel_session,
    offer_mediation,
)
from engine.process.mentions import Mentionable, comment, mentionable, mentionable_in, units_of_story
from engine.process.merging import may_merge, merge, must_merge, split, tell_followers, tell_joined
from engine.process.migration import (
    OBSTACLES,
    Judged,
    Migration,
    MigrationCase,
    MigrationFigures,
    MigrationState,
    Named,
    Outcome,
    Staying,
    begin_migration,
    dry_run,
    get_migration,
    migration_cases,
    migration_figures,
    recent_migrations,
    start_migration,
    stop_migration,
    undo_migration,
    work_on_migration,
)
from engine.process.model import Arbitration, Instance, Instruction
from engine.process.parties import correct_party, name_party
from engine.process.push import FUNCTIONS, OUTWARD, length_of, record
from engine.process.related import Related, related
from engine.process.reopening import (
    NotSolved,
    arm_case_clocks,
    found_unsolved,
    not_solved,
    reopen,
    supervise,
    supervise_by_hand,
)
from engine.process.requests import (
    apply_review,
    ask_extension,
    downgrade,
    is_watched,
    report_risk,
    review_until,
    sort_case,
    supply,
    withdraw,
)
from engine.process.running import running, runs_on
from engine.process.samples import Made, give_sample, make_sample
from engine.process.services import SERVICES, card_given, is_sampled
from engine.process.settle import retime_tasks
from engine.process.story import Run, Story, tell, time_spent
from engine.process.time_spent import Kind, Pause, Stretch, TimeSpent
from engine.process.token_moves import CaseStanding, Moved, Standing, case_standing, move_token, preview_move
from engine.process.trouble import Cause, Trouble, causes, failed, retry, retry_cause, set_aside, troubles
from engine.process.units import UnitPlan, import_units, plan_units
from engine.process.ways import Way, may_ask_more_time, ways
from engine.process.world import World

reach(Beyond(change_hands, found_unsolved))

__all__ = [
    "FUNCTIONS",
    "MAIN",
    "OBSTACLES",
    "OUTWARD",
    "SERVICES",
    "SHOWN_FOR",
    "SIGNS_IN",
    "Agreement",
    "Arbitration",
    "ArbitrationOutcome",
    "CaseStanding",
    "Cause",
    "Chart",
    "Completion",
    "Decision",
    "Decisions",
    "Forecast",
    "Found",
    "GivenCards",
    "Instance",
    "Instruction",
    "Joint",
    "Judged",
    "Kind",
    "Made",
    "Mentionable",
    "Migration",
    "MigrationCase",
    "MigrationFigures",
    "MigrationState",
    "Move",
    "Moved",
    "Named",
    "NotSolved",
    "Outcome",
    "Pause",
    "Pending",
    "Precedent",
    "Related",
    "Run",
    "Signature",
    "Standing",
    "Staying",
    "Stop",
    "Story",
    "Stretch",
    "TimeSpent",
    "Trouble",
    "UnitPlan",
    "Wanted",
    "Way",
    "World",
    "after_mediation",
    "agreement_of",
    "apply_review",
    "arbitration_of",
    "arm_case_clocks",
    "ask_extension",
    "begin",
    "begin_migration",
    "book_session",
    "cancel_session",
    "card_given",
    "cards_given",
    "case_standing",
    "causes",
    "chart_of",
    "comment",
    "complete_task",
    "conclusion_from",
    "correct_party",
    "deliver_message",
    "downgrade",
    "dry_run",
    "end_force",
    "failed",
    "find_cases",
    "fire_deadline",
    "forecast",
    "get_card",
    "get_migration",
    "give_sample",
    "give_to_force",
    "how_many",
    "import_units",
    "instruct",
    "instructable",
    "instruction_of",
    "is_awaited",
    "is_sampled",
    "is_watched",
    "joint_of",
    "length_of",
    "load_year",
    "make_sample",
    "may_ask_more_time",
    "may_merge",
    "may_unmask",
    "may_void",
    "mentionable",
    "mentionable_in",
    "merge",
    "migration_cases",
    "migration_figures",
    "move_token",
    "must_merge",
    "name_party",
    "not_solved",
    "offer_mediation",
    "plan_units",
    "plan_year",
    "precedents",
    "preview_move",
    "recent_migrations",
    "record",
    "reindex_force",
    "related",
    "reopen",
    "report_risk",
    "retime_tasks",
    "retry",
    "retry_cause",
    "review_until",
    "running",
    "runs_on",
    "set_aside",
    "shown_now",
    "sort_case",
    "split",
    "start_migration",
    "step_aside",
    "stop_migration",
    "supervise",
    "supervise_by_hand",
    "supply",
    "take_from_force",
    "tasks_together",
    "tell",
    "tell_followers",
    "tell_joined",
    "time_spent",
    "to_decide",
    "troubles",
    "undo_migration",
    "units_of_story",
    "unmask",
    "void_card",
    "warn",
    "ways",
    "withdraw",
    "work_on_migration",
]
