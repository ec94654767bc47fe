"""Answers about all requests, as values with types: frozen, hashable, picklable.

Each is the command's JSON too, and a table for whatever reads Arrow.
"""

from __future__ import annotations

import html as _html
import json
import os
import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mayreach import _text, _values
from mayreach._errors import Problem, QuestionError
from mayreach._mayreach import Decision, Flow, Program, Table, _Report
from mayreach._values import LayerDecision, Policy

Format = Literal["text", "json", "html", "markdown", "csv", "dot", "mermaid", "junit"]
Proved = Literal["isolated", "open", "not_proved"]

#: A grid of more groups than this is too wide for a notebook.
_GRID_MAX = 30
_SIGNS = {
    "isolated": ("●", "#1a7f37"), "open": ("✗", "#cf222e"), "not_proved": ("?", "#9a6700"),
    "allow": ("✓", "#1a7f37"), "some": ("~", "#9a6700"), "deny": ("✗", "#cf222e"), "depends": ("?", "#9a6700"),
    "mixed": ("±", "#57606a"),
}  # fmt: skip


#: A program, its method, arguments and keywords.
Asked = tuple[Program, str, tuple[Any, ...], dict[str, Any]]


class Report:
    """An answer about all requests. Printed, it reads as the command's.

    ``to_dict()`` is the command's JSON; anything that reads the Arrow PyCapsule interface takes the
    report as a table: ``pyarrow.table(report)``, ``polars.DataFrame(report)``. It never changes; it compares,
    hashes, pickles and copies by value. A pickle holds the manifests too: what comes out of it asks the same
    question again when a table or a page is wanted. It has no truth value: ask for its parts.
    """

    __slots__ = ("_again", "_kept", "_made", "_text")
    _made: _Report | None
    _text: str
    _kept: dict[str, Any]
    #: Who was asked what; of what comes out of a pickle, still pickled; of a part of another report, nothing.
    _again: Asked | bytes | None

    def __init__(self, made: _Report | str, again: Asked | bytes | None = None) -> None:
        object.__setattr__(self, "_made", None if isinstance(made, str) else made)
        object.__setattr__(self, "_again", again)
        if isinstance(made, str):
            object.__setattr__(self, "_text", made)

    def __getattr__(self, name: str) -> Any:
        # The JSON of a large matrix is made, and read, when somebody wants it.
        if name == "_text" and self._made is not None:
            object.__setattr__(self, "_text", self._made.json())
            return self._text
        if name == "_kept":
            object.__setattr__(self, "_kept", json.loads(self._text))
            return self._kept
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} never changes")

    def to_dict(self) -> dict[str, Any]:
        """The report in the form of the command's JSON."""
        told: dict[str, Any] = json.loads(self._text)
        return told

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Report) and type(other) is type(self) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __copy__(self) -> Report:
        return self

    def __deepcopy__(self, _memo: object) -> Report:
        return self

    def __reduce__(self) -> tuple[type[Report], tuple[str, bytes | None]]:
        again = pickle.dumps(self._again) if isinstance(self._again, tuple) else self._again
        return type(self), (self._text, again)

    def _maker(self) -> _Report:
        if self._made is None:
            if not isinstance(self._again, bytes):
                raise QuestionError(Problem("invalid_value", "this is a part of another report", help="render that one"))
            program, method, args, keywords = pickle.loads(self._again)
            made: _Report = getattr(program, method)(*args, **keywords)._made
            if made.json() != self._text:
                raise QuestionError(Problem(
                    "invalid_value", "asked again, the question has another answer than when this report was pickled",
                    help="a file that it names has changed, or the version of mayreach: ask the program itself",
                ))  # fmt: skip
            object.__setattr__(self, "_made", made)
            return made
        return self._made

    def render(self, format: Format = "text") -> str:
        """The report as ``"text"``, ``"json"``, ``"markdown"`` or ``"csv"``; of a matrix, an isolation, a
        difference and a change also as ``"junit"``; of a matrix and an isolation as ``"dot"``,
        ``"mermaid"`` and ``"html"`` (one self-contained page; not of declared ports).

        Raises:
            QuestionError: a format that this report does not have.
        """
        return self._maker().render(format)

    def to_arrow(self) -> Table:
        """The rows of the report as an Arrow :class:`Table`."""
        return self._maker().table()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> Any:
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> Any:
        return self.to_arrow().__arrow_c_schema__()

    def __bool__(self) -> bool:
        raise TypeError("a report is neither true nor false: ask for its verdict or its parts")

    def __str__(self) -> str:
        return self.render("text").rstrip("\n") if self._made or self._again else repr(self)

    def _repr_html_(self) -> str:
        return f"<pre>{_html.escape(str(self))}</pre>"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer for one pair of workloads on one port; no port is any port, where none is declared."""

    source: str
    destination: str
    port: int | None
    protocol: str
    verdict: Literal["allow", "deny", "depends"]
    decided_by: str | None
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeclaredCell:
    """All answers from one group to another on declared ports; `answers` has them where groups are workloads."""

    source: str
    destination: str
    verdict: Literal["allow", "deny", "depends", "mixed"]
    allow: int
    deny: int
    depends: int
    depends_on: tuple[str, ...]
    examples: tuple[Answer, ...]
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class Unproved:
    """Why something is not proved, and the widest flow of which it is so."""

    why: str
    flow: Flow
    missing: tuple[str, ...] = ()
    policy: Policy | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Hole:
    """A request that gets through: what let it in, and what its client needs beside the network."""

    request: str
    let_in_by: LayerDecision
    needs: tuple[str, ...]
    flow: Flow
    decision: Decision

    def __repr__(self) -> str:
        return f"<Hole {self.request}; {self.let_in_by.layer}: {_text.why(self.let_in_by)}>"


@dataclass(frozen=True, slots=True, repr=False)
class Pair:
    """What holds one tenant from another, or does not.

    `alone` are the layers of which each alone denies everything; `network_alone` and `mesh_alone` say
    what holds if the other were gone.
    """

    source: str
    destination: str
    verdict: Proved
    alone: tuple[str, ...]
    network_alone: bool
    mesh_alone: bool
    held_by: tuple[LayerDecision, ...]
    holes: tuple[Hole, ...]
    not_proved: tuple[Unproved, ...]

    def __repr__(self) -> str:
        return f"<Pair {self.source} -> {self.destination}: {self.verdict}, {_held(self)}>"


@dataclass(frozen=True, slots=True)
class Tenant:
    """Who must not be reached by others."""

    name: str
    namespaces: tuple[str, ...]
    workloads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeadRule:
    """A rule of an AuthorizationPolicy that no request can match."""

    policy: Policy
    rule: int
    why: str
    at: str | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """One field of a rule as written: any of `values`, none of `not_values`."""

    field: str
    values: tuple[str, ...]
    not_values: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Way:
    """Flows that the same rule lets through.

    It asks all `conditions` and, where `any_of` is not empty, one of its lists. The same holds of the
    protocols in `also` and, where `others` says so, of every protocol without ports that no rule names.
    `source_ports`, `icmp`, `service` and `ip_version` are there where they count; the ports of a `service` that
    is called are its own.
    """

    protocol: str
    ports: tuple[tuple[int, int], ...]
    raw: bool
    methods: tuple[str, ...]
    paths: tuple[str, ...]
    let_in_by: LayerDecision
    conditions: tuple[Condition, ...]
    request: str
    flow: Flow
    decision: Decision
    any_of: tuple[tuple[Condition, ...], ...] = ()
    needs: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    others: bool = False
    source_ports: tuple[tuple[int, int], ...] = ()
    icmp: tuple[str, ...] = ()
    service: str | None = None
    ip_version: Literal[4, 6] | None = None

    def __repr__(self) -> str:
        return f"<Way {self.request}; {self.let_in_by.layer}: {_text.why(self.let_in_by)}>"


@dataclass(frozen=True, slots=True)
class But:
    """A rule that denies some of what ways say: what it asks, as written."""

    policy: Policy
    rule: int
    conditions: tuple[Condition, ...]
    any_of: tuple[tuple[Condition, ...], ...] = ()
    at: str | None = None


@dataclass(frozen=True, slots=True)
class May:
    """What one workload may do to another: everything, something, nothing (proved), or not known."""

    verdict: Literal["allow", "some", "deny", "not_proved"]
    ways: tuple[Way, ...] = ()
    but: tuple[But, ...] = ()
    not_proved: tuple[Unproved, ...] = ()


@dataclass(frozen=True, slots=True)
class CellFinding:
    """What `pairs` pairs of a cell may do, one of them from `source` to `destination`."""

    source: str
    destination: str
    pairs: int
    may: May


@dataclass(frozen=True, slots=True)
class Pairs:
    """How many pairs of workloads there are of each kind."""

    allow: int
    some: int
    deny: int
    not_proved: int


@dataclass(frozen=True, slots=True)
class Cell:
    """What the workloads of one group may do to those of another.

    `verdict` is "allow" where every flow gets through, "deny" where none does (proved), "some", "not_proved",
    or "mixed" where pairs of workloads differ. `findings` leaves out pairs between which nothing gets through.
    """

    source: str
    destination: str
    verdict: Literal["allow", "some", "deny", "not_proved", "mixed"]
    pairs: Pairs
    findings: tuple[CellFinding, ...] = ()


@dataclass(frozen=True, slots=True)
class Other:
    """One other end that may, with the requests that get through, or of which it is not known."""

    workload: str
    ways: tuple[Hole, ...] = ()
    not_proved: tuple[Unproved, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Change:
    """Flows whose answer changed in the same way; `sources` and `destinations` are the first few."""

    kind: Literal["opened", "closed"]
    intended: bool
    pairs: int
    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    request: str
    before: LayerDecision
    after: LayerDecision
    flow: Flow
    decision: Decision

    def __repr__(self) -> str:
        return f"<Change {self.kind} for {self.pairs} pairs: {self.request}>"


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A flow that shows that a step is wrong."""

    request: str
    decided_by: LayerDecision
    flow: Flow


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a check: what must hold, and whether it does."""

    what: str
    verdict: Literal["ok", "wrong", "not_proved"]
    counterexample: Counterexample | None = None
    not_proved: tuple[Unproved, ...] = ()


class _Grid(Report):
    """Ordered pairs of groups."""

    __slots__ = ()

    @property
    def by(self) -> str:
        """``workload``, ``namespace`` or ``label:KEY``."""
        return str(self._kept["by"])

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the groups."""
        return tuple(self._kept["groups"])

    def __repr__(self) -> str:
        return f"<{type(self).__name__} by {self.by}: {len(self.groups)} groups>"

    def _repr_html_(self) -> str:
        return _grid(self, self.groups, self._kept["cells"])


