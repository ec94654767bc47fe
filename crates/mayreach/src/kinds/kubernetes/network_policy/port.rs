//! `ports` of a NetworkPolicy rule (`ValidateNetworkPolicyPort`).

use super::manifest::RulePort;
use crate::{
    kinds::kubernetes::{Checks, Path, rules, syntax},
    manifest::{IntOrString, Spanned},
    model::{Protocol, network::PortMatch},
};

/// Protocol and port; `None` is every port of the protocol.
pub(super) fn lower(
    port: &RulePort,
    path: &Path<'_>,
    checks: &mut Checks<'_>,
) -> (Option<Protocol>, Option<PortMatch>) {
    let RulePort { protocol, port, end_port } = port;
    let protocol = rules::protocol(protocol.as_ref(), &path.field("protocol"), checks);
    let matched = match (port, end_port) {
        (None, None) => None,
        (None, Some(end)) => {
            let path = path.field("endPort");
            checks.conflict(&path, end.line, "`endPort` needs a `port` to begin the range");
            None
        }
        (Some(Spanned { value: IntOrString::Int(number), line }), end) => {
            range(*number, *line, end.as_ref(), path, checks)
        }
        (Some(Spanned { value: IntOrString::String(name), line }), end) => {
            if let Some(end) = end {
                let path = path.field("endPort");
                checks.conflict(&path, end.line, "`endPort` needs a numeric `port`");
            }
            if let Err(why) = syntax::port_name(name) {
                checks.invalid(&path.field("port"), *line, why);
            }
            Some(PortMatch::Named(name.clone()))
        }
    };
    (Some(protocol), matched)
}

fn range(
    number: i64,
    line: u32,
    end: Option<&Spanned<i64>>,
    path: &Path<'_>,
    checks: &mut Checks<'_>,
) -> Option<PortMatch> {
    let first = checked(number, line, &path.field("port"), checks);
    let Some(end) = end else { return first.map(|port| PortMatch::Range(port, port)) };
    let at = path.field("endPort");
    let last = checked(end.value, end.line, &at, checks);
    if end.value < number {
        let message = format!("`endPort` {} is less than `port` {number}", end.value);
        checks.invalid(&at, end.line, message);
    }
    Some(PortMatch::Range(first?, last?))
}

fn checked(number: i64, line: u32, path: &Path<'_>, checks: &mut Checks<'_>) -> Option<u16> {
    syntax::port_number(number).map_err(|why| checks.invalid(path, line, why)).ok()
}
