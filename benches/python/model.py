"""A made-up cluster of tenants, the same for every bench."""

from __future__ import annotations

import json
import random
from typing import Any

APPS = ("web", "api", "db", "cache")


def manifests(tenants: int) -> str:
    """Tenants of four workloads in the mesh, each with network policy and authorization policy."""
    items: list[dict[str, Any]] = [
        {"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
         "metadata": {"name": "default", "namespace": "istio-system"}, "spec": {"mtls": {"mode": "STRICT"}}},
    ]  # fmt: skip
    for number in range(tenants):
        space = f"tenant-{number}"
        items.append({"apiVersion": "v1", "kind": "Namespace",
                      "metadata": {"name": space, "labels": {"istio-injection": "enabled", "tenant": str(number)}}})  # fmt: skip
        for app in APPS:
            items.append({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": app, "namespace": space}})
            pod = {"metadata": {"labels": {"app": app}}, "spec": {"serviceAccountName": app, "containers": [
                {"name": app, "image": app, "ports": [{"name": "http", "containerPort": 8080}]}]}}  # fmt: skip
            items.append({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": app, "namespace": space},
                          "spec": {"selector": {"matchLabels": {"app": app}}, "template": pod}})  # fmt: skip
            items.append({"apiVersion": "v1", "kind": "Service", "metadata": {"name": app, "namespace": space},
                          "spec": {"selector": {"app": app}, "ports": [
                              {"name": "http", "port": 80, "targetPort": 8080}]}})  # fmt: skip
        items.append({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
                      "metadata": {"name": "same-namespace", "namespace": space},
                      "spec": {"podSelector": {}, "ingress": [{"from": [{"podSelector": {}}]}]}})  # fmt: skip
        for one, other in zip(APPS, APPS[1:]):
            rule = {
                "from": [{"source": {"principals": [f"cluster.local/ns/{space}/sa/{one}"]}}],
                "to": [{"operation": {"methods": ["GET", "POST"], "paths": ["/v1/*"]}}],
            }
            items.append({"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
                          "metadata": {"name": f"{other}-callers", "namespace": space},
                          "spec": {"selector": {"matchLabels": {"app": other}}, "rules": [rule]}})  # fmt: skip
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items})


def flows(tenants: int, count: int, seed: int = 7) -> list[tuple[str, str, int, str, str]]:
    """Flows of whom most stay in their tenant: source, destination, port, method, path."""
    chance = random.Random(seed)
    out = []
    for _ in range(count):
        one = chance.randrange(tenants)
        other = one if chance.random() < 0.8 else chance.randrange(tenants)
        source, destination = chance.choice(APPS), chance.choice(APPS)
        path = f"/v1/orders/{chance.randrange(1000)}" if chance.random() < 0.9 else "/admin"
        method = chance.choice(("GET", "POST", "DELETE"))
        out.append((f"tenant-{one}/{source}", f"tenant-{other}/{destination}", 8080, method, path))
    return out
