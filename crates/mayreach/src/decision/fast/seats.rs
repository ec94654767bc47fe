//! What the mesh layers need to know of each workload, made once, by the reference's own reading of
//! manifests. Workloads that are alike share a class.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{doors::Doors, links::Links, mesh::Mesh};
use crate::{
    compiled::{
        Authz, Index,
        client::{Client, Keys},
        index::target_number,
        rows,
    },
    decision::{
        jwt::{Asker, Places, places},
        mesh::{
            Proxy,
            port::{Declared, declared},
            sidecar, spiffe,
        },
        mtls::{
            ambient,
            client::chooses_mutual,
            mode::{Effective, Scopes},
            rules::specificity,
        },
        request::headers::is_plain,
        unevaluated::layers_touched,
    },
    model::{
        Model, PolicyId, Protocol, ServiceId, WorkloadId,
        inventory::{Enrolment, Workload},
        mtls::{MtlsMode, PeerAuth},
    },
    shared::number,
};

/// Every workload, and the classes that they are of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seats {
    seats: Vec<Seat>,
    classes: Vec<Class>,
    places: Vec<Places>,
    /// Identities, one after the other.
    text: String,
    /// Services that some DestinationRule may name.
    ruled: Vec<bool>,
    pub(crate) links: Links,
    pub(crate) doors: Doors,
}

/// How a workload takes part in the mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Outside,
    Sidecar,
    Ambient,
    Gateway,
    Waypoint,
}

/// One workload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seat {
    pub(crate) class: u32,
    pub(crate) kind: Kind,
    /// Annotations say what its proxy captures.
    pub(crate) odd: bool,
    /// Layers that an object that is not evaluated may change, a bit for each.
    pub(crate) open: u8,
    identity: (u32, u32),
    keys: Keys,
}

/// What proxies of many workloads have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Class {
    pub(crate) proxy: Proxy,
    /// Something about it is left to the reference.
    pub(crate) odd: bool,
    /// Ports of which Services or policies say something, ascending.
    ports: Vec<PortSeat>,
    /// Every other port.
    other: PortSeat,
    /// Number of its pick of `AuthorizationPolicies`.
    pub(crate) pick: Option<u32>,
    places: Option<u32>,
}

/// One port of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PortSeat {
    port: u16,
    /// What Services declare it to be, a bit for each thing.
    pub(crate) declared: u8,
    /// A DestinationRule may say what clients send.
    pub(crate) ruled: bool,
    /// Auto-mTLS chooses mTLS.
    pub(crate) mutual: bool,
    pub(crate) mode: MtlsMode,
    pub(crate) policy: Option<PolicyId>,
}

/// Bits of [`PortSeat::declared`].
pub(crate) const HTTP: u8 = 1;
pub(crate) const HTTP2: u8 = 2;
pub(crate) const TCP: u8 = 4;
pub(crate) const SNIFFED: u8 = 8;

const fn bit(declared: Declared) -> u8 {
    match declared {
        Declared::Http => HTTP,
        Declared::Http2 => HTTP2,
        Declared::Tcp => TCP,
        Declared::Sniffed => SNIFFED,
    }
}

impl Seat {
    /// A workload of which nothing odd is said.
    pub(crate) fn usual(kind: Kind) -> Self {
        Self { class: 0, kind, odd: false, open: 0, identity: (0, 0), keys: Keys::of("") }
    }
}

impl Class {
    /// Ports of which something is said.
    pub(crate) fn ports(&self) -> impl Iterator<Item = u16> {
        self.ports.iter().map(|one| one.port)
    }

    #[inline]
    pub(crate) fn port(&self, port: u16) -> &PortSeat {
        // A handful at most.
        self.ports.iter().find(|one| one.port == port).unwrap_or(&self.other)
    }
}

impl Seats {
    /// `direct`: flows may take the shortest way.
    pub(crate) fn new(
        model: &Model,
        index: &Index,
        authz: &Authz,
        network: &[rows::Seat],
        direct: bool,
    ) -> Self {
        let mut builder = Builder::new(model, index, authz);
        for (number, workload) in (0_u32..).zip(&model.inventory.workloads) {
            builder.add(WorkloadId(number), workload);
        }
        let mut out = Self { links: Links::new(&model.inventory.mesh), ..builder.out };
        let mesh = Mesh { model, authz, seats: &out, indexed: true };
        out.doors = Doors::new(model.inventory.workloads.len(), &mesh, network, direct);
        out
    }

