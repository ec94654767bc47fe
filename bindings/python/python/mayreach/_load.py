"""Loading manifests from wherever they are."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias

from mayreach import _objects
from mayreach._errors import LoadError, Problem
from mayreach._mayreach import Program

Manifests: TypeAlias = (
    "str | bytes | os.PathLike[str] | Mapping[str, Any] | Iterable[Manifests]"
)


class _Gathered:
    def __init__(self) -> None:
        self.paths: list[str] = []
        self.texts: list[tuple[str, bytes]] = []
        #: An empty list of objects is an empty cluster; no source at all is a mistake.
        self.given = False

    def add(self, source: Any) -> None:
        if isinstance(source, str) and not _is_text(source):
            self.paths.append(source)
        elif isinstance(source, os.PathLike):
            self.paths.append(os.fspath(source))
        elif isinstance(source, (str, bytes, bytearray)):
            text = source.encode() if isinstance(source, str) else bytes(source)
            self.texts.append((f"text {len(self.texts) + 1}", text))
        elif isinstance(source, Mapping):
            self.given = True
            self.texts.extend(_objects.text(source))
        elif callable(getattr(source, "to_dict", None)):
            self.add(source.to_dict())
        elif isinstance(source, Iterable):
            for one in source:
                self.add(one)
        else:
            kind = type(source).__name__
            raise TypeError(f"manifests are paths, text, bytes, dicts or lists of those, not {kind}")


def _is_text(source: str) -> bool:
    """No path has more than one line or begins as JSON does."""
    return "\n" in source or source.lstrip().startswith("{")


def load(
    *sources: Manifests,
    as_cluster: bool = False,
    root_namespace: str | None = None,
    pod_networks: Iterable[str] | None = None,
    enrolment: Literal["none", "sidecar", "ambient"] | None = None,
    plugin: Literal["auto", "kubernetes", "calico"] | None = None,
    calico_version: Literal["3.31", "3.32"] | None = None,
    calico_data_plane: Literal["iptables", "ebpf"] | None = None,
    calico_defaulting: Literal["by_version", "api_server", "admission", "raw"] | None = None,
    jwks: Mapping[str, str | Mapping[str, Any]] | None = None,
) -> Program:
    """Compiles manifests to a :class:`Program`.

    Each source is a path (file, folder or pattern such as ``"manifests/**/*.yaml"``), text (a ``str`` of
    several lines or of JSON, or ``bytes``), a Kubernetes object as a dict (as the API spells it, or as the
    official client's ``to_dict()`` gives it), or any iterable of those.

    Args:
        as_cluster: invalid objects count as absent, as a cluster has it, instead of being an error.
        root_namespace: root namespace of the mesh; by itself what mesh config says.
        pod_networks: where pods live whose manifests give no address.
        enrolment: of workloads where neither they nor their namespace say.
        plugin: which network plugin decides what no policy does.
        calico_version: the release whose behaviour counts.
        calico_data_plane: Calico's.
        calico_defaulting: which defaults Calico's objects went through.
        jwks: JSON Web Key Sets by issuer.

    Raises:
        ManifestError: something that a cluster would refuse, with file, line, field and the likely fix.
            Nothing is half-loaded.
        OptionError: an option of a value that it does not have.

    >>> program = load('''
    ... apiVersion: v1
    ... kind: Pod
    ... metadata: {name: web, namespace: shop}
    ... ''')
    >>> program.workloads
    ('shop/web',)
    """
    gathered = _Gathered()
    for source in sources:
        gathered.add(source)
    keys = {issuer: key if isinstance(key, str) else json.dumps(key) for issuer, key in (jwks or {}).items()}
    options = {
        "as_cluster": as_cluster,
        "root_namespace": root_namespace,
        "pod_networks": None if pod_networks is None else list(pod_networks),
        "enrolment": enrolment,
        "plugin": plugin,
        "calico_version": calico_version,
        "calico_data_plane": calico_data_plane,
        "calico_defaulting": calico_defaulting,
        "jwks": keys,
    }
    # Options that are wrong are told first.
    program = Program._compile(gathered.paths, gathered.texts, json.dumps(options))
    if not (gathered.given or gathered.paths or gathered.texts):
        raise LoadError(Problem("empty", "no manifests were given", help="give a path, text, or Kubernetes objects"))
    return program


def update(program: Program, sources: tuple[Manifests, ...], remove: Iterable[str | tuple[str, str]]) -> Program:
    """What :meth:`Program.update` does."""
    gathered = _Gathered()
    for source in sources:
        gathered.add(source)
    return program._change(gathered.paths, gathered.texts, [_named(one) for one in remove])


def _named(one: str | tuple[str, str]) -> tuple[str, str | None, str]:
    """``"Kind namespace/name"``, or the two apart."""
    kind, _, path = one.partition(" ") if isinstance(one, str) else (one[0], "", one[1])
    namespace, _, name = path.rpartition("/")
    if not kind or not name:
        raise TypeError(f"an object to remove is written 'Kind namespace/name', not {one!r}")
    return kind, namespace or None, name
