"""What differs between two sets of process files, as people would say it: elements, limits, fields, rows, words."""

from engine.design.difference.compare import difference
from engine.design.difference.model import Aspect, Change, Part, What, marks

__all__ = ["Aspect", "Change", "Part", "What", "difference", "marks"]
