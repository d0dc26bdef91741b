"""What the SDK for Python can do. Each line of the input says what is to be done; the README beside has the list."""

import io
from dataclasses import dataclass, replace

from sandmill import Failure, Input, Skip, log, open_shared, param, processor


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
            elif text.startswith("file "):
                name, _, content = text.removeprefix("file ").partition(" ")
                input.write_file(name, content + "\n")
            elif text.startswith("shared "):
                try:
                    described = describe_shared(text.removeprefix("shared "))
                    yield told(row, number, described, len(described))
                except FileNotFoundError:
                    input.reject(number, "not shared", start)
            else:
                yield told(row, number, text, len(line))
        start += len(ended)


def describe_shared(name: str) -> str:
    """What is in a file of the shared data, taken whole and read in parts."""
    with open_shared(name) as file:
        whole = file.read()
        file.seek(0)
        offset = value = 0
        for part in iter(lambda: file.read(1000), b""):
            value = hash_on(value, part)
            offset += len(part)
        file.seek(offset + 1)
        beyond = len(file.read(1000))
    return f"size {len(whole)}, hash {hash_on(0, whole)}, in parts {offset}, hash {value}, beyond {beyond}"


def read_at_once(input: Input, whole: bool, row: Told) -> Told:
    """One row about all of the input, which is taken whole or read in parts, and written to the file `copy` if there is
    one.
    """
    size = "unknown" if input.size is None else input.size
    copy = param("copy")
    value = 0
    for part in [input.bytes()] if whole else iter(lambda: input.read(10_000), b""):
        value = hash_on(value, part)
        if copy is not None:
            input.write_file(copy, part)
    if copy is not None:
        input.write_file(copy, b"")  # It is there though the input is empty.
    return told(row, input.first_record or 0, f"at {input.chunk_offset}, size {size}, hash {value}", input.size)


def hash_on(value: int, part: bytes) -> int:
    for byte in part:
        value = value * 31 + byte & 0xFFFFFFFF
    return value