class Matrix(_Grid):
    """Who may reach whom, on all ports and over all requests."""

    __slots__ = ()

    @property
    def findings(self) -> tuple[May, ...]:
        """What one workload may do to another, each answer once."""
        return tuple(map(_may, self._kept["findings"]))

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every ordered pair of groups between which there is something to ask."""
        made = self.findings
        return tuple(_cell(told, made.__getitem__) for told in self._kept["cells"])

    def cell(self, source: str, destination: str) -> Cell:
        """The cell of one ordered pair; :class:`KeyError` where there is nothing to ask."""
        told = self._kept["findings"]
        return _cell(_find(self._kept["cells"], source, destination), lambda place: _may(told[place]))


class Declared(_Grid):
    """Who may reach whom on declared ports, of which nothing else is said."""

    __slots__ = ()

    @property
    def cells(self) -> tuple[DeclaredCell, ...]:
        """Every ordered pair of groups between which there is something to ask."""
        return tuple(map(_declared, self._kept["cells"]))

    def cell(self, source: str, destination: str) -> DeclaredCell:
        """The cell of one ordered pair; :class:`KeyError` where there is nothing to ask."""
        return _declared(_find(self._kept["cells"], source, destination))


class Isolation(Report):
    """Whether any request can get from one tenant to another."""

    __slots__ = ()

    @property
    def verdict(self) -> Proved:
        """The worst of all pairs."""
        found: Proved = self._kept["verdict"]
        return found

    @property
    def isolated(self) -> bool:
        """Whether every pair is proved isolated."""
        return self.verdict == "isolated"

    @property
    def tenants(self) -> tuple[Tenant, ...]:
        """Who must not be reached by others."""
        told = self._kept["tenants"]
        return tuple(Tenant(t["name"], tuple(t["namespaces"]), tuple(t["workloads"])) for t in told)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Every ordered pair; the source may be ``(outside)``."""
        made = list(map(_finding, self._kept["findings"]))
        return tuple(_pair(pair, made[pair["finding"]]) for pair in self._kept["pairs"])

    def pair(self, source: str, destination: str) -> Pair:
        """One ordered pair; :class:`KeyError` where there is nothing to ask."""
        pair = _find(self._kept["pairs"], source, destination)
        return _pair(pair, _finding(self._kept["findings"][pair["finding"]]))

    @property
    def open(self) -> tuple[Pair, ...]:
        """The pairs between which a request gets through."""
        return tuple(pair for pair in self.pairs if pair.verdict == "open")

    @property
    def dead_rules(self) -> tuple[DeadRule, ...]:
        """Rules of AuthorizationPolicies that no request can match."""
        told = self._kept["dead_rules"]
        return tuple(DeadRule(Policy(**d["policy"]), d["rule"], d["why"], d.get("at")) for d in told)

    def __repr__(self) -> str:
        counts = self._kept["counts"]
        said = ", ".join(f"{counts[key]} {key.replace('_', ' ')}" for key in ("isolated", "open", "not_proved"))
        return f"<Isolation verdict={self.verdict!r}, {len(self.tenants)} tenants by {self._kept['by']}: {said}>"

    def _repr_html_(self) -> str:
        sources = list(dict.fromkeys(pair["from"] for pair in self._kept["pairs"]))
        return _grid(self, [tenant.name for tenant in self.tenants], self._kept["pairs"], sources)


