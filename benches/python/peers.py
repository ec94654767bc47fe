"""Other Python packages, asked the part of the same questions that each can answer.

cedarpy, regopy and pycasbin are general engines: they get, by hand, what mayreach reads out of the
AuthorizationPolicies (caller, methods, path prefix of each workload), and answer that one layer only.
NCA (network-config-analyzer) reads the NetworkPolicies themselves and gives the map of the cluster, which
is compared with a table of every pair. What is not installed is left out; another answer than ours is an error.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

from model import APPS, flows, manifests

import mayreach

Ask = Callable[[str, str, str, str], bool]
COUNT = 500
#: Rules of the smaller and the larger cluster: three a tenant.
SIZES = (10, 250)


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


def timed(ask: Ask, asked: list[tuple[str, str, str, str]], passes: int) -> tuple[list[bool], float]:
    """Every answer, and microseconds of this process for each: of the fastest pass, after one that warms up."""
    ask(*asked[0])
    best = float("inf")
    for _ in range(passes):
        begun = time.process_time()
        answers = [ask(*flow) for flow in asked]
        best = min(best, time.process_time() - begun)
    return answers, best / len(asked) * 1e6


def requests() -> None:
    """One request at a time, every engine the same ones, and the same answers."""
    print(f"\n| {COUNT} requests, one by one | " + " | ".join(f"{3 * size} rules" for size in SIZES) + " | answers |")
    print("|---|" + "---:|" * len(SIZES) + "---|")
    wanted: dict[int, list[bool]] = {}
    for name, package, make in (
        ("five layers, from the manifests", "mayreach", ours),
        ("authorization alone, policies parsed before", "cedarpy", cedar),
        ("authorization alone", "pycasbin", casbin),
        ("authorization alone", "regopy", rego),
    ):
        try:
            found = version(package)
        except ImportError:
            print(f"| {package}, not installed |" + " |" * len(SIZES) + " |")
            continue
        cells = []
        for size in SIZES:
            inside = [(s, d, m, p) for s, d, _, m, p in flows(size, 10_000) if not d.endswith("/web")]
            asked = [flow for flow in inside if flow[0].split("/")[0] == flow[1].split("/")[0]][:COUNT]
            answers, micro = timed(make(size), asked, 20 if package == "mayreach" else 1)
            if answers != wanted.setdefault(size, answers):
                sys.exit(f"{package} answers otherwise: these are not the same questions")
            if not 0 < sum(answers) < len(answers):
                sys.exit("every answer is the same: nothing is compared")
            cells.append(f"{micro:,.1f} µs")
        same = "" if package == "mayreach" else f"the same, {len(SIZES) * COUNT} of {len(SIZES) * COUNT}"
        print(f"| {package} {found}, {name} | " + " | ".join(cells) + f" | {same} |", flush=True)


def whole_map(tenants: int) -> None:
    """Who may reach whom by network policy, all pairs."""
    nca = shutil.which("nca", path=str(Path(sys.executable).parent)) or shutil.which("nca")
    kept = [item for item in json.loads(manifests(tenants))["items"] if "istio" not in item["apiVersion"]]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "all.yaml").write_text("\n---\n".join(json.dumps(item) for item in kept))
        begun = time.perf_counter()
        program = mayreach.load(folder)
        names = program.workloads
        pairs = [(one, other) for one in names for other in names if one != other]
        answers = program.decide_many({"source": [one for one, _ in pairs], "destination": [other for _, other in pairs],
                                       "port": [8080] * len(pairs)})  # fmt: skip
        took = time.perf_counter() - begun
        ours = {pair for pair, verdict in zip(pairs, answers["verdict"]) if verdict == "allow"}
        print(f"\n| NetworkPolicies of {len(names)} workloads, who may reach whom | by the wall | answers |\n|---|---:|---|")
        print(f"| mayreach {version('mayreach')}, files read and every pair decided | {took:.2f} s | |")
        if nca is None:
            print("| NCA, not installed | | |")
            return
        begun = time.perf_counter()
        done = subprocess.run([nca, "--connectivity", "-r", folder, "-o", "json"], capture_output=True, text=True)
        took = time.perf_counter() - begun
    theirs = set(mapped(done.stdout, names))
    if theirs != ours:
        sys.exit(f"NCA and mayreach differ on {len(theirs ^ ours)} pairs of {len(pairs)}\n{done.stderr}")
    found = version("network-config-analyzer")
    print(f"| NCA {found}, `--connectivity` | {took:.2f} s | the same, {len(pairs)} pairs of {len(pairs)} |")


def mapped(text: str, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Pairs of workloads between which NCA's map lets everything through."""
    told = json.loads(text[text.index("\n[") + 1 : text.rindex("]") + 1])
    for rule in told[0]["explanation"][0]["rules"]:
        if "dst_ns" not in rule:
            continue
        if rule["connection"] != ["All connections"] or rule["src_pods"] != ["*"] or rule["dst_pods"] != ["*"]:
            sys.exit(f"no rule of this map was expected to read {rule}")
        sources = [name for name in names if name.split("/")[0] in rule["src_ns"]]
        for destination in (name for name in names if name.split("/")[0] in rule["dst_ns"]):
            yield from ((source, destination) for source in sources if source != destination)


if __name__ == "__main__":
    requests()
    whole_map(25)
