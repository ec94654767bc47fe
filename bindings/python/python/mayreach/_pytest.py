"""The pytest plugin: a session fixture ``mayreach``, and failures that explain themselves.

Say where the manifests are, in the ini file (``mayreach = manifests/``, several separated by lines or
blanks) or with ``--mayreach PATH``, which may repeat and goes before the ini file.
"""

from __future__ import annotations

import itertools
import json
import os
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from mayreach import _text, _values
from mayreach._errors import MayreachError
from mayreach._load import load
from mayreach._mayreach import Decision, Flow, Program
from mayreach._reports import Isolation
from mayreach._values import LayerDecision


class Suite:
    """A program, and what tests say of it. What it does not have itself it has from the program."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def __getattr__(self, name: str) -> Any:
        if name == "program":
            raise AttributeError(name)
        return getattr(self.program, name)

    def assert_allowed(self, flow: Flow | None = None, /, **keywords: Any) -> Decision:
        """The flow goes through; anything else fails with the whole explanation."""
        __tracebackhide__ = True
        decision = self._decide(flow, keywords)
        if not decision.allowed:
            self._fail("this flow must be allowed", decision, flow, keywords)
        return decision

    def assert_denied(
        self,
        flow: Flow | None = None,
        /,
        *,
        by: str | None = None,
        policy: str | None = None,
        **keywords: Any,
    ) -> Decision:
        """The flow is stopped: ``by`` a layer, by a ``policy`` written ``namespace/name``."""
        __tracebackhide__ = True
        decision = self._decide(flow, keywords)
        if not decision.denied:
            self._fail("this flow must be denied", decision, flow, keywords)
        if by is not None and decision.decided_by != by:
            self._fail(f"this flow must be denied by {by}", decision, flow, keywords)
        if policy is not None and policy not in _names(decision):
            self._fail(f"this flow must be denied by the policy {policy}", decision, flow, keywords)
        return decision

    def assert_undetermined(self, flow: Flow | None = None, /, **keywords: Any) -> Decision:
        """The flow depends on something that it leaves out."""
        __tracebackhide__ = True
        decision = self._decide(flow, keywords)
        if decision.allowed or decision.denied:
            self._fail("this flow must be undetermined", decision, flow, keywords)
        return decision

    def callers_of(
        self,
        destination: str,
        *,
        port: int | str | None = None,
        method: str | None = None,
        path: str | None = None,
        **keywords: Any,
    ) -> Callers:
        """Every workload that may reach a destination, as a set that explains what differs.

        Of the workload ``namespace/name``, over all TCP requests with that port, method and path (which may
        end in ``*``), whatever else they say, as each client's own proxy connects. With a Service, the name
        of a port, a path of any method, or further keywords of a flow, that one request is asked. A
        workload of which it is not proved that it may not counts as a caller. Who else may, addresses outside and pods that do not
        exist yet, is told by :meth:`mayreach.Program.callers` and :meth:`mayreach.Program.isolate`.
        """
        __tracebackhide__ = True
        given = {"port": port, "method": method, "path": path}
        said: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        try:
            return self._callers(destination, said, keywords)
        except MayreachError as error:
            wrong = str(error)
        pytest.fail(f"the callers cannot be asked for\n{wrong}")

    def _callers(self, destination: str, said: dict[str, Any], keywords: dict[str, Any]) -> Callers:
        one = keywords or isinstance(said.get("port"), str) or ("path" in said and "method" not in said)
        if one or destination.startswith("service:") or "/" not in destination:
            return self._callers_asked(destination, {**said, **keywords})
        # Its values are checked as every flow's are.
        Flow(source=destination, destination=destination, **said)
        ports, methods, paths = ([said[key]] if key in said else [] for key in ("port", "method", "path"))
        told = json.loads(self.program._callers_within(destination, ports, methods, paths))
        found = {one["workload"]: (one["verdict"], _why_told(one)) for one in told}
        return Callers(destination, found)

    def _callers_asked(self, destination: str, keywords: dict[str, Any]) -> Callers:
        others = [name for name in self.program.workloads if name != destination]
        flows = [Flow(source=name, destination=destination, **keywords) for name in others]
        decided = zip(others, self.program.decide_each(flows), strict=True)
        return Callers(destination, {name: (one.verdict, _why(one)) for name, one in decided})

    def assert_callers(self, destination: str, wanted: Iterable[str], **keywords: Any) -> Callers:
        """These workloads and no others may reach a destination."""
        __tracebackhide__ = True
        found, expected = self.callers_of(destination, **keywords), frozenset(wanted)
        if found != expected:
            pytest.fail("\n  ".join(found.differences(expected)))
        return found

    def assert_isolated(self, question: Any = None, /, **keywords: Any) -> Isolation:
        """Every ordered pair of tenants is proved isolated; takes what :meth:`mayreach.Program.isolate` takes."""
        __tracebackhide__ = True
        try:
            found = self.program.isolate(question, **keywords)
        except MayreachError as error:
            wrong = str(error)
        else:
            if not found.isolated:
                pytest.fail(f"these tenants must be isolated\n{found}")
            return found
        pytest.fail(f"the question cannot be asked\n{wrong}")

    def tenants(self, label: str = "tenant") -> dict[str, tuple[str, ...]]:
        """Workloads by the value of a label, theirs or their namespace's."""
        return tenants(self.program, label)

    def _decide(self, flow: Flow | None, keywords: dict[str, Any]) -> Decision:
        __tracebackhide__ = True
        try:
            return self.program.decide(flow, **keywords) if flow else self.program.decide(**keywords)
        except MayreachError as error:
            wrong = str(error)
        pytest.fail(f"the flow cannot be asked\n{wrong}")

    def _fail(
        self, wanted: str, decision: Decision, flow: Flow | None, keywords: dict[str, Any]
    ) -> None:
        __tracebackhide__ = True
        asked = flow if flow else Flow(**keywords)
        told = self.program.explain(asked)
        pytest.fail(f"{wanted}\n  {question(asked)}\n\n{_text.explanation(told, short=True)}")


