"""Assessments of what a project may stir up: written before it begins, and counted against what came of it."""

from engine.assessments.acts import Draft, Risk, decide, faults_in, open_assessment, say_of_case, write
from engine.assessments.model import DECISIONS, LEVELS, Assessment, AssessmentCase, AssessmentState
from engine.assessments.rows import LaterCases, Register, later_cases, register, see, waits

__all__ = [
    "DECISIONS",
    "LEVELS",
    "Assessment",
    "AssessmentCase",
    "AssessmentState",
    "Draft",
    "LaterCases",
    "Register",
    "Risk",
    "decide",
    "faults_in",
    "later_cases",
    "open_assessment",
    "register",
    "say_of_case",
    "see",
    "waits",
    "write",
]
