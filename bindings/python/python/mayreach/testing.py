"""Helpers for test suites, beside the fixture ``mayreach`` of the pytest plugin.

>>> pods = [{"apiVersion": "v1", "kind": "Pod",
...          "metadata": {"name": "api", "namespace": t, "labels": {"tenant": t}}} for t in ("a", "b")]
>>> tenant_pairs(pods)
[('a', 'b'), ('b', 'a')]
"""

from mayreach._pytest import Callers, Suite, tenant_pairs, tenants

__all__ = ["Callers", "Suite", "tenant_pairs", "tenants"]
