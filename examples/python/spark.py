"""Replays a table of flows on Apache Spark: the program is sent once to each worker.

Needs ``pip install mayreach pyspark pyarrow`` and Java. Here several worker processes of one machine;
on a cluster only the session differs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

import mayreach

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

#: The columns that are kept, as Spark writes them.
ANSWER = "id long, verdict string, decided_by string, policy_name string, reason string, error string"


def decide(session: SparkSession, program: mayreach.Program, flows: DataFrame) -> DataFrame:
    """The answers to a table of flows, one row a flow, by ``id``."""
    shared = session.sparkContext.broadcast(program)
    wanted = pa.schema(
        [("id", pa.int64())]
        + [(name, pa.string()) for name in ("verdict", "decided_by", "policy_name", "reason", "error")]
    )

    def batches(flows: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        # Unpickled, that is compiled, when a worker first looks.
        here = shared.value
        for batch in flows:
            # Spark gives each task a core already.
            answers = pa.table(here.decide_many(batch, threads=1))
            yield from answers.select(wanted.names).cast(wanted).to_batches()

    return flows.mapInArrow(batches, ANSWER)


def rows(names: list[str], count: int) -> list[dict[str, Any]]:
    """A made-up log."""
    return [
        {
            "id": number,
            "source": names[number % len(names)],
            "destination": names[number // len(names) % len(names)],
            "port": (8080, 5432)[number % 2],
            "method": "GET",
            "path": f"/v1/orders/{number}",
        }
        for number in range(count)
    ]


def main() -> None:
    """Decides a small table here and on Spark, and compares."""
    from pyspark.sql import SparkSession

    # Workers run this interpreter, not whichever is found first.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    program = mayreach.load(Path(__file__).parents[1] / "tenants")
    log = rows([name for name in program.workloads if name.startswith("tenant-")], 10_000)
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        .getOrCreate()
    )
    try:
        columns = "id long, source string, destination string, port int, method string, path string"
        flows = session.createDataFrame(log, columns).repartition(4)
        answers = decide(session, program, flows).orderBy("id").collect()
    finally:
        session.stop()
    here = program.decide_many(pa.Table.from_pylist(log))
    assert [row.verdict for row in answers] == here["verdict"]
    assert [row.reason for row in answers] == here["reason"]
    denied = here["verdict"].count("deny")
    print(f"{len(answers)} flows on Spark, {denied} denied, the same answers as one process")


if __name__ == "__main__":
    main()
