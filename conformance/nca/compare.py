"""Compares mayreach with NCA (PyPI network-config-analyzer) on network policy, the subset both read.

usage: python3 compare.py MAYREACH NCA

On the examples, on copies of them without one policy each, and on drawn policies: which pods may reach which on which
ports (`--connectivity` against `matrix`), which namespaces may reach which at all (`--connectivity` against `isolate`),
whether two sets differ (`--equiv` against `diff`) and where (`--semantic_diff` against `diff` and two matrices). Prints
every disagreement; exit status 1 if there is one.
"""

import itertools
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import ports

ROOT = pathlib.Path(__file__).resolve().parents[2]
DRAWN = 40


def run(*command):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=600).stdout


def examples():
    """The examples, as they are and without one policy each: (what, labels of pods, files before, files after)."""
    for example in ["tenants", "tenants-broken"]:
        folder = ROOT / "examples" / example
        files = {name: (folder / name).read_text() for name in ["namespaces.yaml", "workloads.yaml"]}
        policies = (folder / "network-policies.yaml").read_text().split("\n---\n")
        with_all = {**files, "policies.yaml": "\n---\n".join(policies)}
        yield example, {}, with_all, with_all
        for drop in range(len(policies)):
            kept = [p for n, p in enumerate(policies) if n != drop]
            yield f"{example} without policy {drop}", {}, with_all, {**files, "policies.yaml": "\n---\n".join(kept)}


def drawn():
    """Policies drawn by seed, and the same with one drawn anew."""
    for seed in range(DRAWN):
        dice = random.Random(seed)
        selector = lambda: dice.choice([{}, {"matchLabels": {"app": dice.choice("xyz")}},
            {"matchExpressions": [{"key": "tier", "operator": dice.choice(["Exists", "DoesNotExist"])}]}])
        space = lambda: dice.choice([{}, {"matchLabels": {"kubernetes.io/metadata.name": dice.choice("ab")}}])
        peer = lambda: dice.choice([{"podSelector": selector()}, {"namespaceSelector": space()},
            # With an operator here NCA looks in the policy's own namespace alone (README.md).
            {"namespaceSelector": space(), "podSelector": dice.choice([{}, {"matchLabels": {"app": dice.choice("xyz")}}])}])
        port = lambda: dice.choice([{"port": 80}, {"protocol": "UDP", "port": 53}, {"protocol": "TCP"},
            {"port": 80, "endPort": 90}, {"protocol": "SCTP", "port": 443}])
        def rule(end):
            out = {end: [peer() for _ in range(dice.randint(1, 2))]} if dice.random() < 0.8 else {}
            if dice.random() < 0.7:
                out["ports"] = [port() for _ in range(dice.randint(1, 2))]
            return out
        def policy(n):
            types = dice.choice([["Ingress"], ["Egress"], ["Ingress", "Egress"]])
            spec = {"podSelector": selector(), "policyTypes": types}
            if "Ingress" in types:
                spec["ingress"] = [rule("from") for _ in range(dice.randint(0, 2))]
            if "Egress" in types:
                spec["egress"] = [rule("to") for _ in range(dice.randint(0, 2))]
            return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
                    "metadata": {"name": f"p{n}", "namespace": dice.choice("ab")}, "spec": spec}
        objects = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": n, "labels": {"kubernetes.io/metadata.name": n}}}
                   for n in ["a", "b", "kube-system"]]
        pods = []
        for n in "ab":
            for app in "xyz":
                labels = {"app": app} | ({"tier": "t"} if dice.random() < 0.5 else {})
                pods.append({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": app, "namespace": n, "labels": labels},
                             "spec": {"containers": [{"name": "c", "image": "i"}]}})
        pods.append({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "dns", "namespace": "kube-system", "labels": {"k8s-app": "kube-dns"}},
                     "spec": {"containers": [{"name": "c", "image": "i"}]}})
        policies = [policy(n) for n in range(dice.randint(1, 4))]
        other = [*policies]
        other[0] = policy(0)
        text = lambda all_of: "\n---\n".join(json.dumps(o) for o in all_of)
        files = lambda policies: {"namespaces.yaml": text(objects), "workloads.yaml": text(pods), "policies.yaml": text(policies)}
        labels = {(p["metadata"]["namespace"], p["metadata"]["name"]): p["metadata"]["labels"] for p in pods}
        yield f"seed {seed}", labels, files(policies), files(other)


