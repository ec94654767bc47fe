"""Answers as text for people."""

from __future__ import annotations

import html as _html
from collections.abc import Iterable, Mapping
from typing import Any

from mayreach._values import LayerDecision, Policy, Reason, View

_WORDS = {"allow": "ALLOWED", "deny": "DENIED", "undetermined": "UNDETERMINED"}
_MARKS = {"matched": "+", "not_matched": "-", "depends": "?", "skipped": " ", "info": " "}


def _policies(reason: Reason) -> str:
    named = reason.policies or ((reason.policy,) if reason.policy else ())
    return ", ".join(str(policy) for policy in named)


def why(layer: LayerDecision) -> str:
    """What decided a layer, as a clause."""
    reason = layer.reason
    policy = str(reason.policy) if reason.policy else ""
    rule = f"rule {reason.rule} of {policy}" if reason.rule is not None else policy
    mode = f"mTLS {reason.mode}" + (f" of {policy}" if policy else ", the mesh default,")
    words = {
        "rule": f"{'allowed' if layer.verdict == 'allow' else 'denied'} by {rule}",
        "isolated": f"isolated by {_policies(reason)}: no {layer.layer} rule matches",
        "end_of_tier": f"end of tier `{reason.tier}`: no {layer.layer} rule of {_policies(reason)} decides",
        "default_allow": f"no {layer.layer} policy decides: allowed by default",
        "no_allow_match": f"no ALLOW rule of {_policies(reason)} matches",
        "mtls_accepted": f"{mode} accepts it",
        "mtls_refused": f"{mode} refuses {reason.client}",
        "not_in_mesh": "the destination is not in the mesh",
        "no_policy": "no policy selects the destination",
        "jwt_verified": f"token verified by {rule}",
        "jwt_missing": "no token is sent, and that alone passes",
        "jwt_rejected": f"token refused by {policy}: `{reason.body}`",
        "provider": f"{rule} asks `{reason.provider}`",
        "not_evaluated": f"{policy} may change this and is not evaluated",
        "missing": (f"{policy} " if policy else "") + f"depends on {', '.join(reason.missing)}",
        "not_reached": "not asked: the connection is refused before",
    }
    return words.get(reason.code, f"{reason.code} {rule}".strip())


def decision(view: View) -> str:
    """A decision on a few lines, with file and line."""
    lines = [_WORDS[view.verdict] + (f" by {view.decided_by}" if view.decided_by else "")]
    for layer in view.layers:
        at = f"  {layer.reason.at}" if layer.reason.at else ""
        lines.append(f"  {layer.layer:<14}{layer.verdict:<13}{why(layer)}{at}")
    if view.client_sees:
        lines.append(f"  the client sees {view.client_sees}")
    lines.extend(f"  note: {note}" for note in view.notes)
    return "\n".join(lines)


def shown(view: View) -> str:
    """A decision on one line."""
    layer = view.deciding
    at = f", at={layer.reason.at!r}" if layer.reason.at else ""
    by = f", decided_by={view.decided_by!r}" if view.decided_by else ""
    return f"<Decision verdict={view.verdict!r}{by}, reason={why(layer)!r}{at}>"


def html(view: View) -> str:
    """A decision for a notebook."""
    colours = {"allow": "#1a7f37", "deny": "#cf222e", "undetermined": "#9a6700"}

    def cell(text: str, verdict: str | None = None) -> str:
        style = f' style="color:{colours[verdict]}"' if verdict else ""
        return f"<td{style}>{_html.escape(text)}</td>"

    rows = "".join(
        f"<tr>{cell(layer.layer)}{cell(layer.verdict, layer.verdict)}{cell(why(layer))}"
        f"{cell(layer.reason.at or '')}</tr>"
        for layer in view.layers
    )
    head = f'<b style="color:{colours[view.verdict]}">{_WORDS[view.verdict]}</b>'
    sees = f"; the client sees {_html.escape(str(view.client_sees))}" if view.client_sees else ""
    return f"<div>{head}{sees}<table>{rows}</table></div>"


