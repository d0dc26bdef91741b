"""What sandmill gives to a processor: `component` sets it in WebAssembly, `testing` elsewhere."""

from __future__ import annotations

from typing import Protocol

# The most that sandmill gives at once.
PIECE_BYTES = 1 << 20


class Boundary(Protocol):
    """The interface `host` of docs/wit/processor.wit, in which rows are JSON."""

    def read(self, max_bytes: int) -> bytes: ...

    def param(self, name: str) -> str | None: ...

    def emit(self, json: str) -> None: ...

    def reject(self, number: int, offset: int | None, reason: str) -> None: ...

    def write_file(self, name: str, bytes: bytes) -> None: ...

    def shared_len(self, name: str) -> int | None: ...

    def shared_read(self, name: str, offset: int, max_bytes: int) -> bytes: ...

    def log(self, line: str) -> None: ...


class _Nowhere:
    """In the place of a boundary, where there is none."""

    def __getattr__(self, name: str):
        raise RuntimeError("there is no task yet: sandmill can be asked from the processor and `init` on")


current: Boundary = _Nowhere()


def sound(text: str) -> str:
    """The text as it can be handed over: halves of surrogate pairs, which UTF-8 cannot say, become `?`."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
