"""The same without sandmill, in as many processes as there are processors: parallel.py QUOTES OUT"""

import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from quotes import convert, jobs

if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    with ProcessPoolExecutor() as pool:
        print(sum(pool.map(convert, *zip(*jobs(source, target)), chunksize=16)), "quotes")
