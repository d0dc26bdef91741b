"""Rows, on their way to sandmill as JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping

from . import _boundary

# Rows go to sandmill in portions of about this size: a call for each row would cost more than writing it.
_PORTION_CHARACTERS = 64 << 10

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


class Rows:
    """The rows of a task which sandmill has not seen yet."""

    def __init__(self):
        self._pending = []
        self._pending_characters = 0

    def add(self, row) -> None:
        # Written at once: the processor may change the row when it goes on.
        text = _encode(cells(row))
        self._pending.append(text)
        self._pending_characters += len(text)
        if self._pending_characters >= _PORTION_CHARACTERS:
            _boundary.current.emit(self.take())

    def add_all(self, returned) -> None:
        """What a processor returns: a row, several, or none."""
        if returned is None:
            return
        if is_row(returned):
            self.add(returned)
        else:
            for row in returned:
                self.add(row)

    def take(self) -> str:
        """The rows as JSON, one a line."""
        text = "\n".join(self._pending)
        self._pending.clear()
        self._pending_characters = 0
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"a row has half of a surrogate pair: {error.object[error.start]!a}") from None
        return text


def is_row(value) -> bool:
    return isinstance(value, Mapping) or hasattr(value, "_asdict") or dataclasses.is_dataclass(value)


def cells(row) -> dict:
    """The names and values of a row."""
    if isinstance(row, dict):
        return row
    if hasattr(row, "_asdict"):
        return row._asdict()
    if isinstance(row, Mapping):
        return dict(row)
    if dataclasses.is_dataclass(row) and not isinstance(row, type):
        return {field.name: getattr(row, field.name) for field in dataclasses.fields(row)}
    raise TypeError(f"a row is a dict, a dataclass or a named tuple, not {type(row).__name__}")
