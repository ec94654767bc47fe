"""The answers about all requests: the same as the command's, as values, tables and pages."""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import pickle
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

import mayreach
from mayreach import Program, Report

EXAMPLES = ROOT / "examples"
TENANTS, BROKEN = "examples/tenants", "examples/tenants-broken"
NAMED = EXAMPLES / "tenants-isolation.yaml"
MESH = """
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
---
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: shop, labels: {app: api}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: no-admin, namespace: shop}
spec:
  action: DENY
  selector: {matchLabels: {app: api}}
  rules: [{to: [{operation: {paths: [/admin/*]}}]}]
"""
INTEND = "tenant-acme/web -> tenant-globex/api:8080 GET /v1/*"


@pytest.fixture(scope="module")
def both() -> tuple[Program, Program]:
    """The programs of both examples, with places named as the command names them."""
    before = os.getcwd()
    os.chdir(ROOT)
    try:
        return mayreach.load(TENANTS), mayreach.load(BROKEN)
    finally:
        os.chdir(before)


def command(*arguments: str) -> Any:
    """What the command prints as JSON."""
    told = os.environ.get("MAYREACH")
    binary = Path(told) if told else ROOT / "target" / "debug" / "mayreach"
    if not told and not binary.exists():
        pytest.skip("the command is not built: cargo build -p mayreach-cli")
    done = subprocess.run([binary, *arguments, "--output", "json"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode in (0, 1, 3), done.stderr
    return json.loads(done.stdout)


def reports(one: Program, two: Program) -> list[Report]:
    return [
        one.matrix("label:tenant"), one.matrix("label:tenant", declared=True), one.isolate(by="label:tenant"), one.can("tenant-acme/web", "tenant-acme/api"),
        one.callers("tenant-acme/db"), one.reaches("tenant-acme/web"), one.diff(two), one.change(two, INTEND),
    ]  # fmt: skip


@pytest.mark.parametrize("which", [0, 1], ids=["tenants", "tenants-broken"])
def test_the_answers_are_those_of_the_command(both: tuple[Program, Program], which: int) -> None:
    program, path = both[which], (TENANTS, BROKEN)[which]
    other, beside = both[1 - which], (BROKEN, TENANTS)[which]
    assert program.matrix().to_dict() == command("matrix", path)
    assert program.matrix(by="label:tenant").to_dict() == command("matrix", path, "--by", "label:tenant")
    assert program.matrix(declared=True).to_dict() == command("matrix", path, "--declared")
    by = program.matrix("label:tenant", declared=True).to_dict()
    assert by == command("matrix", path, "--by", "label:tenant", "--declared")
    assert program.isolate().to_dict() == command("isolate", path)
    assert program.isolate(by="label:tenant", outside=False, new_pods=False).to_dict() == command(
        "isolate", path, "--by", "label:tenant", "--no-outside", "--no-new-pods"
    )
    found = program.isolate(NAMED, outside=False).to_dict()
    assert found == command("isolate", path, "--tenants", str(NAMED), "--no-outside")
    for names in (("tenant-acme/web", "tenant-acme/api"), ("tenant-acme/web", "tenant-globex/api")):
        assert program.can(*names).to_dict() == command("can", path, *names)
    assert program.callers("tenant-initech/db").to_dict() == command("callers", path, "tenant-initech/db")
    assert program.reaches("tenant-acme/web").to_dict() == command("reaches", path, "tenant-acme/web")
    assert program.diff(other).to_dict() == command("diff", path, beside)
    assert program.diff(program).to_dict() == command("diff", path, path)
    told = command("change", "--from", path, "--to", beside, "--intend", INTEND)
    assert program.change(other, [INTEND]).to_dict() == told == program.change(other, INTEND).to_dict()


def test_an_isolation_has_parts(both: tuple[Program, Program]) -> None:
    whole, broken = (program.isolate(by="label:tenant") for program in both)
    pair = whole.pair("acme", "globex")
    assert pair.verdict == "isolated" and pair.network_alone and pair.mesh_alone and not pair.holes
    assert "authorization" in pair.alone and pair.held_by[0].verdict == "deny"
    assert pair in whole.pairs and len(whole.pairs) == 25 and not whole.isolated
    assert {tenant.name for tenant in whole.tenants} >= {"acme", "globex", "initech"}
    assert whole.open and all(one.verdict == "open" for one in whole.open)
    assert len(broken.open) > len(whole.open)
    for one in broken.open:
        for hole in one.holes:
            assert hole.decision.allowed and broken is not None
            assert both[1].decide(hole.flow).allowed, hole.request
    assert repr(pair).startswith("<Pair acme -> globex: isolated, by egress")
    with pytest.raises(KeyError):
        whole.pair("acme", "acme")


def test_the_other_reports_have_parts(both: tuple[Program, Program]) -> None:
    one, two = both
    cell = one.matrix("label:tenant").cell("acme", "globex")
    assert cell.verdict == "deny" and not cell.findings
    assert cell.pairs.deny > 0 and cell.pairs == mayreach.Pairs(0, 0, cell.pairs.deny, 0)
    matrix = one.matrix()
    single = matrix.cell("tenant-acme/web", "tenant-acme/api")
    can = one.can("tenant-acme/web", "tenant-acme/api")
    assert single.verdict == "some" and single.pairs == mayreach.Pairs(0, 1, 0, 0) and single in matrix.cells
    assert single.findings[0].may in matrix.findings and single.findings[0].pairs == 1
    assert [way.conditions for way in single.findings[0].may.ways] == [way.conditions for way in can.ways]
    way = can.ways[0]
    assert can.verdict == "allow" and not can.everything and not can.but
    assert way.methods == ("GET", "POST") and ("/v1/*",) in [one.values for one in way.conditions]
    assert one.decide(way.flow).allowed and way.let_in_by.reason.at
    declared = one.matrix("label:tenant", declared=True).cell("acme", "globex")
    assert (declared.verdict, declared.allow) == ("deny", 0) and declared.examples[0].verdict == "deny"
    assert sum(len(cell.answers) for cell in one.matrix(declared=True).cells) > 50
    callers = one.callers("tenant-acme/db")
    assert callers.names == {"tenant-acme/api", "tenant-acme/web"} == {other.workload for other in callers.may}
    assert "tenant-globex/web" in callers.may_not and not callers.not_proved
    change = one.diff(two).changes[0]
    assert change.kind == "opened" and change.before.verdict == "deny" and change.after.verdict == "allow"
    assert one.decide(change.flow).denied and two.decide(change.flow).allowed and change.decision.allowed
    assert one.diff(one).verdict == "equivalent" and one.diff(one).changes == ()
    found = one.change(two, INTEND)
    assert [step.verdict for step in found.steps] == ["ok", "wrong", "wrong"] and found.verdict == "wrong"
    against = found.steps[1].counterexample
    assert against and two.decide(against.flow).denied
    assert found.difference.verdict == "different" and found.difference.changes[0].pairs > 0


def test_reports_are_values(both: tuple[Program, Program]) -> None:
    for report in reports(*both):
        again = pickle.loads(pickle.dumps(report))
        assert again == report == copy.copy(report) == copy.deepcopy(report) and hash(again) == hash(report) and again.to_dict() == report.to_dict()
        assert repr(again) == repr(report) and again._repr_html_() and str(again)
        assert again.render("markdown") == report.render("markdown") and str(again) == str(report)
        assert again.to_arrow().to_pylist() == report.to_arrow().to_pylist()
        assert pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(again)))).render() == report.render()
        with pytest.raises(TypeError, match="neither true nor false"):
            bool(report)
        with pytest.raises(AttributeError):
            report.verdict = "isolated"  # type: ignore[attr-defined]
        assert json.loads(report.render("json")) == report.to_dict()
        assert str(report) == report.render().rstrip("\n") and "\x1b" not in str(report)
        assert repr(report).startswith("<") and "<" in report._repr_html_()
    one, two = (reports(*both), reports(*both))
    assert one == two and len({*one, *two}) == len(one)


