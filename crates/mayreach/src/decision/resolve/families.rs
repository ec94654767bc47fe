//! Which address family a flow uses.

use std::net::IpAddr;

use super::{Fault, Found};
use crate::{
    error::{ErrorCode, Problem},
    model::{Flow, IpVersion, Peer, Protocol, inventory::Addresses},
};

/// The families that an end surely has.
#[derive(Clone, Copy, Default)]
struct Families {
    v4: bool,
    v6: bool,
    /// The one that its first address has; `None`: nothing is known.
    first_is_v6: Option<bool>,
}

impl Families {
    fn of((_, workload, ip): &Found<'_>) -> Self {
        let mut all = Self::default();
        match (ip, workload.map(|w| &w.addresses)) {
            (Some(ip), _) => all.add(ip),
            (None, Some(Addresses::Exact(ips) | Addresses::OneOf(ips))) => {
                for ip in ips {
                    all.add(ip);
                }
            }
            _ => {}
        }
        all
    }

    fn add(&mut self, ip: &IpAddr) {
        let v6 = ip.is_ipv6();
        self.v6 |= v6;
        self.v4 |= !v6;
        self.first_is_v6 = self.first_is_v6.or(Some(v6));
    }

    fn has(self, v6: bool) -> bool {
        if v6 { self.v6 } else { self.v4 }
    }
}

/// Which address family the flow uses: the one that both ends have, the destination's first.
pub(super) fn family(flow: &Flow<'_>, source: &Found<'_>, destination: &Found<'_>) -> bool {
    match flow.protocol {
        Protocol::Icmp => return false,
        Protocol::Icmpv6 => return true,
        _ => {}
    }
    if let Some(version) = flow.ip_version {
        return version == IpVersion::V6;
    }
    let (source, destination) = (Families::of(source), Families::of(destination));
    let Some(to) = destination.first_is_v6 else {
        return source.first_is_v6.unwrap_or(false);
    };
    if source.first_is_v6.is_none() || source.has(to) || !(destination.has(!to) && source.has(!to))
    {
        to
    } else {
        !to
    }
}

/// An address is of its own family, also that of a Service or a node.
///
/// # Errors
/// The flow says another.
pub(super) fn other_family<E: Fault>(flow: &Flow<'_>) -> Result<(), E> {
    let Some(version) = flow.ip_version else { return Ok(()) };
    let other = |peer: &Peer<'_>| matches!(peer, Peer::Ip(ip) if ip.is_ipv6() != (version == IpVersion::V6));
    let end = match (other(&flow.source), other(&flow.destination)) {
        (true, _) => "source",
        (_, true) => "destination",
        _ => return Ok(()),
    };
    Err(E::make(|| no_address(end, version)))
}

/// An end of which a flow says a family that it does not have.
fn no_address(end: &str, version: IpVersion) -> Problem {
    let name = if version == IpVersion::V6 { "IPv6" } else { "IPv4" };
    Problem::new(ErrorCode::InvalidFlow, format!("the {end} has no {name} address"))
        .field("ip_version")
        .help("leave `ip_version` out, or give the one that both ends have")
}

/// No packet goes from an IPv4 address to an IPv6 one.
///
/// # Errors
/// Both ends' addresses are known and have no family in common.
pub(super) fn unreachable_family<E: Fault>(
    flow: &Flow<'_>,
    source: &Found<'_>,
    destination: &Found<'_>,
) -> Result<(), E> {
    let (from, to) = (Families::of(source), Families::of(destination));
    if let Some(version) = flow.ip_version {
        let v6 = version == IpVersion::V6;
        let lacks = |end: Families| end.first_is_v6.is_some() && !end.has(v6);
        let own = match flow.protocol {
            Protocol::Icmp => Some(false),
            Protocol::Icmpv6 => Some(true),
            _ => None,
        };
        return match (lacks(from), lacks(to)) {
            (true, _) => Err(E::make(|| no_address("source", version))),
            (_, true) => Err(E::make(|| no_address("destination", version))),
            _ if own.is_some_and(|own| own != v6) => Err(E::make(|| {
                let name = if v6 { "IPv6" } else { "IPv4" };
                let what = format!("{name} does not carry this ICMP");
                Problem::new(ErrorCode::InvalidFlow, what).field("ip_version")
            })),
            _ => Ok(()),
        };
    }
    let known = from.first_is_v6.is_some() && to.first_is_v6.is_some();
    if !known || (from.v4 && to.v4) || (from.v6 && to.v6) {
        return Ok(());
    }
    Err(E::make(|| {
        let name = |all: Families| if all.v6 { "IPv6" } else { "IPv4" };
        let message =
            format!("the source has only {} and the destination only {}", name(from), name(to));
        Problem::new(ErrorCode::InvalidFlow, message)
            .field("destination")
            .help("no packet goes from one to the other; give addresses of one family")
    }))
}
