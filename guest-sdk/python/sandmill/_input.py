"""The input of a task."""

from __future__ import annotations

import io
from collections.abc import Iterator

from . import _boundary
from ._rows import Rows


class Input(io.RawIOBase):
    """The input of a task, and where its rows and rejects go.

    Take it whole, with `bytes` or `text`, if it fits into the sandbox's memory. `lines` has only one line in memory at a
    time. It is also an unbuffered binary file: `io.BufferedReader(input)` is what libraries take that read files.
    """

    def __init__(
        self, path: str, size: int | None, content: bytes | None, chunk_offset: int = 0, first_record: int | None = 1
    ):
        #: The path of the input, as the `path` column of the results shows it.
        self.path = path
        #: Where in its file the input begins, in bytes: 0 unless it is a chunk of one (`--split`).
        self.chunk_offset = chunk_offset
        #: The number of the input's first record in its file, counted from 1; None if it is not known.
        self.first_record = first_record
        self._size = size
        # What is in memory, and how much of it has been read. None is in memory yet of an input that is to be pulled.
        self._content = content or b""
        self._position = 0
        self._has_more = content is None
        # How much was read before what is in memory.
        self._gone_bytes = 0
        self._rows = Rows()

    @property
    def size(self) -> int | None:
        """The size of the whole input in bytes.

        None as long as it is not known: that of a large input which is decompressed on the way is when all of it has
        been read.
        """
        if self._size is None and not self._has_more:
            return self._gone_bytes + len(self._content)
        return self._size

    def bytes(self) -> bytes:
        """The whole input, or what has not been read of it yet."""
        if self._has_more:
            self._content = b"".join(iter(self._pull, b""))
        elif self._position > 0:
            self._content = self._content[self._position :]
            self._gone_bytes += self._position
            self._position = 0
        return self._content

    def text(self, errors: str = "strict") -> str:
        """The whole input as text. It is an error if that is not UTF-8, unless `errors` says otherwise, as in
        `bytes.decode`."""
        return str(self.bytes(), "utf-8", errors)

    def lines(self, errors: str = "strict") -> Iterator[str]:
        """The lines as text, without the line ends `\\n` and `\\r\\n`."""
        # The last reader would close what it reads from.
        reader = io.TextIOWrapper(io.BufferedReader(_Unclosed(self), 64 << 10), "utf-8", errors, newline="\n")
        for line in reader:
            yield line.removesuffix("\n").removesuffix("\r")

    def emit(self, row) -> None:
        """Gives a row: a dict, a dataclass or a named tuple. Those that the processor returns come after it.

        If the task fails or is skipped in the end, its rows are discarded.
        """
        self._rows.add(row)

    def reject(self, record: int, reason: str, offset: int | None = None) -> None:
        """Reports a record that could not be used: its number, counted from 1, the reason, and where in the input it
        begins, in bytes. The task goes on."""
        _boundary.current.reject(record, offset, _boundary.sound(reason))

    def write_file(self, name: str, content: bytes | str) -> None:
        """Appends to a file of the task, which the first call makes: `OUT/files/...` has it when the task is done. The
        name is a relative path with `/` between its parts."""
        _boundary.current.write_file(name, content.encode() if isinstance(content, str) else bytes(content))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        """Reads on into the buffer; how many bytes, 0 at the end."""
        view = memoryview(buffer).cast("B")
        if self._has_more:
            piece = self._pull(len(view)) if len(view) > 0 else b""
            self._gone_bytes += len(piece)
        else:
            piece = self._content[self._position : self._position + len(view)]
            self._position += len(piece)
        view[: len(piece)] = piece
        return len(piece)

    def _pull(self, max_bytes: int = _boundary.PIECE_BYTES) -> bytes:
        piece = _boundary.current.read(min(max_bytes, _boundary.PIECE_BYTES))
        self._has_more = len(piece) > 0
        return piece


class _Unclosed(io.RawIOBase):
    """A reader that leaves what it reads from open."""

    def __init__(self, file: io.RawIOBase):
        self.readinto = file.readinto

    def readable(self) -> bool:
        return True
