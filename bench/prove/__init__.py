"""Harnesses that try to break the engine, and planted faults that show they would notice."""
