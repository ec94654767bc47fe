"""What is wrong comes as one small tree of exceptions, with file, line, field and help."""

from __future__ import annotations

import datetime
import pickle
from pathlib import Path
from typing import Any

import pytest

import mayreach

POLICY = """apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: a, namespace: b}
spec:
  podSelectr: {}
"""


def test_a_manifest_that_a_cluster_refuses(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY)
    with pytest.raises(mayreach.ManifestError) as caught:
        mayreach.load(path)
    error = caught.value
    assert isinstance(error, mayreach.MayreachError) and isinstance(error, ValueError)
    assert (error.code, error.file, error.line) == ("unknown_field", str(path), 5)
    assert error.help == "did you mean `podSelector`?" and "podSelectr" in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert again.problems == error.problems and str(again) == str(error)


def test_every_problem_is_told() -> None:
    with pytest.raises(mayreach.ManifestError) as caught:
        mayreach.load(POLICY, POLICY.replace("name: a", "name: c"))
    assert len(caught.value.problems) == 2
    assert [problem.file for problem in caught.value.problems] == ["text 1", "text 2"]


@pytest.mark.parametrize(
    ("sources", "kind", "code"),
    [
        (["no/such/folder"], mayreach.LoadError, "unreadable"),
        (["*.nothing"], mayreach.LoadError, "empty"),
        (["{"], mayreach.ManifestError, "syntax"),
        ([b"\xff\xfe\x00"], mayreach.ManifestError, None),
        ([{"kind": "Pod"}], mayreach.ManifestError, None),
        (["{" * 100_000], mayreach.ManifestError, None),
    ],
)
def test_what_does_not_load(sources: list[Any], kind: type[mayreach.MayreachError], code: str | None) -> None:
    with pytest.raises(kind) as caught:
        mayreach.load(*sources)
    assert type(caught.value) is kind or code is None
    assert code in (None, caught.value.code)


def test_options_have_their_values() -> None:
    with pytest.raises(mayreach.OptionError, match="did you mean `calico`"):
        mayreach.load(plugin="calcio")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        mayreach.load(plugn="calico")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="not int"):
        mayreach.load(7)  # type: ignore[arg-type]


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"source": "nobody/here"}, "unknown_peer", "no manifest holds a workload"),
    ({"source": "web"}, "invalid_flow", "`web` names nobody"),
    ({"source": "service:tenant-acme/api"}, "invalid_flow", "opens no connections"),
    ({"source": 7}, "wrong_type", "source"),
    ({"port": 0}, "invalid_value", "from 1 to 65535"),
    ({"port": 65536 + 5432}, "invalid_value", "from 1 to 65535"),
    ({"port": 2**70}, "", "port"),
    ({"port": 5432.9}, "", "port"),
    ({"port": True}, "wrong_type", "port"),
    ({"port": "5432"}, "", "port"),
    ({"port": "nothing"}, "invalid_flow", "no port named"),
    ({"protocol": "tcp"}, "invalid_flow", "did you mean `TCP`?"),
    ({"method": 7}, "wrong_type", "http.method"),
    ({"http": False, "method": "GET"}, "invalid_flow", "not HTTP"),
    ({"now": datetime.datetime(2026, 1, 1)}, "invalid_flow", "time zone"),
    ({"now": "yesterday"}, "invalid_flow", "not a time"),
    ({"token": "t", "claims": {}}, "invalid_flow", "both given"),
    ({"source": {"workload": "tenant-acme/web", "mtls": True}, "mtls": False}, "invalid_flow", "twice"),
    ({"icmp": {"type": 8}}, "invalid_flow", "no type and code"),
]


@pytest.mark.parametrize(("wrong", "code", "says"), WRONG)
def test_a_flow_that_cannot_be_asked(tenants: mayreach.Program, wrong: dict[str, Any], code: str, says: str) -> None:
    flow = {"source": "tenant-acme/web", "destination": "tenant-acme/api", **wrong}
    with pytest.raises(mayreach.FlowError) as caught:
        tenants.decide(**flow)
    assert says in str(caught.value)
    assert code in ("", caught.value.code)


def test_keywords_that_no_flow_has(tenants: mayreach.Program) -> None:
    with pytest.raises(TypeError, match="did you mean 'method'"):
        tenants.decide(source="a/b", destination="a/c", methd="GET")
    with pytest.raises(TypeError, match="missing the keyword argument 'destination'"):
        tenants.decide(source="a/b")
    with pytest.raises(TypeError, match="not both"):
        tenants.decide(mayreach.Flow(source="10.0.0.1", destination="10.0.0.2"), port=80)
    with pytest.raises(TypeError, match="a Flow or a dict"):
        tenants.decide_each(["a/b"])  # type: ignore[list-item]
    with pytest.raises(mayreach.FlowError, match="flow 1: "):
        tenants.decide_each([{"source": {"ip": "10.0.0.1"}, "destination": {"ip": "10.0.0.2"}},
                             {"source": {"workload": "a/b"}, "destination": {"ip": "10.0.0.2"}}])
    with pytest.raises(mayreach.FlowError, match="no manifest holds"):
        tenants.describe("tenant-acme/nobody")
