"""Why somebody does what others will ask about."""

from __future__ import annotations

from engine.errors import Invalid

LONGEST = 500


def reason_given(said: str) -> str:
    """The reason on one line. Raises Invalid `field.required` for none, or one that is too long."""
    reason = " ".join(said.split())
    if not reason or len(reason) > LONGEST:
        fields = {"reason": {"zh": f"请说明理由（不超过 {LONGEST} 字）。", "en": "Please say why, in short."}}
        raise Invalid("field.required", f"A reason of at most {LONGEST} characters is needed.", fields=fields)
    return reason