def test_a_pickled_report_asks_again_or_says_why_not(both: tuple[Program, Program], tmp_path: Path) -> None:
    one, two = both
    part = one.change(two, INTEND).difference
    assert pickle.loads(pickle.dumps(part)) == part and str(part) == repr(part)
    with pytest.raises(mayreach.QuestionError, match="part of another report"):
        part.render()
    tenants = tmp_path / "tenants.yaml"
    tenants.write_text("by: label:tenant\n")
    again = pickle.loads(pickle.dumps(one.isolate(tenants)))
    tenants.write_text("by: workload\n")
    with pytest.raises(mayreach.QuestionError, match="another answer than when this report was pickled"):
        again.render()


def test_what_a_deny_rule_takes_away_is_told() -> None:
    program = mayreach.load(MESH)
    can = program.can("shop/web", "shop/api")
    (but,) = can.but
    assert can.verdict == "allow" and can.ways and (but.policy.name, but.rule) == ("no-admin", 0)
    assert but.conditions[0].field == "paths" and but.conditions[0].values == ("/admin/*",) and but.at
    (found,) = program.matrix().cell("shop/web", "shop/api").findings
    assert found.may.verdict == "some" and found.may.but == can.but and found.may.ways == can.ways
    rows = can.to_arrow().to_pylist()
    (taken,) = [row for row in rows if row["verdict"] == "deny"]
    assert taken["policy_name"] == "no-admin" and taken["what"].startswith("but not paths /admin/*")
    for format in ("text", "markdown"):
        assert "but not paths" in can.render(format)


