"""The same without sandmill, one file after the other: sequential.py QUOTES OUT"""

import sys
from pathlib import Path

from quotes import convert, jobs

if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    print(sum(convert(*job) for job in jobs(source, target)), "quotes")
