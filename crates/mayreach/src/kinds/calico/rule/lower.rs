//! What a rule means: one flat rule of the model, in the direction it stands in.

use super::{
    http,
    manifest::{Icmp, Rule, RuleMetadata},
    nets, port,
    protocol::{self, Named},
    side,
};
use crate::{
    error::NoteCode,
    kinds::calico::{findings::Findings, selectors::Dropped},
    manifest::Spanned,
    model::{
        Protocol,
        network::{Action, IpVersion, NetworkRule},
    },
};

/// Most rules that one direction of a policy takes.
const MAX_RULES: usize = 1024;

/// Which list a rule stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::kinds::calico) enum Direction {
    Ingress,
    Egress,
}

/// What a rule's meaning depends on besides its own text.
#[derive(Clone, Copy, Debug)]
pub(in crate::kinds::calico) struct Context<'a> {
    /// Of the policy; `None` for a policy of the cluster.
    pub(in crate::kinds::calico) namespace: Option<&'a str>,
    pub(in crate::kinds::calico) direction: Direction,
    pub(in crate::kinds::calico) ebpf: bool,
}

/// Lowers all rules of one direction. `field` is where they stand, such as `spec.ingress`.
pub(in crate::kinds::calico) fn rules(
    written: Vec<Spanned<Rule>>,
    field: &str,
    context: Context<'_>,
    findings: &mut Findings<'_>,
) -> Result<Vec<NetworkRule>, Dropped> {
    let first = written.first().map_or(0, |rule| rule.line);
    findings.at_most(MAX_RULES, written.len(), first, field);
    let mut lowered = Vec::with_capacity(written.len());
    for (index, Spanned { value, line }) in written.into_iter().enumerate() {
        let at = At { line, field: &format!("{field}[{index}]") };
        lowered.push(rule(value, index, at, context, findings)?);
    }
    Ok(lowered)
}

/// Where a rule stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'a> {
    pub(super) line: u32,
    pub(super) field: &'a str,
}

fn rule(
    written: Rule,
    index: usize,
    at: At<'_>,
    context: Context<'_>,
    findings: &mut Findings<'_>,
) -> Result<NetworkRule, Dropped> {
    let Rule {
        action: written_action,
        ip_version: written_version,
        protocol: written_protocol,
        icmp: written_icmp,
        not_protocol: written_not_protocol,
        not_icmp: written_not_icmp,
        source: written_source,
        destination: written_destination,
        http: written_http,
        metadata,
    } = written;
    if let Some(RuleMetadata { annotations: _ }) = metadata {}
    let action = action(&written_action, at, findings);
    let version = version(written_version.as_ref(), at, findings);
    let protocol = protocol::field(written_protocol.as_ref(), at, "protocol", context, findings);
    let not_protocol =
        protocol::field(written_not_protocol.as_ref(), at, "notProtocol", context, findings);
    check_versions(version, [protocol, not_protocol], at, findings);
    let icmp_line = written_icmp.as_ref().map(|icmp| icmp.line);
    let icmp = written_icmp.and_then(|icmp| self::icmp(&icmp, at, "icmp", findings));
    let not_icmp = written_not_icmp.and_then(|icmp| self::icmp(&icmp, at, "notICMP", findings));
    if let Some(line) = icmp_line {
        check_icmp(protocol, line, at, findings);
    }
    port::check_protocol(protocol, [&written_source, &written_destination], at, findings);
    nets::check_families(version, [&written_source, &written_destination], at, findings);
    let http = written_http
        .map(|http| http::lower(&http, action, protocol, context.direction, at, findings));
    let source = side::lower(written_source, side::End::Source, at, context, findings)?;
    let destination =
        side::lower(written_destination, side::End::Destination, at, context, findings)?;
    Ok(NetworkRule {
        index: u32::try_from(index).unwrap_or(u32::MAX),
        action,
        ip_version: version.or_else(|| protocol.and_then(implied_version)),
        protocol: protocol.map(|p| p.effective(context.ebpf)),
        not_protocol: not_protocol.map(|p| p.effective(context.ebpf)),
        icmp,
        not_icmp,
        source,
        destination,
        http,
    })
}

