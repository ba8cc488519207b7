"""Reports of other systems: signed deliveries become cases by declared mappings, once each, whatever the order."""

from webhooks.inbound.accepting import Seen, Sent, accept
from webhooks.inbound.demonstration import demonstrate
from webhooks.inbound.gate import Gate, gate_of
from webhooks.inbound.mapping import Draft, Fault, draft_of
from webhooks.inbound.messages import wake
from webhooks.inbound.model import Delivery, Matter, Shut, State
from webhooks.inbound.reading import read
from webhooks.inbound.settling import settle_one
from webhooks.inbound.signatures import Proof, prove, sign_standard
from webhooks.inbound.sources import must_be_sound, source_of, unready
from webhooks.inbound.work import Settler, sweep
from webhooks.inbound.writing_back import secrets_for, tell, tell_followed

__all__ = [
    "Delivery",
    "Draft",
    "Fault",
    "Gate",
    "Matter",
    "Proof",
    "Seen",
    "Sent",
    "Settler",
    "Shut",
    "State",
    "accept",
    "demonstrate",
    "draft_of",
    "gate_of",
    "must_be_sound",
    "prove",
    "read",
    "secrets_for",
    "settle_one",
    "sign_standard",
    "source_of",
    "sweep",
    "tell",
    "tell_followed",
    "unready",
    "wake",
]