    /// With other picks for some workloads, of which nothing else is different.
    pub(crate) fn moved(&self, picks: &BTreeMap<u32, u32>) -> Self {
        let mut out = self.clone();
        let mut known: HashMap<(u32, u32), u32> = HashMap::new();
        for (workload, pick) in picks {
            let Some(seat) = out.seats.get_mut(*workload as usize) else { continue };
            let Some(class) = out.classes.get(seat.class as usize) else { continue };
            let class = Class { pick: Some(*pick), ..class.clone() };
            let next = number(out.classes.len());
            let place = *known.entry((seat.class, *pick)).or_insert(next);
            if place == next {
                out.classes.push(class);
            }
            seat.class = place;
            out.doors.pick(*workload, *pick);
        }
        out
    }

    /// What network policy goes by of every workload.
    pub(crate) fn network(&self) -> Vec<rows::Seat> {
        self.doors.spots().map(|spot| spot.network).collect()
    }

    /// With other network policy.
    pub(crate) fn under(&self, network: &[rows::Seat]) -> Self {
        let mut out = self.clone();
        out.doors.network(network);
        out
    }

    #[inline]
    pub(crate) fn of(&self, workload: WorkloadId) -> Option<(&Seat, &Class)> {
        let seat = self.seats.get(workload.0 as usize)?;
        Some((seat, self.classes.get(seat.class as usize)?))
    }

    pub(crate) fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// The identity of a workload.
    #[inline]
    pub(crate) fn client(&self, seat: &Seat) -> Client<'_> {
        let (from, to) = seat.identity;
        let rest = self.text.get(from as usize..to as usize).unwrap_or_default();
        Client { rest, keys: seat.keys }
    }

    pub(crate) fn places(&self, class: &Class) -> Option<&Places> {
        self.places.get(class.places? as usize)
    }

    /// Whether a DestinationRule, or to whom it is exported, may say what clients of a Service send.
    pub(crate) fn ruled(&self, service: ServiceId) -> bool {
        self.ruled.get(service.0 as usize).copied().unwrap_or(true)
    }
}

struct Builder<'m> {
    model: &'m Model,
    index: &'m Index,
    authz: &'m Authz,
    peer_auth: HashMap<&'m str, Vec<&'m PeerAuth>>,
    /// Namespaces that have a RequestAuthentication.
    request_auth: HashSet<&'m str>,
    classes: HashMap<Class, u32>,
    places: HashMap<Places, u32>,
    out: Seats,
}

impl<'m> Builder<'m> {
    fn new(model: &'m Model, index: &'m Index, authz: &'m Authz) -> Self {
        let mut peer_auth: HashMap<&str, Vec<&PeerAuth>> = HashMap::new();
        for policy in &model.peer_auth {
            peer_auth.entry(&policy.namespace).or_default().push(policy);
        }
        let request_auth = model.request_auth.iter().map(|p| p.namespace.as_str()).collect();
        let rules = &model.destination_rules;
        let named = |s| rules.iter().any(|rule| rule.speaks() && specificity(rule, s).is_some());
        let hidden =
            |s: &crate::model::inventory::Service| !s.exported_to_all(&model.inventory.mesh);
        let ruled = model.inventory.services.iter().map(|s| hidden(s) || named(s)).collect();
        let out = Seats { ruled, ..Seats::default() };
        let (classes, places) = (HashMap::new(), HashMap::new());
        Self { model, index, authz, peer_auth, request_auth, classes, places, out }
    }

    fn add(&mut self, id: WorkloadId, workload: &'m Workload) {
        let class = self.class(id, workload);
        let identity = spiffe(&self.model.inventory.mesh, workload);
        let client = Client::new(&identity);
        let (start, keys) = (self.out.text.len(), client.keys);
        self.out.text.push_str(client.rest);
        let seat = Seat {
            class,
            kind: kind(workload),
            odd: odd(workload) || sidecar::of(self.model, workload).is_some(),
            open: layers_touched(self.model, workload),
            identity: (number(start), number(self.out.text.len())),
            keys,
        };
        self.out.seats.push(seat);
    }

    fn class(&mut self, id: WorkloadId, workload: &'m Workload) -> u32 {
        let proxy = Proxy::of(Some(workload), None);
        let places = self.places(proxy, workload);
        let pick = self.authz.number(id.0);
        let reads = pick.and_then(|n| self.authz.pick(n)).map(|pick| &pick.reads);
        let touched = places.and_then(|n| self.out.places.get(n as usize)).map(|p| &p.touched);
        let header = |name: &String| {
            let known = matches!(name.as_str(), ":authority" | "host" | ":method" | ":path");
            !(known || is_plain(name)) || touched.is_some_and(|all| all.contains(name))
        };
        let unusual = reads.is_some_and(|r| r.metadata || r.headers.iter().any(header))
            || self.scripted(proxy, workload);
        let (ports, other) = self.ports(id, workload, proxy);
        // A gateway's ports are read as its Gateways say.
        let unusual = unusual
            || proxy == Proxy::Gateway
            || self.model.inventory.entries.iter().any(|e| e.selects(workload))
            || sidecar::of(self.model, workload).is_some_and(|s| s.ingress.is_some());
        let class = Class { proxy, odd: unusual || odd(workload), ports, other, pick, places };
        let next = number(self.out.classes.len());
        *self.classes.entry(class).or_insert_with_key(|class| {
            self.out.classes.push(class.clone());
            next
        })
    }

