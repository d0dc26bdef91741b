"""Baskets, read token by token: the parser of the library keeps the last of names that come twice, and recurses."""

from __future__ import annotations

import re
from json.decoder import scanstring

from sandmill import Failure

CATEGORIES = ("fruits", "vegetables", "meat")

# The largest count, and the largest sum.
_MOST = 2**53 - 1

_SPACE = re.compile(r"[ \t\n\r]*")
_COUNT = re.compile(r"(?:0|[1-9][0-9]{0,15})(?![0-9.eE])")


def read(text: str) -> dict[str, int]:
    """The sums of a basket."""
    reader = _Reader(text)
    sums = {}
    for category in reader.names():
        if category not in CATEGORIES or category in sums:
            raise Failure(f"the category {category!a} is unknown or there twice")
        sums[category] = sum(reader.count() for _ in reader.names())
        if sums[category] > _MOST:
            raise Failure(f"sums are at most {_MOST}")
    reader.end()
    return {category: sums.get(category, 0) for category in CATEGORIES}


class _Reader:
    """JSON, and where in it we are: at no white space."""

    def __init__(self, text: str):
        self._text = text
        self._at = 0
        self._skip_space()

    def names(self):
        """The names of an object, each of which is followed by a value that is to be read before the next."""
        self._expect("{")
        if not self._takes("}"):
            yield self._name()
            while self._takes(","):
                yield self._name()
            self._expect("}")

    def count(self) -> int:
        found = _COUNT.match(self._text, self._at)
        if not found or int(found[0]) > _MOST:
            raise self._unexpected("a count")
        self._at = found.end()
        self._skip_space()
        return int(found[0])

    def end(self) -> None:
        if self._at < len(self._text):
            raise self._unexpected("the end")

    def _name(self) -> str:
        if not self._text.startswith('"', self._at):
            raise self._unexpected("a name")
        # It takes halves of surrogate pairs, which are no text.
        name, self._at = scanstring(self._text, self._at + 1)
        name.encode()
        self._skip_space()
        self._expect(":")
        return name

    def _takes(self, character: str) -> bool:
        if not self._text.startswith(character, self._at):
            return False
        self._at += 1
        self._skip_space()
        return True

    def _expect(self, character: str) -> None:
        if not self._takes(character):
            raise self._unexpected(repr(character))

    def _skip_space(self) -> None:
        self._at = _SPACE.match(self._text, self._at).end()

    def _unexpected(self, expected: str) -> Failure:
        return Failure(f"{expected} is expected at character {self._at}")
