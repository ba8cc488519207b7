"""A district on the virtual clock: the real engine, invented people, every deadline fired in its time."""

from engine.simulate.answers import fill
from engine.simulate.arrivals import Arrival, Places, arrivals
from engine.simulate.crew import Crew
from engine.simulate.loop import Loop, Progress
from engine.simulate.organisation import seed_organisation
from engine.simulate.run import PROCESSES, Result, places_of, run, start_district

__all__ = [
    "PROCESSES",
    "Arrival",
    "Crew",
    "Loop",
    "Places",
    "Progress",
    "Result",
    "arrivals",
    "fill",
    "places_of",
    "run",
    "seed_organisation",
    "start_district",
]
