"""A district on the virtual clock: the real engine, invented people, every deadline fired in its time."""

from engine.simulate.organisation import seed_organisation
from engine.simulate.run import Result, run, start_district

__all__ = ["Result", "run", "seed_organisation", "start_district"]
