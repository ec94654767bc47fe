"""Manifests from wherever they are."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

import mayreach

TENANTS = ROOT / "examples" / "tenants"


def test_paths_patterns_text_and_bytes_are_one(tenants: mayreach.Program) -> None:
    files = sorted(TENANTS.glob("*.yaml"))
    for sources in (
        [TENANTS],
        [str(TENANTS / "*.yaml")],
        files,
        [[str(path) for path in files]],
        [path.read_text() for path in files],
        [path.read_bytes() for path in files],
        (path.read_bytes() for path in files),
    ):
        program = mayreach.load(*sources)
        assert program.workloads == tenants.workloads
        assert program.describe("tenant-acme/db").to_dict()["reached_by"]
    for nothing in ((), ([],), (iter(()), [[]])):
        with pytest.raises(mayreach.LoadError, match="no manifests were given"):
            mayreach.load(*nothing)
    assert mayreach.load({"apiVersion": "v1", "kind": "List", "items": []}).workloads == ()


def test_notes_are_values(tmp_path: Path) -> None:
    program = mayreach.load({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "nowhere"}})
    assert program.notes and all(isinstance(note, mayreach.Note) for note in program.notes)
    assert any("nowhere" in str(note) for note in program.notes)
    assert program.namespaces == () or isinstance(program.namespaces[0], str)


def snake(kind: str | None = "Pod") -> dict[str, Any]:
    """A pod as `to_dict()` of the official client gives it."""
    return {
        "api_version": "v1" if kind else None,
        "kind": kind,
        "metadata": {
            "name": "web", "namespace": "shop", "labels": {"app_kubernetes": "web", "my_label": "x"},
            "creation_timestamp": datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc),
            "annotations": None, "managed_fields": None,
        },
        "spec": {
            "service_account_name": "web", "host_network": None, "node_name": "n1",
            "containers": [{"name": "c", "image": "i", "ports": [{"container_port": 8080, "name": "http", "host_ip": None}]}],
        },
        "status": {"pod_ip": "10.0.0.1", "pod_i_ps": [{"ip": "10.0.0.1"}], "phase": "Running"},
    }  # fmt: skip


def test_objects_of_the_official_client() -> None:
    policy = {
        "api_version": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "p", "namespace": "shop"},
        "spec": {
            "pod_selector": {"match_labels": {"my_label": "x"}, "match_expressions": None},
            "policy_types": ["Ingress"],
            "egress": None,
            "ingress": [{"_from": [{"ip_block": {"cidr": "10.0.0.0/8", "_except": ["10.1.0.0/16"]}}], "ports": None}],
        },
    }
    service = {
        "api_version": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"selector": {"my_label": "x"}, "cluster_ip": "10.96.0.1", "cluster_i_ps": ["10.96.0.1"],
                 "ports": [{"port": 80, "target_port": "http"}]},
    }  # fmt: skip
    pods = {"api_version": "v1", "kind": "PodList", "metadata": {"resource_version": "1"}, "items": [snake(None)]}
    program = mayreach.load(pods, [policy, service])
    told = program.describe("shop/web").to_dict()
    assert told["labels"] == {"app_kubernetes": "web", "my_label": "x"}
    assert told["addresses"] == ["10.0.0.1"] and told["service_account"] == "web"
    decide = lambda ip: program.decide(source=ip, destination="service:shop/web", port=80).verdict  # noqa: E731
    assert [decide("10.2.0.1"), decide("10.1.0.1"), decide("192.0.2.1")] == ["allow", "deny", "deny"]


def test_models_of_the_official_client() -> None:
    client = pytest.importorskip("kubernetes.client")
    spec = client.V1NetworkPolicySpec(
        pod_selector=client.V1LabelSelector(match_labels={"my_label": "x"}),
        ingress=[client.V1NetworkPolicyIngressRule(_from=[client.V1NetworkPolicyPeer(
            ip_block=client.V1IPBlock(cidr="10.0.0.0/8", _except=["10.1.0.0/16"]))])],
    )  # fmt: skip
    policy = client.V1NetworkPolicy(
        api_version="networking.k8s.io/v1", kind="NetworkPolicy",
        metadata=client.V1ObjectMeta(name="p", namespace="shop"), spec=spec,
    )  # fmt: skip
    program = mayreach.load(policy, policy.to_dict() | {"metadata": {"name": "q", "namespace": "shop"}}, snake())
    assert [program.decide(source=ip, destination="shop/web", port=80).verdict
            for ip in ("10.2.0.1", "10.1.0.1")] == ["allow", "deny"]  # fmt: skip
