"""Compares mayreach with NCA (PyPI network-config-analyzer) on network policy, the subset both read.

usage: python3 compare.py MAYREACH NCA

By namespace: which may reach which at all (`--connectivity` against `isolate --by namespace`), and whether
two sets differ (`--equiv` against `diff`). Prints every disagreement; exit status 1 if there is
one.
"""

import csv
import io
import itertools
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = ["namespaces.yaml", "workloads.yaml", "network-policies.yaml"]


def run(*command):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=600)


def nca_pairs(nca, folder):
    """Ordered pairs of namespaces between which NCA allows something; `None` is outside."""
    text = run(nca, "--connectivity", folder, "-r", folder, "--output_format", "csv").stdout
    pairs = set()
    for row in csv.reader(io.StringIO(text)):
        if len(row) < 6 or not row[5] or row[0] == "query":
            continue
        names = lambda cell: cell.strip("[]").split(",") if cell else [None]
        pairs.update(itertools.product(names(row[1]), names(row[3])))
    return pairs


def our_pairs(mayreach, folder):
    """The same of mayreach; pods that do not exist yet are no endpoints of NCA's."""
    text = run(mayreach, "isolate", folder, "--by", "namespace", "--no-new-pods", "--output", "json").stdout
    found = json.loads(text)
    name = lambda n: None if n == "(outside)" else n
    proved = all(pair["verdict"] != "not_proved" for pair in found["pairs"])
    opened = {(name(p["from"]), p["to"]) for p in found["pairs"] if p["verdict"] == "open"}
    return opened, {t["name"] for t in found["tenants"]}, proved


def nca_equal(nca, old, new):
    text = run(nca, "--equiv", old, "-r", old, "-b", new, "-rb", new).stdout
    return any(t in text for t in ("semantically equivalent", "the same set of policies")), text


def our_equal(mayreach, old, new):
    return json.loads(run(mayreach, "diff", old, new, "--output", "json").stdout)["verdict"] == "equivalent"


def variants(folder, target):
    """The example, and copies of it without one policy each."""
    for name in FILES:
        shutil.copy(folder / name, target / name)
    yield "as it is", target
    policies = (folder / "network-policies.yaml").read_text().split("\n---\n")
    for drop in range(len(policies)):
        kept = [p for n, p in enumerate(policies) if n != drop]
        copy = pathlib.Path(tempfile.mkdtemp(dir=target.parent))
        for name in FILES[:2]:
            shutil.copy(folder / name, copy / name)
        (copy / FILES[2]).write_text("\n---\n".join(kept))
        yield f"without policy {drop}", copy


def main():
    mayreach, nca = sys.argv[1:3]
    asked = disagreed = 0
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        for example in ["tenants", "tenants-broken"]:
            base = scratch / example
            base.mkdir()
            first = None
            for what, folder in variants(ROOT / "examples" / example, base):
                first = first or folder
                theirs, (ours, names, proved) = nca_pairs(nca, folder), our_pairs(mayreach, folder)
                assert proved, "the subset has nothing that is not evaluated"
                for pair in itertools.product([None, *sorted(names)], sorted(names)):
                    if pair[0] == pair[1]:
                        continue
                    asked += 1
                    if (pair in theirs) != (pair in ours):
                        disagreed += 1
                        print(f"{example} {what}: {pair} NCA {pair in theirs}, mayreach {pair in ours}")
                same, text = nca_equal(nca, first, folder)
                asked += 1
                if same != our_equal(mayreach, first, folder):
                    disagreed += 1
                    print(f"{example} {what}: NCA says {text.strip().splitlines()[:1]}")
    print(f"{asked} questions, {disagreed} answered otherwise")
    sys.exit(1 if disagreed else 0)


if __name__ == "__main__":
    main()
