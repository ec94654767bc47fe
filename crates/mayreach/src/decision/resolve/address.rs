//! What is known of an address, and what follows for networks.

use std::{borrow::Cow, net::IpAddr};

use ipnet::IpNet;

use crate::model::{Attributes, Tri};

/// What is known of an end's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address<'m> {
    Exact(IpAddr),
    OneOf(Cow<'m, [IpAddr]>),
    /// Somewhere in one of these networks.
    Within(&'m [IpNet]),
    /// Nothing at all is known (a node's pod without an address).
    Unknown,
}

impl Address<'_> {
    /// Whether the address is in a network. `missing` names this end.
    pub(crate) fn within(&self, net: &IpNet, missing: Attributes) -> Tri {
        let (mut all, mut any) = (true, false);
        let mut see = |whole: bool, part: bool| {
            all &= whole;
            any |= part;
        };
        match self {
            Self::Exact(ip) => see(net.contains(ip), net.contains(ip)),
            Self::OneOf(ips) => ips.iter().for_each(|ip| see(net.contains(ip), net.contains(ip))),
            Self::Within(nets) => {
                let v6 = self.is_v6();
                let same = nets.iter().filter(|n| n.addr().is_ipv6() == v6);
                same.for_each(|n| see(net.contains(n), net.contains(n) || n.contains(net)));
            }
            Self::Unknown => see(net.prefix_len() == 0, true),
        }
        match (all && any, any) {
            (true, _) => Tri::Yes,
            (false, true) => Tri::Unknown(missing),
            (false, false) => Tri::No,
        }
    }

    /// Whether the address is in one of some networks (`None`: wherever) and in none of others.
    /// Each possible place is asked for itself, so that what neither list alone decides may be
    /// decided. The lists are of one family and aggregated.
    pub(crate) fn passes(
        &self,
        inside: Option<&[IpNet]>,
        outside: &[IpNet],
        missing: Attributes,
    ) -> Tri {
        let (mut all, mut any) = (true, false);
        let mut see = |place: &IpNet| {
            let passes = place_passes(place, inside, outside);
            all &= passes == Some(true);
            any |= passes != Some(false);
        };
        match self {
            Self::Exact(ip) => see(&IpNet::from(*ip)),
            Self::OneOf(ips) => ips.iter().for_each(|ip| see(&IpNet::from(*ip))),
            // Pods of two families have an address of each: that of the packet's is asked.
            Self::Within(nets) => {
                let v6 = self.is_v6();
                nets.iter().filter(|net| net.addr().is_ipv6() == v6).for_each(see);
            }
            Self::Unknown => {
                let family = inside.and_then(<[_]>::first).or(outside.first());
                if let Some(everywhere) = family.and_then(|n| IpNet::new(n.addr(), 0).ok()) {
                    see(&everywhere.trunc());
                }
            }
        }
        match (all && any, any) {
            (true, _) => Tri::Yes,
            (false, true) => Tri::Unknown(missing),
            (false, false) => Tri::No,
        }
    }

    /// Whether the address is IPv6; templates are IPv4 unless their network says otherwise.
    pub(crate) fn is_v6(&self) -> bool {
        match self {
            Self::Exact(ip) => ip.is_ipv6(),
            Self::OneOf(ips) => ips.first().is_some_and(IpAddr::is_ipv6),
            Self::Within(nets) => nets.iter().all(|n| n.addr().is_ipv6()) && !nets.is_empty(),
            Self::Unknown => false,
        }
    }
}

/// The same of one network that the address may be anywhere in; `None`: it depends on where.
fn place_passes(place: &IpNet, inside: Option<&[IpNet]>, outside: &[IpNet]) -> Option<bool> {
    let holds = |list: &[IpNet], net: &IpNet| list.iter().any(|other| other.contains(net));
    // Networks either hold one another or are apart.
    let within = |net: &&IpNet| place.contains(*net);
    if holds(outside, place) {
        return Some(false);
    }
    let untouched = !outside.iter().any(|net| place.contains(net));
    match inside {
        None => untouched.then_some(true),
        Some(inside) if holds(inside, place) => untouched.then_some(true),
        Some(inside) => {
            let open = inside.iter().filter(within).any(|net| !holds(outside, net));
            (!open).then_some(false)
        }
    }
}
