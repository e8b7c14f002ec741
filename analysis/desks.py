"""What an officer does on the themes desk: each is one act, noted, told, and to be undone.

The verbs behind are the ledger's; here each gets its sentence and its event.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from analysis.events import DeskChanged
from analysis.places import Where
from core import db, events
from core.messages import Message, _
from core.permissions import require
from ledger import acts, answers, states, themes
from ledger.acts import Note
from ledger.answers import Draft
from ledger.models import Act, Answer, Consultation, Opinion, Placement, Theme


@contextmanager
def act(actor: Any, consultation: Consultation, kind: str) -> Iterator[Note]:
    """One act of the desk, told to whoever has it open."""
    require(actor, "themes.work", consultation)
    with acts.noting(actor, consultation, kind) as note:
        yield note
        changed(actor, consultation, note.themes)


def move(
    actor: Any,
    consultation: Consultation,
    opinion_ids: Collection[int],
    to: Theme | Placement | None,
) -> int:
    """Put opinions into a theme, alone, or back to 未整理."""
    with act(actor, consultation, "moved") as note:
        count = themes.move(actor, consultation, opinion_ids, to)
        note.said = _moved(count, _kept(to) if isinstance(to, Theme) else place_name(to))
    return count


def moved(count: int, to: Where) -> Message:
    """What is said to who moved them."""
    return _moved(count, place_name(to))


def _moved(count: int, place: Message | str) -> Message:
    return _("%(count)s件を「%(place)s」に移しました。", count=count, place=place)


def _kept(theme: Theme) -> str:
    """What an act calls a theme: acts outlive what residents take back."""
    return states.themed(theme.title)


def gather(
    actor: Any, consultation: Consultation, opinion_ids: Collection[int], from_: Where, title: str
) -> Theme:
    """Make a new theme of opinions; taken out of a theme, that one is split."""
    with act(actor, consultation, "split" if isinstance(from_, Theme) else "gathered") as note:
        if isinstance(from_, Theme):
            made = themes.split(actor, from_, opinion_ids, title)
        else:
            made = themes.gather(actor, consultation, opinion_ids, title)
        count = len(set(opinion_ids))
        note.said = _(
            "%(count)s件で新しいテーマ「%(place)s」を作りました。", count=count, place=title.strip()
        )
    return made


def rename(actor: Any, theme: Theme, title: str, *, version: int) -> None:
    with act(actor, theme.consultation, "renamed") as note:
        before = _kept(theme)
        themes.rename(actor, theme, title, version=version)
        note.said = _("「%(before)s」を「%(title)s」に改名しました。", before=before, title=title)


def put_under(actor: Any, theme: Theme, level1: str, *, version: int) -> None:
    with act(actor, theme.consultation, "placed") as note:
        themes.put_under(actor, theme, level1, version=version)
        note.said = _(
            "「%(title)s」を見出し「%(level1)s」に並べました。", title=_kept(theme), level1=level1
        )


def merge(actor: Any, into: Theme, other: Theme) -> Theme:
    with act(actor, into.consultation, "merged") as note:
        titles = {into.id: _kept(into), other.id: _kept(other)}
        stays = themes.merge(actor, into, other)
        goes = titles[other.id if stays.id == into.id else into.id]
        note.said = _("「%(goes)s」を「%(title)s」にまとめました。", goes=goes, title=_kept(stays))
    return stays


def dissolve(actor: Any, theme: Theme) -> None:
    with act(actor, theme.consultation, "dissolved") as note:
        themes.dissolve(actor, theme)
        note.said = _("空のテーマ「%(title)s」を消しました。", title=_kept(theme))


def lock(actor: Any, theme: Theme) -> None:
    with act(actor, theme.consultation, "locked") as note:
        themes.lock(actor, theme)
        note.said = _("「%(title)s」を固定しました。", title=_kept(theme))
        note.themes.add(theme.id)


def unlock(actor: Any, theme: Theme) -> None:
    with act(actor, theme.consultation, "unlocked") as note:
        themes.unlock(actor, theme)
        note.said = _("「%(title)s」の固定を外しました。", title=_kept(theme))
        note.themes.add(theme.id)


def answer(
    actor: Any, target: Theme | Opinion, draft: Draft, *, version: int, submit: bool
) -> Answer:
    """Keep an answer, or hand it in; noted, but undone by writing again."""
    verb = answers.hand_in if submit else answers.save
    consultation = target.consultation
    with acts.noting(actor, consultation, "answered", can_undo=False) as note:
        written = verb(actor, target, draft, version=version)
        name = name_of(target)
        note.said = (
            _("「%(name)s」の回答を確認に回しました。", name=name)
            if submit
            else _("「%(name)s」の回答の下書きを保存しました。", name=name)
        )
        note.themes |= {target.id} if isinstance(target, Theme) else set()
        changed(actor, consultation, note.themes)
    return written


def answer_many(
    actor: Any,
    consultation: Consultation,
    targets: Sequence[Theme] | Sequence[Opinion],
    draft: Draft,
    *,
    submit: bool,
) -> list[Answer]:
    """The same answer for many, all or none."""
    with acts.noting(actor, consultation, "answered", can_undo=False) as note:
        done = answers.save_many(actor, targets, draft, submit=submit)
        if done:
            note.said = _("%(count)s件に同じ回答を付けました。", count=len(done))
        note.themes |= {one.id for one in targets if isinstance(one, Theme)}
        changed(actor, consultation, note.themes)
    return done


def tell(actor: Any, consultation: Consultation, kind: str, said: Message, target: object) -> None:
    """Note and tell what was done to an answer, after it was done."""
    with db.transaction():
        acts.tell(actor, consultation, kind, said)
        changed(actor, consultation, {target.id} if isinstance(target, Theme) else set())


def look(actor: Any, consultation: Consultation, opinion_ids: Collection[int]) -> int:
    """Mark lone opinions as looked at: they rightly stand alone."""
    with act(actor, consultation, "looked") as note:
        count = themes.look(actor, consultation, opinion_ids)
        note.said = _("単独意見の%(count)s件を見ました。", count=count)
    return count


def undo(actor: Any, consultation: Consultation) -> Act | None:
    return _turned(actor, consultation, acts.undo(actor, consultation))


def redo(actor: Any, consultation: Consultation) -> Act | None:
    return _turned(actor, consultation, acts.redo(actor, consultation))


def place_name(where: Where) -> Message | str:
    """What a place is called in a sentence."""
    if isinstance(where, Theme):
        return where.title
    return _("単独意見") if where == Placement.LONE else _("未整理")


def name_of(target: Theme | Opinion | None) -> Message | str:
    """What is answered, in a sentence."""
    if isinstance(target, Theme):
        return _kept(target)
    return _("%(seq)s番のご意見", seq=target.seq if target is not None else 0)


def _turned(actor: Any, consultation: Consultation, done: Act | None) -> Act | None:
    if done is not None:
        theme_ids = {
            int(key) for rows in (done.before, done.after) for key in rows.get("themes", {})
        }
        events.deliver(_event(actor, consultation, theme_ids))
    return done


def changed(actor: Any, consultation: Consultation, theme_ids: set[int]) -> None:
    """Tell whoever has the desk open, after the commit, when what changed is known."""
    db.on_commit(lambda: events.deliver(_event(actor, consultation, theme_ids)))


def _event(actor: Any, consultation: Consultation, theme_ids: set[int]) -> DeskChanged:
    return DeskChanged(consultation.id, tuple(sorted(theme_ids)), getattr(actor, "id", None))
