"""Protocols and ports of every pair of pods, as NCA and mayreach say them."""

import csv
import io
import itertools
import json
import re

POINTS = [(p, n) for p in ("TCP", "UDP", "SCTP") for n in (1, 53, 79, 80, 81, 90, 91, 443, 8080, 65535)]
SET = re.compile(r"\{protocols:([^}]*?)(?:,\s*dst_ports:([^}]*))?\}")


def connections(text):
    """The points that a connection of NCA's text holds."""
    text = text.strip()
    if text == "All connections":
        return set(POINTS)
    if text == "No connections":
        return set()
    found = set()
    sets = SET.findall(text)
    assert sets, text
    for protocols, ports in sets:
        wanted = [p.strip() for p in protocols.split(",")]
        spans = [tuple(map(int, (s.strip().split("-") * 2)[:2])) for s in ports.split(",")] if ports else [(1, 65535)]
        found |= {(p, n) for p, n in POINTS if p in wanted and any(a <= n <= b for a, b in spans)}
    return set(POINTS) - found if text.startswith("All but") else found


def listed(cell):
    return [n.strip() for n in cell.strip("[]").split(",")]


def meant(cell, pod, labels):
    """Whether a cell of pods means one: `*`, names, or labels that NCA found in the policies."""
    def clause(text):
        text = text.strip()
        if text.startswith("!has("):
            return text[5:-1] not in labels
        if text.startswith("has("):
            return text[4:-1] in labels
        if "!=" in text:
            key, value = text.split("!=")
            return labels.get(key) != value
        if "=" in text:
            key, value = text.split("=")
            return labels.get(key) == value
        return text in ("*", pod) or text.split("(")[0] == pod

    return any(clause(c) for one in listed(cell) for c in one.split(" or "))


def nca(text, pods):
    """By section, by pair of pods: the points. `pods`: labels by namespace and name."""
    sections, now = {}, None
    for row in csv.reader(io.StringIO(text)):
        if len(row) < 6 or row[0] == "query":
            continue
        if row[0]:
            now = sections.setdefault(row[0], {})
        if not (row[5] and row[1] and row[3]):
            continue
        inside = lambda spaces, of: [p for p in pods if p[0] in listed(spaces) and meant(of, p[1], pods[p])]
        for pair in itertools.product(inside(row[1], row[2]), inside(row[3], row[4])):
            now.setdefault(pair, set()).update(connections(row[5]))
    return sections


def mayreach(text):
    """By pair of pods: the points, from `matrix --output json`."""
    found = json.loads(text)
    out = {}
    for cell in found["cells"]:
        points = set()
        for one in cell.get("findings", []):
            for way in found["findings"][one["finding"]]["ways"]:
                protocols = [way["protocol"], *way.get("also", [])]
                points |= {(p, n) for p, n in POINTS if p in protocols and any(a <= n <= b for a, b in way["ports"])}
        out[tuple(cell["from"].split("/")), tuple(cell["to"].split("/"))] = points
    return out
