"""What was read in texts, kept: a second run need not cut the same opinions into words again.

Reading is half the time of a grouping. Texts themselves are not kept, only their hashes.
"""

import json
from collections.abc import Iterable, Iterator, MutableMapping
from hashlib import sha256
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from analysis.tokens import Phrase, Sentence, Words
from analysis.vocabularies import versions

_FORMAT = 1
_READ_BY = ("sudachipy", "sudachidict_core")

Parts = tuple[Sentence, ...]


class Cache(MutableMapping[str, Parts]):
    """Sentences by their text; hand it to `tokens.read` as `known`."""

    def __init__(self) -> None:
        self._found: dict[bytes, Parts] = {}

    def __getitem__(self, text: str) -> Parts:
        return self._found[_key(text)]

    def __setitem__(self, text: str, parts: Parts) -> None:
        self._found[_key(text)] = parts

    def __delitem__(self, text: str) -> None:
        del self._found[_key(text)]

    def __iter__(self) -> Iterator[str]:
        """Texts are not kept, so that none can be listed."""
        return iter(())

    def __len__(self) -> int:
        return len(self._found)

    def retain(self, texts: Iterable[str]) -> None:
        """Drop whatever was not read in one of these texts."""
        kept = {_key(text) for text in texts}
        self._found = {key: parts for key, parts in self._found.items() if key in kept}

    def save(self, path: Path) -> None:
        """Write everything to one npz file, in one step."""
        path.parent.mkdir(parents=True, exist_ok=True)
        words: dict[str, int] = {}
        coded = [_coded(parts, words) for parts in self._found.values()]
        label = {"format": _FORMAT, "versions": dict(versions(_READ_BY)), "words": list(words)}
        part = path.with_name(path.name + ".part")
        with part.open("wb") as stream:
            np.savez(
                stream,
                allow_pickle=False,
                label=np.frombuffer(json.dumps(label).encode(), dtype=np.uint8),
                keys=np.frombuffer(b"".join(self._found), dtype=np.uint8),
                ends=np.cumsum([len(one) for one in coded], dtype=np.int64),
                codes=np.array([code for one in coded for code in one], dtype=np.int32),
            )
        part.replace(path)


def load(path: Path) -> Cache:
    """What `Cache.save` wrote; empty when there is no such file or another dictionary read it."""
    cache = Cache()
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            label = json.loads(arrays["label"].tobytes())
            if (label["format"], label["versions"]) != (_FORMAT, dict(versions(_READ_BY))):
                return cache
            keys, ends, codes = arrays["keys"].tobytes(), arrays["ends"], arrays["codes"]
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return cache
    begins = np.concatenate([[0], ends[:-1]])
    for number, (begin, end) in enumerate(zip(begins.tolist(), ends.tolist(), strict=True)):
        key = keys[number * _KEY_BYTES : (number + 1) * _KEY_BYTES]
        cache._found[key] = _decoded(codes[begin:end], label["words"])
    return cache


_KEY_BYTES = sha256().digest_size


def _key(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


def _coded(parts: Parts, words: dict[str, int]) -> list[int]:
    """Sentences as numbers: bounds, then each list of words after its length."""
    codes: list[int] = []
    for sentence in parts:
        found = sentence.words
        codes += (sentence.begin, sentence.end)
        for own in (found.nouns, found.others, found.long_nouns, found.long_others):
            codes.append(len(own))
            codes += [words.setdefault(word, len(words)) for word in own]
        codes.append(len(found.phrases))
        for phrase in found.phrases:
            codes += (words.setdefault(phrase.text, len(words)), phrase.parts)
    return codes


def _decoded(codes: NDArray[np.int32], words: list[str]) -> Parts:
    numbers = iter(codes.tolist())

    def own() -> tuple[str, ...]:
        return tuple(words[next(numbers)] for _ in range(next(numbers)))

    found = []
    for begin in numbers:
        end = next(numbers)
        lists = own(), own(), own(), own()
        phrases = tuple(Phrase(words[next(numbers)], next(numbers)) for _ in range(next(numbers)))
        found.append(Sentence(begin, end, Words(*lists, phrases)))
    return tuple(found)
