"""A diagram as a picture, drawn from the places its file gives: for the library, for print, for a Word file. Pure."""

from engine.design.picture.model import Drawing, Figure, Label, Mark
from engine.design.picture.raster import as_png
from engine.design.picture.read import draw
from engine.design.picture.svg import as_svg

__all__ = ["Drawing", "Figure", "Label", "Mark", "as_png", "as_svg", "draw"]
