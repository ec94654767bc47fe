//! A workload on one screen.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use mayreach_wire::{
    DescriptionOut,
    declared::AnswerOut,
    describe::{MtlsOut, SelectingOut},
};

use super::{
    style::{ALLOW, BOLD, DENY, FAINT, OPEN},
    table::{self, Cell},
};

/// Writes the whole description.
pub(crate) fn write(out: &mut dyn Write, description: &DescriptionOut) -> io::Result<()> {
    let at = description.at.as_deref().unwrap_or_default();
    let (name, kind) = (&description.workload, description.kind);
    writeln!(out, "{BOLD}{name}{BOLD:#}  {kind}  {FAINT}{at}{FAINT:#}")?;
    table::write(out, 2, &facts(description))?;
    direction(out, "egress", &description.egress, description)?;
    direction(out, "ingress", &description.ingress, description)?;
    mtls(out, description)?;
    authorization(out, description)?;
    reached_by(out, &description.reached_by)
}

fn facts(description: &DescriptionOut) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    let mut add = |what: &str, text: String| {
        let text = if text.is_empty() { "none".into() } else { text };
        rows.push(vec![Cell::new(what, FAINT), Cell::plain(text)]);
    };
    add("labels", labels(&description.labels));
    let namespace = description.namespace_labels.as_ref();
    add("namespace labels", namespace.map_or_else(|| "it is not defined".into(), labels));
    add("service account", description.service_account.clone());
    add("mesh", description.enrolment.to_owned());
    let addresses = match description.addresses.as_slice() {
        [] => "somewhere in the pod network".to_owned(),
        some => some.join(", "),
    };
    add("address", addresses);
    let ports = description.ports.iter().map(|port| match &port.name {
        Some(name) => format!("{}/{} ({name})", port.port, port.protocol),
        None => format!("{}/{}", port.port, port.protocol),
    });
    add("ports", ports.collect::<Vec<_>>().join(", "));
    let services = description.services.iter().map(|service| {
        let ports = service.ports.iter().map(|p| format!("{}→{}", p.port, p.target));
        format!("{} ({})", service.service, ports.collect::<Vec<_>>().join(", "))
    });
    add("services", services.collect::<Vec<_>>().join(", "));
    rows
}

fn labels(labels: &BTreeMap<String, String>) -> String {
    labels.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(", ")
}

/// The policies of one direction, in the order they are asked, with what ends each tier.
fn direction(
    out: &mut dyn Write,
    name: &str,
    policies: &[SelectingOut],
    description: &DescriptionOut,
) -> io::Result<()> {
    writeln!(out, "\n{BOLD}{name}{BOLD:#}")?;
    if description.host_network {
        return writeln!(out, "  on its node's network, which no policy of pods governs");
    }
    let allowed = description.undecided == "allow";
    if policies.is_empty() {
        let what =
            if allowed { "allowed by default" } else { "denied, its namespace is not defined" };
        return writeln!(out, "  no policy: {what}");
    }
    let mut rows = Vec::new();
    let mut goes_on = true;
    for tier in policies.chunk_by(|a, b| a.tier == b.tier) {
        rows.extend(tier.iter().map(|one| policy(one, goes_on)));
        let ends = goes_on && tier.iter().any(|one| !one.staged);
        if let Some(last) = tier.last().filter(|_| ends) {
            let denies = last.tier_default == "deny";
            let what = if denies { "anything else is denied" } else { "anything else goes on" };
            rows.push(vec![
                Cell::new(format!("tier {}", last.tier), FAINT),
                Cell::new("end", FAINT),
                Cell::new(what, if denies { DENY } else { FAINT }),
            ]);
            goes_on = !denies;
        }
    }
    table::write(out, 2, &rows)?;
    match (goes_on, allowed) {
        (false, _) => Ok(()),
        (true, true) => writeln!(out, "  then allowed by default"),
        (true, false) => writeln!(out, "  then denied: its namespace is not defined"),
    }
}

