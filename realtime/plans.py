"""Ways of running a workshop: the templates everybody has, and those a department saved.

A plan is what a form begins with: phases in order, each with what the facilitator says and for how
many minutes, rules, consent, how many favourites each person chooses, and what the colours mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from sqlalchemy import select

from core import clock, db, text
from core.errors import Invalid, NotFound
from core.messages import Message, _
from core.people import Department
from core.permissions import require
from realtime.models import Workshop, WorkshopTemplate
from realtime.phases import Kind, Seats

PHASES = 20
MINUTES = 240
TITLE = 40
SAY = 300
COLORS = 4
MEANING = 20
KEPT = ("phases", "tables", "budget", "colors", "rules", "consent")


@dataclass(frozen=True)
class Step:
    """One phase of a template: what people do, its name, what to say, how long, which seats."""

    kind: Kind
    title: Message | str
    say: Message | str
    minutes: int = 0
    seats: Seats = Seats.STAY

    def as_row(self, place: int) -> dict[str, Any]:
        return {
            "id": f"p{place}",
            "kind": str(self.kind),
            "title": str(self.title),
            "say": str(self.say),
            "minutes": self.minutes,
            "seats": str(self.seats),
        }


@dataclass(frozen=True)
class Template:
    """A way of running a workshop that can be chosen by name."""

    key: str
    title: Message | str
    about: Message | str
    steps: Sequence[Step]
    tables: int = 1
    budget: int = 3
    colors: Sequence[Message | str] = field(default_factory=tuple)


RULES: tuple[Message, ...] = (
    _("一枚の付せんに、一つのことを書きます。"),
    _("人の考えを、言い負かしません。ちがう考えは、ちがうまま並べます。"),
    _("人の名前や連絡先など、人が分かることは書きません。"),
)
CONSENT = _(
    "書いた付せんは、このワークショップの記録に載り、一枚ずつ公開台帳に入ります。"
    "名前は載りません。どう扱われたかは、手もとの番号で確かめられます。"
)

TEMPLATES: tuple[Template, ...] = (
    Template(
        "kj",
        _("KJ法"),
        _("一人で書き、見せ合い、似たものを島にまとめて、気に入りを3つ選びます。"),
        (
            Step(Kind.EXPLAIN, _("説明"), _("今日の問いと進め方を説明します。"), 5),
            Step(
                Kind.WRITE,
                _("一人で書く"),
                _("思いついたことを、一枚に一つずつ書いてください。ほかの人には、まだ見えません。"),
                8,
            ),
            Step(
                Kind.SHARE,
                _("見せ合う"),
                _("一人ずつ、書いたものを紹介してください。聞きながら書き足してもかまいません。"),
                10,
            ),
            Step(
                Kind.GROUP,
                _("島にまとめる"),
                _(
                    "似ている付せんを近くに寄せて、班で見出しを付けてください。"
                    "入らないものは、無理に入れなくてかまいません。"
                ),
                15,
            ),
            Step(
                Kind.VOTE,
                _("選ぶ"),
                _("大事だと思うものを、3つまで選んでください。数は、全員が選んでから出します。"),
                4,
            ),
            Step(Kind.PRESENT, _("発表"), _("班ごとに、島と選んだ理由を話してください。"), 12),
            Step(Kind.SUM_UP, _("まとめ"), _("班と全体のまとめを、短い文にしましょう。"), 6),
        ),
        tables=3,
    ),
    Template(
        "cafe",
        _("ワールドカフェ"),
        _("席を替えながら話し、最後にはじめの班へもどって伝え合います。主人役は席に残ります。"),
        (
            Step(
                Kind.EXPLAIN,
                _("説明"),
                _("席を2回替えて話し、最後にはじめの班へもどります。主人役は席に残ります。"),
                5,
            ),
            Step(
                Kind.SHARE, _("1回目"), _("問いについて話し、聞いたことを書き留めてください。"), 20
            ),
            Step(
                Kind.SHARE,
                _("2回目"),
                _("席を替えました。前の席の話を紹介し合ってください。"),
                20,
                Seats.MIX,
            ),
            Step(
                Kind.SHARE,
                _("3回目"),
                _(
                    "もう一度、席を替えました。ここまでの話から、見えてきたことを出し合ってください。"
                ),
                20,
                Seats.MIX,
            ),
            Step(
                Kind.SHARE,
                _("はじめの班で"),
                _("はじめの班にもどりました。ほかの席で聞いたことを伝え合ってください。"),
                15,
                Seats.HOME,
            ),
            Step(
                Kind.GROUP, _("島にまとめる"), _("似た話を島にまとめ、見出しを付けてください。"), 15
            ),
            Step(Kind.SUM_UP, _("まとめ"), _("席ごとに、短い文にまとめてください。"), 10),
        ),
        tables=4,
    ),
    Template(
        "retro",
        _("振り返り"),
        _("よかったこと、困ったこと、次にすることを出し合います。"),
        (
            Step(Kind.EXPLAIN, _("説明"), _("何を振り返るかを確かめます。"), 3),
            Step(Kind.WRITE, _("一人で書く"), _("色を分けて、一枚に一つずつ書いてください。"), 7),
            Step(Kind.GROUP, _("島にまとめる"), _("似たものを島にまとめてください。"), 10),
            Step(Kind.VOTE, _("選ぶ"), _("次に取り組みたいものを、3つまで選んでください。"), 3),
            Step(
                Kind.SUM_UP, _("まとめ"), _("だれが、いつまでに、何をするかを書いてください。"), 7
            ),
        ),
        colors=(_("よかったこと"), _("困ったこと"), _("次にすること")),
    ),
    Template(
        "sides",
        _("賛否と理由"),
        _("よいと思う理由、心配な理由を並べて、条件を考えます。数は競いません。"),
        (
            Step(Kind.EXPLAIN, _("説明"), _("案の内容と、分かれそうな点を説明します。"), 8),
            Step(
                Kind.WRITE,
                _("一人で書く"),
                _("よいと思う理由と、心配な理由を、色を分けて書いてください。"),
                8,
            ),
            Step(Kind.SHARE, _("見せ合う"), _("ちがう考えの人の理由を、まず聞いてください。"), 12),
            Step(Kind.GROUP, _("島にまとめる"), _("理由の似たものを、島にまとめてください。"), 12),
            Step(Kind.SUM_UP, _("まとめ"), _("どんな条件なら進められるかを書いてください。"), 8),
        ),
        tables=2,
        colors=(_("よいと思う理由"), _("心配な理由"), _("こうなら進められる")),
    ),
)


def template(key: str) -> Template | None:
    """One of the templates everybody has."""
    return next((one for one in TEMPLATES if one.key == key), None)


def saved(department: Department) -> list[WorkshopTemplate]:
    """What a department saved, newest first."""
    query = select(WorkshopTemplate).where(WorkshopTemplate.department_id == department.id)
    return list(db.session().scalars(query.order_by(WorkshopTemplate.id.desc())))


def begun_from(key: str, department: Department) -> dict[str, Any]:
    """What a new workshop's form begins with; raises `NotFound` for an unknown template."""
    if (found := template(key)) is not None:
        return {
            "template": key,
            "phases": [step.as_row(n) for n, step in enumerate(found.steps, start=1)],
            "tables": found.tables,
            "budget": found.budget,
            "colors": [str(one) for one in found.colors],
            "rules": [str(rule) for rule in RULES],
            "consent": str(CONSENT),
        }
    query = select(WorkshopTemplate).where(
        WorkshopTemplate.public_id == key, WorkshopTemplate.department_id == department.id
    )
    kept = db.session().scalars(query).one_or_none()
    if kept is None:
        raise NotFound
    return {"template": kept.public_id, **kept.plan}


