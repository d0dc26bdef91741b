"""Where things are, and how a program is started and timed."""

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "target" / "bench"
CACHE = WORK / "cache"
NAME = f"{platform.machine()}-{os.cpu_count()}cpu"

# The work of the benchmarks, as an SDK processor and as a WASI command.
SDK = ROOT / "examples/count-fruits/rust-sdk.wasm"
COMMAND = ROOT / "examples/count-fruits/c.wasm"
SAMPLE = ROOT / "examples/count-fruits/inputs/file_0.json"
GUESTS = ROOT / "bench/guests"


@dataclass
class Programs:
    """The programs of this project, and those that it is compared with."""

    folder: Path
    python: Path
    wasmtime: Path

    @property
    def sandmill(self) -> Path:
        return self.folder / "sandmill"

    @property
    def bench(self) -> Path:
        return self.folder / "sandmill-bench"

    def run(self, processor: Path, inputs: Path, workers: int = 2, *options: str, out: str = "OUT") -> list:
        """The command that maps a processor over inputs."""
        run = [self.sandmill, "run", "--quiet", "--cache-dir", CACHE, "-j", workers, "-o", out]
        return [*run, *options, processor, inputs]


@dataclass
class Timed:
    """What one start of a program took."""

    seconds: float
    peak_mib: float
    minor_faults: int


def start(command: list, folder: Path) -> subprocess.Popen:
    """Starts a command; what it says goes to a file in `folder`, which takes the place of OUT in it too."""
    words = [str(folder / "out") if part == "OUT" else str(part) for part in command]
    with open(folder / "said", "wb") as said:
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=environment())


def environment() -> dict:
    # Ray would tell its makers that it was started.
    return {**os.environ, "RAY_USAGE_STATS_ENABLED": "0", "SANDMILL_BENCH_WORK": str(WORK)}


def timed(command: list, folder: Path | None = None) -> Timed:
    """From the start of a process to its exit. OUT is a fresh path, or one in `folder`, where it stays."""
    if folder is None:
        with tempfile.TemporaryDirectory(dir=WORK) as fresh:
            return timed(command, Path(fresh))
    started = time.perf_counter()
    process = start(command, folder)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        said = (folder / "said").read_text(errors="replace")
        sys.exit(f"{' '.join(map(str, command))}\nended with {process.returncode}:\n{said[-4000:]}")
    return Timed(seconds, usage.ru_maxrss / 1024, usage.ru_minflt)


def output(command: list) -> str:
    """What a program prints."""
    words = list(map(str, command))
    ended = subprocess.run(words, capture_output=True, text=True, env=environment())
    if ended.returncode != 0:
        sys.exit(f"{' '.join(words)}\nended with {ended.returncode}:\n{ended.stderr[-4000:]}")
    return ended.stdout


def median(values) -> float:
    return statistics.median(values)
