//! A flow to a Service: one way for each backend, on the port that arrives there.

use crate::{
    compiled::index::{Backend, target_number},
    decision::{
        reference::packet::name as protocol_name,
        resolve::{Asked, Fault, Found, Resolver, family},
    },
    error::{ErrorCode, Problem},
    model::{
        Flow, Peer, Port, Protocol, ServiceId,
        inventory::{Service, ServicePort},
        network::IpVersion,
    },
};

/// The port that is called: as the Service declares it, or, of a headless one, as it is.
enum Called<'s> {
    Declared(&'s ServicePort),
    /// "A headless Service has no proxy": its name leads to the pods themselves, on any port.
    Bare(u16),
}

impl<'m> Resolver<'m> {
    /// "Policy sees post-DNAT pod IP and target port": each backend is asked for itself.
    pub(super) fn to_service<E: Fault>(
        &self,
        flow: &'m Flow<'m>,
        source: Found<'m>,
        (id, port): (ServiceId, Port<'m>),
        mut with: impl FnMut(Asked<'m>),
    ) -> Result<(), E> {
        let Some(service) = self.model.inventory.service(id) else {
            return Err(E::make(|| {
                Problem::new(ErrorCode::UnknownPeer, "no such Service").field("destination")
            }));
        };
        if let Some(name) = &service.external_name {
            return self.by_other_name(flow, source, (id, port), name, with);
        }
        let port = called(flow.protocol, port, service)?;
        // kube-proxy translates to endpoints of the family of the ClusterIP that is called; the
        // first is the one that its name resolves to first.
        let wanted = match flow.destination {
            Peer::Ip(ip) => Some(ip.is_ipv6()),
            _ => service.cluster_ips.first().map(std::net::IpAddr::is_ipv6),
        };
        let wanted = flow.ip_version.map_or(wanted, |version| Some(version == IpVersion::V6));
        let backends = self.index.backends(id);
        // "internalTrafficPolicy: Local": where both nodes are known.
        let inside = match flow.destination {
            Peer::Ip(ip) => self.index.cluster_ip(ip).is_some(),
            _ => true,
        };
        let client = source.1.and_then(|w| w.node.as_deref());
        let client = client.filter(|_| service.internal_local && inside);
        let away = |found: &Found<'_>| {
            let node = found.1.and_then(|w| w.node.as_deref());
            client.zip(node).is_some_and(|(client, node)| client != node)
        };
        let mut any = false;
        for backend in backends {
            let (found, number) = match backend {
                Backend::Workload(workload_id) => {
                    let Some(workload) = self.model.inventory.workload(*workload_id) else {
                        continue;
                    };
                    // Pods whose controller is a backend too are the same endpoints.
                    if workload.owner.is_some_and(|owner| self.index.is_backend(id, owner)) {
                        continue;
                    }
                    let number = match &port {
                        Called::Bare(number) => Some(*number),
                        Called::Declared(port) => {
                            target_number(&port.target, port.protocol, workload)
                        }
                    };
                    ((Some(*workload_id), Some(workload), None), number)
                }
                Backend::Listed(ip, workload, ports) => {
                    if wanted.is_some_and(|v6| v6 != ip.is_ipv6()) {
                        continue;
                    }
                    let number = match &port {
                        Called::Bare(number) => Some(*number),
                        Called::Declared(port) => ports
                            .iter()
                            .find(|p| p.name == port.name && p.protocol == port.protocol)
                            .and_then(|p| p.port),
                    };
                    let known = workload.and_then(|id| self.model.inventory.workload(id));
                    ((*workload, known, Some(*ip)), number)
                }
            };
            let number_called = match &port {
                Called::Bare(number) => *number,
                Called::Declared(port) => port.port,
            };
            if let Some(number) = number.filter(|_| !away(&found)) {
                let v6 = wanted.unwrap_or_else(|| family(flow, &source, &found));
                let service = Some((id, number_called));
                any = true;
                with(self.asked(flow, source, found, Some(number), service, v6));
            }
        }
        if any { Ok(()) } else { Err(E::make(|| no_backend(service, backends.is_empty()))) }
    }
}

impl<'m> Resolver<'m> {
    /// "ExternalName: the name resolves to another name": of a Service of the cluster, or of
    /// something outside whose address is not known. Nothing is translated; the port stays.
    fn by_other_name<E: Fault>(
        &self,
        flow: &'m Flow<'m>,
        source: Found<'m>,
        (id, port): (ServiceId, Port<'m>),
        name: &str,
        mut with: impl FnMut(Asked<'m>),
    ) -> Result<(), E> {
        let other = self.in_cluster(name).filter(|other| {
            // A name of a name is looked up once: names may go round in circles.
            let found = self.model.inventory.service(*other);
            found.is_some_and(|service| service.external_name.is_none())
        });
        if let Some(other) = other {
            return self.to_service(flow, source, (other, port), with);
        }
        let number = match port {
            Port::Number(number) => Some(number),
            Port::Name(_) | Port::Unknown => {
                let service = self.model.inventory.service(id);
                let ports = service.map_or(&[][..], |service| &service.ports);
                let named = |p: &&ServicePort| match port {
                    Port::Name(name) => p.name.as_deref() == Some(name),
                    _ => ports.len() == 1,
                };
                ports.iter().find(named).map(|p| p.port)
            }
        };
        let outside = (None, None, None);
        let v6 = family(flow, &source, &outside);
        let service = number.map(|number| (id, number));
        with(self.asked(flow, source, outside, number, service, v6));
        Ok(())
    }

    /// `<service>.<namespace>.svc`, with or without a domain of the cluster.
    fn in_cluster(&self, name: &str) -> Option<ServiceId> {
        let mut parts = name.trim_end_matches('.').split('.');
        let (service, namespace) = (parts.next()?, parts.next()?);
        (parts.next() == Some("svc")).then(|| self.index.service(namespace, service)).flatten()
    }
}

fn called<'s, E: Fault>(
    protocol: Protocol,
    port: Port<'_>,
    service: &'s Service,
) -> Result<Called<'s>, E> {
    let mut of_protocol = service.ports.iter().filter(|p| p.protocol == protocol);
    let found = match port {
        Port::Number(n) if service.headless => return Ok(Called::Bare(n)),
        Port::Number(n) => {
            let found = of_protocol.find(|p| p.port == n);
            found.ok_or_else(|| E::make(|| wrong(service, &n.to_string())))
        }
        Port::Name(name) => of_protocol
            .find(|p| p.name.as_deref() == Some(name))
            .ok_or_else(|| E::make(|| wrong(service, &format!("`{name}`")))),
        Port::Unknown => match (of_protocol.next(), of_protocol.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err(E::make(|| wrong(service, "of that protocol"))),
            (Some(_), Some(_)) => Err(E::make(|| {
                let message = format!(
                    "Service `{}/{}` has several ports, and the flow names none",
                    service.namespace, service.name
                );
                Problem::new(ErrorCode::InvalidFlow, message).field("port").help(listed(service))
            })),
        },
    };
    // The name of a headless Service is asked for its SRV record, which gives the pod's port; its
    // number is the pod's own.
    let found = found?;
    match port {
        Port::Unknown if service.headless => Ok(Called::Bare(found.port)),
        _ => Ok(Called::Declared(found)),
    }
}

fn listed(service: &Service) -> String {
    let ports = service.ports.iter().map(|p| {
        let name = p.name.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
        format!("{}/{}{name}", p.port, protocol_name(p.protocol))
    });
    let all: Vec<String> = ports.collect();
    if all.is_empty() {
        "it has no port at all".into()
    } else {
        format!("it has {}", all.join(", "))
    }
}

fn wrong(service: &Service, what: &str) -> Problem {
    let message = format!("Service `{}/{}` has no port {what}", service.namespace, service.name);
    Problem::new(ErrorCode::InvalidFlow, message).field("port").help(listed(service))
}

fn no_backend(service: &Service, none_at_all: bool) -> Problem {
    let title = format!("Service `{}/{}`", service.namespace, service.name);
    let (message, help) = if !none_at_all {
        (
            format!("no backend of {title} has the port that is called"),
            "a `targetPort` by name must be the name of a container port of that protocol",
        )
    } else if service.selector.is_empty() {
        (
            format!("{title} has no selector, and no EndpointSlice lists its backends"),
            "give the EndpointSlice that does",
        )
    } else {
        (
            format!("{title} has no backend among the manifests"),
            "give the workloads that its selector matches",
        )
    };
    Problem::new(ErrorCode::InvalidFlow, message).field("destination.service").help(help)
}