def save(actor: Any, workshop: Workshop, title: str) -> WorkshopTemplate:
    """Keep how a workshop was run as a template of its department."""
    require(actor, "workshops.change", workshop)
    called = text.accepted("title", title, limit=60)
    with db.transaction() as tx:
        kept = WorkshopTemplate(
            department_id=workshop.consultation.department_id,
            title=called,
            plan={name: getattr(workshop, name) for name in KEPT},
            created_at=clock.now(),
        )
        tx.add(kept)
        tx.flush()
        return kept


def accepted(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Phases as a form gave them; raises `Invalid` with what to mend."""
    found: list[dict[str, Any]] = []
    for row in rows[: PHASES + 1]:
        if not isinstance(row, dict):
            raise Invalid("phases", _("場面の書き方を直してください。"))
        kind = str(row.get("kind", ""))
        if kind not in set(Kind) - {Kind.OVER}:
            raise Invalid("phases", _("場面の種類を選んでください。"))
        minutes = row.get("minutes") or 0
        if not isinstance(minutes, int) or not 0 <= minutes <= MINUTES:
            raise Invalid("phases", _("場面の長さは、0分から240分までの数で書いてください。"))
        seats = str(row.get("seats") or "")
        if seats not in set(Seats):
            raise Invalid("phases", _("席のことを選び直してください。"))
        found.append(
            {
                "id": str(row.get("id") or "")[:12],
                "kind": kind,
                "title": text.accepted("phases", str(row.get("title", "")), limit=TITLE),
                "say": text.accepted("phases", str(row.get("say", "")), limit=SAY, required=False),
                "minutes": minutes,
                "seats": seats,
            }
        )
    if not found or len(found) > PHASES:
        raise Invalid("phases", _("場面は、1つから20までにしてください。"))
    return _named(found)


def accepted_colors(said: Sequence[str]) -> list[str]:
    """What colours mean as a form gave it, a line each; raises `Invalid`."""
    found = [text.accepted("colors", one, limit=MEANING) for one in said if text.visible(one)]
    if len(found) > COLORS:
        raise Invalid("colors", _("色の意味は4つまでにしてください。"))
    if len(set(found)) < len(found):
        raise Invalid("colors", _("同じ意味の色が2つあります。"))
    return found


def _named(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each phase with an id of its own; one that has an id keeps it: the board may be there."""
    taken = {row["id"] for row in rows}
    free = (f"p{n}" for n in count(1) if f"p{n}" not in taken)
    seen: set[str] = set()
    for row in rows:
        if not row["id"] or row["id"] in seen:
            row["id"] = next(free)
        seen.add(row["id"])
    return rows
