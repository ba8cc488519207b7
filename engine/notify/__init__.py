"""A message becomes words on a channel. So far there is one channel: the notices page of whoever is concerned."""

from engine.notify.kinds import MUTABLE, Kind, kind_of
from engine.notify.model import Notice, NoticeRead, NoticesRead
from engine.notify.post import post
from engine.notify.read import Line, mark_all_read, mark_older_read, notices_of, open_notice, unread

__all__ = [
    "MUTABLE",
    "Kind",
    "Line",
    "Notice",
    "NoticeRead",
    "NoticesRead",
    "kind_of",
    "mark_all_read",
    "mark_older_read",
    "notices_of",
    "open_notice",
    "post",
    "unread",
]
