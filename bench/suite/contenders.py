"""Who does the work of examples/count-fruits, and whether all of them do the same."""

import csv
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from suite import prepare
from suite.machine import CACHE, COMMAND, ROOT, SDK, WORK, Programs, start

# Inputs for peers that would take hours over all of them.
RAY_FILES = 10_000
CLI_FILES = 1_000

PEERS = ROOT / "bench/peers"
CHUNK_SIZES = (64, 512, 4096)

# sandmill writes the native peer's very bytes; peers from elsewhere need only have the same rows.
OURS = ("bare native", "native through sandmill", "SDK", "command")


@dataclass
class Contender:
    """One of those who do the work, over one set of inputs."""

    name: str
    files: int
    command: list
    # In how many rounds it takes part; `None`: in all.
    most_rounds: int | None = None


def name(kind: str, workers: int) -> str:
    return f"{kind}, {workers} worker{'s' if workers > 1 else ''}"


def contenders(programs: Programs, files: int, cli_files: int, slow_rounds: int) -> list:
    """All of them, and the data that they work on. Those that take long take part in `slow_rounds`."""
    folder = prepare.data(programs, files)
    found = []
    for workers in (2, 1):
        native = [programs.bench, "native", folder, "OUT", workers]
        through = [programs.bench, "through", SDK, folder, "OUT", workers, CACHE]
        sdk = programs.run(SDK, folder, workers)
        kept = programs.run(SDK, folder, workers, "--isolation", "worker")
        command = programs.run(COMMAND, folder, workers)
        for kind, words in {
            "bare native": native,
            "native through sandmill": through,
            "SDK, fresh": sdk,
            "SDK, kept": kept,
            "command, fresh": command,
        }.items():
            found.append(Contender(name(kind, workers), files, words))
    peer = [programs.python, PEERS / "count_fruits.py"]
    for size in CHUNK_SIZES:
        found.append(Contender(f"concurrent.futures, chunksize {size}", files, [*peer, "futures", folder, "OUT", size]))
    found.append(Contender("MPIRE map", files, [*peer, "mpire", folder, "OUT"]))

    ray = prepare.data(programs, RAY_FILES)
    found.append(Contender("SDK, fresh, for R-3PO", RAY_FILES, programs.run(SDK, ray)))
    found.append(Contender("R-3PO on Ray", RAY_FILES, [programs.python, PEERS / "r3po_ray.py", ray, "OUT"], slow_rounds))

    few = prepare.data(programs, cli_files)
    found.append(Contender("command, fresh, for the CLI", cli_files, programs.run(COMMAND, few)))
    cli = [programs.python, PEERS / "wasmtime_cli.py", programs.wasmtime, COMMAND, few, "OUT"]
    found.append(Contender("xargs, wasmtime CLI", cli_files, [*cli, "xargs"], slow_rounds))
    found.append(Contender("GNU parallel, wasmtime CLI", cli_files, [*cli, "parallel"], slow_rounds))
    return found


def check(found: list) -> None:
    """Honest work: every contender gives the same rows. It also warms the page cache and the compile caches."""
    expected = {}
    for contender in found:
        text = table(contender)
        first = expected.setdefault(contender.files, text)
        if contender.name.startswith(OURS) and text != first:
            sys.exit(f"{contender.name} gives other bytes than {found[0].name}")
        if sorted(csv.reader(text.splitlines())) != sorted(csv.reader(first.splitlines())):
            sys.exit(f"{contender.name} gives other rows than {found[0].name}")
        if len(text.splitlines()) != contender.files + 1:
            sys.exit(f"{contender.name} gives {len(text.splitlines()) - 1} rows for {contender.files} files")


def table(contender: Contender) -> str:
    """What a contender makes, as one table."""
    with tempfile.TemporaryDirectory(dir=WORK) as fresh:
        folder = Path(fresh)
        if start(contender.command, folder).wait() != 0:
            said = (folder / "said").read_text(errors="replace")
            sys.exit(f"{contender.name} failed:\n{said[-4000:]}")
        out = folder / "out"
        if out.is_file():
            return out.read_text()
        if (out / "results.csv").exists():
            return (out / "results.csv").read_text()
        # R-3PO has a table for each process.
        tables = [path.read_text().splitlines(keepends=True) for path in sorted(out.glob("*.results.csv"))]
        return "".join([tables[0][0], *(line for lines in tables for line in lines[1:])])
