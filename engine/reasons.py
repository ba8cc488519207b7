"""Why somebody does what others will ask about."""

from __future__ import annotations

from engine.errors import Invalid

LONGEST = 500


def reason_given(said: str) -> str:
    """The reason on one line. Raises Invalid `field.required` for none, or one that is too long."""
    reason = " ".join(said.split())
    if not reason or len(reason) > LONGEST:
        fields = {"reason": reason_words()}
        raise Invalid("field.required", f"A reason of at most {LONGEST} characters is needed.", fields=fields)
    return reason


def reason_words() -> dict[str, str]:
    return {"zh": f"请说明理由（不超过 {LONGEST} 字）。", "en": f"Please say why, in at most {LONGEST} characters."}
