"""Decisions, flows and programs are values."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
import threading
from concurrent.futures import ProcessPoolExecutor

import pytest

import mayreach
from mayreach import Decision, Flow, Program

ASKED = {"source": "tenant-acme/web", "destination": "tenant-globex/api", "port": 8080, "method": "GET", "path": "/v1/orders"}
OWN = {**ASKED, "destination": "tenant-acme/api"}


def test_a_decision_says_what_decided(tenants: Program) -> None:
    denied = tenants.decide(**ASKED)
    assert denied.verdict == "deny" and denied.denied and not denied.allowed
    assert denied.reason is denied.layer(denied.decided_by or "").reason
    assert [layer.layer for layer in denied.layers] == ["egress", "ingress", "mtls", "jwt", "authorization"]
    assert denied.to_dict()["decided_by"] == denied.decided_by
    assert denied.client_sees is not None
    with pytest.raises(KeyError):
        denied.layer("ingres")
    allowed = tenants.decide(**OWN)
    assert allowed.allowed and allowed.decided_by is None
    assert str(allowed.reason.policy) == "AuthorizationPolicy tenant-acme/api-callers"


def test_a_decision_reads_well(tenants: Program) -> None:
    decision = tenants.decide(**ASKED)
    assert repr(decision).startswith("<Decision verdict='deny', decided_by='egress', reason=")
    assert ".yaml:" in repr(decision)
    assert "DENIED by egress" in str(decision) and "network-policies.yaml:" in str(decision)
    html = decision._repr_html_()
    assert "<table>" in html and "DENIED" in html
    assert repr(tenants).startswith("<Program: ")


def test_a_decision_is_neither_true_nor_false(tenants: Program) -> None:
    with pytest.raises(TypeError, match=r"ask `\.allowed`"):
        if tenants.decide(**OWN):
            pass


def test_values_compare_hash_pickle_and_copy(tenants: Program) -> None:
    decision, flow = tenants.decide(**ASKED), Flow(**ASKED)
    for value, other in ((decision, tenants.decide(**OWN)), (flow, Flow(**OWN))):
        again = pickle.loads(pickle.dumps(value))
        assert again == value == copy.copy(value) == copy.deepcopy(value)
        assert hash(again) == hash(value)
        assert value != other and value != "deny" and len({value, again, other}) == 2
    assert pickle.loads(pickle.dumps(decision)).layers == decision.layers
    assert eval(repr(flow), {"Flow": Flow}) == flow
    assert Decision.from_dict(decision.to_dict()) == decision
    with pytest.raises(ValueError, match="not a decision"):
        Decision.from_dict({"verdict": "allow"})
    for value in (decision, flow, tenants):
        with pytest.raises(AttributeError):
            value.verdict = "allow"


def test_a_decision_matches(tenants: Program) -> None:
    match tenants.decide(**ASKED):
        case Decision("deny", by, mayreach.Reason(code=code)):
            assert (by, code) == ("egress", "isolated")
        case _:
            raise AssertionError


def test_a_program_pickles_with_its_changes(tenants: Program) -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe", "namespace": "tenant-acme"}}
    more = tenants.update(pod)
    again = pickle.loads(pickle.dumps(more))
    assert again.workloads == more.workloads and "tenant-acme/probe" in again.workloads
    assert "tenant-acme/probe" not in tenants.workloads
    gone = again.update(remove=["Pod tenant-acme/probe"])
    assert "tenant-acme/probe" not in gone.workloads
    with pytest.raises(mayreach.ManifestError):
        gone.update(remove=["Pod tenant-acme/probe"])
    assert copy.deepcopy(more) is more


def test_explanations_and_descriptions(tenants: Program) -> None:
    told = tenants.explain(**ASKED)
    assert told.decision == tenants.decide(**ASKED)
    assert told["walks"] and told.to_dict() == pickle.loads(pickle.dumps(told)).to_dict()
    assert "DENIED by egress" in str(told) and ".yaml:" in str(told)
    page = tenants.describe("tenant-acme/db")
    assert page["workload"] == "tenant-acme/db" and hash(page) == hash(tenants.describe("tenant-acme/db"))
    assert "AuthorizationPolicy tenant-acme/db-callers" in str(page)
    with pytest.raises(AttributeError):
        page.workload = "x"  # type: ignore[attr-defined]


def test_flows_of_every_keyword(tenants: Program) -> None:
    flow = Flow(
        id=7, source={"namespace": "tenant-acme", "labels": {"app": "web"}}, destination="service:tenant-acme/api",
        port="http", protocol="TCP", source_port=40000, method="GET", path="/v1", host="api",
        headers={"x-a": "1"}, sni="api", token=False, principal="td/ns/a/sa/b", mtls=True, now=5,
        tls_without_certificate=False, ext_authz={"p": "allow"},
    )  # fmt: skip
    told = flow.to_dict()
    assert list(told)[:3] == ["id", "source", "destination"] and told["token"] is None
    assert told["source"]["principal"] == "td/ns/a/sa/b" and told["http"]["headers"] == [["x-a", "1"]]
    assert Flow.from_dict(told) == flow
    assert Flow(source="a/b", destination="10.0.0.1", http=False).to_dict()["http"] is None
    assert tenants.decide(Flow(id="mine", **OWN)).id == "mine"


def test_keywords_flows_and_dicts_agree(tenants: Program) -> None:
    flow = Flow(**ASKED)
    assert tenants.decide(flow) == tenants.decide(flow.to_dict()) == tenants.decide(**ASKED)
    assert tenants.decide_each([flow, flow.to_dict()]) == [tenants.decide(flow)] * 2


def test_threads_share_a_program(tenants: Program) -> None:
    flows = [Flow(**ASKED), Flow(**OWN)] * 200
    wanted = tenants.decide_each(flows)
    found: list[list[Decision]] = []
    threads = [
        threading.Thread(target=lambda: found.append([tenants.decide(flow) for flow in flows])) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [wanted] * 8


def test_other_threads_go_on_during_long_calls(tenants: Program) -> None:
    flows = [Flow(**ASKED)] * 20_000
    ticks = []
    done = threading.Event()

    def tick() -> None:
        while not done.is_set():
            ticks.append(1)

    other = threading.Thread(target=tick)
    other.start()
    tenants.decide_each(flows)
    done.set()
    other.join()
    assert ticks


def verdict(program: Program, flow: Flow) -> str:
    return program.decide(flow).verdict


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_processes_share_a_program(tenants: Program, method: str) -> None:
    columns = {"source": ["tenant-acme/web"] * 20_000, "destination": ["tenant-acme/api"] * 20_000}
    tenants.decide_many(columns)  # Threads of this process must not be missed in a child.
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        assert list(pool.map(verdict, [tenants] * 2, [Flow(**ASKED), Flow(**OWN)])) == ["deny", "allow"]
        assert len(pool.submit(decide_many, tenants, columns).result(timeout=60)) == 20_000


def decide_many(program: Program, columns: dict[str, list[str]]) -> list[str]:
    verdicts: list[str] = program.decide_many(columns)["verdict"]
    return verdicts
