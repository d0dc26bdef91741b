"""What is measured besides the contenders: tasks in process, start-up, standard input, memory, resuming, metering."""

import json
import os
import re
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from suite import prepare
from suite.machine import CACHE, COMMAND, GUESTS, SAMPLE, SDK, WORK, Programs, median, output, timed

# One measurement in process takes about this long.
SECONDS = 0.5
MOST_TASKS = 100_000


def task_us(programs: Programs, processor: Path, rounds: int, *options: str) -> float:
    """What one task costs in process, in microseconds: no files and no ledger."""

    def one(tasks: int) -> float:
        command = [programs.bench, "overhead", processor, SAMPLE, tasks, "--cache-dir", CACHE, *options]
        return float(re.match(r"([\d.]+) us a task", output(command))[1])

    first = one(20)
    tasks = min(MOST_TASKS, max(20, int(SECONDS * 1e6 / max(first, 0.1))))
    return median(one(tasks) for _ in range(rounds))


def in_process(programs: Programs, rounds: int) -> dict:
    """The host's part of a task, with guests that do nothing."""
    reactor, command = GUESTS / "noop-reactor.wat", GUESTS / "noop-command.wat"
    return {
        "command": task_us(programs, command, rounds),
        "fresh": task_us(programs, reactor, rounds),
        "kept": task_us(programs, reactor, rounds, "--isolation", "worker"),
    }


def go(programs: Programs, languages: Path | None, rounds: int) -> dict | None:
    """The reactor in Go, begun cold and warm."""
    processor = languages and languages / "count-fruits/go-sdk.wasm"
    if not processor or not processor.exists():
        return None
    return {how: task_us(programs, processor, rounds, "--warm-start", how) for how in ("off", "auto")}


def first_row_ms(programs: Programs, starts: int) -> float:
    """From the start of the process to its first row, the processor compiled in an earlier run: it cannot be less than to
    the first task."""
    command = [programs.sandmill, "run", "--quiet", "--cache-dir", CACHE, "--stdout", "ndjson", SDK, SAMPLE]
    words = list(map(str, command))

    def one() -> float:
        started = time.perf_counter()
        with subprocess.Popen(words, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
            process.stdout.read(1)
            elapsed = time.perf_counter() - started
            process.stdout.read()
        assert process.returncode == 0, process.returncode
        return elapsed

    one()
    return median(one() for _ in range(starts)) * 1000


def standard_input(programs: Programs, mib: int, rounds: int) -> dict:
    """Gigabytes a second and MiB of memory, for one worker whose guest counts bytes in pieces of 64 KiB."""
    big, small = prepare.big_file(mib), prepare.big_file(16)
    figures = {}
    for kind in ("stdin", "pull"):
        guest = GUESTS / f"count-{kind}.wat"
        check_count(programs, guest, big)
        runs = [timed(programs.run(guest, big, 1)) for _ in range(rounds)]
        flat = timed(programs.run(guest, small, 1))
        gb_per_second = big.stat().st_size / 1e9 / median(run.seconds for run in runs)
        figures[kind] = (gb_per_second, max(run.peak_mib for run in runs) - flat.peak_mib)
    return figures


def check_count(programs: Programs, guest: Path, big: Path) -> None:
    with tempfile.TemporaryDirectory(dir=WORK) as fresh:
        timed(programs.run(guest, big, 1), Path(fresh))
        row = (Path(fresh) / "out/results.csv").read_text().splitlines()[1]
    assert row.split(",")[1] == str(big.stat().st_size), row


def large(programs: Programs, files: int) -> dict:
    """A run over very many files, and one more that finds nothing to do, against `find`."""
    folder = prepare.data(programs, files)
    listing = ["find", folder, "-type", "f", "-printf", "%s %T@ %p\n"]
    with tempfile.TemporaryDirectory(dir=WORK) as fresh:
        run = programs.run(SDK, folder)
        first = timed(run, Path(fresh))
        # What it wrote is not to go to the disk while others are timed.
        os.sync()
        resumed, found = [], []
        for _ in range(3):
            found.append(timed(listing).seconds)
            resumed.append(timed(run, Path(fresh)))
    return {
        "files": files,
        "run_seconds": first.seconds,
        "peak_mib": max(first.peak_mib, *(again.peak_mib for again in resumed)),
        "resume_seconds": median(again.seconds for again in resumed),
        "find_seconds": median(found),
    }


def metering(programs: Programs, rounds: int) -> dict:
    """Ratios of compute-bound kernels to the same ones without metering: the geometric mean of each way."""
    printed = output([programs.bench, "metering", prepare.kernels(), rounds])
    return {line[:20].strip(): float(line.split()[-1]) for line in printed.splitlines()[1:]}


@dataclass
class Language:
    """What the count-fruits of one language costs. `None` where that is no option."""

    processor: str
    kb: float
    fresh_us: float
    cold_us: float | None
    kept_us: float | None
    first_run_ms: float
    later_run_ms: float


def languages(programs: Programs, folder: Path, rounds: int) -> list[Language]:
    """Every language's count-fruits."""

    def one(processor: Path) -> Language:
        inspected = json.loads(output([programs.sandmill, "inspect", "--json", processor]))
        is_command = inspected["contract"] == "command"
        return Language(
            processor=processor.stem,
            kb=processor.stat().st_size / 1000,
            fresh_us=task_us(programs, processor, rounds),
            cold_us=None if is_command else task_us(programs, processor, rounds, "--warm-start", "off"),
            kept_us=None if is_command else task_us(programs, processor, rounds, "--isolation", "worker"),
            **runs_of_one_file(programs, processor, rounds),
        )

    return [one(processor) for processor in sorted(folder.glob("count-fruits/*.wasm"))]


def runs_of_one_file(programs: Programs, processor: Path, rounds: int) -> dict:
    """Milliseconds of whole runs over one file: the first, which compiles the processor, and later ones."""
    first, later = [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(dir=WORK) as cache:
            command = [programs.sandmill, "run", "--quiet", "--cache-dir", cache, "--stdout", "ndjson", processor, SAMPLE]
            first.append(timed(command).seconds * 1000)
            later.append(timed(command).seconds * 1000)
    return {"first_run_ms": median(first), "later_run_ms": median(later)}
