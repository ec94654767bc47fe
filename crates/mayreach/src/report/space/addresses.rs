//! Addresses that networks tell apart.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use ipnet::IpNet;

/// One address for each set of networks that some address is in, of those that `may` be; IPv6
/// only where a network is.
pub(crate) fn classes(nets: &[IpNet], may: impl Fn(IpAddr) -> bool) -> Vec<IpAddr> {
    let mut out = Vec::new();
    let plain = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));
    let plain6 = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7));
    for v6 in [false, true] {
        let mine: Vec<&IpNet> = nets.iter().filter(|n| n.addr().is_ipv6() == v6).collect();
        if v6 && mine.is_empty() {
            continue;
        }
        // The sets change only where a network begins and right behind its end.
        let mut candidates = vec![if v6 { plain6 } else { plain }];
        candidates.push(if v6 { IpAddr::V6(Ipv6Addr::from(1)) } else { [1, 0, 0, 1].into() });
        for net in &mine {
            candidates.extend(some(net));
            candidates.extend(behind(net));
        }
        let mut seen: BTreeSet<Vec<bool>> = BTreeSet::new();
        for ip in candidates.into_iter().filter(|ip| may(*ip)) {
            let inside: Vec<bool> = mine.iter().map(|n| n.contains(&ip)).collect();
            if seen.insert(inside) {
                out.push(ip);
            }
        }
    }
    out
}

/// A few addresses of a network: the first ones, so that one of them is nobody's.
fn some(net: &IpNet) -> Vec<IpAddr> {
    match net {
        IpNet::V4(net) => {
            let (first, last) = (u32::from(net.network()), u32::from(net.broadcast()));
            let near = (0..4).filter_map(|n| first.checked_add(n)).filter(|n| *n <= last);
            near.chain([last, first / 2 + last / 2]).map(|n| IpAddr::V4(n.into())).collect()
        }
        IpNet::V6(net) => {
            let (first, last) = (u128::from(net.network()), u128::from(net.broadcast()));
            let near = (0..4).filter_map(|n| first.checked_add(n)).filter(|n| *n <= last);
            near.chain([last, first / 2 + last / 2]).map(|n| IpAddr::V6(n.into())).collect()
        }
    }
}

fn behind(net: &IpNet) -> Vec<IpAddr> {
    match net {
        IpNet::V4(net) => {
            let last = u32::from(net.broadcast());
            (1..5).filter_map(|n| last.checked_add(n)).map(|n| IpAddr::V4(n.into())).collect()
        }
        IpNet::V6(net) => {
            let last = u128::from(net.broadcast());
            (1..5).filter_map(|n| last.checked_add(n)).map(|n| IpAddr::V6(n.into())).collect()
        }
    }
}
