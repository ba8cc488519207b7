"""Pages of letters: the register, one letter from due to delivered, and the templates an office edits in Word."""

from engine.web.letters import letter, register, templates
from engine.web.letters.blueprint import pages

__all__ = ["letter", "pages", "register", "templates"]
