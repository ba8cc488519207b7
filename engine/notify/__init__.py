"""A message becomes words on a channel: the notices page of whoever is concerned, and what they or their unit set
besides: mail, group robots, webhooks.

`post` writes notices, `spread` a message for each channel that wants them, both in the transaction that takes the act
from the outbox. `Courier` gathers what is due on a channel into a sending, and brings it there outside of transactions.
"""

from engine.notify.addresses import offered, read_address, shown
from engine.notify.channels import (
    ACT,
    FIRST_KINDS,
    Choice,
    Listed,
    add_channel,
    change_channel,
    confirm,
    get_channel,
    new_code,
    note_test,
    note_try,
    of_person,
    of_units,
    remove_channel,
    trouble_of,
)
from engine.notify.courier import NO_SERVER, Courier, Said, Teller, Told
from engine.notify.kinds import MUTABLE, Kind, kind_of
from engine.notify.model import (
    Medium,
    Message,
    Notice,
    NoticeChannel,
    NoticeRead,
    NoticesRead,
    Rhythm,
    Sending,
    SendingState,
)
from engine.notify.post import post
from engine.notify.read import Line, mark_all_read, mark_older_read, notices_of, open_notice, unread
from engine.notify.sendings import Stuck, backlog, let_be, mail, say, stuck, try_again
from engine.notify.spread import spread, timing_of
from engine.notify.table import ChannelPlan, import_channels, plan_channels
from engine.notify.timing import Timing, leaves_at

__all__ = [
    "ACT",
    "FIRST_KINDS",
    "MUTABLE",
    "NO_SERVER",
    "ChannelPlan",
    "Choice",
    "Courier",
    "Kind",
    "Line",
    "Listed",
    "Medium",
    "Message",
    "Notice",
    "NoticeChannel",
    "NoticeRead",
    "NoticesRead",
    "Rhythm",
    "Said",
    "Sending",
    "SendingState",
    "Stuck",
    "Teller",
    "Timing",
    "Told",
    "add_channel",
    "backlog",
    "change_channel",
    "confirm",
    "get_channel",
    "import_channels",
    "kind_of",
    "leaves_at",
    "let_be",
    "mail",
    "mark_all_read",
    "mark_older_read",
    "new_code",
    "note_test",
    "note_try",
    "notices_of",
    "of_person",
    "of_units",
    "offered",
    "open_notice",
    "plan_channels",
    "post",
    "read_address",
    "remove_channel",
    "say",
    "shown",
    "spread",
    "stuck",
    "timing_of",
    "trouble_of",
    "try_again",
    "unread",
]
