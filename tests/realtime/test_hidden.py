"""Words before they are shown, and totals before they are counted, leave the server to nobody."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from core.people import Account
from ledger.models import Consultation
from realtime import boards, sights, state
from realtime.phases import Role
from realtime.state import Effect, State
from tests.realtime import hands
from tests.realtime.hands import Hand
from tests.realtime.hearing import Hall

ACTS = 160
Plant = Callable[[pytest.MonkeyPatch], None]


class Run:
    """A workshop by chance: every frame that goes out is searched for what it must not say."""

    def __init__(
        self,
        seed: int,
        officer: Account,
        consultation: Consultation,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        self.chance, self.hall = random.Random(seed), Hall(monkeypatch)
        plan = {"tables": 1}
        workshop = hands.open_workshop(officer, consultation, is_rehearsal=True, plan=plan)
        self.lead = hands.lead(workshop, officer)
        self.people = [self.lead, *hands.join(workshop, ["けやき", "つばめ", "うぐいす"])]
        owner = boards.of(workshop)
        self.sids = {
            hand.id: self.hall.sit(workshop, hand.id, owner.role_of(hand.id) or Role.VIEWER)
            for hand in self.people
        }
        self.words: dict[str, tuple[str, str]] = {}  # word: note, whose
        self.taken: dict[str, tuple[str, str]] = {}  # word that was hidden: kind of thing, its key

    def search(self) -> None:
        """Raises AssertionError at the first frame that says too much."""
        for number in range(ACTS):
            self._act(number)
            after = self.lead.owner.whole()[0]
            self.taken |= hidden_in(after)
            for other in self.people:
                self._look(other, after)
        boards.forget()

    def _act(self, number: int) -> None:
        hand = self.chance.choice(self.people)
        seen = self.lead.owner.whole()[0]
        if hand is self.lead and self.chance.random() < 0.5:
            op = self._around_notes(number, seen)
        else:
            op = self._something(hand, number, self.chance.choice([*seen["notes"], "none"]))
        if "text" in op and op["op"].startswith("note"):
            note = seen["notes"].get(op["id"])
            self.words[op["text"]] = (op["id"], note["by"] if note else hand.id)
        self.hall.heard.clear()
        hand.do(op.pop("op"), **op)

    def _something(self, hand: Hand, number: int, note: str) -> dict[str, Any]:
        word = f"ひみつのことば第{number:04d}号"
        made: list[dict[str, Any]] = [
            {"op": "note.add", "id": f"n{number:04d}", "text": word, "color": 1},
            {"op": "note.text", "id": note, "text": word, "base": self.chance.randint(0, 2)},
            {"op": "note.copy", "id": f"c{number:04d}", "of": note, "x": 0, "y": 0},
            {"op": "note.del", "id": note},
            {"op": "note.back", "id": note},
            {"op": "vote.set", "note": note, "k": self.chance.randint(0, 1)},
            {"op": "note.move", "id": note, "x": number, "y": number},
        ]
        if hand is self.lead:
            made += [
                {"op": "phase.set", "id": f"p{self.chance.choice([2, 2, 3, 4, 5, 5, 6])}"},
                {"op": "reveal.votes"},
                {"op": "reveal.notes"},
                {"op": "note.hide", "id": note, "reason": "名前"},
                {"op": "note.show", "id": note},
                {"op": "names.set", "on": self.chance.random() < 0.5},
            ]
        return self.chance.choice(made)

    def _around_notes(self, number: int, seen: State) -> dict[str, Any]:
        """What a lead does with islands, the lines between them and what is summed up."""
        word = f"ひみつのことば第{number:04d}号"
        a, b = (self.chance.choice([*seen["islands"], "none"]) for _end in "ab")
        line = self.chance.choice([*seen["links"], "none"])
        made: list[dict[str, Any]] = [
            {"op": "island.add", "id": f"i{number:04d}", "title": word},
            {"op": "island.title", "id": a, "title": word},
            {"op": "island.hide", "id": a, "reason": "名前"},
            {"op": "island.show", "id": a},
            {"op": "link.add", "id": f"l{number % 3:04d}", "a": a, "b": b, "word": word},
            {"op": "link.hide", "id": line, "reason": "名前"},
            {"op": "link.show", "id": line},
            {"op": "link.del", "id": line},
            {"op": "sum.set", "id": "all", "text": word, "base": self.chance.randint(0, 3)},
            {"op": "sum.hide", "id": "all", "reason": "名前"},
            {"op": "sum.show", "id": "all"},
        ]
        often = {"link.add": 4, "link.hide": 3}
        return self.chance.choices(made, [often.get(one["op"], 1) for one in made])[0]

    def _look(self, other: Hand, after: State) -> None:
        raw = json.dumps(self.hall.heard[self.sids[other.id]], ensure_ascii=False)
        view = other.owner.seen_by(other.id)[0]
        whole = json.dumps(view, ensure_ascii=False)
        for word, (id_, by) in self.words.items():
            note = after["notes"].get(id_)
            if note is None or other.id == by or not _is_covered(note):
                continue
            if other is self.lead and not note["veil"]:
                continue  # what was taken away the lead still reads
            if any(one["text"] == word and not _is_covered(one) for one in copies(after, id_)):
                continue
            assert word not in raw, f"a frame says {word}"
            assert word not in whole, f"a snapshot says {word}"
        heard = other.owner.since(0, other.id)
        late = json.dumps(heard, ensure_ascii=False)
        for word, (kind, id_) in self.taken.items():
            thing = after[kind].get(id_)
            if thing is not None and not thing["hid"] and thing[WORDS[kind]] == word:
                continue  # shown again
            assert word not in raw, f"a frame says {word}"
            assert word not in whole, f"a snapshot says {word}"
            assert word not in late, f"a frame for who comes late says {word}"
        for effect in self.hall.effects(self.sids[other.id]):
            assert effect["op"] != "vote.set" or effect["by"] == other.id, "whose favourite it is"
        assert set(view["votes"]) <= {other.id}, "a snapshot with the votes of others"
        if after["tally"] is None:
            assert '"tally"' not in raw, "a frame with totals"
            assert view["tally"] is None, "a snapshot with totals"


WORDS = {"islands": "title", "links": "word", "sums": "text"}


def hidden_in(after: State) -> dict[str, tuple[str, str]]:
    """Words of islands, lines and summaries that are hidden now."""
    return {
        thing[words]: (kind, id_)
        for kind, words in WORDS.items()
        for id_, thing in after[kind].items()
        if thing["hid"]
    }


def copies(after: State, id_: str) -> list[dict[str, Any]]:
    return [one for one in after["notes"].values() if one["of"] == id_]


def _is_covered(note: dict[str, Any]) -> bool:
    return bool(note["veil"] or note["hid"] or note["gone"])


@pytest.mark.parametrize("seed", range(12))
def test_hidden_words_and_totals_leave_only_when_they_are_shown(
    seed: int, officer: Account, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    Run(seed, officer, consultation, monkeypatch).search()


# -- planted faults, each of which the search above must find --------------------------------------


def shows_everybody_everything(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sights, "_may_read", lambda note, viewer, leads: True)


def shows_the_lead_what_is_being_written(patch: pytest.MonkeyPatch) -> None:
    may_read = sights._may_read
    patch.setattr(
        sights, "_may_read", lambda note, viewer, leads: leads or may_read(note, viewer, leads)
    )


def shows_what_was_taken_away(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        sights, "_may_read", lambda note, viewer, leads: note["by"] == viewer or not note["veil"]
    )


def tells_effects_as_they_are_logged(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sights, "outgoing", lambda whole, effect, viewer, role: effect)


def tells_whose_favourite_it_is(patch: pytest.MonkeyPatch) -> None:
    outgoing = sights.outgoing

    def told(whole: State, effect: Effect, viewer: str, role: str) -> Effect:
        return effect if effect["op"] == "vote.set" else outgoing(whole, effect, viewer, role)

    patch.setattr(sights, "outgoing", told)


def tells_the_word_that_was_before(patch: pytest.MonkeyPatch) -> None:
    outgoing = sights.outgoing

    def told(whole: State, effect: Effect, viewer: str, role: str) -> Effect:
        return {**outgoing(whole, effect, viewer, role), "was": effect.get("was", "")}

    patch.setattr(sights, "outgoing", told)


def hides_a_note_and_not_its_copies(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(state, "family", lambda effect: (effect["id"],))


def gives_everybody_all_votes(patch: pytest.MonkeyPatch) -> None:
    seen = sights.seen
    patch.setattr(
        sights,
        "seen",
        lambda whole, viewer, role: {**seen(whole, viewer, role), "votes": whole["votes"]},
    )


def sends_everybody_the_writers_frame(patch: pytest.MonkeyPatch) -> None:
    """As if nobody were concerned otherwise than the rest, and the writer the measure."""
    outgoing = sights.outgoing

    def told(whole: State, effect: Effect, _viewer: str, role: str) -> Effect:
        note = whole["notes"].get(effect.get("id", ""), {})
        return outgoing(whole, effect, note.get("by", ""), role)

    patch.setattr(sights, "outgoing", told)


def tells_a_summary_that_was_hidden(patch: pytest.MonkeyPatch) -> None:
    worded = sights._worded

    def told(whole: State, effect: Effect, viewer: str, leads: bool) -> Effect:
        is_sum = effect["op"].startswith("sum")
        return effect if is_sum else worded(whole, effect, viewer, leads)

    patch.setattr(sights, "_worded", told)


def shows_the_words_on_all_lines(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sights, "_HIDEABLE", {"islands": "title", "sums": "text", "links": "a"})


PLANTED: list[Plant] = [
    tells_a_summary_that_was_hidden,
    shows_the_words_on_all_lines,
    shows_everybody_everything,
    shows_the_lead_what_is_being_written,
    shows_what_was_taken_away,
    tells_effects_as_they_are_logged,
    tells_whose_favourite_it_is,
    tells_the_word_that_was_before,
    hides_a_note_and_not_its_copies,
    gives_everybody_all_votes,
    sends_everybody_the_writers_frame,
]


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: str(plant.__name__))
def test_a_planted_leak_is_found(
    plant: Plant, officer: Account, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError, match=r"a frame|a snapshot|whose favourite"):
        for seed in range(4):
            Run(seed, officer, consultation, monkeypatch).search()
