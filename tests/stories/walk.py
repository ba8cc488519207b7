"""Sample cases walked over HTTP by those who are asked, all in one district on one clock, each at its own time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from engine import people
from engine.cases import Card, Case
from engine.clock import ManualClock
from engine.people import Membership, tokens
from engine.tasks import Task
from tests.stories.district import SHENZHEN, District, at
from tests.web.api.caller import Caller
from tests.web.visitor import Visitor, words

LONGEST = timedelta(days=80)
"""A token is given anew after so long."""


@dataclass(slots=True)
class Walk:
    """One case on its way; `broken` says at which step it went otherwise than told."""

    sample: Mapping[str, Any]
    case_id: int = 0
    number: str = ""
    where: str = ""
    broken: str = ""
    steps: list[tuple[datetime, Mapping[str, Any]]] = field(default_factory=list)


class Office:
    """Whoever is asked acts by the API, with a token of their own."""

    def __init__(self, here: District, app: Any, clock: ManualClock) -> None:
        self.here, self.app, self.clock = here, app, clock
        self._tokens: dict[int, tuple[str, datetime]] = {}
        self._numbers: dict[str, str] = {}

    def walk(self, samples: Sequence[Mapping[str, Any]]) -> list[Walk]:
        """Everything that the samples tell, in the order of its time."""
        walks = [Walk(sample, steps=_timed(sample)) for sample in samples]
        told = [(when, number, walk, step) for walk in walks for number, (when, step) in enumerate(walk.steps)]
        for when, _number, walk, step in sorted(told, key=lambda each: each[0]):
            if walk.broken:
                continue
            self.here.until(f"{when:%Y-%m-%d %H:%M:%S}")
            try:
                self._do(walk, step)
            except AssertionError as fault:
                walk.broken = f"{when:%Y-%m-%d %H:%M} {dict(step)}: {fault}"
        return walks

    def _do(self, walk: Walk, step: Mapping[str, Any]) -> None:
        if "file" in step:
            self._file(walk)
        elif "filed" in step:
            self._page(walk, {**step, "page": step["filed"]})
            with self.here.store.reading() as session:
                newest = session.scalars(select(Case).order_by(Case.id.desc()).limit(1)).one()
            self._graded(walk, newest)
        elif "do" in step:
            self._complete(walk, step)
        elif "post" in step:
            self._post(walk, step)
        elif "page" in step:
            self._page(walk, step)
        elif "detect" in step:
            self.here.application.scheduler.detect()
        self._look(walk, step)

    def _file(self, walk: Walk) -> None:
        sample = walk.sample
        body = {key: sample[key] for key in ("channel", "kind", "category", "title", "description")}
        body |= {"place_id": sample["place"], "received_at": at(sample["received_at"]).isoformat()}
        body |= {"facts": sample["facts"], "parties": sample.get("parties") or PARTIES}
        answer = self._caller_at("LHQ", "clerk").post("/api/v1/cases", body, check=False)
        assert answer.status_code == 201, answer.text
        with self.here.store.reading() as session:
            case = session.scalars(select(Case).where(Case.number == answer.json["number"])).one()
        self._graded(walk, case)

    def _graded(self, walk: Walk, case: Case) -> None:
        triage = walk.sample["triage"]
        walk.number, walk.case_id = case.number, case.id
        self._numbers[walk.sample["id"]] = case.number
        graded = {key: getattr(case, key) for key in ("severity", "size", "track", "tier", "urgent")}
        graded["reasons"] = sorted(each["rule"] for each in case.reasons if each["decision"] == "d_severity")
        assert graded == {**triage, "reasons": sorted(triage["reasons"])}, graded

    def _complete(self, walk: Walk, step: Mapping[str, Any]) -> None:
        """The person takes the task, answers what they are told to, and what the form wants besides."""
        task = self._task(walk, step["do"], step.get("at_unit"))
        caller = self._caller(task, step.get("as"))
        claimed = caller.put(f"/api/v1/tasks/{task.id}/claim", check=False)
        assert claimed.status_code == 200, claimed.text
        parts = {part["key"]: part for part in _parts((claimed.json["form"] or {}).get("parts"))}
        answers = dict(step.get("with") or {})
        for _ in range(4):
            done = caller.post(f"/api/v1/tasks/{task.id}/completion", {"answers": answers}, check=False)
            if done.status_code != 422:
                break
            for error in done.json["errors"]:
                key = error["pointer"].removeprefix("/answers/")
                assert key in parts, done.text
                assert key not in answers, done.text
                answers[key] = self._guess(parts[key])
        assert done.status_code == step.get("refused", 200), done.text

    def _post(self, walk: Walk, step: Mapping[str, Any]) -> None:
        unit, role = step["by"]
        answer = self._caller_at(unit, role).post(
            f"/api/v1/cases/{walk.number}/{step['post']}", step["with"], check=False
        )
        if "refused" in step:
            assert (answer.status_code >= 400, answer.json.get("code")) == (True, step["refused"]), answer.text
        else:
            assert answer.status_code in (200, 201), answer.text

    def _page(self, walk: Walk, step: Mapping[str, Any]) -> None:
        """A form of the pages; what stands in braces is filled in: `case`, `where` it led to, a number by sample."""
        unit, role = step["by"]
        known: dict[str, Any] = {**self._numbers, "case": walk.case_id, "where": walk.where}
        with self.here.store.transaction() as session:
            for each in ("leader", "petition_officer", "quality"):
                known[each] = people.members(session, "LHQ", [each])[0].id
            known["street"] = people.members(session, "LHQ.GL", ["leader"])[0].id
            who = people.members(session, unit, [role])[0].id
            secret = people.sign_in(session, who, now=self.clock.now(), lasts=timedelta(hours=1))
        visitor = Visitor(self.app)
        visitor.client.set_cookie("sign-in", secret)
        visitor.get("/me")
        fields = {
            key: [each.format(**known) for each in value] if isinstance(value, list) else str(value).format(**known)
            for key, value in (step.get("with") or {}).items()
        }
        answer = visitor.post(step["page"].format(**known), fields)
        assert answer.status_code == 302, words(answer)
        walk.where = step["page"].format(**known) if step.get("stay") else answer.headers["Location"].partition("#")[0]

    def _look(self, walk: Walk, step: Mapping[str, Any]) -> None:
        if not walk.case_id:
            return  # a register comes before its case
        case = self.here.case(walk.case_id)
        for key in ("tier", "state", "result", "severity", "size", "urgent"):
            if key in step:
                assert getattr(case, key) == step[key], f"{key} is {getattr(case, key)}"
        for clock, due in (step.get("due") or {}).items():
            live = self.here.clocks(walk.case_id)
            assert clock in live, f"{clock} is not among {sorted(live)}"
            assert _written(live[clock].due_at) == due, f"{clock} is due {_written(live[clock].due_at)}"
        if step.get("on_time"):
            assert case.overdue_at is None, f"it is overdue since {case.overdue_at}"
        if step.get("no_clocks"):
            assert not self.here.clocks(walk.case_id), self.here.clocks(walk.case_id)
        if "open" in step:
            assert self.here.open_elements(walk.case_id) == sorted(step["open"]), self.here.open_elements(walk.case_id)
        assert set(step.get("open_also") or ()) <= set(self.here.open_elements(walk.case_id))
        if "cards" in step:
            with self.here.store.reading() as session:
                cards = select(Card.colour).where(Card.case_id == walk.case_id).order_by(Card.id)
                assert list(session.scalars(cards)) == step["cards"], list(session.scalars(cards))
        for act in step.get("acts") or ():
            assert act in self.here.acts(walk.case_id), self.here.acts(walk.case_id)

    def _task(self, walk: Walk, element: str, unit: str | None) -> Task:
        asked = self.here.open_tasks(walk.case_id)
        found = [task for task in asked if task.element == element and unit in (None, task.unit_id)]
        assert found, f"nobody is asked for {element}, but for {[(t.element, t.unit_id) for t in asked]}"
        return found[0]

    def _caller(self, task: Task, role: str | None) -> Caller:
        """The last of those who are asked, so that whoever decides is somebody else than who asks."""
        with self.here.store.reading() as session:
            if task.claimed_by is not None:
                return self._known(task.claimed_by)
            roles = task.role_names if role is None else (role,)
            return self._known(people.members(session, task.unit_id, roles)[-1].id)

    def _caller_at(self, unit: str, role: str) -> Caller:
        with self.here.store.reading() as session:
            who = select(Membership.person_id).where(Membership.unit_id == unit, Membership.role == role)
            return self._known(session.scalars(who.order_by(Membership.person_id)).first() or 0)

    def _known(self, person_id: int) -> Caller:
        token, until = self._tokens.get(person_id, ("", self.clock.now()))
        if until <= self.clock.now():
            until = self.clock.now() + LONGEST
            with self.here.store.transaction() as session:
                token = tokens.issue(session, person_id, "walk", now=self.clock.now(), ends_at=until)
            self._tokens[person_id] = token, until
        return Caller(self.app, token)

    def _guess(self, part: Mapping[str, Any]) -> Any:
        local = self.clock.now().astimezone(SHENZHEN)
        options = [option["value"] for option in part.get("options") or ()]
        match part["type"]:
            case "datetime":
                kept = part.get("subtype") or part.get("kind")
                return date.isoformat(local) if kept == "date" else f"{local:%Y-%m-%dT%H:%M}"
            case "checklist":
                return options[:1]
            case "taglist":
                return options
            case "radio" | "select":
                return options[0] if options else ""
            case "number":
                return 1
            case "checkbox":
                return True
            case _:
                return "已记录在案,另有说明。"


PARTIES = [{"role": "applicant", "name": "冯某"}, {"role": "respondent", "name": "装修公司", "type": "org"}]


def _timed(sample: Mapping[str, Any]) -> list[tuple[datetime, Mapping[str, Any]]]:
    """A step without a time follows at once upon the one before it."""
    when = at(sample["received_at"])
    steps: list[tuple[datetime, Mapping[str, Any]]] = [(when, {"file": True})] if "place" in sample else []
    for step in sample["steps"]:
        when = at(step["at"]) if "at" in step else when
        steps.append((when, step))
    return steps


def _parts(told: Sequence[Mapping[str, Any]] | None) -> Iterator[Mapping[str, Any]]:
    """The questions of a form, those in groups too."""
    for part in told or ():
        if part.get("key"):
            yield part
        yield from _parts(part.get("parts"))


def _written(due: datetime) -> str:
    local = due.astimezone(SHENZHEN)
    return f"{local:%Y-%m-%d %H:%M}" + (f":{local:%S}" if local.second else "")