class Told:
    """Questions asked, and those answered otherwise."""

    asked = disagreed = 0

    def same(self, what, theirs, ours):
        self.asked += 1
        if theirs != ours:
            self.disagreed += 1
            print(f"{what}: NCA {theirs}, mayreach {ours}")


def main():
    mayreach, nca = sys.argv[1:3]
    told = Told()
    with tempfile.TemporaryDirectory() as scratch:
        for number, (what, labels, before, after) in enumerate([*examples(), *drawn()]):
            folders = []
            for name, files in [("old", before), ("new", after)]:
                folder = pathlib.Path(scratch) / f"{number}-{name}"
                folder.mkdir()
                for file, content in files.items():
                    (folder / file).write_text(content)
                folders.append(folder)
            compare(told, (what, labels), mayreach, nca, *folders)
    print(f"{told.asked} questions, {told.disagreed} answered otherwise")
    sys.exit(1 if told.disagreed else 0)


def compare(told, about, mayreach, nca, old, new):
    what, labels = about
    matrices = [ports.mayreach(run(mayreach, "matrix", folder, "--output", "json")) for folder in (old, new)]
    pods = {end: labels.get(end, {}) for end in sorted({end for pair in matrices[1] for end in pair})}
    pairs = [pair for pair in itertools.product(pods, pods) if pair[0] != pair[1]]

    csv = ["--output_format", "csv"]
    theirs = ports.nca(run(nca, "--connectivity", new, "-r", new, *csv), pods)
    (theirs,) = theirs.values() or [{}]
    for pair in pairs:
        told.same(f"{what}: {pair}", sorted(theirs.get(pair, set())), sorted(matrices[1].get(pair, set())))

    # Pods that do not exist yet are no endpoints of NCA's.
    found = json.loads(run(mayreach, "isolate", new, "--by", "namespace", "--no-new-pods", "--no-outside", "--output", "json"))
    for pair in found["pairs"]:
        any_of = any(theirs.get(p) for p in pairs if (p[0][0], p[1][0]) == (pair["from"], pair["to"]))
        # NCA looks at no other protocol, and a pair may be open by one alone.
        other = all(h["flow"]["protocol"] not in ("TCP", "UDP", "SCTP") for h in found["findings"][pair["finding"]]["holes"])
        told.same(f"{what}: {pair['from']} to {pair['to']}", any_of, pair["verdict"] == "open" and not other)

    diff = json.loads(run(mayreach, "diff", old, new, "--output", "json"))
    known = [c for c in diff["changes"] if any("new pod" not in n for n in c["from"]) and "workload" in c["flow"]["source"]]
    text = run(nca, "--equiv", old, "-r", old, "-b", new, "-rb", new)
    same = any(t in text for t in ("are semantically equivalent", "the same set of policies"))
    told.same(f"{what}: equivalent", same, diff["verdict"] == "equivalent")

    sections = ports.nca(run(nca, "--semantic_diff", new, "-r", new, "-b", old, "-rb", old, *csv), pods)
    for kind, word, (one, other) in [("opened", "Added", matrices), ("closed", "Removed", matrices[::-1])]:
        listed = [s for name, s in sections.items() if name.startswith(word) and "persistent" in name]
        theirs = {pair: points for section in listed for pair, points in section.items()}
        for pair in pairs:
            ours = other.get(pair, set()) - one.get(pair, set())
            told.same(f"{what}: {kind} {pair}", sorted(theirs.get(pair, set())), sorted(ours))
        any_of = any(other.get(p, set()) - one.get(p, set()) for p in pairs)
        ports_of = [c for c in known if c["kind"] == kind and c["flow"]["protocol"] in ("TCP", "UDP", "SCTP")]
        told.same(f"{what}: {kind} by diff", any_of, bool(ports_of))


if __name__ == "__main__":
    main()