class Can(Report):
    """What one workload may do to another."""

    __slots__ = ()

    @property
    def verdict(self) -> _values.Verdict:
        """``allow``: some request gets through; ``deny``: none does, proved; or ``undetermined``."""
        found: _values.Verdict = self._kept["verdict"]
        return found

    @property
    def everything(self) -> bool:
        """Whether every flow gets through."""
        return bool(self._kept["everything"])

    @property
    def ways(self) -> tuple[Way, ...]:
        """Flows that get through, by what lets them."""
        return tuple(map(_way, self._kept["ways"]))

    @property
    def but(self) -> tuple[But, ...]:
        """Rules that deny some of what the ways say."""
        return tuple(map(_but, self._kept["but"]))

    @property
    def not_proved(self) -> tuple[Unproved, ...]:
        """What is not proved."""
        return _unproved(self._kept["not_proved"])

    def __repr__(self) -> str:
        told = self._kept
        return f"<Can {told['from']} -> {told['to']}: {told['verdict']}, {len(told['ways'])} ways>"


class Reach(Report):
    """Who may reach one workload, or whom it reaches."""

    __slots__ = ()

    @property
    def workload(self) -> str:
        """The workload that was asked about."""
        return str(self._kept["workload"])

    @property
    def names(self) -> frozenset[str]:
        """Those that may, and those of which it is not proved that they may not."""
        return frozenset(one["workload"] for key in ("may", "not_proved") for one in self._kept[key])

    @property
    def may(self) -> tuple[Other, ...]:
        """Those that may, each with the requests that get through; ``(outside)`` may be among them."""
        return tuple(Other(one["workload"], ways=tuple(map(_hole, one["ways"]))) for one in self._kept["may"])

    @property
    def may_not(self) -> tuple[str, ...]:
        """Those of which it is proved that they may not."""
        return tuple(self._kept["may_not"])

    @property
    def not_proved(self) -> tuple[Other, ...]:
        """Those of which neither is known."""
        told = self._kept["not_proved"]
        return tuple(Other(one["workload"], not_proved=_unproved(one["why"])) for one in told)

    def __repr__(self) -> str:
        may = ", ".join(one["workload"] for one in self._kept["may"]) or "nobody"
        return f"<Reach {self._kept['direction']} of {self.workload}: {may}>"


