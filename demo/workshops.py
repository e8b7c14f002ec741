"""The demo's workshops: one that is over, with its record, and one a visitor can join at once."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from core import clock, db
from core.people import Role
from realtime import boards, members, plans, records, workshops
from realtime.asks import Answer, Ask
from realtime.models import Member, Workshop
from realtime.phases import Kind

if TYPE_CHECKING:
    from demo.seed import Ward

Op = dict[str, Any]
AT_ONCE = 4  # operations in one breath: a record that grew, and a demo that fills quickly
CHOOSES = 3


def plan(ward: Ward, read: dict[str, Any], consultation: str) -> None:
    """Plan everything that happens in one workshop, at the minutes at which it would."""
    Telling(ward, read, consultation).plan()


class Telling:
    """One workshop while it is told: who is who, and what follows what."""

    def __init__(self, ward: Ward, read: dict[str, Any], consultation: str) -> None:
        self.ward = ward
        self.read = read
        self.consultation = consultation
        self.lasts = bool(read.get("summary"))
        self.begins = (
            ward.ago(read["days_ago"], at=read["hour"])
            if self.lasts
            else ward.started - timedelta(minutes=50)
        )
        self.members: dict[tuple[int, int], str] = {}
        self.lead = self.helper = ""
        self.sent: dict[str, int] = {}
        self.workshop_id = 0

    def plan(self) -> None:
        opened = self.begins - (timedelta(days=12) if self.lasts else timedelta(minutes=30))
        self.at(opened, self.open)
        self.at(self.begins - timedelta(minutes=10), self.join)
        minute = 0
        for kind, acts in self.told():
            self.at(self.moment(minute), self.enter(kind))
            batches = list(_in_parts(acts))
            length = 14 if kind == Kind.WRITE else 6
            for n, batch in enumerate(batches):
                self.at(
                    self.moment(minute + 1 + n * length / len(batches)),
                    lambda batch=batch: self.do(batch),  # type: ignore[misc]
                )
            minute += length + 2
        if self.lasts:
            self.at(self.moment(62), self.close)
            self.at(self.moment(60 * 26), self.publish)

    def told(self) -> Iterator[tuple[Kind, list[tuple[str, Op]]]]:
        """The phases in order, with who does what in each."""
        yield Kind.WRITE, list(self.notes())
        yield Kind.SHARE, list(self.shared())
        yield Kind.GROUP, list(self.islands())
        if self.lasts:
            yield Kind.VOTE, list(self.votes())
            yield Kind.PRESENT, [("lead", {"op": "reveal.votes"})]
            yield Kind.SUM_UP, list(self.sums())

    def notes(self) -> Iterator[tuple[str, Op]]:
        for table, board in enumerate(self.read["boards"]):
            for place, (by, question, color, said) in enumerate(_notes_of(board)):
                who = "helper" if by < 0 else f"{table}/{by}"
                at = {"x": 14 + place % 6 * 164, "y": 14 + place // 6 * 130}
                op = {"op": "note.add", "id": _note(table, place), "text": said, **at}
                seat = {"table": f"t{table + 1:03d}"} if who == "helper" else {}
                yield who, {**op, "q": question, "color": color, **seat}

    def shared(self) -> Iterator[tuple[str, Op]]:
        if self.lasts:
            yield "0/1", {"op": "talk.add", "id": "talk1", "note": _note(0, 0), "text": "私もです"}
            same = "上の団地でも同じです"
            yield "0/2", {"op": "talk.add", "id": "talk2", "note": _note(0, 5), "text": same}

    def islands(self) -> Iterator[tuple[str, Op]]:
        for table, board in enumerate(self.read["boards"]):
            place = 0
            for number, island in enumerate(board["islands"]):
                ids = [_note(table, place + n) for n in range(len(island["notes"]))]
                place += len(ids)
                x, y = island["at"]
                op = {"op": "island.add", "id": _island(table, number), "title": island["title"]}
                yield f"{table}/0", {**op, "x": x, "y": y, "o": f"{number + 1:04d}", "notes": ids}
            for number, (a, b, word) in enumerate(board.get("links", [])):
                ends = {"a": _island(table, a), "b": _island(table, b)}
                yield (
                    f"{table}/1",
                    {"op": "link.add", "id": f"l{table}{number:03d}", **ends, "word": word},
                )

    def votes(self) -> Iterator[tuple[str, Op]]:
        chance = random.Random(3)
        for table, board in enumerate(self.read["boards"]):
            count = len(_notes_of(board))
            for person in range(len(board["people"])):
                chosen = [
                    _note(table, chance.randrange(min(9, count))),
                    _note(0, chance.choice((0, 5, 9))),
                ]
                chosen.append(_note(chance.randrange(3), chance.randrange(12)))
                for note in dict.fromkeys(chosen[:CHOOSES]):
                    yield f"{table}/{person}", {"op": "vote.set", "note": note, "k": 1}

    def sums(self) -> Iterator[tuple[str, Op]]:
        for table, board in enumerate(self.read["boards"]):
            yield (
                "lead",
                {"op": "sum.set", "id": f"t{table + 1:03d}", "text": board["sum"], "base": 0},
            )
        yield "lead", {"op": "sum.set", "id": "all", "text": self.read["summary"], "base": 0}

    # -- acts --

    def open(self) -> None:
        consultation = self.ward.consultations[self.consultation]
        officer = self.ward.staff(Role.OFFICER, consultation.department.slug)
        plan = plans.begun_from("kj", consultation.department) | {
            "tables": self.read["tables"],
            "colors": self.read["colors"],
        }
        opened = workshops.open_workshop(
            officer,
            consultation,
            title=self.read["title"],
            held_at=self.begins,
            plan=plan,
            key=f"demo-{self.read['id']}",
            aim=self.read["aim"],
            place=self.read["place"],
            programme=self.read["programme"],
            questions=self.read["questions"],
            capacity=self.read["capacity"],
        )
        self.workshop_id = opened.id

    def join(self) -> None:
        workshop = self.workshop()
        host = next(a for a in self.ward.accounts.values() if Role.FACILITATOR in a.roles)
        self.lead = members.lead(host, workshop).public_id
        for table, board in enumerate(self.read["boards"]):
            for person, name in enumerate(board["people"]):
                key = f"demo-{self.read['id']}-{table}-{person}"
                self.members[(table, person)] = self.seated(workshop, name, key)
        if "helper" in self.read:
            self.helper = self.seated(workshop, self.read["helper"], "demo-helper", is_helper=True)
        if self.read["tables"] > 1:
            titles = [
                {"op": "table.title", "id": f"t{n:03d}", "title": board["title"]}
                for n, board in enumerate(self.read["boards"], start=1)
            ]
            seats = {one: f"t{table + 1:03d}" for (table, _n), one in self.members.items()}
            self.do([("lead", op) for op in [*titles, {"op": "members.seat", "seats": seats}]])

    def seated(self, workshop: Workshop, name: str, key: str, *, is_helper: bool = False) -> str:
        member: Member = members.join(workshop, name, key=key, is_helper=is_helper)
        return member.public_id

    def enter(self, kind: Kind) -> Callable[[], None]:
        """The lead goes on to a phase; nobody is told to hurry in a board one finds open."""

        def act() -> None:
            phase = next(one for one in self.workshop().phases if one["kind"] == kind)
            ops: list[Op] = [{"op": "phase.set", "id": phase["id"]}]
            if not self.lasts:
                ops.append({"op": "timer.set", "act": "clear"})
            self.do([("lead", op) for op in ops])

        return act

    def do(self, acts: list[tuple[str, Op]]) -> None:
        """Let people do things at the board; a refusal is a mistake of the demo's."""

        def heard(answer: Answer) -> None:
            if answer.row is None:
                raise RuntimeError(f"the demo was refused: {answer.code}")

        asked = []
        for who, op in acts:
            self.sent[who] = self.sent.get(who, 0) + 1
            asked.append(Ask(self.id_of(who), f"demo-{who}", self.sent[who], op, heard))
        boards.of(self.workshop()).do(asked)

    def close(self) -> None:
        workshops.close(self.officer(), self.workshop())

    def publish(self) -> None:
        words = {name: self.read[name] for name in ("title", "lead", "closing")}
        row = records.write(self.officer(), self.workshop(), **words, version=0)
        records.publish(self.officer(), self.workshop(), row.version)

    # -- what they need --

    def id_of(self, who: str) -> str:
        if who in ("lead", "helper"):
            return self.lead if who == "lead" else self.helper
        table, _slash, person = who.partition("/")
        return self.members[(int(table), int(person))]

    def workshop(self) -> Workshop:
        return db.session().get_one(Workshop, self.workshop_id)

    def officer(self) -> Any:
        consultation = self.ward.consultations[self.consultation]
        return self.ward.staff(Role.OFFICER, consultation.department.slug)

    def moment(self, minute: float) -> datetime:
        return self.begins + timedelta(minutes=minute)

    def at(self, moment: datetime, act: Callable[[], None]) -> None:
        self.ward.acts.append((min(moment, clock.now()), act))


def _notes_of(board: dict[str, Any]) -> list[list[Any]]:
    """A table's notes in one row: those of its islands in order, then what lies on none."""
    found = [note for island in board["islands"] for note in island["notes"]]
    return [*found, *board["loose"]]


def _note(table: int, place: int) -> str:
    return f"n{table}{place:03d}"


def _island(table: int, place: int) -> str:
    return f"i{table}{place:03d}"


def _in_parts(acts: list[tuple[str, Op]]) -> Iterator[list[tuple[str, Op]]]:
    rest = iter(acts)
    while part := list(islice(rest, AT_ONCE)):
        yield part
