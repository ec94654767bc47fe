"""Every case under tests/cases, from Python: the runner of tests/it/cases.rs again."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from conftest import ROOT

import mayreach

CASES = ROOT / "tests" / "cases"
FILES = [
    *sorted(CASES.rglob("*.md")),
    # Selectors and objects to validate are no flows: tests of the engine replay them.
    *(
        path
        for path in sorted(CASES.rglob("*.jsonl.gz"))
        if not any(other in str(path.relative_to(CASES)) for other in ("selectors", "validation"))
    ),
]


@dataclass
class Scenario:
    """Manifests, options and the flows to ask of them."""

    name: str
    options: dict[str, Any] = field(default_factory=dict)
    manifests: list[Any] = field(default_factory=list)
    cases: list[dict[str, Any]] = field(default_factory=list)


def read(path: Any) -> Iterator[Scenario]:
    name = str(path.relative_to(CASES))
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                told = json.loads(line)
                yield Scenario(
                    f"{name}: {told['name']}", told.get("options") or {},
                    [told["manifests"].encode()], told["cases"],
                )  # fmt: skip
        return
    scenario, block, body = Scenario(name), None, []
    for line in path.read_text(encoding="utf-8").splitlines():
        if block is not None and line == "```":
            add(scenario, block, "\n".join(body) + "\n")
            block, body = None, []
        elif block is not None:
            body.append(line)
        elif line.startswith(("# ", "## ")):
            yield scenario
            scenario = Scenario(f"{name}: {line.lstrip('# ')}")
        elif line.startswith("```") and line != "```":
            block = line[3:]
    assert block is None, f"{name}: a block is not closed"
    yield scenario


def add(scenario: Scenario, block: str, body: str) -> None:
    if block == "yaml":
        scenario.manifests.append(body.encode())
    elif block == "files":
        scenario.manifests.extend(str(ROOT / path) for path in body.split())
    elif block == "options":
        scenario.options = json.loads(body)
    elif block == "cases":
        scenario.cases.extend(json.loads(line) for line in body.splitlines() if line.strip())


def options(scenario: Scenario) -> tuple[dict[str, Any], set[str]]:
    """Options of ours, and the names of those that steer the recorded system."""
    ours = dict(scenario.options)
    if "compat" in ours:
        ours["calico_version"] = ours.pop("compat").lstrip("v")
    if scenario.name.startswith("calico/"):
        ours.setdefault("plugin", "calico")
    return ours, {key for key in ("webhook", "istiod") if ours.pop(key, None) is not None}


def expected(case: dict[str, Any], shown: dict[str, Any]) -> dict[str, Any]:
    """What a recording says, in our words; see the comments in tests/it/cases.rs."""
    expect = json.loads(json.dumps(case["expect"]))
    expect.pop("envoy", None)
    # Asked apart.
    expect.pop("waypoint", None)
    # What a client heard before it spoke; of an allowed one the explanation says it.
    heard = expect.pop("banner", None)
    if heard is not None and expect.get("client_sees"):
        expect["client_sees"]["banner"] = heard or None
    if "dry_run" in expect:
        expect["dry_run"] = [mark["reason"] for mark in expect["dry_run"] if "reason" in mark]
    layers = expect.get("layers", {})
    if {"egress", "ingress"} & layers.keys() and ("ip" in case["flow"]["source"] or "ip" in case["flow"]["destination"]):
        expect.pop("verdict", None)
    ours = {layer["layer"]: layer for layer in shown["layers"]}
    for name, layer in list(layers.items()):
        reason, said = layer.get("reason") or {}, ours[name]["reason"]
        if reason.get("code") == "profile":
            reason["code"] = "default_allow" if layer.get("verdict") == "allow" else "undefined_namespace"
        if reason.get("code") == "end_of_tier" and said["code"] == "isolated":
            said.update(code="end_of_tier", tier="default")
        if said["code"] == "local_traffic":
            del layers[name]
    return expect


def differences(wanted: Any, have: Any, path: str = "") -> Iterator[str]:
    if isinstance(wanted, dict) and isinstance(have, list) and path == ".layers":
        have = {layer["layer"]: layer for layer in have}
    if isinstance(wanted, dict) and isinstance(have, dict):
        for key, value in wanted.items():
            yield from differences(value, have.get(key), f"{path}.{key}")
    elif isinstance(wanted, list) and isinstance(have, list) and len(wanted) == len(have):
        for n, (one, other) in enumerate(zip(wanted, have, strict=True)):
            yield from differences(one, other, f"{path}[{n}]")
    elif wanted != have:
        yield f"{path.lstrip('.')}: expected {wanted}, is {have}"


def told_apart(program: mayreach.Program, flow: dict[str, Any], expect: dict[str, Any], shown: dict[str, Any]) -> Iterator[str]:
    """What a recording says of the way and of what is heard on it, which the explanation has."""
    heard = expect.get("banner") if shown["verdict"] == "allow" else None
    if "waypoint" not in expect and heard is None:
        return
    walks = program.explain(flow).to_dict()["walks"]
    remarks = [remark for walk in walks for remark in walk["remarks"]]
    said = "the connection goes through the waypoint "
    taken = next((remark.removeprefix(said) for remark in remarks if remark.startswith(said)), "none")
    if expect.get("waypoint", taken) != taken:
        yield f"goes through the waypoint {taken}, not {expect['waypoint']}"
    if heard is not None and any("waits in vain" in remark for remark in remarks) is heard:
        yield f"the application was heard: {heard}"


def failures(scenario: Scenario) -> Iterator[str]:
    ours, theirs = options(scenario)
    if "istiod" in theirs:
        return
    try:
        program = mayreach.load(*scenario.manifests, **ours)
    except mayreach.ManifestError as error:
        # The webhook refuses these objects, and so do we.
        if "webhook" not in theirs:
            yield f"{scenario.name}: {error}"
        return
    recorded = "/recorded/" in scenario.name
    flows = [{"http": None, **case["flow"]} if recorded else case["flow"] for case in scenario.cases]
    for case, flow, decision in zip(scenario.cases, flows, program.decide_each(flows), strict=True):
        shown = decision.to_dict()
        expect = expected(case, shown) if recorded else case["expect"]
        wrong = [*differences(expect, shown), *(told_apart(program, flow, case["expect"], shown) if recorded else ())]
        if wrong:
            yield f"{scenario.name}\n    {json.dumps(case['flow'])}\n    {'; '.join(wrong)}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CASES)))
def test_cases(path: Any) -> None:
    scenarios = [scenario for scenario in read(path) if scenario.cases]
    assert scenarios, "holds no case"
    wrong = [line for scenario in scenarios for line in failures(scenario)]
    assert not wrong, f"{len(wrong)} disagree\n" + "\n".join(wrong[:20])


def test_there_are_cases() -> None:
    assert len(FILES) > 50