class Difference(Report):
    """What changed in meaning between two programs."""

    __slots__ = ()

    @property
    def verdict(self) -> Literal["equivalent", "different", "not_proved"]:
        """``equivalent`` is proved for all requests."""
        found: Literal["equivalent", "different", "not_proved"] = self._kept["verdict"]
        return found

    @property
    def changes(self) -> tuple[Change, ...]:
        """Opened first, those that touch most pairs first."""
        return tuple(map(_change, self._kept["changes"]))

    @property
    def added(self) -> tuple[str, ...]:
        """Workloads that only the new program has; they are not compared."""
        return tuple(self._kept["added"])

    @property
    def removed(self) -> tuple[str, ...]:
        """Workloads that only the old program has."""
        return tuple(self._kept["removed"])

    @property
    def not_proved(self) -> tuple[Unproved, ...]:
        """What could not be compared."""
        return _unproved(self._kept["not_proved"])

    def __repr__(self) -> str:
        told = self._kept
        return f"<Difference verdict={self.verdict!r}: opened for {told['opened']} pairs, closed for {told['closed']}>"


class Intended(Report):
    """Whether a change does what it is meant to, and nothing else."""

    __slots__ = ()

    @property
    def verdict(self) -> Literal["ok", "wrong", "not_proved"]:
        """The worst of all steps."""
        found: Literal["ok", "wrong", "not_proved"] = self._kept["verdict"]
        return found

    @property
    def steps(self) -> tuple[Step, ...]:
        """Not allowed before, allowed after, nothing else changed."""
        return tuple(map(_step, self._kept["steps"]))

    @property
    def difference(self) -> Difference:
        """Everything that changed."""
        return Difference(json.dumps(self._kept["difference"], separators=(",", ":"), ensure_ascii=False))

    def __repr__(self) -> str:
        said = "; ".join(f"{step['what']}: {step['verdict']}" for step in self._kept["steps"])
        return f"<Intended verdict={self.verdict!r}: {said}>"


