"""What a Whoosh index is made of: segments, written once and read whole into memory.

A mapped file that is cut short kills the process that reads it, and a page must outlive a damaged
index. 10,000 posts are about 12 MB.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from whoosh.codec.whoosh3 import W3Codec
from whoosh.columns import VarBytesColumn
from whoosh.fields import COLUMN, ID, FieldType, Schema
from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import BufferFile
from whoosh.formats import Existence
from whoosh.reading import SegmentReader

from core import grams
from core.documents import Document, Entry, Facts, Filters, entry, microseconds

_MUCH_LONGER = 8  # a list this much longer than what is left: looking at the texts is faster
_CUT = "\t"  # between facts; no kind or public id holds it
_END = "\n"  # of the title; a folded text holds none

Rank = tuple[bool, int, str, int]


class Tokens(FieldType):  # type: ignore[misc]
    """A field that is given its tokens; it keeps only which document has which."""

    def __init__(self) -> None:
        super().__init__(format=Existence(), analyzer=None)

    def index(self, value: Any, **_kwargs: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        return ((token.encode(), 1, 1.0, b"") for token in value)


def schema() -> Schema:
    return Schema(
        key=ID(unique=True),
        grams=Tokens(),
        titles=Tokens(),
        facts=COLUMN(VarBytesColumn()),
        said=COLUMN(VarBytesColumn()),
    )


def fields(document: Document) -> dict[str, Any]:
    """A document as the schema keeps it."""
    kept = entry(document)
    return {
        "key": kept.facts.key,
        "grams": [*grams.tokens(f"{kept.title} {kept.body}")],
        "titles": [*grams.tokens(kept.title)],
        "facts": _CUT.join(str(fact) for fact in kept.facts).encode(),
        "said": f"{kept.title}{_END}{kept.body}".encode(),
    }


class Codec(W3Codec):  # type: ignore[misc]
    """Whoosh's own, without lengths for scoring: asking for each took half of a rebuild."""

    length_stats = False

    def __init__(self) -> None:
        super().__init__(blocklimit=1024, compression=0)


class Files(FileStorage):  # type: ignore[misc]
    """The files of one generation, each read whole when it is opened."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder), supports_mmap=False)

    def open_file(self, name: str, **_kwargs: Any) -> BufferFile:
        return BufferFile(Path(self.folder, name).read_bytes(), name=name)


class _Reader(SegmentReader):  # type: ignore[misc]
    """Reads every posting: who asks takes off what was deleted since."""

    deleted_docs_set: frozenset[int] = frozenset()


class Segment:
    """One segment, open: its facts at hand, the documents of each fact as a set."""

    def __init__(self, files: Files, schema: Schema, segment: Any) -> None:
        self._reader = _Reader(files, schema, segment)
        self._said = self._column("said")
        self.facts = [_read_facts(kept) for kept in self._column("facts")]
        newest = sorted(range(len(self.facts)), key=lambda doc: self.facts[doc].rank(False))
        self._order = [0] * len(newest)
        for place, doc in enumerate(newest):
            self._order[doc] = place
        self._having: dict[tuple[str, Any], set[int]] = {}
        for doc, fact in enumerate(self.facts):
            for name in ("kind", "room", "consultation_id", "is_official"):
                self._having.setdefault((name, getattr(fact, name)), set()).add(doc)

    def hits(
        self, words: Sequence[str], filters: Filters, gone: frozenset[int]
    ) -> Iterator[tuple[Rank, Segment, int]]:
        """The documents with every token of the words, best first; `holds` has the last word."""
        tokens = {token for word in words for token in grams.wanted(word)}
        found = self._narrowed(self._with_all("grams", tokens) - gone, filters)
        titled = {
            doc
            for doc in found and self._with_all("titles", tokens) & found
            if self._entry(doc).rank(words)[0] is False
        }
        for docs in (titled, found - titled):
            for doc in sorted(docs, key=self._order.__getitem__):
                yield self.facts[doc].rank(doc in titled), self, doc

    def holds(self, doc: int, words: Sequence[str]) -> bool:
        said = self._said[doc]
        return all(word.encode() in said for word in words)

    def _narrowed(self, docs: set[int], filters: Filters) -> set[int]:
        for name in ("kind", "room", "consultation_id", "is_official"):
            wanted = getattr(filters, name)
            if wanted:
                docs &= self._having.get((name, wanted), set())
        if filters.since is not None:
            since = microseconds(filters.since)
            docs = {doc for doc in docs if since <= self.facts[doc].at}
        if filters.until is not None:
            until = microseconds(filters.until)
            docs = {doc for doc in docs if self.facts[doc].at < until}
        return docs

    def _with_all(self, field: str, tokens: set[str]) -> set[int]:
        """At least the documents that have all tokens: the rarest first, the longest not read."""
        counted = sorted((self._reader.doc_frequency(field, token), token) for token in tokens)
        if not counted or not counted[0][0]:
            return set()
        found: set[int] | None = None
        for count, token in counted:
            if found is None:
                found = set(self._reader.postings(field, token).all_ids())
            elif count > _MUCH_LONGER * len(found):
                break
            else:
                found.intersection_update(self._reader.postings(field, token).all_ids())
        return found or set()

    def _column(self, name: str) -> Any:
        return self._reader.column_reader(name, translate=False)

    def _entry(self, doc: int) -> Entry:
        title, _end, body = self._said[doc].decode().partition(_END)
        return Entry(self.facts[doc], title, body)


def _read_facts(kept: bytes) -> Facts:
    kind, number, at, room, consultation_id, official = kept.decode().split(_CUT)
    return Facts(kind, int(number), int(at), room, int(consultation_id), official == "True")