    fn places(&mut self, proxy: Proxy, workload: &Workload) -> Option<u32> {
        let root = self.model.inventory.mesh.root_namespace.as_str();
        let near = [root, workload.namespace.as_str()];
        if !near.iter().any(|space| self.request_auth.contains(space)) {
            return None;
        }
        let found = places(self.model, Asker { proxy, workload, service: None })?;
        let next = number(self.out.places.len());
        Some(*self.places.entry(found).or_insert_with_key(|found| {
            self.out.places.push(found.clone());
            next
        }))
    }

    /// Whether scripts may run in its proxy.
    fn scripted(&self, proxy: Proxy, workload: &Workload) -> bool {
        let root = &self.model.inventory.mesh.root_namespace;
        matches!(proxy, Proxy::Sidecar | Proxy::Gateway)
            && self.model.lua.filters.iter().any(|f| f.reach.covers(workload, root))
    }

    fn ports(
        &self,
        id: WorkloadId,
        workload: &'m Workload,
        proxy: Proxy,
    ) -> (Vec<PortSeat>, PortSeat) {
        let root = self.model.inventory.mesh.root_namespace.as_str();
        let own = workload.namespace.as_str();
        let of = |space: &str| self.peer_auth.get(space).map_or(&[][..], Vec::as_slice);
        let here = if own == root { &[] } else { of(own) };
        let near = of(root).iter().chain(here).copied();
        let scopes = Scopes::among(near.clone(), root, own, &workload.labels);
        let effective = |port: Option<u16>| -> Effective {
            let one = match proxy {
                Proxy::Sidecar => port.map(|port| scopes.on(port)),
                Proxy::Ztunnel => {
                    ambient::among(near.clone(), root, workload, Some(port.unwrap_or(0)))
                        .first()
                        .copied()
                }
                Proxy::Gateway | Proxy::Waypoint | Proxy::None => None,
            };
            let whole = || match proxy {
                Proxy::Sidecar => scopes.any().first().copied(),
                _ => None,
            };
            one.or_else(whole).unwrap_or(Effective { mode: MtlsMode::Permissive, policy: None })
        };
        let seen = scopes.seen_by_clients();
        let seat = |port: Option<u16>, declared: u8, ruled: bool| {
            let Effective { mode, policy } = effective(port);
            let mutual = chooses_mutual(self.model, workload, seen, mode);
            PortSeat { port: port.unwrap_or(0), declared, ruled, mutual, mode, policy }
        };
        let mut said: BTreeMap<u16, (u8, bool)> = BTreeMap::new();
        for service_id in self.index.services_of(id) {
            let Some(service) = self.model.inventory.service(*service_id) else { continue };
            for port in service.ports.iter().filter(|p| p.protocol == Protocol::Tcp) {
                let Some(number) = target_number(&port.target, port.protocol, workload) else {
                    continue;
                };
                let (bits, ruled) = said.entry(number).or_default();
                *bits |= bit(declared(port));
                *ruled |= self.out.ruled(*service_id);
            }
        }
        for port in scopes.workload.iter().flat_map(|policy| policy.ports.keys()) {
            said.entry(*port).or_default();
        }
        let named = said.into_iter().map(|(port, (bits, ruled))| {
            seat(Some(port), if bits == 0 { SNIFFED } else { bits }, ruled)
        });
        (named.collect(), seat(None, SNIFFED, false))
    }
}

fn kind(workload: &Workload) -> Kind {
    match workload.mesh {
        Enrolment::None => Kind::Outside,
        Enrolment::Sidecar => Kind::Sidecar,
        Enrolment::Ambient { .. } => Kind::Ambient,
        Enrolment::Gateway { .. } => Kind::Gateway,
        Enrolment::Waypoint => Kind::Waypoint,
    }
}

/// Annotations may say which of its connections its proxy captures.
fn odd(workload: &Workload) -> bool {
    workload.annotations.keys().any(|key| key.starts_with("traffic.sidecar.istio.io/"))
}
