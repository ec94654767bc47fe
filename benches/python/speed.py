"""How long one decision takes from Python, and how many rows of a table a second.

Run with the release build installed: ``python benches/python/speed.py``. Each number is the best of
several runs of this process; the answers of the table are compared with those of single flows first.
"""

from __future__ import annotations

import os
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


def main() -> None:
    print(f"CPython {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}")
    text = manifests(TENANTS)
    begun = time.perf_counter()
    program = mayreach.load(text)
    print(f"{program!r} compiled in {time.perf_counter() - begun:.2f} s")

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

    loop = best(nothing, 20)
    print(f"decide(source=…, …)  {(best(by_keywords, 30) - loop) / len(asked) * 1e6:6.3f} µs")
    print(f"decide(flow)         {(best(by_flow, 30) - loop) / len(asked) * 1e6:6.3f} µs")

    columns = dict(zip(names, zip(*flows(TENANTS, ROWS))))
    kinds = {"port": pa.uint16()}
    plain = pa.table({name: pa.array(values, kinds.get(name, pa.string())) for name, values in columns.items()})
    wanted = [decide(**flow).verdict for flow in keywords]
    assert program.decide_many(plain.slice(0, 2000))["verdict"] == wanted
    words = [name for name in names if name != "port"]
    coded = pa.table({name: plain[name].dictionary_encode() if name in words else plain[name] for name in names})
    for title, table in (("plain strings", plain), ("dictionaries", coded)):
        for threads in (1, 2):
            took = best(lambda: program.decide_many(table, threads=threads), 5)
            print(f"{ROWS:,} rows of {title}, {threads} threads  {ROWS / took / 1e6:6.2f} million rows/s")


if __name__ == "__main__":
    main()
