"""The tables: the contenders, the goals, the languages; and the files that keep them."""

import csv
from pathlib import Path

from suite.contenders import CHUNK_SIZES, name
from suite.machine import median
from suite.measures import Language


def contenders(runs: list, path: Path) -> None:
    """Prints what each contender took, and writes it to `path`."""
    rows = []
    for contender, timings in runs:
        seconds = [timing.seconds for timing in timings]
        middle = median(seconds)
        rows.append(
            {
                "contender": contender.name,
                "files": contender.files,
                "seconds": f"{middle:.3f}",
                "min": f"{min(seconds):.3f}",
                "max": f"{max(seconds):.3f}",
                "files_per_second": round(contender.files / middle),
                "peak_mib": round(max(timing.peak_mib for timing in timings)),
            }
        )
    write(path, rows)
    print(f"\n{'':36}{'files':>9}{'seconds':>9}{'files/s':>10}{'MiB':>6}")
    for row in rows:
        print(
            f"{row['contender']:36}{row['files']:>9}{row['seconds']:>9}{row['files_per_second']:>10}{row['peak_mib']:>6}"
        )


def goals(runs: list, measured: dict, path: Path) -> None:
    """Prints what was to be reached and what was, and writes it to `path`."""
    rows = [
        {"goal": number, "what": what, "wanted": wanted, "figure": figure, "reached": verdict(reached)}
        for number, what, wanted, figure, reached in [*of_contenders(runs), *of_measures(runs, measured)]
    ]
    write(path, rows)
    print(f"\n{'#':4}{'':58}{'goal':>22}{'figure':>22}")
    for row in rows:
        print(f"{row['goal']:4}{row['what']:58}{row['wanted']:>22}{row['figure']:>22}  {row['reached']}")


def verdict(reached: bool | None) -> str:
    return "" if reached is None else "reached" if reached else "missed"


def of_contenders(runs: list) -> list:
    """Goals 1 to 6: ratios within each round, in which one is timed shortly after the other; the medians of those."""
    seconds = {contender.name: [timing.seconds for timing in timings] for contender, timings in runs}

    def ratio(one: str, other: str) -> float:
        return median(mine / its for mine, its in zip(seconds[one], seconds[other]))

    def gain(kind: str) -> float:
        return ratio(name(kind, 1), name(kind, 2))

    rows = []
    for number, kind, of_native, of_through in (
        ("1", "SDK, fresh", 0.50, 0.70),
        ("2", "SDK, kept", 0.65, 0.90),
        ("3", "command, fresh", 0.40, 0.60),
    ):
        for base, least in (("bare native", of_native), ("native through sandmill", of_through)):
            rows.append(at_least(number, f"{kind}, of {base}", least, ratio(name(base, 2), name(kind, 2))))
    first = name("SDK, fresh", 2)
    best, size = min((ratio(f"concurrent.futures, chunksize {size}", first), size) for size in CHUNK_SIZES)
    rows.append(at_least("4", f"SDK, fresh, to concurrent.futures (chunksize {size})", 1.3, best, "x"))
    rows.append(at_least("4", "SDK, fresh, to MPIRE map", 2.5, ratio("MPIRE map", first), "x"))
    rows.append(at_least("4", "SDK, fresh, to R-3PO on Ray", 20, ratio("R-3PO on Ray", "SDK, fresh, for R-3PO"), "x"))
    for tool in ("xargs", "GNU parallel"):
        over = ratio(f"{tool}, wasmtime CLI", "command, fresh, for the CLI")
        rows.append(at_least("5", f"command, fresh, to {tool} and the wasmtime CLI", 50, over, "x"))
    natives = gain("bare native")
    for kind in ("SDK, fresh", "SDK, kept", "command, fresh"):
        what = f"{kind}: gain of a second worker ({gain(kind):.2f}) to native's ({natives:.2f})"
        rows.append(at_least("6", what, 0.9, gain(kind) / natives))
    return rows


