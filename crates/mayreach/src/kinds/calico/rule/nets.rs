//! Networks of a rule.

use ipnet::IpNet;

use super::{lower::At, manifest::EntityRule};
use crate::{
    kinds::calico::{findings::Findings, object},
    manifest::Spanned,
    model::network::IpVersion,
};

/// Most entries of one list of networks.
const MAX_NETS: usize = 256;

/// Lowers a list of networks: strictly masked CIDRs.
pub(super) fn nets(
    written: &[Spanned<String>],
    field: &str,
    negated: bool,
    findings: &mut Findings<'_>,
) -> Vec<IpNet> {
    let first = written.first().map_or(0, |net| net.line);
    findings.at_most(MAX_NETS, written.len(), first, field);
    let mut lowered = Vec::with_capacity(written.len());
    for (index, Spanned { value, line }) in written.iter().enumerate() {
        let field = || format!("{field}[{index}]");
        let Some(net) = cidr(value) else {
            let help = match value.parse::<std::net::IpAddr>() {
                Ok(ip) => format!("write a single address as `{}`", IpNet::from(ip)),
                Err(_) => "a network is written `10.0.0.0/8` or `2001:db8::/32`".to_owned(),
            };
            findings.invalid(*line, field(), format!("`{value}` is not a CIDR"), help);
            continue;
        };
        if net.trunc() != net {
            let message = format!("`{value}` is not strictly masked");
            findings.invalid(*line, field(), message, format!("write `{}`", net.trunc()));
        }
        if negated && net.prefix_len() == 0 {
            let message = format!(
                "catch-all CIDR `{value}` in a negation is a contradiction: the rule matches no traffic"
            );
            findings.invalid(*line, field(), message, "remove it, or the rule");
        }
        lowered.push(net);
    }
    lowered
}

/// An address with a prefix length. IPv4 addresses in IPv6 notation are not taken.
fn cidr(text: &str) -> Option<IpNet> {
    object::cidr(text).filter(|net| match net {
        IpNet::V4(_) => true,
        IpNet::V6(net) => net.addr().to_ipv4_mapped().is_none(),
    })
}

/// "rule contains both IPv4 and IPv6 CIDRs", "rule IP version doesn't match CIDR version": over
/// all four lists of a rule.
pub(super) fn check_families(
    version: Option<IpVersion>,
    sides: [&EntityRule; 2],
    at: At<'_>,
    findings: &mut Findings<'_>,
) {
    let mut seen: Option<IpVersion> = None;
    for (name, side) in ["source", "destination"].into_iter().zip(sides) {
        for (list, nets) in [("nets", &side.nets), ("notNets", &side.not_nets)] {
            for (index, Spanned { value, line }) in nets.iter().enumerate() {
                let Some(net) = cidr(value) else { continue };
                let family = if net.addr().is_ipv6() { IpVersion::V6 } else { IpVersion::V4 };
                let field = || format!("{}.{name}.{list}[{index}]", at.field);
                if version.is_some_and(|version| version != family) {
                    let message = format!("the rule's `ipVersion` does not match `{value}`");
                    findings.conflict(
                        *line,
                        field(),
                        message,
                        "remove `ipVersion`, or the network",
                    );
                }
                if seen.is_some_and(|seen| seen != family) {
                    let message = "the rule contains both IPv4 and IPv6 CIDRs";
                    findings.conflict(*line, field(), message, "write two rules");
                    return;
                }
                seen = Some(family);
            }
        }
    }
}
