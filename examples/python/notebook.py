"""A look around, as in a notebook: cell by cell."""

# %% Load the manifests: files, folders, patterns, text, or objects from the cluster.
from pathlib import Path

import mayreach

TENANTS = Path(__file__).parents[1] / "tenants"
program = mayreach.load(TENANTS)
print(program)

# %% Ask. In a notebook the decision shows as a table.
decision = program.decide(
    source="tenant-acme/web",
    destination="service:tenant-globex/api",
    port=80,
    method="GET",
    path="/v1/orders",
)
print(decision)

# %% Take it apart.
match decision:
    case mayreach.Decision("deny", layer, mayreach.Reason(code=code, at=place)):
        print(f"stopped by {layer}: {code} at {place}")
    case mayreach.Decision("allow"):
        print("goes through")

# %% Every tier, policy, rule and condition that was asked.
print(program.explain(source="tenant-acme/api", destination="tenant-acme/db", port=5432))

# %% Everything that bears on one workload.
print(program.describe("tenant-acme/db"))

# %% All requests at once: can any get from one tenant to another? Here as the command's text; in a notebook, a table.
isolation = program.isolate(by="label:tenant", outside=False)
print(isolation)
print(isolation.to_arrow()["at"][:3])

# %% What if the tenant's own policies were gone?
without = program.update(remove=["NetworkPolicy tenant-acme/default-deny"])
before, after = (one.decide(source="tenant-acme/web", destination="203.0.113.7", port=443) for one in (program, without))
print(f"{before.verdict} -> {after.verdict}")
print(program.diff(without))

# %% What a cluster would accept and then ignore.
for note in program.notes:
    print(note)
