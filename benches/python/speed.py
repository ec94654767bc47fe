"""How long one decision takes from Python, and how many rows of a table a second: a Markdown table.

Run with the release build installed: ``python benches/python/speed.py``. Each number is the best of
several runs of this process; the answers of the table are compared with those of single flows first.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable

import pyarrow as pa
from model import flows, manifests

import mayreach

TENANTS, ROWS = 250, 1_000_000


def best(run: Callable[[], object], times: int) -> float:
    """Seconds of the fastest of several runs."""
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        run()
        found.append(time.perf_counter() - begun)
    return min(found)


def micro(what: str, took: float, bar: float) -> None:
    print(f"| {what} | {took * 1e6:.2f} µs | ≤ {bar:.1f} µs | {'met' if took * 1e6 <= bar else '**missed**'} |")


def rate(what: str, took: float, bar: float | None) -> None:
    rows = ROWS / took / 1e6
    told = "" if bar is None else f"≥ {bar:.0f} M rows/s"
    met = "" if bar is None else "met" if rows >= bar else "**missed**"
    print(f"| {what} | {rows:.1f} M rows/s | {told} | {met} |")


def main() -> None:
    text = manifests(TENANTS)
    program = mayreach.load(text)
    asked = flows(TENANTS, 2000)
    names = ("source", "destination", "port", "method", "path")
    keywords = [dict(zip(names, flow)) for flow in asked]
    made = [mayreach.Flow(**flow) for flow in keywords]
    decide = program.decide

    def by_keywords() -> None:
        for source, destination, port, method, path in asked:
            decide(source=source, destination=destination, port=port, method=method, path=path)

    def by_flow() -> None:
        for flow in made:
            decide(flow)

    def nothing() -> None:
        for source, destination, port, method, path in asked:
            pass

    python, about = platform.python_version(), repr(program).strip("<>").removeprefix("Program: ")
    print(f"| CPython {python}, {about}, five layers | measured | bar | |\n|---|---:|---:|---|")
    loop = best(nothing, 20)
    micro("`decide(source=…, …)`, five keywords", (best(by_keywords, 200) - loop) / len(asked), 1.0)
    micro("`decide(flow)`, a `Flow` made before", (best(by_flow, 200) - loop) / len(asked), 0.4)

    columns = dict(zip(names, zip(*flows(TENANTS, ROWS))))
    kinds = {"port": pa.uint16()}
    plain = pa.table({name: pa.array(values, kinds.get(name, pa.string())) for name, values in columns.items()})
    wanted = [decide(**flow).verdict for flow in keywords]
    assert program.decide_many(plain.slice(0, 2000))["verdict"] == wanted
    words = [name for name in names if name != "port"]
    coded = pa.table({name: plain[name].dictionary_encode() if name in words else plain[name] for name in names})
    assert program.decide_many(coded.slice(0, 2000))["verdict"] == wanted
    for title, table, bar in (("plain strings", plain, 4), ("dictionary columns", coded, 10)):
        for threads in (1, 2):
            took = best(lambda: program.decide_many(table, threads=threads), 15)
            what = f"`decide_many`, {ROWS:,} rows of {title}, {threads} thread{'s' * (threads > 1)}"
            rate(what, took, bar if threads == 2 else None)


if __name__ == "__main__":
    main()
