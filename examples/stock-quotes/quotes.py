"""One file of quotes, converted: what the three ways to run it have in common."""

import json

import numpy

COLUMNS = {"open": "f8", "high": "f8", "low": "f8", "close": "f8", "volume": "i8"}


def convert(source, target):
    """Reads the JSON lines of `source`, writes the columns to `target`; returns how many quotes there are."""
    quotes = [json.loads(line) for line in open(source) if line.strip()]
    columns = {name: numpy.array([quote[name] for quote in quotes], kind) for name, kind in COLUMNS.items()}
    columns["time"] = numpy.array([quote["time"].rstrip("Z") for quote in quotes], "M8[s]")
    target.parent.mkdir(parents=True, exist_ok=True)
    numpy.savez(target, **columns)
    return len(quotes)


def jobs(source, target):
    """Every input below the folder `source`, with the file below `target` that is to be made of it."""
    for path in sorted(source.rglob("*.jsonl")):
        yield path, target / path.relative_to(source) / "quotes.npz"
