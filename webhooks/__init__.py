"""Reports in, events out: everything that arrives from or leaves for another system."""
