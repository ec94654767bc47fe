"""Kubernetes objects as dicts, as the API spells them.

The official client's ``to_dict()`` gives ``snake_case`` keys, ``None`` for what is left out, and items of
a list without their kind. This turns them back; what users name (labels, data) is left alone.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Mapping
from typing import Any

#: Fields whose keys users choose.
_NAMED_BY_USERS = frozenset({
    "labels", "annotations", "match_labels", "node_selector", "data", "string_data", "binary_data",
    "limits", "requests", "capacity", "allocatable", "allocated_resources", "selector", "overhead",
    "min", "max", "default", "default_request", "attributes", "parameters", "extra", "options",
    "volume_attributes", "driver_attributes", "hard", "used", "max_limit_request_ratio",
    "matchLabels", "nodeSelector",
})  # fmt: skip
#: Words that are not simply joined: all that differ in the official client's ``attribute_map``.
_SPELLED = {
    "cluster_ip": "clusterIP", "cluster_ips": "clusterIPs", "cluster_i_ps": "clusterIPs",
    "external_ips": "externalIPs", "external_i_ps": "externalIPs", "load_balancer_ip": "loadBalancerIP",
    "pod_ip": "podIP", "pod_ips": "podIPs", "pod_i_ps": "podIPs", "host_ip": "hostIP",
    "host_ips": "hostIPs", "host_i_ps": "hostIPs", "client_ip": "clientIP", "pod_cidr": "podCIDR",
    "pod_cidrs": "podCIDRs", "pod_cid_rs": "podCIDRs", "provider_id": "providerID", "node_id": "nodeID",
    "external_id": "externalID", "machine_id": "machineID", "boot_id": "bootID", "system_uuid": "systemUUID",
    "container_id": "containerID", "image_id": "imageID", "volume_id": "volumeID", "pd_id": "pdID",
    "share_id": "shareID", "disk_uri": "diskURI", "host_ipc": "hostIPC", "host_pid": "hostPID",
    "resource_id": "resourceID", "target_wwns": "targetWWNs", "dataset_uuid": "datasetUUID",
    "scale_io": "scaleIO", "downward_api": "downwardAPI", "storage_policy_id": "storagePolicyID",
    "set_hostname_as_fqdn": "setHostnameAsFQDN", "non_resource_urls": "nonResourceURLs",
    "api_server_id": "apiServerID", "node_uid": "nodeUID", "pod_uid": "podUID",
    "service_account_uid": "serviceAccountUID", "client_cidr": "clientCIDR",
    "insecure_skip_tls_verify": "insecureSkipTLSVerify", "open_apiv3_schema": "openAPIV3Schema",
    "target_cpu_utilization_percentage": "targetCPUUtilizationPercentage",
    "current_cpu_utilization_percentage": "currentCPUUtilizationPercentage",
}  # fmt: skip


def _camel(key: str) -> str:
    if key in _SPELLED:
        return _SPELLED[key]
    head, *rest = key.lstrip("_").split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def _plain(value: Any) -> Any:
    """What JSON has no word for."""
    if isinstance(value, datetime.datetime):
        return value.isoformat().replace("+00:00", "Z")
    raise TypeError(f"a manifest holds no {type(value).__name__}")


def _respelled(value: Any, named_by_users: bool = False) -> Any:
    if isinstance(value, Mapping):
        kept = {key: inner for key, inner in value.items() if inner is not None or named_by_users}
        if named_by_users:
            return {key: inner for key, inner in kept.items()}
        return {
            _camel(key): _respelled(inner, key in _NAMED_BY_USERS and _is_flat(inner))
            for key, inner in kept.items()
        }
    if isinstance(value, list):
        return [_respelled(inner) for inner in value]
    return value


def _is_flat(value: Any) -> bool:
    """A ``selector`` of a Deployment is an object of the API, that of a Service is the user's."""
    return isinstance(value, Mapping) and not any(isinstance(inner, (Mapping, list)) for inner in value.values())


def objects(value: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Each object in one, as the API spells it; a list gives its items their kind."""
    respelled = value if "apiVersion" in value else _respelled(value)
    items = respelled.get("items")
    if not isinstance(items, list):
        yield respelled
        return
    kind = str(respelled.get("kind") or "List")
    of_kind = {"apiVersion": respelled.get("apiVersion"), "kind": kind.removesuffix("List")}
    for item in items:
        known = item if item.get("kind") or kind == "List" else {**item, **of_kind}
        yield from objects(known)


def text(value: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """The name and the JSON text of each object in one."""
    for one in objects(value):
        metadata = one.get("metadata") or {}
        name = "/".join(str(metadata[key]) for key in ("namespace", "name") if metadata.get(key))
        yield f"{one.get('kind', 'object')} {name}".strip(), json.dumps(one, default=_plain).encode()
