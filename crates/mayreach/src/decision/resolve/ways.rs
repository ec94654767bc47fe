//! The connections that carry a flow of the ambient mesh: tunnels, and two of them where a waypoint
//! stands between.

use super::{Address, Asked, End, Found, Resolver, family};
use crate::{
    decision::mesh::{
        port::{self, Declared, service_ports},
        sidecar,
        waypoint::{self, Route},
    },
    model::{
        Attributes, PolicyId, Protocol,
        inventory::{Enrolment, Gateway, Onward, Outside, TargetPort, Workload},
    },
};

/// Where ztunnel and waypoints listen for tunnelled connections.
pub(super) const HBONE: u16 = 15008;

/// Every way that a flow may take, of which one may lead through a waypoint.
#[derive(Clone, Debug)]
pub(crate) struct Ways<'m> {
    pub(crate) all: Vec<Way<'m>>,
    /// What would tell which is taken.
    pub(crate) missing: Attributes,
}

/// One way over the network.
#[derive(Clone, Debug)]
pub(crate) enum Way<'m> {
    /// One connection, as it is asked.
    Direct,
    /// To a waypoint, and from it on: once for each of its workloads.
    Through { gateway: &'m Gateway, hops: Vec<[Asked<'m>; 2]> },
    /// A node translates the address that is called, and perhaps the client's: the packet that
    /// leaves the client, and the one that arrives.
    Translated { leaves: Box<Asked<'m>>, arrives: Box<Asked<'m>> },
    /// To an endpoint of the ServiceEntry that is called.
    Endpoint(Box<Asked<'m>>),
    /// Through something of which it is not known what it does.
    Foreign(PolicyId),
    /// One that is not known.
    Unknown(Attributes),
}

impl Ways<'_> {
    /// What becomes of the packet on its way, for a reader.
    pub(crate) fn remark(&self) -> Option<String> {
        self.all.iter().find_map(|way| match way {
            Way::Translated { leaves, arrives } => {
                let port = |asked: &Asked<'_>| match asked.network_port {
                    Some(port) => format!(" port {port}"),
                    None => String::new(),
                };
                Some(format!(
                    "a node translates the address: the packet leaves to {}{}, and arrives from {} \
                     on{}",
                    leaves.destination.words(),
                    port(leaves),
                    arrives.source.words(),
                    port(arrives),
                ))
            }
            Way::Unknown(_) => Some(
                "a node translates the address, and what its host endpoints then see is not \
                 evaluated"
                    .to_owned(),
            ),
            Way::Endpoint(asked) => Some(format!(
                "the client's proxy connects to {}, an endpoint of the ServiceEntry at this address",
                asked.destination.onward_words()
            )),
            Way::Direct | Way::Foreign(_) | Way::Through { .. } => None,
        })
    }
}

impl<'m> Resolver<'m> {
    /// In ambient, TCP between captured workloads travels inside ztunnel's tunnel, so "port rules
    /// see 15008". The Envoys of sidecars and gateways send the same to endpoints of Services that
    /// "support tunnel", unless these "support legacy mTLS" (endpoint_builder.go).
    pub(super) fn tunnelled(&self, asked: &Asked<'_>) -> bool {
        let (Some(from), Some(to)) = (asked.source.workload, asked.destination.workload) else {
            return false;
        };
        let takes = matches!(to.mesh, Enrolment::Ambient { .. } | Enrolment::Waypoint);
        let tls = asked.flow.mtls == Some(false) || asked.flow.tls_without_certificate;
        if asked.flow.protocol != Protocol::Tcp || !takes || tls {
            return false;
        }
        let legacy = to.labels.get("security.istio.io/tlsMode").is_some_and(|mode| mode == "istio");
        match from.mesh {
            Enrolment::None => false,
            Enrolment::Ambient { .. } | Enrolment::Waypoint => true,
            Enrolment::Sidecar | Enrolment::Gateway { .. } => {
                let known = asked.service.is_some() || !service_ports(self.model, asked).is_empty();
                known && !legacy
            }
        }
    }

