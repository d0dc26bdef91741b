"""What a task costs besides time: system calls, page faults and allocations, each as the difference between a run over
some files and one over twice as many, so that what is done once a run is not in it."""

import re
import sys
import tempfile
from pathlib import Path

from suite import prepare
from suite.machine import CACHE, COMMAND, SDK, WORK, Programs, start, timed

FILES = 5_000
# valgrind is a hundred times slower, and its counts are exact.
FILES_UNDER_VALGRIND = 500

# System calls that are rarer than this are not shown one by one.
LEAST_CALLS = 0.005


def costs(programs: Programs) -> None:
    """Prints a table for each way to run tasks."""
    prepare.need("strace", "valgrind")
    kinds = {
        "native through sandmill": lambda folder: [programs.bench, "through", SDK, folder, "OUT", 2, CACHE],
        "SDK, fresh": lambda folder: programs.run(SDK, folder),
        "SDK, kept": lambda folder: programs.run(SDK, folder, 2, "--isolation", "worker"),
        "command, fresh": lambda folder: programs.run(COMMAND, folder),
    }
    for kind, command in kinds.items():
        few, many = (command(prepare.data(programs, FILES * factor)) for factor in (1, 2))
        timed(few)
        faults = (timed(many).minor_faults - timed(few).minor_faults) / FILES
        calls_of_few, calls_of_many = system_calls(few), system_calls(many)
        calls = {call: (count - calls_of_few.get(call, 0)) / FILES for call, count in calls_of_many.items()}
        few, many = (command(prepare.data(programs, FILES_UNDER_VALGRIND * factor)) for factor in (1, 2))
        # Once before it counts: valgrind shows another processor, for which nothing is in the cache yet.
        allocations(few)
        blocks = (allocations(many) - allocations(few)) / FILES_UNDER_VALGRIND
        total = sum(calls.values())
        print(f"\n{kind}: {total:.2f} system calls, {faults:.2f} page faults, {blocks:.1f} allocations a task")
        for call, count in sorted(calls.items(), key=lambda item: -item[1]):
            if count >= LEAST_CALLS:
                print(f"    {call:24}{count:8.2f}")


def system_calls(command: list) -> dict:
    """How often each was called, by all threads."""
    with tempfile.TemporaryDirectory(dir=WORK) as fresh:
        counts = Path(fresh) / "counts"
        traced = ["strace", "-f", "-c", "-U", "calls,name", "-o", counts, *command]
        if start(traced, Path(fresh)).wait() != 0:
            sys.exit(f"strace of {command} failed:\n{(Path(fresh) / 'said').read_text()}")
        lines = [line.split() for line in counts.read_text().splitlines()]
    counted = [line for line in lines if len(line) == 2 and line[0].isdigit() and line[1] != "total"]
    return {name: int(calls) for calls, name in counted}


def allocations(command: list) -> int:
    """How many blocks were allocated."""
    with tempfile.TemporaryDirectory(dir=WORK) as fresh:
        tool = ["valgrind", "--tool=dhat", "--smc-check=all-non-file", "--dhat-out-file=/dev/null"]
        if start([*tool, *command], Path(fresh)).wait() != 0:
            sys.exit(f"valgrind of {command} failed:\n{(Path(fresh) / 'said').read_text()}")
        said = (Path(fresh) / "said").read_text()
    return int(re.search(r"Total:.* in ([\d,]+) blocks", said)[1].replace(",", ""))

