"""What a page says when something was refused: what happened, and what to do next. Never a stack trace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request, url_for
from flask_babel import lazy_gettext as N_

from engine.errors import Refusal
from engine.people import names
from engine.web.context import looking, maybe_viewer, now
from engine.web.language import _
from engine.web.show import moment, person_name, say

KEPT_FOR_PAGE = frozenset({"csrf_token", "form_key", "password", "present", "next", "person", "language"})
LONGEST_KEPT = 20_000

TITLES: Mapping[int, Any] = {
    400: N_("This request could not be read"),
    401: N_("Please sign in"),
    403: N_("This is not yours to do"),
    404: N_("Nothing here"),
    405: N_("This address does not do that"),
    409: N_("Things have moved on"),
    413: N_("That is too large"),
    422: N_("Something is missing or wrong"),
    429: N_("Too many tries"),
    500: N_("Something broke on our side"),
    503: N_("Not just now"),
}
NEXT: Mapping[int, Any] = {
    400: N_("Go back, reload the page and send it again."),
    401: N_("You were signed out, perhaps after a long pause. Sign in and send it again."),
    403: N_("Ask the lead of the unit, or go back to your work list."),
    404: N_("The address may be mistyped, or the case may belong to another unit."),
    405: N_("Go back and use the buttons of the page."),
    409: N_("Look at the case as it stands now, then decide anew."),
    413: N_("Shorten the text, or send fewer and smaller files."),
    422: N_("Go back, correct it and send it again."),
    429: N_("Wait a little, then try again."),
    500: N_("It has been written down. Try again; if it happens twice, tell your operator."),
    503: N_("Nothing was lost. Wait a few seconds and send it again."),
}
NEXT_OF: Mapping[str, Any] = {
    "document.folder": N_("Try again later, without the photo or file if it must be now. Please tell your operator."),
    "store.full": N_("Send it again once your operator has made room. Please tell them."),
    "store.read_only": N_("Send it again once your operator has seen to it. Please tell them."),
    "release.none": N_("An operator publishes the processes on the server: maplebridge publish bpmn"),
}
"""Where the code says better than the status what to do next."""
SAID: Mapping[str, Any] = {
    "absence.deputy_away": N_("The deputy is away in that time too."),
    "absence.stands_in": N_("You stand in for somebody else in that time; they need another deputy first."),
    "absence.twice": N_("An absence is noted for that time already."),
    "act.not_yours": N_("None of your roles allows this here."),
    "import.moved_on": N_("This import has moved on meanwhile; look at it again."),
    "import.too_many": N_("Too many imports wait to be filed; finish or cancel some of them first."),
    "delivery.settled": N_("This delivery has been settled meanwhile."),
    "delivery.forgotten": N_("Its content was kept for a while only, and is gone."),
    "channel.kind": N_("There is no such kind of news."),
    "finding.decided": N_("Somebody has decided on this already."),
    "finding.no_pair": N_("Only pairs are merged together; this one is decided on its own page."),
    "finding.none_linked": N_("None of these cases can be linked now. Look at each of them."),
    "finding.unknown": N_("There is no such finding."),
    "merge.itself": N_("A case cannot be carried on by itself."),
    "merge.ended": N_("One of the two has ended already, so they cannot be merged."),
    "merge.confidential": N_("A confidential case is merged with none."),
    "merge.wall": N_("Different people are shut out of the two cases, so they stay apart."),
    "split.not_merged": N_("The case is not carried on by another."),
    "withdraw.leads": N_("Other cases are carried on by this one; split them off first."),
    "postmortem.not_open": N_("It was submitted already."),
    "postmortem.not_submitted": N_("It does not wait for a decision."),
    "postmortem.own": N_("Somebody else must decide on what you submitted."),
    "postmortem.unknown": N_("There is no such post-mortem."),
    "postmortem.confidential": N_("A confidential case stands in no register."),
    "action.unknown": N_("There is no such action to follow."),
    "assessment.unknown": N_("There is no such assessment."),
    "assessment.not_open": N_("It was submitted already."),
    "assessment.not_submitted": N_("It does not wait for a decision."),
    "assessment.own": N_("Somebody else must decide on what you submitted."),
    "case.ended": N_("The case is closed."),
    "booking.not_yours": N_("Whoever booked it, or the organisation, calls it off."),
    "booking.over": N_("This session is over."),
    "force.chair_stays": N_("The chair stays in the task force as long as it lasts."),
    "force.ended": N_("This task force has ended."),
    "force.not_yours": N_("Its chair and those who set it up change a task force."),
    "force.too_many_cases": N_("Take some of its cases away first, then end it."),
    "posting.there_already": N_("They stand for this unit already."),
    "organisation.unknown": N_("There is no such organisation."),
    "room.unknown": N_("There is no such room."),
    "case.unknown": N_("There is no such case."),
    "agreement.unknown": N_("Nothing was agreed in this case yet."),
    "publish.refused": N_("The check found an error; it stands on the page of the proposal."),
    "publish.scenario_failed": N_("A scenario fails; it stands on the page of the proposal."),
    "publish.four_eyes": N_("Somebody who did not work on this proposal must publish it."),
    "publish.passed": N_("Nothing is put in force from a day that has passed."),
    "publish.too_late": N_("A publication is planned for a year ahead at most."),
    "proposal.changed": N_("The proposal was changed since you looked at it. Look again, then publish."),
    "proposal.clash": N_("The newer release changed the same files. Look at both and say whether yours should stay."),
    "proposal.closed": N_("This proposal was published or given up and cannot be changed any more."),
    "proposal.empty": N_("The proposal changes nothing yet."),
    "proposal.planned": N_("This proposal is planned: recall it first."),
    "proposal.stale": N_("A newer release came in between: adopt it, look at the difference, and publish then."),
    "proposal.file_moved_on": N_("Somebody else saved this file meanwhile."),
    "file.taken": N_("There is a file of that name."),
    "file.place": N_("A file cannot have this name or stand there."),
    "sample.confidential": N_("A confidential case is not given as a sample."),
    "sample.differs": N_("What may leave does not tell this case as it went, so it is not given."),
    "sample.given": N_("This case was given as a sample already."),
    "sample.open": N_("Only a closed case can be given as a sample."),
    "sample.unknown": N_("This sample was taken or laid aside already."),
    "scenario.differs": N_("This does not play as it stands. Look at the scenario as a text."),
    "package.refused": N_("The check found an error; it stands on the page of the proposal."),
    "file.unknown": N_("There is no such file in this proposal."),
    "form.no_part": N_("There is no such part in this form any more."),
    "form.no_parts": N_("This form cannot be shown in parts: look at the findings."),
    "form.type": N_("Forms have no such part."),
    "limits.no_table": N_("This file cannot be shown as a table."),
    "limits.word": N_("Steps are words of letters, digits and _, lengths a number and a unit."),
    "file.too_large": N_("This file is too large: at most 2 MB."),
    "proposal.unknown": N_("There is no such proposal."),
    "release.none": N_("No process is published yet, so nothing can be filed or worked on."),
    "release.moved_on": N_("Somebody published meanwhile. Look at it, then decide anew."),
    "release.unknown": N_("There is no such release."),
    "rehearsal.cannot_run": N_("It has errors and cannot run: mend what the check says first."),
    "rehearsal.case_unknown": N_("There is no such case to look at."),
    "rehearsal.sample": N_("This period or area cannot be rehearsed."),
    "rehearsal.size": N_("There are too few or too many cases."),
    "rehearsal.under_way": N_("A rehearsal is under way; call it off first, or wait for it."),
    "rehearsal.unknown": N_("There is no such rehearsal."),
    "rollback.same": N_("What this release says is in force now."),
    "document.damaged": N_("The file of this document cannot be read now."),
    "document.folder": N_("Photos and files cannot be kept now: their folder is full or cannot be written."),
    "document.missing": N_("The file of this document cannot be read now."),
    "document.none": N_("Choose a photo or a file first."),
    "document.not_yours": N_("Only who added it, or the lead of the unit, may do this."),
    "document.signature": N_("A signature stays with what was signed."),
    "document.too_many": N_("This case has as many documents as it may have."),
    "document.unknown": N_("There is no such document."),
    "downgrade.not_below": N_("Choose a tier below the present one."),
    "extension.length": N_("The extension must be in the unit of the limit, and no longer than it."),
    "extension.not_running": N_("No tier clock runs for this case now."),
    "extension.not_asked": N_("No request for more time waits for a decision on this case."),
    "extension.once": N_("More time can be asked for once per time limit, and it was."),
    "extension.too_late": N_("More time must be asked for at least one working day before the limit ends."),
    "instance.ended": N_("It has ended meanwhile."),
    "instance.expression": N_("The diagram asks there for something this case does not know."),
    "instance.failed": N_("This case is set aside because of a fault; an operator has been told."),
    "instance.moved_on": N_("Somebody else moved this case at the same moment."),
    "instance.set_aside": N_("This case is set aside because of a fault; an operator has been told."),
    "length.invalid": N_("A length looks like 5wd (working days) or 10cd (calendar days)."),
    "check.unknown": N_("There is no such check."),
    "checklist.unknown": N_("There is no such checklist for this place."),
    "finding.unsettled": N_("What the check found must be looked at again, and be in order, before the case closes."),
    "finding.settled": N_("Somebody has looked again already, and it was in order."),
    "log.unknown": N_("There is no such log."),
    "plan.unknown": N_("There is no such plan."),
    "promise.unknown": N_("Nothing measures such a promise."),
    "notice.unknown": N_("There is no such notice."),
    "channel.unknown": N_("There is no such channel, or it is not yours."),
    "channel.twice": N_("This address is set already."),
    "channel.too_many": N_("There are eight channels already; remove one first."),
    "channel.too_often": N_("Too many tries. Wait a quarter of an hour."),
    "sending.unknown": N_("There is no such message."),
    "operator.last": N_("This is the last operator; make somebody else one first."),
    "password.must_change": N_("Choose a password of your own first."),
    "person.oneself": N_("You cannot close your own account."),
    "person.unknown": N_("There is no such person."),
    "migration.nothing": N_("No case runs on that release."),
    "migration.not_done": N_("There is nothing to take back, or it is being worked on."),
    "migration.not_ready": N_("It has been started or dropped already."),
    "migration.same": N_("Choose another release: they run on this one already."),
    "migration.under_way": N_("Another migration from this release is being worked on. Wait for it, or stop it."),
    "migration.unknown": N_("There is no such migration."),
    "move.gone": N_("The case does not wait there any more. Look again."),
    "move.moved_on": N_("The case has gone on since you looked at it. Look again."),
    "move.target": N_("It cannot be moved there."),
    "move.unsound": N_("From there the case could not come to its end."),
    "raise.at_the_top": N_("The case stands at the highest tier already."),
    "review.none": N_("There is no opinion that a review could be asked of now."),
    "message.not_awaited": N_("The case does not wait for this now."),
    "pause.no_clock": N_("No tier clock runs for this case now."),
    "pause.too_late": N_("The clock has run out already and cannot be stopped any more."),
    "pause.too_often": N_("The clock of this visit has been stopped as often as it may be."),
    "arbitration.final": N_("It was decided that this unit handles the case, and the decision is final."),
    "arbitration.not_now": N_("The case waits for another decision and cannot change hands now."),
    "arbitration.walled": N_("A unit that is complained about cannot be asked."),
    "card.unknown": N_("There is no such card."),
    "supervision.open": N_("The case is supervised already."),
    "return.nothing_below": N_("There is no unit below that this case came from."),
    "return.too_often": N_("It went back between these two units too often; the unit above decides."),
    "return.window_closed": N_("The time for sending it back has passed: it ends with the sign-in."),
    "letter.busy": N_("Other letters are being made into PDF files."),
    "letter.by_step": N_("A step of the case delivers this letter; completing it is the delivery."),
    "letter.differs": N_("The letter was issued with other words; void it and issue it anew."),
    "letter.incomplete": N_("The letter lacks what it must say."),
    "letter.names": N_("Only those to whom the parties are named may put them on paper."),
    "letter.no_converter": N_("LibreOffice is not installed on this server, so there is no PDF."),
    "letter.not_converted": N_("LibreOffice made no PDF of this letter."),
    "letter.slow": N_("Making the PDF took too long."),
    "letter.state": N_("The letter is not in a state for this any more."),
    "letter.unknown": N_("There is no such letter."),
    "sign_in.needed": N_("You are not signed in any more."),
    "sign_in.too_many": N_("There were too many sign-ins with this account or from this address."),
    "store.busy": N_("The database is busy."),
    "store.full": N_("The disk of the database is full; nothing was saved."),
    "store.read_only": N_("The database cannot be written; nothing was saved."),
    "store.gone": N_("The database cannot be reached; nothing was saved."),
    "task.claimed": N_("Somebody else has claimed this task."),
    "delegation.empty": N_("Write what you found, or fill in the form."),
    "draft.too_large": N_("This is too long to be kept as a draft."),
    "filter.name": N_("Give the filter a name."),
    "filter.too_many": N_("So many filters cannot be kept; remove one first."),
    "filter.unknown": N_("There is no such filter."),
    "handover.nobody": N_("Choose a colleague."),
    "mention.cannot_see": N_("Only people and units that may see the case can be told."),
    "selection.empty": N_("Choose at least one task and what to do with them."),
    "task.delegated": N_("This task is delegated; whoever delegated it completes it."),
    "task.not_a_colleague": N_("The task can only be handed to somebody who may do it in the same unit."),
    "task.not_a_delegate": N_("Choose somebody who may see the case."),
    "task.not_delegated": N_("This task is not delegated any more."),
    "task.done": N_("This task has been completed already."),
    "task.gone": N_("This task is no longer open: the case has moved on."),
    "task.not_yours": N_("This task is not offered to you."),
    "task.own_work": N_("You cannot decide on your own request or check your own work."),
    "task.unknown": N_("There is no such task."),
    "answer.confirmed": N_("You have said already that it is solved."),
    "answer.none": N_("There is no answer yet to say this of."),
    "answer.refused": N_("You have said already that it is not solved."),
    "answer.too_late": N_("The time for saying so has passed; please report it anew."),
    "campaign.empty": N_("No case matches, so there is no list to freeze."),
    "decision.unknown": N_("Choose one of the answers offered."),
    "delivery.waiting": N_("It is about to be sent."),
    "finding.verdict": N_("Choose what to do with the findings."),
    "force.member_already": N_("They are in the task force already."),
    "identity.not_yours": N_("Only those who work on this case or speak with its petitioners may see this."),
    "import.elsewhere": N_("Another node works on this import; it goes on there."),
    "import.file_missing": N_("The file of this import cannot be read."),
    "move.walled": N_("The case cannot go to a unit that is complained about."),
    "note.not_yours": N_("You can only leave a note for a unit where you lead or dispatch."),
    "override.nobody": N_("Only a person may change the grading."),
    "period.wrong": N_("That is no period."),
    "reception.ahead": N_("This reception is still ahead."),
    "reception.cancelled": N_("This reception was called off."),
    "reception.full": N_("Every place of this reception is taken."),
    "reception.held": N_("Somebody was received already."),
    "reception.not_open": N_("This reception cannot be booked."),
    "reception.received": N_("This was recorded already."),
    "reception.twice": N_("This case is booked already."),
    "reopen.not_closed": N_("The case is not closed, so there is nothing to do again."),
    "reopen.once": N_("The case was reopened before; it can be reopened once only."),
    "report.days": N_("That is no period."),
    "report.not_ready": N_("This report is not made yet."),
    "session.cancelled": N_("This session was called off."),
    "session.held": N_("This session was held; it cannot be called off."),
    "session.item_filed": N_("This item was filed as a case; withdraw the case."),
    "session.published": N_("The minutes are published; nothing is added to them."),
    "template.faulty": N_("The template cannot be used as it is."),
    "theme.unknown": N_("There is no such theme."),
    "token.name_taken": N_("There is a token of that name; end it first or choose another."),
    "token.over": N_("The token would have ended already."),
}


@dataclass(frozen=True, slots=True)
class Said:
    """One page's worth: `detail` names who and when where that is known; `code` is for the operator."""

    title: str
    sentence: str
    detail: str | None
    next: str
    code: str | None
    case_address: str | None