for _class in (
    Report, Matrix, Declared, Isolation, Can, Reach, Difference, Intended, Answer, Cell, CellFinding, DeclaredCell,
    Pairs, May, But, Unproved, Hole, Pair, Tenant, DeadRule, Condition, Way, Other, Change, Counterexample, Step,
):  # fmt: skip
    _class.__module__ = "mayreach"


def question(given: Any, fields: dict[str, Any]) -> tuple[str | None, bytes]:
    """The text of the question of an isolation, and the name of its file if it is one."""
    if given is None or isinstance(given, Mapping):
        twice = [name for name in fields if name in (given or {})]
        if twice:
            raise TypeError(f"isolate() got '{twice[0]}' both in the question and as a keyword")
        return None, json.dumps({**(given or {}), **fields}, ensure_ascii=False).encode()
    if not isinstance(given, (str, os.PathLike)):
        raise TypeError(f"a question is a dict or the path of a file, not {type(given).__name__}")
    beside = [name for name in fields if name not in ("outside", "new_pods")]
    if beside:
        raise TypeError(f"isolate() got a file, which says who the tenants are, and '{beside[0]}'")
    name = os.fspath(given)
    try:
        with open(name, "rb") as file:
            return name, file.read()
    except OSError as error:
        raise QuestionError(Problem("unreadable", f"cannot read `{name}`: {error.strerror}")) from None


def _find(told: Sequence[Mapping[str, Any]], source: str, destination: str) -> Mapping[str, Any]:
    for one in told:
        if one["from"] == source and one["to"] == destination:
            return one
    raise KeyError((source, destination))


def _answer(told: Mapping[str, Any]) -> Answer:
    return Answer(
        told["from"], told["to"], told["port"], told["protocol"], told["verdict"], told["decided_by"],
        tuple(told.get("depends_on", ())),
    )  # fmt: skip


def _cell(told: Mapping[str, Any], finding: Callable[[int], May]) -> Cell:
    found = tuple(
        CellFinding(one["from"], one["to"], one["pairs"], finding(one["finding"])) for one in told.get("findings", ())
    )
    # Between two workloads there is one pair.
    counts = told.get("pairs") or {key: int(told["verdict"] == key) for key in ("allow", "some", "deny", "not_proved")}
    return Cell(told["from"], told["to"], told["verdict"], Pairs(**counts), found)


def _may(told: Mapping[str, Any]) -> May:
    return May(
        told["verdict"], tuple(map(_way, told["ways"])), tuple(map(_but, told.get("but", ()))),
        _unproved(told.get("not_proved", ())),
    )  # fmt: skip


def _declared(told: Mapping[str, Any]) -> DeclaredCell:
    return DeclaredCell(
        told["from"], told["to"], told["verdict"], told["allow"], told["deny"], told["depends"],
        tuple(told["depends_on"]), tuple(map(_answer, told["examples"])),
        tuple(map(_answer, told.get("answers", ()))),
    )  # fmt: skip


def _unproved(told: Sequence[Mapping[str, Any]]) -> tuple[Unproved, ...]:
    return tuple(
        Unproved(
            one["why"], Flow.from_dict(one["flow"]), tuple(one.get("missing", ())),
            _values._policy(one.get("policy")),
        )
        for one in told
    )  # fmt: skip


