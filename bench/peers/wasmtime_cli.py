"""The peer that starts the wasmtime CLI for each file, by xargs or GNU parallel, two at a time, its compile cache on.

wasmtime_cli.py WASMTIME PROCESSOR FOLDER OUT xargs|parallel"""

import csv
import json
import os
import subprocess
import sys

from count_fruits import CATEGORIES, WORKERS, inputs

# Both start a shell for each file, which redirects. A row is less than a pipe takes at once, so rows do not mix.
ONE = 'row=$("$WASMTIME" run -C cache=y "$PROCESSOR" <FILE) && printf "%s\\t%s\\n" FILE "$row"'

TOOLS = {
    "xargs": ["xargs", "-0", "-P", str(WORKERS), "-n", "1", "sh", "-c", ONE.replace("FILE", '"$1"'), "sh"],
    "parallel": ["parallel", "-0", "-j", str(WORKERS), ONE.replace("FILE", "{}")],
}


def main() -> None:
    wasmtime, processor, folder, out, tool = sys.argv[1:]
    environment = {**os.environ, "WASMTIME": wasmtime, "PROCESSOR": processor}
    environment["PARALLEL_SHELL"] = "/bin/sh"
    environment["XDG_CACHE_HOME"] = os.environ["SANDMILL_BENCH_WORK"]
    paths = inputs(folder)
    listed = "\0".join(paths).encode() + b"\0"
    ended = subprocess.run(TOOLS[tool], input=listed, stdout=subprocess.PIPE, env=environment, check=True)
    with open(out, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["path", *CATEGORIES])
        for line in ended.stdout.decode().splitlines():
            path, row = line.split("\t")
            counts = json.loads(row)
            writer.writerow([os.path.relpath(path, folder), *(counts[category] for category in CATEGORIES)])


if __name__ == "__main__":
    main()
