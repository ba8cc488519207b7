"""Running cases go to another release: looked at first, moved in batches, stopped and taken back.

States: looking → ready → moving → done → undoing → undone; stopped from looking, ready and moving, and from there
undoing. The scheduler works on what is looking, moving or undoing; a person takes each step to another state.
"""

from engine.process.migration.crossing import OBSTACLES
from engine.process.migration.figures import (
    MigrationFigures,
    Named,
    Staying,
    migration_cases,
    migration_figures,
    recent_migrations,
)
from engine.process.migration.model import Migration, MigrationCase, MigrationState, Outcome
from engine.process.migration.verbs import (
    begin_migration,
    get_migration,
    start_migration,
    stop_migration,
    undo_migration,
)
from engine.process.migration.work import Judged, dry_run, work_on_migration

__all__ = [
    "OBSTACLES",
    "Judged",
    "Migration",
    "MigrationCase",
    "MigrationFigures",
    "MigrationState",
    "Named",
    "Outcome",
    "Staying",
    "begin_migration",
    "dry_run",
    "get_migration",
    "migration_cases",
    "migration_figures",
    "recent_migrations",
    "start_migration",
    "stop_migration",
    "undo_migration",
    "work_on_migration",
]
