"""The small district of the pages' tests, for whatever comes in from outside and leaves."""

from tests.web.conftest import _built, _settled, app, district, visit

__all__ = ["_built", "_settled", "app", "district", "visit"]
