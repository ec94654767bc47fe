"""No tenant of examples/tenants reaches another, and each works inside.

Run it with ``pytest`` in this folder.
"""

from pathlib import Path

import pytest

from mayreach.testing import Suite, tenant_pairs

TENANTS = Path(__file__).parents[2] / "tenants"


def test_tenants_are_isolated_over_all_requests(mayreach: Suite) -> None:
    """Not samples: every port, method, path, header, identity, and pods that do not exist yet."""
    tenants = {name: {"namespaces": [f"tenant-{name}"]} for name in ("acme", "globex", "initech")}
    mayreach.assert_isolated(tenants=tenants, outside=False)


@pytest.mark.parametrize(("ours", "theirs"), tenant_pairs(TENANTS, without=["shared"]))
def test_no_tenant_reaches_another(mayreach: Suite, ours: str, theirs: str) -> None:
    tenants = mayreach.tenants()
    for source in tenants[ours]:
        for destination in tenants[theirs]:
            for port in (8080, 5432):
                mayreach.assert_denied(source=source, destination=destination, port=port)


@pytest.mark.parametrize("tenant", ["acme", "globex", "initech"])
def test_each_tenant_works(mayreach: Suite, tenant: str) -> None:
    mayreach.assert_allowed(
        source=f"tenant-{tenant}/web",
        destination=f"service:tenant-{tenant}/api",
        port=80,
        method="GET",
        path="/v1/orders",
    )


@pytest.mark.parametrize("tenant", ["acme", "globex", "initech"])
def test_only_the_api_calls_the_database(mayreach: Suite, tenant: str) -> None:
    assert mayreach.callers_of(f"tenant-{tenant}/db", port=5432) == {f"tenant-{tenant}/api"}


def test_who_stops_it(mayreach: Suite) -> None:
    """Network policy stops it first; the mesh would as well."""
    decision = mayreach.assert_denied(
        source="tenant-acme/web",
        destination="tenant-globex/api",
        port=8080,
        by="egress",
        policy="tenant-acme/default-deny",
    )
    assert decision.layer("authorization").verdict == "deny"