/// One policy; `asked` unless a tier before ends in a denial and none of its rules passes.
fn policy(one: &SelectingOut, asked: bool) -> Vec<Cell> {
    let order = one.order.map_or_else(|| "last".into(), |order| format!("{order}"));
    let remark = match (one.staged, asked) {
        (true, _) => "staged, not enforced",
        (false, false) => "asked only where a rule before passes",
        (false, true) => "",
    };
    vec![
        Cell::new(format!("tier {}", one.tier), FAINT),
        Cell::new(format!("order {order}"), FAINT),
        Cell::plain(one.policy.to_string()),
        Cell::new(one.policy.at.clone().unwrap_or_default(), FAINT),
        Cell::new(remark, OPEN),
    ]
}

fn mtls(out: &mut dyn Write, description: &DescriptionOut) -> io::Result<()> {
    writeln!(out, "\n{BOLD}mtls{BOLD:#}")?;
    if description.enrolment == "none" {
        return writeln!(out, "  not in the mesh");
    }
    let rows: Vec<Vec<Cell>> = description.mtls.iter().map(one_port).collect();
    table::write(out, 2, &rows)
}

fn one_port(one: &MtlsOut) -> Vec<Cell> {
    let port = one.port.map_or_else(|| "other ports".into(), |port| format!("port {port}"));
    let reason = &one.decision.reason;
    let Some(mode) = reason.mode else {
        return vec![Cell::plain(port), Cell::new(one.decision.words(), OPEN)];
    };
    let plaintext = match one.decision.verdict {
        "deny" => Cell::new("plaintext refused", DENY),
        _ => Cell::new("plaintext accepted", ALLOW),
    };
    let from =
        reason.policy.as_ref().map_or_else(|| "the mesh default".into(), ToString::to_string);
    let at = reason.at.clone().unwrap_or_default();
    vec![Cell::plain(port), Cell::plain(mode), plaintext, Cell::plain(from), Cell::new(at, FAINT)]
}

/// Tokens and authorization policies, in the order they are asked.
fn authorization(out: &mut dyn Write, description: &DescriptionOut) -> io::Result<()> {
    let mut rows = Vec::new();
    for policy in &description.tokens {
        rows.push(vec![
            Cell::plain("token"),
            Cell::plain(policy.to_string()),
            Cell::new(policy.at.clone().unwrap_or_default(), FAINT),
        ]);
    }
    for one in &description.authorization {
        let provider = one.provider.as_ref().map_or_else(String::new, |name| format!(" {name}"));
        let dry_run = if one.dry_run { "dry run, not enforced" } else { "" };
        rows.push(vec![
            Cell::plain(format!("{}{provider}", one.action)),
            Cell::plain(one.policy.to_string()),
            Cell::new(one.policy.at.clone().unwrap_or_default(), FAINT),
            Cell::new(dry_run, OPEN),
        ]);
    }
    if description.enrolment == "none" {
        return Ok(());
    }
    writeln!(out, "\n{BOLD}authorization{BOLD:#}")?;
    if rows.is_empty() {
        return writeln!(out, "  no policy: allowed");
    }
    table::write(out, 2, &rows)
}

/// Who may reach it, the allowed first.
fn reached_by(out: &mut dyn Write, answers: &[AnswerOut]) -> io::Result<()> {
    let words = [
        ("allow", "may be reached by", ALLOW),
        ("depends", "may be reached, depending on the request, by", OPEN),
    ];
    for (verdict, title, style) in words {
        let mut rows = Vec::new();
        let mut last = "";
        for answer in answers.iter().filter(|answer| answer.verdict == verdict) {
            let port = answer.port.map_or_else(|| "any port".into(), |port| port.to_string());
            let name = if last == answer.from { "" } else { answer.from.as_str() };
            last = &answer.from;
            let on = if answer.depends_on.is_empty() {
                String::new()
            } else {
                format!("on {}", answer.depends_on.join(", "))
            };
            rows.push(vec![
                Cell::plain(name),
                Cell::new(format!("{port}/{}", answer.protocol), style),
                Cell::new(on, FAINT),
            ]);
        }
        if !rows.is_empty() {
            writeln!(out, "\n{BOLD}{title}{BOLD:#}")?;
            table::write(out, 2, &rows)?;
        }
    }
    let denied = answers.iter().filter(|answer| answer.verdict == "deny").count();
    writeln!(out, "\n{denied} of {} pairs of caller and port are denied", answers.len())
}
