"""The small district of the pages' tests: settled once, a fresh copy for every test."""

from tests.web.conftest import _settled, district

__all__ = ["_settled", "district"]