def _steps(steps: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    depth = {"tier": 2, "policy": 3, "rule": 4, "condition": 5, "remark": 4}
    for step in steps:
        parts = [_step(step)]
        if step.get("missing"):
            parts.append(f"(depends on {', '.join(step['missing'])})")
        if "at" in step:
            parts.append(f" {step['at']}")
        yield f"{'  ' * depth[step['kind']]}{_MARKS[step['outcome']]} {' '.join(parts)}"


def _step(step: Mapping[str, Any]) -> str:
    kind, text = step["kind"], step.get("text", "")
    if kind == "policy" and "policy" in step:
        policy = Policy(**step["policy"])
        return str(policy) if text in ("", policy.path) else f"{policy} {text}"
    if kind == "rule" and not text.startswith("rule"):
        return f"rule {step.get('rule', '')} {text}".strip()
    return str(text)


def explanation(told: Mapping[str, Any], short: bool = False) -> str:
    """The whole walk; ``+`` matched, ``-`` did not, ``?`` depends on what is not known.

    ``short`` leaves out the steps of layers that did not decide.
    """
    from mayreach._values import _layer

    answer = told["decision"]
    by = answer["decided_by"]
    lines = [_WORDS[answer["verdict"]] + (f" by {by}" if by else "")]
    for walk in told["walks"]:
        lines.append(f"to {walk['destination'] or 'outside'}, port {walk['port'] or 'not known'}")
        for layer in walk["layers"]:
            decided = _layer(layer)
            at = f"  {decided.reason.at}" if decided.reason.at else ""
            lines.append(f"  {layer['layer']:<14}{layer['verdict']:<13}{why(decided)}{at}")
            if short and layer["layer"] != by:
                continue
            lines.extend(_steps(layer["steps"]))
            nearest = layer.get("nearest")
            if nearest:
                at = f"  {nearest['at']}" if "at" in nearest else ""
                policy = Policy(**nearest["policy"])
                lines.append(f"    nearest: rule {nearest['rule']} of {policy}{at}")
                lines.extend(f"      but for: {failed}" for failed in nearest["failed"])
        lines.extend(f"  {remark}" for remark in walk["remarks"])
    sees = view_sees(answer)
    return "\n".join(lines + ([f"the client sees {sees}"] if sees else []))


def view_sees(answer: Mapping[str, Any]) -> str:
    """What the client sees, in words; empty if nothing is denied."""
    from mayreach._values import ClientSees

    return str(ClientSees(**answer["client_sees"])) if answer["client_sees"] else ""


def description(told: Mapping[str, Any]) -> str:
    """A workload on a page."""
    from mayreach._values import _layer

    at = f"  {told['at']}" if told["at"] else ""
    lines = [f"{told['kind']} {told['workload']} ({told['enrolment']}){at}"]
    labels = ", ".join(f"{key}={value}" for key, value in told["labels"].items())
    lines.append(f"  labels         {labels or 'none'}")
    ports = ", ".join(f"{port['port']}/{port['protocol']}" for port in told["ports"])
    lines.append(f"  ports          {ports or 'none declared'}")
    for service in told["services"]:
        lines.append(f"  service        {service['service']}")
    for direction in ("egress", "ingress"):
        for one in told[direction]:
            policy = Policy(**one["policy"])
            place = f"  {policy.at}" if policy.at else ""
            lines.append(f"  {direction:<15}{policy} (tier {one['tier']}){place}")
    for mode in told["mtls"]:
        port = mode["port"] or "others"
        lines.append(f"  mtls {port!s:<10}{why(_layer(mode))}")
    for one in told["authorization"]:
        policy = Policy(**one["policy"])
        place = f"  {policy.at}" if policy.at else ""
        lines.append(f"  authorization  {one['action']} {policy}{place}")
    for answer in told["reached_by"]:
        missing = answer.get("depends_on", ())
        depends = f" on {', '.join(missing)}" if missing else ""
        lines.append(
            f"  from {answer['from']:<32} {answer['port'] or 'any'}/{answer['protocol']:<5} "
            f"{answer['verdict']}{depends}"
        )
    return "\n".join(lines)