def test_pages_and_sheets(both: tuple[Program, Program]) -> None:
    every = reports(*both)
    for report in every[:3]:
        if isinstance(report, mayreach.Declared):
            with pytest.raises(mayreach.QuestionError, match="no format `html`"):
                report.render("html")
        else:
            assert report.render("html").startswith("<!") and "tenant-acme" in report.render("html")
        assert "digraph" in report.render("dot") and report.render("mermaid").startswith("flowchart")
        assert report.render("csv").startswith("from,to,status")
    for report in every:
        assert report.render("markdown").startswith("## ") and len(report.render("csv").splitlines()) > 1
        if isinstance(report, (mayreach.Can, mayreach.Reach)):
            with pytest.raises(mayreach.QuestionError, match=r"it is one of text, json, markdown, csv\)$"):
                report.render("junit")
        else:
            assert report.render("junit").startswith("<?xml")
    isolation, can = every[2:4]
    assert isinstance(isolation, mayreach.Isolation)
    csv = isolation.render("csv").splitlines()
    assert len(csv) == 1 + len(isolation.pairs)
    with pytest.raises(mayreach.QuestionError, match="no format `html`"):
        can.render("html")
    with pytest.raises(mayreach.QuestionError, match="it is one of text, json, html") as told:
        can.render("pdf")  # type: ignore[arg-type]
    assert told.value.field == "format"


def test_reports_are_tables(both: tuple[Program, Program]) -> None:
    pyarrow, polars = pytest.importorskip("pyarrow"), pytest.importorskip("polars")
    for report in reports(*both):
        table = pyarrow.table(report)
        table.validate(full=True)
        assert table.to_pylist() == report.to_arrow().to_pylist() and table.num_rows == len(report.to_arrow()) > 0
        assert polars.DataFrame(report).height == table.num_rows
    matrix, declared, isolation, _, callers, _, diff, _ = reports(*both)
    assert isinstance(matrix, mayreach.Matrix) and isinstance(isolation, mayreach.Isolation)
    assert isinstance(declared, mayreach.Declared)
    keys = ("from", "to", "verdict", "allow", "some", "deny", "not_proved")
    for asked in (matrix, both[0].matrix()):
        cells = [(c.source, c.destination, c.verdict, *dataclasses.astuple(c.pairs)) for c in asked.cells]
        rows = asked.to_arrow().to_pylist()
        assert [tuple(row[key] for key in keys) for row in rows] == cells
        for row, cell in zip(rows, asked.cells, strict=True):
            ways = [way for found in cell.findings for way in found.may.ways]
            assert (row["what"] is None) is (not cell.findings)
            assert row["at"] == (ways[0].let_in_by.reason.at if ways else None)
    old = [(c.source, c.destination, c.verdict, c.allow, c.deny, c.depends) for c in declared.cells]
    rows = declared.to_arrow().to_pylist()
    assert [tuple(row[key] for key in ("from", "to", "verdict", "allow", "deny", "depends")) for row in rows] == old
    told = isolation.to_arrow().to_pylist()
    for row, pair in zip(told, isolation.pairs, strict=True):
        assert (row["from"], row["to"], row["verdict"]) == (pair.source, pair.destination, pair.verdict)
        assert row["alone"] == (", ".join(pair.alone) or None) and row["mesh_alone"] is pair.mesh_alone
        layer = pair.holes[0].let_in_by if pair.holes else pair.held_by[0]
        assert (row["layer"], row["reason"], row["at"]) == (layer.layer, layer.reason.code, layer.reason.at)
        assert row["policy_name"] == (layer.reason.policy.name if layer.reason.policy else None)
        assert row["request"] == (pair.holes[0].request if pair.holes else None)
    who = callers.to_arrow().to_pylist()
    assert isinstance(callers, mayreach.Reach) and isinstance(diff, mayreach.Difference)
    assert {row["workload"] for row in who if row["verdict"] == "allow"} == callers.names
    assert {row["workload"] for row in who if row["verdict"] == "deny"} == set(callers.may_not)
    changes = diff.to_arrow().to_pylist()
    assert [row["request"] for row in changes if row["kind"] in ("opened", "closed")] == [c.request for c in diff.changes]
    assert changes[0]["before_layer"] == diff.changes[0].before.layer


