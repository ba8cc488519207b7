"""Why something that leaves by HTTP did not arrive."""

from __future__ import annotations

from engine import outward
from engine.web.language import _
from engine.web.show import say


def why(code: str | None) -> str:
    """A code of a try (`outward.time`, `http.503`) as a sentence; of None nothing."""
    if code is None:
        return ""
    if code.startswith("http."):
        return _("It answered %(status)s.", status=code.removeprefix("http."))
    if code == "deliveries.secret":
        return _("The secret of this installation was changed; make a new secret for this receiver.")
    return say(outward.words_of(code))
