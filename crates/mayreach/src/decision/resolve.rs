//! What a flow is about, once its names are looked up: two ends, a port, a request.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::model::{
    Attributes, Flow, ServiceId, Tri, WorkloadId,
    inventory::{NetworkSet, Workload},
};

/// A flow whose names are resolved.
#[derive(Clone, Debug)]
pub(crate) struct Asked<'m> {
    pub(crate) flow: &'m Flow<'m>,
    pub(crate) source: End<'m>,
    pub(crate) destination: End<'m>,
    /// The port that arrives at the destination workload (after a Service's translation).
    pub(crate) port: Option<u16>,
    /// The Service that was called, with its service port, if the flow names one.
    pub(crate) service: Option<(ServiceId, u16)>,
}

/// One end of a flow.
#[derive(Clone, Debug)]
pub(crate) struct End<'m> {
    pub(crate) id: Option<WorkloadId>,
    /// `None`: an address of no known workload.
    pub(crate) workload: Option<&'m Workload>,
    pub(crate) address: Address<'m>,
    /// Other workloads at the same address: sets hold addresses, not identities
    /// (named_port_index.go is reference-counted by IP).
    pub(crate) twins: Vec<&'m Workload>,
    /// Network sets (and global ones) with networks that may hold the address.
    pub(crate) sets: Vec<&'m NetworkSet>,
    /// The node whose own traffic this is (a node address, or a pod on the host's network).
    pub(crate) node: Option<&'m str>,
}

/// What is known of an end's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address<'m> {
    Exact(IpAddr),
    OneOf(Vec<IpAddr>),
    /// Somewhere in one of these networks.
    Within(&'m [IpNet]),
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
                nets.iter().for_each(|n| see(net.contains(n), net.contains(n) || n.contains(net)));
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
            Self::Within(nets) => nets.first().is_some_and(|n| n.addr().is_ipv6()),
        }
    }
}
