"""One big file: 1 GB of JSON lines as many tasks, and the same file compressed, as one."""

import csv
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from suite import prepare
from suite.contenders import PEERS, name
from suite.machine import WORK, Programs, median, timed

SPLIT = ("--split", "lines")


@dataclass
class Figure:
    """How fast one contender went through the file."""

    contender: str
    work: str
    seconds: float
    mb_per_second: float
    peak_mib: float


def big(programs: Programs, mib: int, rounds: int) -> list:
    """Each contender with each work, in turn, several rounds over; all must come to the same sums."""
    plain, compressed = prepare.json_lines(mib)
    guest = prepare.guest("lines")
    commands = {}
    for work in ("count", "sum"):
        option = ("--param", f"work={work}")
        for workers in (2, 1):
            commands[name("sandmill, split", workers), work] = programs.run(guest, plain, workers, *SPLIT, *option)
        commands["concurrent.futures, 2 processes", work] = [programs.python, PEERS / "lines.py", plain, "OUT", work]
    commands["sandmill, gzip, one task", "count"] = programs.run(guest, compressed, 1, "--param", "work=count")
    commands["gzip -dc", "count"] = ["sh", "-c", f"exec gzip -dc {compressed} >/dev/null"]

    expected, runs = {}, {key: [] for key in commands}
    for (contender, work), command in commands.items():
        if contender != "gzip -dc":
            sums = added_up(command)
            if sums != expected.setdefault(work, sums):
                sys.exit(f"{contender} comes to {sums}, not {expected[work]}")
    for _ in range(rounds):
        for key, command in commands.items():
            runs[key].append(timed(command))
    size = plain.stat().st_size / 1e6
    figures = []
    for (contender, work), timings in runs.items():
        seconds = median(timing.seconds for timing in timings)
        peak_mib = max(timing.peak_mib for timing in timings)
        figures.append(Figure(contender, work, seconds, size / seconds, peak_mib))
    return figures


def added_up(command: list) -> list:
    """The sums over all rows that a contender gives."""
    with tempfile.TemporaryDirectory(dir=WORK) as fresh:
        timed(command, Path(fresh))
        out = Path(fresh) / "out"
        table = out if out.is_file() else out / "results.csv"
        with table.open(newline="") as file:
            rows = list(csv.DictReader(file))
    return [sum(int(row[column]) for row in rows) for column in ("lines", "bytes", "amount")]