class Callers(frozenset[str]):
    """The workloads that may reach a destination; compared with others, it says why they differ."""

    destination: str
    found: dict[str, tuple[str, str]]

    def __new__(cls, destination: str, found: dict[str, tuple[str, str]]) -> Callers:
        made = super().__new__(cls, (name for name, (verdict, _) in found.items() if verdict != "deny"))
        made.destination, made.found = destination, found
        return made

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other)

    def __hash__(self) -> int:
        return super().__hash__()

    def differences(self, wanted: Iterable[str]) -> list[str]:
        """What differs from the wanted callers, a line each, with file and line."""
        expected = frozenset(wanted)
        lines = [f"callers of {self.destination} differ"]
        for title, names in (
            ("may reach it and must not", sorted(self - expected)),
            ("must reach it and may not", sorted(expected - self)),
        ):
            for name in names:
                why = self.found[name][1] if name in self.found else "no manifest holds such a workload"
                lines.append(f"{name} {title}: {why}")
        return lines


def _layer_words(layer: LayerDecision) -> str:
    at = f" ({layer.reason.at})" if layer.reason.at else ""
    return f"{layer.layer}: {_text.why(layer)}{at}"


def _why(decision: Decision) -> str:
    deciding = (decision.decided_by,) if decision.decided_by else ("ingress", "authorization")
    return "; ".join(_layer_words(decision.layer(layer)) for layer in deciding)


def _why_told(caller: dict[str, Any]) -> str:
    if caller["verdict"] == "not_proved":
        return "not proved: " + "; ".join(one["why"] for one in caller.get("not_proved", ()))
    request = caller["request"].partition(", ")[2]
    return f"{request}, {_layer_words(_values._layer(caller['decided_by']))}"


def tenants(program: Program, label: str = "tenant") -> dict[str, tuple[str, ...]]:
    """Workloads by the value of a label, theirs or their namespace's."""
    found: dict[str, list[str]] = {}
    for workload in program.workloads:
        value = program._label(workload, label)
        if value is not None:
            found.setdefault(value, []).append(workload)
    return {tenant: tuple(found[tenant]) for tenant in sorted(found)}


def tenant_pairs(
    *sources: Any, label: str = "tenant", without: Iterable[str] = (), **options: Any
) -> list[tuple[str, str]]:
    """Every ordered pair of two tenants of some manifests, for ``pytest.mark.parametrize``.

    ``without`` names tenants that others may reach; ``options`` are those of :func:`mayreach.load`.
    """
    apart = set(without)
    names = [name for name in tenants(load(*sources, **options), label) if name not in apart]
    return list(itertools.permutations(names, 2))


def question(flow: Flow) -> str:
    """A flow on one line."""
    told = flow.to_dict()

    def end(peer: dict[str, Any]) -> str:
        for key, prefix in (("workload", ""), ("service", "service:"), ("ip", "")):
            if key in peer and "namespace" not in peer:
                return f"{prefix}{peer[key]}"
        return f"a pod of {peer.get('namespace')} {peer.get('labels', {})}"

    http = told.get("http") or {}
    parts = [f"{end(told['source'])} -> {end(told['destination'])}"]
    if "port" in told:
        parts.append(f"port {told['port']}")
    if http:
        parts.append(" ".join(http[key] for key in ("method", "path") if key in http))
    return ", ".join(part for part in parts if part)


def _names(decision: Decision) -> set[str]:
    reason = decision.reason
    return {one.path for one in (*reason.policies, *((reason.policy,) if reason.policy else ()))}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds ``--mayreach`` and the ini options."""
    group = parser.getgroup("mayreach", "policies of Kubernetes, Calico and Istio")
    group.addoption(
        "--mayreach",
        metavar="PATH",
        action="append",
        default=[],
        help="manifests for the fixture `mayreach`: a file, a folder or a pattern; may repeat",
    )
    parser.addini("mayreach", "manifests for the fixture `mayreach`, from the folder of this file")


def _paths(config: pytest.Config) -> Sequence[str]:
    given: list[str] = config.getoption("--mayreach")
    if given:
        return given
    beside = Path(config.inipath).parent if config.inipath else config.rootpath
    return [os.path.relpath(beside / path) for path in shlex.split(config.getini("mayreach") or "")]


@pytest.fixture(scope="session")
def mayreach(pytestconfig: pytest.Config) -> Suite:
    """The program of the manifests that ``--mayreach`` or the ini option names."""
    paths = _paths(pytestconfig)
    if not paths:
        pytest.fail("say where the manifests are: `mayreach = PATH` in the ini file, or --mayreach PATH")
    try:
        return Suite(load(*paths))
    except MayreachError as error:
        pytest.fail(f"the manifests do not load\n{error}", pytrace=False)


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Explains ``assert mayreach.callers_of(…) == {…}``."""
    if op != "==":
        return None
    if isinstance(left, Callers) and isinstance(right, (set, frozenset)):
        return left.differences(right)
    if isinstance(right, Callers) and isinstance(left, (set, frozenset)):
        return right.differences(left)
    return None


__all__ = ["Callers", "Suite", "mayreach", "question", "tenant_pairs", "tenants"]
