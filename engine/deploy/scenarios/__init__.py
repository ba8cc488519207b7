"""Scenarios: given a case and steps, expect tasks, path, deadlines and end. The format stands in `bpmn/README.md`."""

from engine.deploy.scenarios.model import SENTENCES, Act, Differs, Played, Said, Scenario
from engine.deploy.scenarios.playing import Coverage, coverage, play, play_all, scenario_paths, unvisited
from engine.deploy.scenarios.read import read_scenario
from engine.deploy.scenarios.record import (
    EXPECTATIONS,
    answered_otherwise,
    expectation,
    open_recording,
    recorded,
    replay,
    undone,
)
from engine.deploy.scenarios.stage import Answered, Moment, Stage
from engine.deploy.scenarios.write import write_scenario

__all__ = [
    "EXPECTATIONS",
    "SENTENCES",
    "Act",
    "Answered",
    "Coverage",
    "Differs",
    "Moment",
    "Played",
    "Said",
    "Scenario",
    "Stage",
    "answered_otherwise",
    "coverage",
    "expectation",
    "open_recording",
    "play",
    "play_all",
    "read_scenario",
    "recorded",
    "replay",
    "scenario_paths",
    "undone",
    "unvisited",
    "write_scenario",
]
