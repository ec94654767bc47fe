//! From peers and ports as written to the flat rules of the model.

use super::{Checks, Path};
use crate::{
    manifest::Spanned,
    model::{
        Protocol,
        network::{Action, NetworkRule, PeerMatch, PortMatch, Tier, TierDefault},
    },
};

/// Which way a rule's traffic goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Ingress,
    Egress,
}

impl Direction {
    /// The field that holds its rules.
    pub(super) const fn rules(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }

    /// The field of a rule that holds its peers.
    pub(super) const fn peers(self) -> &'static str {
        match self {
            Self::Ingress => "from",
            Self::Egress => "to",
        }
    }
}

/// Ports of one protocol; no ports are all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PortGroup {
    pub(super) protocol: Option<Protocol>,
    pub(super) ports: Vec<PortMatch>,
}

/// Groups ports by protocol, as Calico does ("one rule per protocol"). A port of `None` is every
/// port of its protocol and swallows the others. Nothing written is everything, ICMP included.
pub(super) fn groups(
    ports: impl IntoIterator<Item = (Option<Protocol>, Option<PortMatch>)>,
) -> Vec<PortGroup> {
    let mut groups: Vec<(PortGroup, bool)> = Vec::new();
    for (protocol, port) in ports {
        let at = groups.iter().position(|(group, _)| group.protocol == protocol);
        let at = at.unwrap_or_else(|| {
            groups.push((PortGroup { protocol, ports: Vec::new() }, false));
            groups.len() - 1
        });
        if let Some((group, every)) = groups.get_mut(at) {
            match port {
                Some(port) if !*every => group.ports.push(port),
                Some(_) => {}
                None => {
                    *every = true;
                    group.ports.clear();
                }
            }
        }
    }
    if groups.is_empty() {
        return vec![PortGroup::default()];
    }
    groups.into_iter().map(|(group, _)| group).collect()
}

/// One rule for each peer and protocol, all with the index of the written one.
pub(super) fn combine(
    index: usize,
    action: Action,
    direction: Direction,
    peers: &[PeerMatch],
    groups: &[PortGroup],
) -> Vec<NetworkRule> {
    let mut rules = Vec::with_capacity(peers.len() * groups.len());
    for group in groups {
        for peer in peers {
            let mut rule = bare(index, action);
            rule.protocol = group.protocol;
            match direction {
                Direction::Ingress => rule.source = peer.clone(),
                Direction::Egress => rule.destination = peer.clone(),
            }
            // Ports are the destination's in both directions: the subject's own in ingress.
            rule.destination.ports.clone_from(&group.ports);
            rules.push(rule);
        }
    }
    rules
}

/// A rule without conditions.
pub(super) fn bare(index: usize, action: Action) -> NetworkRule {
    NetworkRule {
        index: u32::try_from(index).unwrap_or(u32::MAX),
        action,
        ip_version: None,
        protocol: None,
        not_protocol: None,
        icmp: None,
        not_icmp: None,
        source: PeerMatch::default(),
        destination: PeerMatch::default(),
        http: None,
    }
}

/// A protocol as Kubernetes kinds spell it; TCP where nothing is written, which is what the API
/// server fills in.
pub(super) fn protocol(
    written: Option<&Spanned<String>>,
    path: &Path<'_>,
    checks: &mut Checks<'_>,
) -> Protocol {
    let Some(written) = written else { return Protocol::Tcp };
    match written.value.as_str() {
        "TCP" => Protocol::Tcp,
        "UDP" => Protocol::Udp,
        "SCTP" => Protocol::Sctp,
        other => {
            checks.invalid_help(
                path,
                written.line,
                format!("protocol `{other}` is not supported"),
                "write `TCP`, `UDP` or `SCTP`",
            );
            Protocol::Tcp
        }
    }
}

/// Adds a built-in tier, unless it is there already.
pub(super) fn tier(tiers: &mut Vec<Tier>, name: &str, default: TierDefault) {
    if tiers.iter().all(|tier| tier.name != name) {
        tiers.push(Tier { name: name.to_owned(), default, policies: Vec::new() });
    }
}