/// An unknown action is a problem; what is returned for it is never used.
fn action(written: &Spanned<String>, at: At<'_>, findings: &mut Findings<'_>) -> Action {
    match written.value.as_str() {
        "Allow" => Action::Allow,
        "Deny" => Action::Deny,
        "Pass" => Action::Pass,
        "Log" => Action::Log,
        other => {
            findings.invalid(
                written.line,
                format!("{}.action", at.field),
                format!("`{other}` is not an action"),
                "one of `Allow`, `Deny`, `Pass`, `Log`",
            );
            Action::Deny
        }
    }
}

fn version(
    written: Option<&Spanned<i64>>,
    at: At<'_>,
    findings: &mut Findings<'_>,
) -> Option<IpVersion> {
    let Spanned { value, line } = written?;
    match value {
        4 => Some(IpVersion::V4),
        6 => Some(IpVersion::V6),
        other => {
            let field = format!("{}.ipVersion", at.field);
            findings.invalid(*line, field, format!("`{other}` is not an IP version"), "4 or 6");
            None
        }
    }
}

/// "`protocol: ICMP` silently means IPv4 only" (`rule_convert.go` ipVersionToProtoIPVersion).
fn implied_version(protocol: Named) -> Option<IpVersion> {
    match protocol.protocol {
        Protocol::Icmp if protocol.by_name => Some(IpVersion::V4),
        Protocol::Icmpv6 if protocol.by_name => Some(IpVersion::V6),
        _ => None,
    }
}

/// "protocol ICMP requires ipVersion 4", "protocol `ICMPv6` requires ipVersion 6"; negated ones too.
/// The validator compares names: a protocol given by number passes.
fn check_versions(
    version: Option<IpVersion>,
    protocols: [Option<Named>; 2],
    at: At<'_>,
    findings: &mut Findings<'_>,
) {
    for protocol in protocols.into_iter().flatten() {
        let wanted = match protocol.protocol {
            Protocol::Icmp if protocol.by_name => IpVersion::V4,
            Protocol::Icmpv6 if protocol.by_name => IpVersion::V6,
            _ => continue,
        };
        if version.is_some_and(|version| version != wanted) {
            let (name, number) = if wanted == IpVersion::V4 { ("ICMP", 4) } else { ("ICMPv6", 6) };
            findings.conflict(
                at.line,
                format!("{}.ipVersion", at.field),
                format!("protocol `{name}` requires `ipVersion: {number}`"),
                "remove `ipVersion`; the protocol implies it",
            );
        }
    }
}

/// Type and code; without a type there is no condition.
fn icmp(
    written: &Spanned<Icmp>,
    at: At<'_>,
    name: &str,
    findings: &mut Findings<'_>,
) -> Option<(u8, Option<u8>)> {
    let Spanned { value: Icmp { kind, code }, line } = written;
    let mut number = |value: i64, field: &str, most: u8| {
        let read = u8::try_from(value).ok().filter(|number| *number <= most);
        if read.is_none() {
            findings.invalid(
                *line,
                format!("{}.{name}.{field}", at.field),
                format!("`{value}` is not an ICMP {field}"),
                format!("0 to {most}"),
            );
        }
        read
    };
    let code = code.map(|code| number(code, "code", 255));
    match (kind.map(|kind| number(kind, "type", 254)), code) {
        (Some(kind), code) => Some((kind?, code.flatten())),
        (None, None) => None,
        (None, Some(_)) => {
            findings.conflict(
                *line,
                format!("{}.{name}.code", at.field),
                "an ICMP code without an ICMP type",
                "add `type`",
            );
            None
        }
    }
}

/// "ICMP fields require protocol to be ICMP or `ICMPv6`"; `notICMP` does not.
/// By its name: the validator takes no number for it.
fn check_icmp(protocol: Option<Named>, line: u32, at: At<'_>, findings: &mut Findings<'_>) {
    let named = protocol.filter(|protocol| protocol.by_name);
    let is_icmp = named.is_some_and(|p| matches!(p.protocol, Protocol::Icmp | Protocol::Icmpv6));
    if !is_icmp {
        findings.conflict(
            line,
            format!("{}.icmp", at.field),
            "rules that specify ICMP fields must set protocol to ICMP or ICMPv6",
            "add `protocol: ICMP`",
        );
    }
}

/// Notes what a rule does that its text does not say.
pub(super) fn surprise(findings: &mut Findings<'_>, at: At<'_>, message: impl AsRef<str>) {
    let message = format!("{}: {}", at.field, message.as_ref());
    findings.note(NoteCode::Suspicious, at.line, message);
}
