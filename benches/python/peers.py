"""Other Python packages, asked the part of the same questions that each can answer.

cedarpy, regopy and pycasbin are general engines: they get, by hand, what mayreach reads out of the
AuthorizationPolicies (caller, methods, path prefix of each workload), and answer that one layer only.
NCA (network-config-analyzer) reads the NetworkPolicies themselves and gives the map of the cluster, which
is compared with a table of every pair. What is not installed is left out.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

from model import APPS, flows, manifests

import mayreach

Ask = Callable[[str, str, str, str], bool]
COUNT = 500


def rules(tenants: int) -> Iterator[tuple[str, str]]:
    """(caller, workload): may GET and POST /v1/*."""
    for number in range(tenants):
        for one, other in zip(APPS, APPS[1:]):
            yield f"tenant-{number}/{one}", f"tenant-{number}/{other}"


def ours(tenants: int) -> Ask:
    decide = mayreach.load(manifests(tenants)).decide

    def ask(source: str, destination: str, method: str, path: str) -> bool:
        decision = decide(source=source, destination=destination, port=8080, method=method, path=path)
        return decision.allowed

    return ask


def cedar(tenants: int) -> Ask:
    import cedarpy

    policies = cedarpy.PolicySet.from_str("\n".join(
        f'permit(principal == W::"{source}", action in [Action::"GET", Action::"POST"], resource == W::"{destination}")'
        ' when { context.path like "/v1/*" };'
        for source, destination in rules(tenants)
    ))  # fmt: skip
    entities = cedarpy.Entities.from_json_str("[]")

    def ask(source: str, destination: str, method: str, path: str) -> bool:
        request = {"principal": f'W::"{source}"', "action": f'Action::"{method}"', "resource": f'W::"{destination}"',
                   "context": {"path": path}}  # fmt: skip
        return bool(cedarpy.is_authorized(request, policies, entities).allowed)

    return ask


def rego(tenants: int) -> Ask:
    import regopy

    interpreter = regopy.Interpreter()
    interpreter.add_module("authz", """package authz
import rego.v1
default allow := false
allow if {
    data.callers[input.destination] == input.source
    input.method in {"GET", "POST"}
    startswith(input.path, "/v1/")
}""")
    callers = {destination: source for source, destination in rules(tenants)}
    interpreter.add_data_json(json.dumps({"callers": callers}))

    def ask(source: str, destination: str, method: str, path: str) -> bool:
        asked = {"source": source, "destination": destination, "method": method, "path": path}
        interpreter.set_input_term(json.dumps(asked))
        return "true" in str(interpreter.query("data.authz.allow"))

    return ask


def casbin(tenants: int) -> Ask:
    import casbin as library

    model = library.Model()
    model.load_model_from_text("""
[request_definition]
r = sub, obj, path, act
[policy_definition]
p = sub, obj, path, act
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.sub == p.sub && r.obj == p.obj && keyMatch(r.path, p.path) && regexMatch(r.act, p.act)
""")
    enforcer = library.Enforcer(model)
    enforcer.add_policies([[source, destination, "/v1/*", "^(GET|POST)$"] for source, destination in rules(tenants)])

    def ask(source: str, destination: str, method: str, path: str) -> bool:
        return bool(enforcer.enforce(source, destination, path, method))

    return ask


def requests(tenants: int) -> None:
    """One request at a time, every engine the same ones, and the same answers."""
    inside = [(s, d, m, p) for s, d, _, m, p in flows(tenants, 10_000) if not d.endswith("/web")]
    same_tenant = [flow for flow in inside if flow[0].split("/")[0] == flow[1].split("/")[0]][:COUNT]
    wanted: list[bool] | None = None
    for name, package, make in (
        ("mayreach (5 layers)", "mayreach", ours),
        ("cedarpy (1 layer)", "cedarpy", cedar),
        ("regopy (1 layer)", "regopy", rego),
        ("pycasbin (1 layer)", "pycasbin", casbin),
    ):
        try:
            found = version(package)
            ask = make(tenants)
        except ImportError:
            print(f"{name:<22} not installed")
            continue
        answers = [ask(*flow) for flow in same_tenant]
        wanted = answers if wanted is None else wanted
        times = []
        for _ in range(3):
            begun = time.perf_counter()
            for flow in same_tenant:
                ask(*flow)
            times.append(time.perf_counter() - begun)
        micro = min(times) / len(same_tenant) * 1e6
        agree = sum(one == other for one, other in zip(answers, wanted))
        print(f"{name:<22} {found:<8} {tenants * 3:5} rules {micro:12,.2f} µs a request, {agree}/{len(wanted)} agree")


def whole_map(tenants: int) -> None:
    """Who may reach whom by network policy, all pairs."""
    nca = shutil.which("nca", path=str(Path(sys.executable).parent)) or shutil.which("nca")
    text = manifests(tenants)
    begun = time.perf_counter()
    program = mayreach.load(text)
    names = program.workloads
    pairs = [(one, other) for one in names for other in names if one != other]
    program.decide_many({"source": [one for one, _ in pairs], "destination": [other for _, other in pairs],
                         "port": [8080] * len(pairs)})  # fmt: skip
    print(f"mayreach: {len(pairs)} pairs, manifests read and all decided in {time.perf_counter() - begun:.3f} s")
    if nca is None:
        print("nca not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        kept = [item for item in json.loads(text)["items"] if "istio" not in item["apiVersion"]]
        path = Path(folder, "all.yaml")
        path.write_text("\n---\n".join(json.dumps(item) for item in kept))
        begun = time.perf_counter()
        done = subprocess.run([nca, "--connectivity", "-r", folder], capture_output=True, text=True)
        took = time.perf_counter() - begun
        lines = len(done.stdout.splitlines())
        print(f"nca:      the map of the same cluster in {took:.3f} s (status {done.returncode}, {lines} lines)")


if __name__ == "__main__":
    for size in (10, 250):
        requests(size)
    whole_map(25)
