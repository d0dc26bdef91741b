"""The work of bench/lines over chunks of one big file, by a pool of two processes, rows into one CSV file.

lines.py FILE OUT count|sum"""

import csv
import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor

WORKERS = 2
CHUNK_BYTES = 8 << 20


def add_up(task: tuple) -> list:
    path, start, end, work = task
    lines = size = amount = 0
    with open(path, "rb") as file:
        file.seek(start)
        while start < end:
            line = file.readline()
            start += len(line)
            lines += 1
            size += len(line) - line.endswith(b"\n")
            if work == "sum":
                amount += json.loads(line)["amount"]
    return [lines, size, amount]


def chunks(path: str, work: str) -> list:
    """Ranges of about the same size that end where lines do."""
    file_bytes = os.path.getsize(path)
    found, start = [], 0
    with open(path, "rb") as file:
        while start < file_bytes:
            file.seek(min(start + CHUNK_BYTES, file_bytes))
            file.readline()
            found.append((path, start, file.tell(), work))
            start = file.tell()
    return found


def main() -> None:
    path, out, work = sys.argv[1:]
    tasks = chunks(path, work)
    with ProcessPoolExecutor(WORKERS) as executor:
        rows = list(executor.map(add_up, tasks))
    with open(out, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["path", "offset", "lines", "bytes", "amount"])
        for (_, start, *_), row in zip(tasks, rows):
            writer.writerow([os.path.basename(path), start, *row])


if __name__ == "__main__":
    main()
