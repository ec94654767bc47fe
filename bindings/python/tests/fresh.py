"""Run by an interpreter into which nothing but the package was installed: it is there, and it works."""

import importlib.metadata
import sys
from pathlib import Path

import mayreach

ROOT = Path(__file__).parents[3]

assert Path(mayreach.__file__).is_relative_to(sys.argv[1]), mayreach.__file__
assert (Path(mayreach.__file__).parent / "py.typed").exists()
assert importlib.metadata.version("mayreach") == mayreach.__version__
[plugin] = importlib.metadata.entry_points(group="pytest11", name="mayreach")
assert plugin.value == "mayreach._pytest"

program = mayreach.load(ROOT / "examples" / "tenants")
assert program.decide(source="tenant-acme/web", destination="tenant-globex/api", port=8080).denied
assert program.isolate(by="label:tenant").pair("acme", "globex").verdict == "isolated"
assert program.decide_many({"source": ["tenant-acme/web"], "destination": ["tenant-acme/db"], "port": [5432]})["verdict"] == ["deny"]
print(f"mayreach {mayreach.__version__} works from its source distribution")
