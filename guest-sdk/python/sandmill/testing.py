"""A stand-in for sandmill, so that processors can be tested as the Python that they are."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from . import _boundary
from ._input import Input
from ._outcome import Skip, message
from ._task import log_traceback, run_task


@dataclass
class Rejected:
    """A record that could not be used."""

    record: int
    reason: str
    offset: int | None


@dataclass
class Tried:
    """What came of trying a processor. A task that fails or is skipped has no rows, rejects and files."""

    rows: list[dict] = field(default_factory=list)
    rejects: list[Rejected] = field(default_factory=list)
    #: What was written to files, by their names.
    files: dict[str, bytes] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    #: The message of a task that failed.
    error: str | None = None
    #: The reason of one that is skipped.
    skipped: str | None = None


def run(
    process,
    content: bytes | str = b"",
    *,
    path: str = "input",
    params: dict[str, str] | None = None,
    shared: dict[str, bytes] | None = None,
    pulled: bool = False,
    knows_size: bool = True,
    chunk_offset: int = 0,
    first_record: int | None = 1,
) -> Tried:
    """Runs a processor on one input. `pulled` gives the input in pieces, as sandmill gives large ones; without
    `knows_size` it is pulled, and its size is not known beforehand."""
    content = content.encode() if isinstance(content, str) else content
    stand_in = _StandIn(content, params or {}, shared or {})
    is_pulled = pulled or not knows_size
    size = len(content) if knows_size else None
    input = Input(path, size, None if is_pulled else content, chunk_offset, first_record)
    tried = stand_in.tried
    before, _boundary.current = _boundary.current, stand_in
    try:
        stand_in.emit(run_task(process, input))
        return tried
    except Skip as skip:
        return Tried(log=tried.log, skipped=str(skip))
    except Exception as error:
        log_traceback(error)
        return Tried(log=tried.log, error=message(error))
    finally:
        _boundary.current = before


class _StandIn:
    def __init__(self, content: bytes, params: dict[str, str], shared: dict[str, bytes]):
        self._unread = memoryview(content)
        self._params = params
        self._shared = shared
        self.tried = Tried()

    def read(self, max_bytes: int) -> bytes:
        piece = bytes(self._unread[:max_bytes])
        self._unread = self._unread[len(piece) :]
        return piece

    def param(self, name: str) -> str | None:
        return self._params.get(name)

    def emit(self, rows: str) -> None:
        self.tried.rows.extend(json.loads(row) for row in rows.split("\n") if row)

    def reject(self, number: int, offset: int | None, reason: str) -> None:
        self.tried.rejects.append(Rejected(number, reason, offset))

    def write_file(self, name: str, bytes: bytes) -> None:
        self.tried.files[name] = self.tried.files.get(name, b"") + bytes

    def shared_len(self, name: str) -> int | None:
        return len(self._shared[name]) if name in self._shared else None

    def shared_read(self, name: str, offset: int, max_bytes: int) -> bytes:
        return self._shared[name][offset : offset + max_bytes]

    def log(self, line: str) -> None:
        self.tried.log.append(line)
