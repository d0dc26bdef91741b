"""The shared data (`--share`): files that all tasks may read."""

from __future__ import annotations

import io

from . import _boundary


def open_shared(name: str) -> io.BufferedReader:
    """A file of the shared data, as a binary file: that which is shared, or one in the folder that is.

    It is a FileNotFoundError if there is none by this name.
    """
    size = _boundary.current.shared_len(name)
    if size is None:
        raise FileNotFoundError(f"there is no {name!r} in the shared data")
    return io.BufferedReader(_Shared(name, size))


class _Shared(io.RawIOBase):
    def __init__(self, name: str, size: int):
        self.name = name
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError("a position is not negative")
        self._position = start + offset
        return self._position

    def readinto(self, buffer) -> int:
        view = memoryview(buffer).cast("B")
        piece = _boundary.current.shared_read(self.name, self._position, min(len(view), _boundary.PIECE_BYTES))
        view[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)
