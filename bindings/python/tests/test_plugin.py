"""The pytest plugin, tried as its users do."""

from __future__ import annotations

import pytest
from conftest import ROOT

TENANTS = ROOT / "examples" / "tenants"
PLUGIN = ("-p", "no:cacheprovider")

SUITE = """
    import pytest
    from mayreach.testing import tenant_pairs

    @pytest.mark.parametrize("a, b", tenant_pairs({path!r}, without=['shared']))
    def test_isolated(mayreach, a, b):
        for source in mayreach.tenants()[a]:
            for destination in mayreach.tenants()[b]:
                mayreach.assert_denied(source=source, destination=destination, port=8080)

    def test_inside(mayreach):
        mayreach.assert_allowed(source="tenant-acme/web", destination="tenant-acme/api", port=8080,
                                method="GET", path="/v1/orders")
        mayreach.assert_denied(source="tenant-acme/web", destination="tenant-globex/api", port=8080, by="egress")
        mayreach.assert_undetermined(source="tenant-acme/web", destination="tenant-acme/api", port=8080)

    def test_callers(mayreach):
        assert mayreach.callers_of("tenant-acme/db", port=5432) == {{"tenant-acme/api"}}
        assert mayreach.callers_of("tenant-acme/db", port=5432, protocol="UDP") == {{
            "tenant-acme/api", "tenant-acme/web"}}
        assert mayreach.callers_of("tenant-acme/api", port=8080, method="GET", path="/v1/x") == {{"tenant-acme/web"}}
        assert mayreach.callers_of("tenant-acme/api", port=8080, method="GET", path="/v1/*") == {{"tenant-acme/web"}}
        assert mayreach.callers_of("tenant-acme/api", port=8080, path="/admin") == set()
        assert mayreach.callers_of("service:tenant-acme/db", port=5432) == {{"tenant-acme/api"}}

    def test_isolation(mayreach):
        tenants = {{name: {{"namespaces": [f"tenant-{{name}}"]}} for name in ("acme", "globex", "initech")}}
        assert mayreach.assert_isolated(tenants=tenants, outside=False).isolated
"""


def test_a_suite_passes(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SUITE.format(path=str(TENANTS)))
    pytester.runpytest(*PLUGIN, "--mayreach", str(TENANTS)).assert_outcomes(passed=15)
    pytester.makeini(f"[pytest]\nmayreach = '{TENANTS}'")
    pytester.runpytest(*PLUGIN).assert_outcomes(passed=15)


def test_a_suite_passes_in_several_processes(pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    pytester.makepyfile(SUITE.format(path=str(TENANTS)))
    pytester.runpytest_subprocess(*PLUGIN, "-n2", "--mayreach", str(TENANTS)).assert_outcomes(passed=15)


def test_a_failure_explains_itself(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        def test_denied(mayreach):
            mayreach.assert_allowed(source="tenant-acme/web", destination="tenant-globex/api", port=8080)

        def test_allowed(mayreach):
            mayreach.assert_denied(source="tenant-acme/api", destination="tenant-acme/db", port=5432)

        def test_layer(mayreach):
            mayreach.assert_denied(source="tenant-acme/web", destination="tenant-globex/api", port=8080, by="mtls")

        def test_policy(mayreach):
            mayreach.assert_denied(source="tenant-acme/web", destination="tenant-globex/api", port=8080,
                                   policy="tenant-acme/other")

        def test_callers(mayreach):
            assert mayreach.callers_of("tenant-acme/db", port=5432) == {"tenant-acme/web", "tenant-acme/gone"}

        def test_all_callers(mayreach):
            mayreach.assert_callers("tenant-acme/db", {"tenant-acme/web"}, port=5432)

        def test_isolation(mayreach):
            mayreach.assert_isolated(by="label:tenant")

        def test_question(mayreach):
            mayreach.assert_isolated(by="labels")

        def test_port(mayreach):
            mayreach.callers_of("tenant-acme/db", port=70000)

        def test_name(mayreach):
            mayreach.assert_denied(source="tenant-acme/wbe", destination="tenant-acme/db")
    """)
    result = pytester.runpytest(*PLUGIN, "--mayreach", str(TENANTS))
    result.assert_outcomes(failed=10)
    text = result.stdout.str()
    for says in (
        "this flow must be allowed\n", "tenant-acme/web -> tenant-globex/api, port 8080", "DENIED by egress",
        "network-policies.yaml:", "this flow must be denied\n", "this flow must be denied by mtls",
        "denied by the policy tenant-acme/other", "callers of tenant-acme/db differ",
        "tenant-acme/api may reach it and must not:", "tenant-acme/web must reach it and may not:",
        "these tenants must be isolated", "OPEN  5 tenants by label:tenant", "cannot roll up by `labels`",
        "must reach it and may not: port 5432/TCP, authorization:",
        "no manifest holds such a workload", "the flow cannot be asked", "tenant-acme/wbe",
    ):  # fmt: skip
        assert says.strip() in text, text
    assert "_pytest.py:" not in text


def test_manifests_that_do_not_load_are_told(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_any(mayreach): pass")
    result = pytester.runpytest(*PLUGIN)
    result.assert_outcomes(errors=1)
    assert "say where the manifests are" in result.stdout.str()
    result = pytester.runpytest(*PLUGIN, "--mayreach", "nowhere")
    result.assert_outcomes(errors=1)
    assert "cannot read `nowhere`" in result.stdout.str()
