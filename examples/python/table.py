"""A table of flows, decided as Arrow and counted: what an access log would show under these policies."""

from pathlib import Path

import pyarrow as pa

import mayreach

TENANTS = Path(__file__).parents[1] / "tenants"
program = mayreach.load(TENANTS)

names = [f"tenant-{tenant}/{app}" for tenant in ("acme", "globex", "initech") for app in ("web", "api", "db")]
flows = pa.Table.from_pylist(
    [
        {"source": source, "destination": destination, "port": port, "method": "GET", "path": "/v1/orders"}
        for source in names
        for destination in names
        for port in (8080, 5432)
        if source != destination
    ]
)

# Anything that reads the Arrow PyCapsule interface takes the answers without a copy.
answers = pa.table(program.decide_many(flows))
both = flows.append_column("verdict", answers["verdict"].cast(pa.string())).append_column(
    "decided_by", answers["decided_by"].cast(pa.string())
)
counts = both.group_by(["verdict", "decided_by"]).aggregate([("source", "count")])
for row in counts.to_pylist():
    print(f"{row['source_count']:4} {row['verdict']:6} {row['decided_by'] or ''}")

# Batch by batch, in bounded memory: a reader in, a reader out.
reader = pa.RecordBatchReader.from_batches(flows.schema, flows.to_batches(max_chunksize=32))
stream = pa.RecordBatchReader.from_stream(program.decide_stream(reader))
assert sum(batch.num_rows for batch in stream) == flows.num_rows
