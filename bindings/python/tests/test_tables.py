"""Tables in, tables out."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import pytest

import mayreach
from mayreach import Program

pa = pytest.importorskip("pyarrow")

ROWS: list[dict[str, Any]] = [
    {"source": "tenant-acme/web", "destination": "tenant-acme/api", "port": 8080, "method": "GET", "path": "/v1/a"},
    {"source": "tenant-acme/web", "destination": "tenant-acme/api", "port": 8080, "method": "PUT", "path": "/v1/a"},
    {"source": "tenant-acme/web", "destination": "tenant-globex/api", "port": 8080, "method": None, "path": None},
    {"source": "203.0.113.7", "destination": "service:tenant-acme/api", "port": 80, "method": None, "path": None},
    {"source": "tenant-acme/web", "destination": "tenant-acme/api", "port": 8080, "method": "GET", "path": None},
]


def table(times: int = 1, **types: Any) -> Any:
    made = pa.Table.from_pylist(ROWS * times)
    for name, kind in types.items():
        made = made.set_column(made.column_names.index(name), name, made[name].cast(kind))
    return made


def check(program: Program, answers: Any) -> None:
    told = pa.table(answers).to_pylist()
    assert len(told) % len(ROWS) == 0 and told
    wanted = [program.decide(**{k: v for k, v in row.items() if v is not None}) for row in ROWS]
    for number, row in enumerate(told):
        one = wanted[number % len(ROWS)]
        policy = one.reason.policy
        assert row == {
            "verdict": one.verdict,
            "decided_by": one.decided_by,
            "policy_kind": policy and policy.kind,
            "policy_namespace": policy and policy.namespace,
            "policy_name": policy and policy.name,
            "rule": one.reason.rule,
            "reason": one.reason.code,
            "client_sees": one.client_sees and one.client_sees.kind,
            "status": one.client_sees and one.client_sees.status,
            "missing": ", ".join(one.reason.missing) or None,
            "error": None,
        }


DICTIONARY = pa.dictionary(pa.int32(), pa.string())


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view(), DICTIONARY,
                                  pa.dictionary(pa.uint8(), pa.large_string())], ids=str)  # fmt: skip
def test_every_layout_answers_as_single_flows_do(tenants: Program, kind: Any) -> None:
    flows = table(2000, source=kind, destination=kind, method=kind, path=kind)
    check(tenants, tenants.decide_many(flows))
    check(tenants, tenants.decide_many(flows.combine_chunks().to_batches()[0]))
    check(tenants, tenants.decide_many(flows, threads=1))


@pytest.mark.parametrize("kind", [pa.int8(), pa.uint16(), pa.int64(), pa.uint64()], ids=str)
def test_every_width_of_number(tenants: Program, kind: Any) -> None:
    flows = table().drop_columns(["port"]).slice(0, 1).append_column("port", pa.array([80], kind))
    assert tenants.decide_many(flows)["error"] == [None]


def test_lists_and_other_libraries(tenants: Program) -> None:
    columns = {name: [row[name] for row in ROWS] for name in ROWS[0]}
    check(tenants, tenants.decide_many(columns))
    polars = pytest.importorskip("polars")
    answers = tenants.decide_many(polars.DataFrame(ROWS))
    check(tenants, answers)
    assert polars.DataFrame(answers)["verdict"].to_list() == answers["verdict"]
    check(tenants, tenants.decide_many(polars.DataFrame(ROWS).with_columns(
        polars.col("source", "destination", "method").cast(polars.Categorical))))
    pandas = pytest.importorskip("pandas")
    check(tenants, tenants.decide_many(pandas.DataFrame(ROWS)))
    duckdb = pytest.importorskip("duckdb")
    flows = table()  # noqa: F841
    check(tenants, tenants.decide_many(duckdb.sql("select * from flows").to_arrow_table()))
    answers = pa.table(answers)
    assert duckdb.sql("select count(*) from answers where verdict = 'deny'").fetchall() == [(3,)]


def test_a_slice_is_read_where_it_begins(tenants: Program) -> None:
    flows = table(3, source=DICTIONARY)
    assert tenants.decide_many(flows.slice(1, 3))["verdict"] == tenants.decide_many(flows)["verdict"][1:4]


def test_rows_as_dicts(tenants: Program) -> None:
    answers = tenants.decide_many({**{k: [v] for k, v in ROWS[0].items()}, "id": ["a"]})
    assert len(answers) == answers.num_rows == 1 and answers.column_names[0] == "id"
    assert answers.to_pylist()[0]["id"] == "a" and answers.to_pylist()[0]["verdict"] == "allow"
    assert "1 rows" in repr(answers)
    with pytest.raises(KeyError):
        answers["verdit"]
    stamped = tenants.decide_many(table().slice(0, 1).append_column("id", pa.array([datetime.date(2026, 1, 1)])))
    assert stamped["id"] == [datetime.date(2026, 1, 1)]


def test_a_bad_row_is_wrong_alone(tenants: Program) -> None:
    flows = {"source": ["tenant-acme/web", "nobody", None], "destination": ["tenant-acme/api"] * 3}
    answers = tenants.decide_many(flows)
    assert answers["verdict"][0] is not None and answers["verdict"][1:] == [None, None]
    assert "`nobody` names nobody" in answers["error"][1]
    with pytest.raises(mayreach.TableError, match="row 1: "):
        tenants.decide_many(flows, errors="raise")
    with pytest.raises(TypeError):
        tenants.decide_many(flows, errors="rise")  # type: ignore[arg-type]


def test_columns_that_no_flow_has(tenants: Program) -> None:
    flows = {"source": ["tenant-acme/web"], "destination": ["tenant-acme/api"], "methd": ["GET"]}
    with pytest.raises(mayreach.TableError) as caught:
        tenants.decide_many(flows)
    assert caught.value.field == "methd" and caught.value.help == "did you mean `method`?"
    assert len(tenants.decide_many(flows, extra="ignore")) == 1
    with pytest.raises(mayreach.TableError, match="Int64"):
        tenants.decide_many(pa.table({"source": ["a/b"], "destination": ["a/b"], "port": [80.0]}))
    with pytest.raises(TypeError, match="a table is"):
        tenants.decide_many([1])
    with pytest.raises(TypeError, match="row 1"):
        tenants.decide_many({"source": ["a/b", 7], "destination": ["a/b", "a/b"]})
    with pytest.raises(ValueError, match="another number"):
        tenants.decide_many({"source": ["a/b"], "destination": []})


def test_rare_columns(tenants: Program) -> None:
    asked = {"source": "tenant-acme/web", "destination": "tenant-acme/api", "port": 8080}
    now = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    extra: dict[str, Any] = {
        "method": "GET", "path": "/v1/a", "headers": [["x-a", "b"]], "claims": {"sub": "me"}, "now": now,
        "ext_authz": {"p": "allow"}, "principal": "cluster.local/ns/tenant-acme/sa/web", "mtls": True,
    }  # fmt: skip
    one = tenants.decide(**asked, **extra)
    answers = tenants.decide_many({name: [value] for name, value in {**asked, **extra}.items()})
    assert answers["error"] == [None] and answers["verdict"] == [one.verdict]
    inline = {"namespace": "tenant-acme", "labels": {"app": "web"}, "service_account": "web"}
    answers = tenants.decide_many({"source": [inline], "destination": ["tenant-acme/api"], "port": [8080]})
    assert answers["error"] == [None]


def test_streams_read_a_batch_when_one_is_wanted(tenants: Program) -> None:
    read = []

    def batches() -> Iterator[Any]:
        for number in range(5):
            read.append(number)
            yield from table(10).to_batches()

    reader = pa.RecordBatchReader.from_batches(table().schema, batches())
    stream = tenants.decide_stream(reader)
    assert read == []
    first = next(iter(stream))
    assert len(first) == 50 and read == [0]
    rest = pa.RecordBatchReader.from_stream(stream)
    assert sum(batch.num_rows for batch in rest) == 200 and read == [0, 1, 2, 3, 4]
    with pytest.raises(RuntimeError, match="handed over"):
        next(stream)


def test_what_a_producer_raises_is_told(tenants: Program) -> None:
    def batches() -> Iterator[Any]:
        yield from table().to_batches()
        raise RuntimeError("the disk is gone")

    reader = pa.RecordBatchReader.from_batches(table().schema, batches())
    with pytest.raises(mayreach.MayreachError, match="the disk is gone"):
        tenants.decide_many(reader)


def test_arrays_that_lie_are_refused(tenants: Program) -> None:
    bad = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\3\0\0\0"), pa.py_buffer(b"a/\xff")])
    with pytest.raises(mayreach.MayreachError):
        tenants.decide_many(pa.table({"source": bad, "destination": ["tenant-acme/api"]}))


def test_nothing_is_an_answer_too(tenants: Program) -> None:
    assert len(tenants.decide_many(table().slice(0, 0))) == 0
    assert pa.table(tenants.decide_many({"source": [], "destination": []})).num_rows == 0
