//! Which of their addresses two ends may use.

use super::witness::{Client, Target};
use crate::{
    Program, WorkloadId,
    model::{
        IpVersion,
        inventory::{Addresses, Workload},
    },
};

/// The address families that an end may have, and whether any is surely known.
#[derive(Clone, Copy, Debug)]
struct May {
    v4: bool,
    v6: bool,
    known: bool,
}

/// The families to ask about, each for itself; `None` where nothing tells them apart, or there is
/// no choice. `by_address`: some rule in play tells addresses apart.
pub(super) fn asked(
    program: &Program,
    client: &Client,
    target: Target,
    by_address: bool,
) -> Vec<Option<IpVersion>> {
    let Target::Workload(to) = target else { return vec![None] };
    let from = match client {
        Client::Workload(id) => Some(*id),
        Client::Pod(_) => None,
        // Its packets are of its own family.
        Client::Address(_) => return vec![None],
    };
    if !by_address && !from.is_some_and(|id| shared(program, id)) && !shared(program, to) {
        return vec![None];
    }
    let unknown = may(program, None);
    let from = from.map_or(unknown, |id| may(program, workload(program, id)));
    let to = may(program, workload(program, to));
    let (v4, v6) = (from.v4 && to.v4, from.v6 && to.v6);
    match (v4, v6) {
        (true, true) => vec![Some(IpVersion::V4), Some(IpVersion::V6)],
        _ if from.known && to.known => vec![None],
        (true, false) => vec![Some(IpVersion::V4)],
        (false, true) => vec![Some(IpVersion::V6)],
        (false, false) => vec![None],
    }
}

fn workload(program: &Program, id: WorkloadId) -> Option<&Workload> {
    program.inner.model.inventory.workload(id)
}

/// Whether an address of a workload is another's too.
fn shared(program: &Program, id: WorkloadId) -> bool {
    workload(program, id).is_some_and(|w| match &w.addresses {
        Addresses::Exact(ips) => {
            ips.len() > 1 && ips.iter().any(|ip| program.inner.index.at(*ip).len() > 1)
        }
        Addresses::OneOf(_) | Addresses::Unknown => false,
    })
}

fn may(program: &Program, workload: Option<&Workload>) -> May {
    let of = |ips: &[std::net::IpAddr]| May {
        v4: ips.iter().any(std::net::IpAddr::is_ipv4),
        v6: ips.iter().any(std::net::IpAddr::is_ipv6),
        known: true,
    };
    let anything = May { v4: true, v6: true, known: false };
    match workload.map(|w| (w, &w.addresses)) {
        Some((_, Addresses::Exact(ips) | Addresses::OneOf(ips))) if !ips.is_empty() => of(ips),
        Some((w, _)) if w.host_network => {
            let nodes = &program.inner.model.inventory.nodes;
            let node = w.node.as_ref().and_then(|name| nodes.get(name));
            node.filter(|n| !n.addresses.is_empty()).map_or(anything, |n| of(&n.addresses))
        }
        _ => {
            let nets = &program.inner.pod_networks;
            if nets.is_empty() {
                return anything;
            }
            May {
                v4: nets.iter().any(|n| n.addr().is_ipv4()),
                v6: nets.iter().any(|n| n.addr().is_ipv6()),
                known: false,
            }
        }
    }
}
