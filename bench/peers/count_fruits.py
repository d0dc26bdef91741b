"""Peers in Python's own pools: the work of examples/count-fruits over two processes, rows into one CSV file.

count_fruits.py futures FOLDER OUT CHUNKSIZE | count_fruits.py mpire FOLDER OUT"""

import csv
import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor

WORKERS = 2
CATEGORIES = ("fruits", "vegetables", "meat")


def count_fruits(path: str) -> list:
    with open(path, "rb") as file:
        produce = json.load(file)
    return [sum(produce[category].values()) for category in CATEGORIES]


def inputs(folder: str) -> list:
    return sorted(
        os.path.join(parent, name) for parent, _, names in os.walk(folder) for name in names if name.endswith(".json")
    )


def main() -> None:
    pool, folder, out, *chunk_size = sys.argv[1:]
    paths = inputs(folder)
    if pool == "futures":
        with ProcessPoolExecutor(WORKERS) as executor:
            rows = list(executor.map(count_fruits, paths, chunksize=int(chunk_size[0])))
    else:
        from mpire import WorkerPool

        with WorkerPool(WORKERS) as workers:
            rows = workers.map(count_fruits, paths)
    with open(out, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["path", *CATEGORIES])
        for path, row in zip(paths, rows):
            writer.writerow([os.path.relpath(path, folder), *row])


if __name__ == "__main__":
    main()
