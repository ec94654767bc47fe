"""Answers as values: frozen, hashable, picklable, to be taken apart with ``match``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Verdict = Literal["allow", "deny", "undetermined"]

loads = json.loads


@dataclass(frozen=True, slots=True)
class Policy:
    """Who a policy is, and where it is written."""

    kind: str
    name: str
    namespace: str | None = None
    at: str | None = None

    def __str__(self) -> str:
        return f"{self.kind} {self.path}"

    @property
    def path(self) -> str:
        """``namespace/name``, or the name alone for kinds without a namespace."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


@dataclass(frozen=True, slots=True)
class Reason:
    """What decided in one layer: a stable code and what belongs to it."""

    code: str
    policy: Policy | None = None
    rule: int | None = None
    at: str | None = None
    policies: tuple[Policy, ...] = ()
    tier: str | None = None
    mode: str | None = None
    identity: bool | None = None
    client: str | None = None
    provider: str | None = None
    status: int | None = None
    body: str | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LayerDecision:
    """What one layer answers."""

    layer: str
    verdict: Verdict
    reason: Reason
    hop: str | None = None


@dataclass(frozen=True, slots=True)
class ClientSees:
    """What the client sees of a denial: a response, a reset, a timeout, a closed connection."""

    kind: Literal["response", "reset", "timeout", "closed"]
    status: int | None = None
    body: str | None = None
    #: Of a gRPC request: the status that its client reads; ``body`` is the message.
    grpc_status: int | None = None
    #: Of a closed connection: what an application that speaks first says has reached the client.
    banner: bool | None = None

    def __str__(self) -> str:
        if self.kind == "response":
            grpc = self.grpc_status is not None
            said = f"gRPC status {self.grpc_status}" if grpc else f"HTTP {self.status}"
            return f"{said} `{self.body}`" if self.body else said
        if self.banner:
            return "the connection closed at its first bytes, after what a server that speaks first says"
        return {
            "reset": "the connection reset by the peer",
            "timeout": "nothing: the connection times out",
            "closed": "the connection closed without an answer",
        }[self.kind]


@dataclass(frozen=True, slots=True)
class Mark:
    """A policy that marks or would decide, and does not."""

    policy: Policy
    layer: str
    rule: int | None = None
    at: str | None = None
    would: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """What a cluster would accept and then ignore, or what is not evaluated."""

    code: str
    message: str
    subject: str | None = None
    at: str | None = None

    def __str__(self) -> str:
        return ": ".join(part for part in (self.at, self.subject, self.message) if part)


@dataclass(frozen=True, slots=True)
class View:
    """A decision, spelled out."""

    verdict: Verdict
    decided_by: str | None
    layers: tuple[LayerDecision, ...]
    client_sees: ClientSees | None
    destination: str | None
    port: int | None
    audited_by: tuple[Mark, ...]
    dry_run: tuple[Mark, ...]
    notes: tuple[Note, ...]
    id: str | int | None = None

    def layer(self, name: str) -> LayerDecision:
        """One layer by its name."""
        for layer in self.layers:
            if layer.layer == name:
                return layer
        raise KeyError(name)

    @property
    def deciding(self) -> LayerDecision:
        """The layer that decided; if all allow, the last in which a policy had a say."""
        if self.decided_by is not None:
            return self.layer(self.decided_by)
        with_policy = [layer for layer in self.layers if layer.reason.policy is not None]
        return with_policy[-1] if with_policy else self.layer("ingress")

    @property
    def reason(self) -> Reason:
        """The reason of the layer that decided."""
        return self.deciding.reason


class _Told(Mapping[str, Any]):
    """An answer in the form of the JSON: a mapping that never changes."""

    __slots__ = ("_text", "_told")
    _text: str
    _told: dict[str, Any]

    def __init__(self, text: str) -> None:
        object.__setattr__(self, "_text", text)
        object.__setattr__(self, "_told", json.loads(text))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} never changes")

    def to_dict(self) -> dict[str, Any]:
        """A copy in the form of the JSON."""
        told: dict[str, Any] = json.loads(self._text)
        return told

    def __getitem__(self, key: str) -> Any:
        return self._told[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._told)

    def __len__(self) -> int:
        return len(self._told)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> tuple[type[_Told], tuple[str]]:
        return type(self), (self._text,)


class Explanation(_Told):
    """The whole walk behind a decision. Printed, it reads as the command's ``explain``."""

    __slots__ = ()

    @property
    def decision(self) -> Any:
        """The answer, as a :class:`mayreach.Decision`."""
        from mayreach import Decision

        return Decision.from_dict(self._told["decision"])

    def __str__(self) -> str:
        from mayreach import _text

        return _text.explanation(self._told)

    def __repr__(self) -> str:
        return f"<Explanation: {self._told['decision']['verdict']}, {len(self._told['walks'])} walks>"


class Description(_Told):
    """Everything that bears on one workload. Printed, it is a page to read."""

    __slots__ = ()

    def __str__(self) -> str:
        from mayreach import _text

        return _text.description(self._told)

    def __repr__(self) -> str:
        return f"<Description of {self._told['workload']}>"


for _class in (
    Policy, Reason, LayerDecision, ClientSees, Mark, Note, Explanation, Description,
):  # fmt: skip
    _class.__module__ = "mayreach"


def _policy(told: Mapping[str, Any] | None) -> Policy | None:
    return Policy(**told) if told else None


def _reason(told: Mapping[str, Any]) -> Reason:
    known = dict(told)
    known["policy"] = _policy(known.get("policy"))
    known["policies"] = tuple(Policy(**policy) for policy in known.get("policies", ()))
    known["missing"] = tuple(known.get("missing", ()))
    return Reason(**known)


def _mark(told: Mapping[str, Any]) -> Mark:
    return Mark(**{**told, "policy": Policy(**told["policy"])})


def _layer(told: Mapping[str, Any]) -> LayerDecision:
    return LayerDecision(told["layer"], told["verdict"], _reason(told["reason"]), told.get("hop"))


def view(text: str) -> View:
    """The parts of a decision as JSON text."""
    told = json.loads(text)
    sees = told["client_sees"]
    return View(
        verdict=told["verdict"],
        decided_by=told["decided_by"],
        layers=tuple(map(_layer, told["layers"])),
        client_sees=ClientSees(**sees) if sees else None,
        destination=told["destination"],
        port=told["port"],
        audited_by=tuple(map(_mark, told["audited_by"])),
        dry_run=tuple(map(_mark, told["dry_run"])),
        notes=tuple(Note(**note) for note in told["notes"]),
        id=told.get("id"),
    )


def told(decision: Mapping[str, Any]) -> str:
    """A decision's dict as JSON text, if it is one."""
    text = json.dumps(decision, separators=(",", ":"), ensure_ascii=False)
    try:
        view(text)
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a decision: {error}") from None
    return text


def explanation(text: str) -> Explanation:
    """An explanation of JSON text."""
    return Explanation(text)


def description(text: str) -> Description:
    """A description of JSON text."""
    return Description(text)


def notes(text: str) -> tuple[Note, ...]:
    """Notes of JSON text."""
    return tuple(Note(**note) for note in json.loads(text))


def rows(columns: Sequence[tuple[str, Sequence[Any]]]) -> list[dict[str, Any]]:
    """Columns turned into rows."""
    names = [name for name, _ in columns]
    values = zip(*(column for _, column in columns), strict=True)
    return [dict(zip(names, row, strict=True)) for row in values]