    /// The ways of a flow, if it may go through a waypoint.
    pub(super) fn ways(
        &self,
        asked: &Asked<'m>,
        (source, destination): (Found<'m>, Found<'m>),
    ) -> Option<Box<Ways<'m>>> {
        let inventory = &self.model.inventory;
        let client = asked.source.workload?;
        let may = matches!(client.mesh, Enrolment::Ambient { .. } | Enrolment::Gateway { .. });
        if !may || inventory.gateways.is_empty() {
            return self.to_endpoints(asked, source);
        }
        let (routes, missing) = waypoint::routes(self.model, asked);
        if routes.iter().all(|route| matches!(route, Route::Direct)) {
            return self.to_endpoints(asked, source);
        }
        let all = routes.iter().map(|route| match route {
            Route::Direct => Way::Direct,
            Route::Foreign(policy) | Route::Unread(policy) => Way::Foreign(*policy),
            Route::Through(through) => {
                let gateway = through.gateway;
                let known = |id| (Some(id), inventory.workload(id), None);
                let mut pods: Vec<Found<'m>> = gateway.pods.iter().copied().map(known).collect();
                if pods.is_empty() {
                    pods.push((None, Some(&gateway.made), None));
                }
                let ends = match through.entry {
                    Some(entry) => onward(entry, destination, asked.port),
                    None => vec![(destination, asked.port)],
                };
                let each = pods.iter().flat_map(|pod| ends.iter().map(move |end| (pod, end)));
                let hops = each.map(|(pod, end)| self.hops(asked, source, *pod, *end));
                Way::Through { gateway, hops: hops.collect() }
            }
        });
        Some(Box::new(Ways { all: all.collect(), missing }))
    }

    /// What is called at the address of a ServiceEntry, the client's own proxy leads to its endpoints:
    /// these are what packets are sent to.
    fn to_endpoints(&self, asked: &Asked<'m>, source: Found<'m>) -> Option<Box<Ways<'m>>> {
        let client = asked.source.workload?;
        let captured = matches!(client.mesh, Enrolment::Ambient { .. } | Enrolment::Sidecar);
        let outside = &self.model.inventory.outside;
        if outside.is_empty()
            || !captured
            || client.host_network
            || asked.destination.workload.is_some()
            || asked.flow.protocol != Protocol::Tcp
        {
            return None;
        }
        let Address::Exact(ip) = asked.destination.address else { return None };
        let called = |entry: &&Outside| entry.called.iter().any(|net| net.contains(&ip));
        let mut all = outside.iter().filter(called);
        let entry = all.next()?;
        // Its annotations may say that its proxy lets the address pass, a Sidecar that it knows no entry.
        let odd = client.annotations.keys().any(|key| key.starts_with("traffic.sidecar.istio.io/"))
            || sidecar::of(self.model, client).is_some()
            || all.next().is_some();
        let port = asked.port.filter(|port| !odd && entry.evaluated(*port));
        let ways = match (entry.onward, port) {
            (Onward::Called, _) if !odd => return None,
            (Onward::Endpoints | Onward::Dns, Some(number)) => {
                let ends = onward(entry, (None, None, Some(ip)), port).into_iter();
                let to = |(end, port)| Way::Endpoint(Box::new(self.hop(asked, source, end, port)));
                let mut all: Vec<Way<'m>> = ends.map(to).collect();
                // Sidecars lead requests by their host, and pass on what names another.
                let by_host = client.mesh == Enrolment::Sidecar
                    && port::of_service(&entry.service, number) != Declared::Tcp;
                all.extend(by_host.then_some(Way::Direct));
                all
            }
            _ => vec![Way::Foreign(entry.id)],
        };
        Some(Box::new(Ways { all: ways, missing: Attributes::BACKEND }))
    }

    /// The client's tunnel to the waypoint, and the connection that the waypoint opens.
    fn hops(
        &self,
        asked: &Asked<'m>,
        source: Found<'m>,
        waypoint: Found<'m>,
        (destination, port): (Found<'m>, Option<u16>),
    ) -> [Asked<'m>; 2] {
        let first = self.hop(asked, source, waypoint, Some(HBONE));
        let mut second = self.hop(asked, waypoint, destination, port);
        if self.tunnelled(&second) {
            second.network_port = Some(HBONE);
        }
        [first, second]
    }

    /// One connection of those that carry a flow.
    fn hop(
        &self,
        asked: &Asked<'m>,
        from: Found<'m>,
        to: Found<'m>,
        port: Option<u16>,
    ) -> Asked<'m> {
        // The reference asks of a pod that istiod would make, and reads network sets itself.
        let whole = Self { lean: false, ..*self };
        let flow = asked.flow;
        let v6 = family(flow, &from, &to);
        Asked::of_packets(flow, whole.end(flow, from, v6), whole.end(flow, to, v6), port)
    }
}

/// Where a waypoint connects to for a ServiceEntry that was called at `destination`.
fn onward<'m>(
    entry: &Outside,
    destination: Found<'m>,
    port: Option<u16>,
) -> Vec<(Found<'m>, Option<u16>)> {
    let called = entry.service.ports.iter().find(|p| Some(p.port) == port);
    let target = called.and_then(|p| match p.target {
        TargetPort::Number(target) => Some(target),
        TargetPort::Name(_) => None,
    });
    match entry.onward {
        Onward::Called => vec![(destination, target)],
        Onward::Endpoints => {
            entry.endpoints.iter().map(|ip| ((None, None, Some(*ip)), target)).collect()
        }
        Onward::Dns | Onward::Unread => vec![((None, None, None), target)],
    }
}

/// Whether an end is a pod that no manifest holds.
pub(crate) fn is_made(end: &End<'_>) -> bool {
    let made = |w: &Workload| w.mesh == Enrolment::Waypoint;
    end.id.is_none() && end.workload.is_some_and(made)
}
