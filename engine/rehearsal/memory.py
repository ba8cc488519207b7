"""What is left of a case's past while it is rehearsed: each answer, visit and word is taken once."""

from __future__ import annotations

from bisect import insort

from engine import runtime
from engine.rehearsal.past import Asked, Past, Word


class Memory:
    def __init__(self, past: Past) -> None:
        self._past = past
        self._asked = list(range(len(past.asked)))
        self._stays = list(range(1, len(past.course.stays)))
        self._words = list(past.words)
        self._stay: int | None = 0
        """The visit of back then that the present one stands for; None for one that never was."""

    def enter(self, tier: str) -> None:
        """A visit to a tier has begun: it stands for the next one there that is left."""
        stays = self._past.course.stays
        self._stay = next((number for number in self._stays if stays[number].tier == tier), None)
        if self._stay is not None:
            self._stays.remove(self._stay)

    def asked(self, task: runtime.WaitingTask, tier: str) -> Asked | None:
        """The task of back then that this one stands for: of the same visit and element rather than of the same form.

        At another tier other people were asked, so that is no answer; see `elsewhere`.
        """
        best, found = 0, None
        for number in self._asked:
            alike = self._likeness(self._past.asked[number], task, tier)
            if alike > best:
                best, found = alike, number
        if found is None:
            return None
        self._asked.remove(found)
        return self._past.asked[found]

    def give_back(self, asked: Asked) -> None:
        """The course went on before that answer was come to."""
        insort(self._asked, self._past.asked.index(asked))

    def elsewhere(self, task: runtime.WaitingTask) -> Asked | None:
        """The last answer to the same form where the case ended, which is what settled it; looked at, not taken.

        Answers of earlier visits led away from there, so they tell nothing of how it would be settled.
        """
        if task.form is None or task.item is not None:
            return None
        last = len(self._past.course.stays) - 1
        settled = (asked for asked in reversed(self._past.asked) if asked.stay == last and asked.completed)
        return next((asked for asked in settled if asked.form == task.form), None)

    def words_of_visit(self) -> list[Word]:
        """What came so long after the present visit began."""
        found = [
            word
            for word in self._words
            if word.stay == self._stay and word.since != word.at and word.name != "m_material"
        ]
        self._words = [word for word in self._words if word not in found]
        return found

    def material(self, message: str) -> Word | None:
        """What came so long after somebody began to wait for it."""
        found = next((word for word in self._words if word.name == message == "m_material"), None)
        if found is not None:
            self._words.remove(found)
        return found

    def _likeness(self, asked: Asked, task: runtime.WaitingTask, tier: str) -> int:
        item = None if task.item is None else str(task.item)
        if (asked.form or asked.element) != (task.form or task.element) or asked.item != item:
            return 0
        if self._past.course.stays[asked.stay].tier != tier:
            return 0
        same = (asked.process, asked.element) == (task.process, task.element)
        return 1 + same + 2 * (asked.stay == self._stay)