def test_what_cannot_be_asked_is_told(both: tuple[Program, Program], tmp_path: Path) -> None:
    one, two = both
    wrong: list[tuple[Any, str, str]] = [
        (lambda: one.matrix("label:"), "by", "cannot roll up by"),
        (lambda: one.isolate(by="labels:x"), "by", "cannot roll up by"),
        (lambda: one.isolate(tenants={"acme": {"namespace": ["x"]}}), "tenants.acme", "unknown field `namespace`"),
        (lambda: one.isolate(tenants={"x": {"namespaces": ["nope"]}}), "tenants.x", "no namespace or workload"),
        (lambda: one.isolate({"exceptions": [{"to": "nobody"}]}), "exceptions[0].to", "no workload and no tenant"),
        (lambda: one.isolate(outside="no"), "outside", "not the text `no`"),
        (lambda: one.can("tenant-acme/wbe", "tenant-acme/api"), "from", "no manifest holds a workload"),
        (lambda: one.can("tenant-acme/web", "tenant-acme/ipa"), "to", "no manifest holds a workload"),
        (lambda: one.callers("tenant-acme/bd"), "workload", "no manifest holds a workload"),
        (lambda: one.reaches("nowhere"), "workload", ""),
        (lambda: one.change(two, "x"), "intend", "cannot read `x`"),
        (lambda: one.change(two, "tenant-acme/web -> a/b"), "intend", "no manifest holds a workload"),
        (lambda: one.change(two, []), "intend", "nothing is meant to change"),
    ]
    for ask, field, message in wrong:
        with pytest.raises(mayreach.QuestionError) as told:
            ask()
        assert told.value.field is not None and told.value.field.startswith(field), told.value
        assert message in told.value.message, told.value
    with pytest.raises(mayreach.QuestionError, match="cannot read"):
        one.isolate(tmp_path / "none.yaml")
    file = tmp_path / "tenants.yaml"
    file.write_text("tenants:\n  a: {namespaces: [tenant-acme], colour: red}\n")
    with pytest.raises(mayreach.QuestionError, match="tenants.yaml") as told:
        one.isolate(file)
    assert "unknown field `colour`" in told.value.message
    twice = [lambda: one.isolate(NAMED, by="namespace"), lambda: one.isolate({"by": "namespace"}, by="namespace"),
             lambda: one.isolate(3)]  # type: ignore[arg-type]  # fmt: skip
    for ask in twice:
        with pytest.raises(TypeError):
            ask()
    with pytest.raises(TypeError):
        one.diff("other")  # type: ignore[arg-type]


def test_other_threads_go_on_meanwhile(both: tuple[Program, Program]) -> None:
    counted, done = [0], threading.Event()

    def count() -> None:
        while not done.is_set():
            counted[0] += 1

    thread = threading.Thread(target=count)
    thread.start()
    try:
        seen = 0
        for _ in range(50):
            before = counted[0]
            both[0].isolate(by="label:tenant")
            seen += counted[0] > before
    finally:
        done.set()
        thread.join()
    assert seen


def test_a_matrix_without_workloads_is_a_table_too() -> None:
    empty = mayreach.load({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    assert len(empty.matrix().to_arrow()) == 0 and empty.matrix().cells == ()
    assert len(empty.matrix(declared=True).to_arrow()) == 0 and empty.matrix(declared=True).cells == ()
    assert len(empty.diff(empty).to_arrow()) == 0