def words_of(status: int, error: Exception, *, expired: bool = False) -> Said:
    title = str(TITLES.get(status, TITLES[500]))
    next_step = str(NEXT.get(status, NEXT[500]))
    if expired:
        return Said(title, _("The page was open too long, or did not come from here."), None, next_step, None, None)
    if not isinstance(error, Refusal):
        return Said(title, "", None, next_step, None, None)
    case_id = error.facts.get("case")
    address = url_for("cases.show", case_id=case_id) if isinstance(case_id, int) and status in (409, 503) else None
    next_step = str(NEXT_OF.get(error.code, next_step))
    told = error.code in SAID or "words" in error.facts or status != 404  # that nothing is here, the title says
    return Said(title, sentence_of(error) if told else "", _who(error), next_step, error.code, address)


def sentence_of(refusal: Refusal) -> str:
    """What it says to people: in their language where the code is known."""
    known = SAID.get(refusal.code)
    told = refusal.facts.get("words")
    return str(known) if known else say(told) if told else refusal.sentence


def _who(refusal: Refusal) -> str | None:
    """By whom, for a task that somebody else has taken or done."""
    person_id = refusal.facts.get("by")
    if not isinstance(person_id, int) or maybe_viewer() is None:
        return None
    with looking() as session:
        person = names(session, [person_id]).get(person_id)
    if person is None:
        return None
    at = refusal.facts.get("at")
    if not at:
        return _("By %(who)s.", who=person_name(person))
    return _("By %(who)s, %(when)s.", who=person_name(person), when=moment(datetime.fromisoformat(str(at)), now()))


def typed_text() -> list[tuple[str, str]]:
    """What the person had written, so that it is not lost with the refusal."""
    if request.method != "POST":
        return []
    try:
        pairs = list(request.form.items(multi=True))
    except Exception:  # the very reading of the form may be what was refused
        return []
    return [(key, value[:LONGEST_KEPT]) for key, value in pairs if key not in KEPT_FOR_PAGE and len(value.strip()) > 1]