def _hole(told: Mapping[str, Any]) -> Hole:
    return Hole(
        told["request"], _values._layer(told["let_in_by"]), tuple(told["needs"]),
        Flow.from_dict(told["flow"]), Decision.from_dict(told["decision"]),
    )  # fmt: skip


def _finding(told: Mapping[str, Any]) -> tuple[Any, ...]:
    return (
        tuple(told["alone"]), told["network_alone"], told["mesh_alone"],
        tuple(map(_values._layer, told["held_by"])), tuple(map(_hole, told["holes"])),
        _unproved(told["not_proved"]),
    )  # fmt: skip


def _pair(told: Mapping[str, Any], finding: tuple[Any, ...]) -> Pair:
    return Pair(told["from"], told["to"], told["verdict"], *finding)


def _way(told: Mapping[str, Any]) -> Way:
    return Way(
        told["protocol"], _ranges(told["ports"]), told["raw"],
        tuple(told["methods"]), tuple(told["paths"]), _values._layer(told["let_in_by"]), _conditions(told["conditions"]),
        told["request"], Flow.from_dict(told["flow"]), Decision.from_dict(told["decision"]),
        any_of=_any_of(told), needs=tuple(told.get("needs", ())), also=tuple(told.get("also", ())),
        others=told.get("others", False), source_ports=_ranges(told.get("source_ports", ())),
        icmp=tuple(told.get("icmp", ())), service=told.get("service"), ip_version=told.get("ip_version"),
    )  # fmt: skip


def _but(told: Mapping[str, Any]) -> But:
    policy = Policy(**told["policy"])
    return But(policy, told["rule"], _conditions(told["conditions"]), _any_of(told), told.get("at"))


def _ranges(told: Sequence[Sequence[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((low, high) for low, high in told)


def _conditions(told: Sequence[Mapping[str, Any]]) -> tuple[Condition, ...]:
    return tuple(Condition(c["field"], tuple(c["values"]), tuple(c["not_values"])) for c in told)


def _any_of(told: Mapping[str, Any]) -> tuple[tuple[Condition, ...], ...]:
    return tuple(map(_conditions, told.get("any_of", ())))


def _change(told: Mapping[str, Any]) -> Change:
    return Change(
        told["kind"], told["intended"], told["pairs"], tuple(told["from"]), tuple(told["to"]), told["request"],
        _values._layer(told["before"]), _values._layer(told["after"]),
        Flow.from_dict(told["flow"]), Decision.from_dict(told["decision"]),
    )  # fmt: skip


def _step(told: Mapping[str, Any]) -> Step:
    against = told.get("counterexample")
    shown = against and Counterexample(
        against["request"], _values._layer(against["decided_by"]), Flow.from_dict(against["flow"])
    )
    return Step(told["what"], told["verdict"], shown, _unproved(told.get("not_proved", ())))


def _held(pair: Pair) -> str:
    """What holds a pair or lets it, in one clause."""
    if pair.holes:
        return pair.holes[0].request
    if pair.not_proved:
        return pair.not_proved[0].why
    return f"by {', and again by '.join(pair.alone)}" if pair.alone else "by no layer alone"


def _grid(
    report: Report,
    columns: Sequence[str],
    told: Sequence[Mapping[str, Any]],
    rows: Sequence[str] | None = None,
) -> str:
    """Ordered pairs as a table of signs, rows ask columns; the text where that is too wide."""
    if len(columns) > _GRID_MAX:
        return f"<pre>{_html.escape(str(report))}</pre>"
    found = {(pair["from"], pair["to"]): pair["verdict"] for pair in told}

    def cell(source: str, destination: str) -> str:
        verdict = found.get((source, destination))
        if verdict is None:
            return "<td>·</td>"
        sign, colour = _SIGNS[verdict]
        return f'<td style="color:{colour}">{sign} {verdict.replace("_", " ")}</td>'

    head = "".join(f"<th>{_html.escape(name)}</th>" for name in columns)
    lines = "".join(
        f"<tr><th>{_html.escape(source)}</th>{''.join(cell(source, name) for name in columns)}</tr>"
        for source in rows or columns
    )
    title = _html.escape(repr(report).strip("<>"))
    return f"<div><b>{title}</b><table><tr><th></th>{head}</tr>{lines}</table></div>"
