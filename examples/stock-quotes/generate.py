"""Makes up quotes, the same ones every time: generate.py FOLDER [STOCKS [MINUTES]]"""

import json
import random
import sys
from datetime import datetime, timedelta
from pathlib import Path


def quotes(stock, minutes):
    chance = random.Random(stock)
    time, price = datetime(2024, 1, 2, 9, 30), chance.uniform(5, 500)
    for _ in range(minutes):
        steps = [price := max(0.01, price * chance.gauss(1, 0.001)) for _ in range(4)]
        yield {
            "time": time.isoformat() + "Z",
            "open": round(steps[0], 2),
            "high": round(max(steps), 2),
            "low": round(min(steps), 2),
            "close": round(steps[-1], 2),
            "volume": chance.randrange(1_000_000),
        }
        time += timedelta(minutes=1)


def main(folder, stocks=100, minutes=390):
    for stock in range(int(stocks)):
        name = "".join(chr(ord("A") + stock // 26**place % 26) for place in (2, 1, 0))
        path = Path(folder) / name[0] / f"{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(quote) + "\n" for quote in quotes(stock, int(minutes))))


if __name__ == "__main__":
    main(*sys.argv[1:])
