"""Whether what is stored still makes sense: ten invariants, checked on a live database without touching it."""

from engine.verify.check import check
from engine.verify.model import INVARIANTS, Violation

__all__ = ["INVARIANTS", "Violation", "check"]