def of_measures(runs: list, measured: dict) -> list:
    """Goals 7 to 13; what was not measured has no figure."""
    rows = []
    for kind, most in (("command", 12), ("fresh", 6), ("kept", 1)):
        rows.append(at_most("7", f"no-op task in process, {kind}", most, measured["in_process"][kind], " us"))
    rows += of_large(runs, measured["large"])
    rows.append(at_most("10", "process start to first row, compiled before", 25, measured["first_row_ms"], " ms"))
    go = measured["go"]
    cold = f" (cold: {go['off']:.0f})" if go else ""
    rows.append(at_most("11", f"reactor in Go, warm{cold}", 100, go and go["auto"], " us"))
    ratios = measured["metering"]
    rows.append(at_most("12", "kernels, fuel in slices to metering off", 1.2, ratios["fuel in slices"], "x"))
    rows.append(("12", "kernels, native to metering off", "stated", f"{ratios['native']:.2f}x", None))
    for kind, (gb_per_second, growth_mib) in measured["standard_input"].items():
        rows.append(at_least("13", f"{kind}, 64 KiB at a time", 1.0, gb_per_second, " GB/s"))
        rows.append(at_most("13", f"{kind}, memory beyond that for 16 MiB", 8, growth_mib, " MiB"))
    return rows


def of_large(runs: list, large: dict | None) -> list:
    if large is None:
        what = {"8": "memory of a million tasks", "9": "resume of a million done tasks, beyond find"}
        return [(number, f"{title}: --large", "", "not measured", None) for number, title in what.items()]
    timings, files = next(
        (timings, contender.files) for contender, timings in runs if contender.name == name("SDK, fresh", 2)
    )
    few_mib = max(timing.peak_mib for timing in timings)
    most_mib = min(few_mib * 1.1 + 40 * (large["files"] - files) / (1 << 20), 200)
    beyond = large["resume_seconds"] - large["find_seconds"]
    return [
        at_most("8", f"memory of {large['files']:,} tasks ({files:,}: {few_mib:.0f})", most_mib, large["peak_mib"], " MiB"),
        at_most("9", f"resume of {large['files']:,} done tasks, beyond find", 2, beyond, " s"),
    ]


def at_least(number: str, what: str, goal: float, figure: float | None, unit: str = "") -> tuple:
    return number, what, f">= {goal:g}{unit}", told(figure, unit), None if figure is None else figure >= goal


def at_most(number: str, what: str, goal: float, figure: float | None, unit: str = "") -> tuple:
    return number, what, f"<= {goal:.4g}{unit}", told(figure, unit), None if figure is None else figure <= goal


def told(figure: float | None, unit: str) -> str:
    return "not measured" if figure is None else f"{figure:.2f}{unit}" if figure < 100 else f"{figure:.0f}{unit}"


def languages(found: list[Language], path: Path) -> None:
    """Prints what a task costs in every language, and writes it to `path`."""

    def figure(number: float | None) -> str:
        return "" if number is None else f"{number:.1f}"

    rows = [
        {"processor": one.processor, "kb": round(one.kb)}
        | {name: figure(getattr(one, name)) for name in ("fresh_us", "cold_us", "kept_us")}
        | {name: round(getattr(one, name)) for name in ("first_run_ms", "later_run_ms")}
        for one in found
    ]
    write(path, rows)
    print()
    for row in [{name: name for name in rows[0]}, *rows]:
        print(f"{row['processor']:20}" + "".join(f"{row[name]:>14}" for name in list(row)[1:]))


def big(figures: list, path: Path) -> None:
    """Prints how fast one big file was gone through, and writes it to `path`."""
    rows = [
        {
            "contender": figure.contender,
            "work": figure.work,
            "seconds": f"{figure.seconds:.3f}",
            "mb_per_second": round(figure.mb_per_second),
            "peak_mib": round(figure.peak_mib),
        }
        for figure in figures
    ]
    write(path, rows)
    print(f"\n{'':36}{'work':>8}{'seconds':>9}{'MB/s':>8}{'MiB':>6}")
    for row in rows:
        print(
            f"{row['contender']:36}{row['work']:>8}{row['seconds']:>9}{row['mb_per_second']:>8}{row['peak_mib']:>6}"
        )


def write(path: Path, rows: list) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
