"""What the SDK for Python can do. Each line of the input says what is to be done; the README beside has the list."""

import io
from dataclasses import dataclass, replace

from sandmill import Failure, Input, Skip, log, param, processor


@dataclass
class Told:
    line: int | None = None
    text: str | None = None
    length: int | None = None
    above: int | None = None
    half_more: float | None = None
    is_long: bool | None = None
    note: str | None = None
    source: str | None = None


def told(row: Told, line: int, text: str, length: int) -> Told:
    return replace(
        row, line=line, text=text, length=length, above=length - 10, half_more=length + 0.5, is_long=length > 20
    )


@processor(columns=Told)
def tour(input: Input):
    row = Told(note=param("note"), source=input.path)
    how = param("read")
    if how is not None:
        yield read_at_once(input, how == "whole", row)
        return
    start = 0
    for number, ended in enumerate(io.BufferedReader(input), 1):
        line = ended.removesuffix(b"\n").removesuffix(b"\r")
        try:
            text = line.decode()
        except UnicodeDecodeError:
            input.reject(number, "not text", start)
        else:
            if text == "":
                input.reject(number, "empty", start)
            elif text == "skip":
                raise Skip(f"line {number} asks for it")
            elif text == "fail":
                raise Failure(f"line {number} asks for it")
            elif text.startswith("log "):
                log(text)
            else:
                yield told(row, number, text, len(line))
        start += len(ended)


def read_at_once(input: Input, whole: bool, row: Told) -> Told:
    """One row about all of the input, which is taken whole or read in parts."""
    size = "unknown" if input.size is None else input.size
    value = 0
    for part in [input.bytes()] if whole else iter(lambda: input.read(10_000), b""):
        value = hash_on(value, part)
    return told(row, input.first_record or 0, f"at {input.chunk_offset}, size {size}, hash {value}", input.size)


def hash_on(value: int, part: bytes) -> int:
    for byte in part:
        value = value * 31 + byte & 0xFFFFFFFF
    return value
