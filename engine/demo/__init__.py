"""A district to look at: the exact tree of the field, the people in it, and cases made by the real engine."""

from engine.demo import copying
from engine.demo.cases import seed_demo
from engine.demo.replica import Plan, seed_replica
from engine.simulate import seed_organisation

__all__ = ["Plan", "copying", "seed_demo", "seed_organisation", "seed_replica"]
