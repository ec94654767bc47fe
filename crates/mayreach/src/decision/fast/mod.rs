//! The compiled evaluator: the same answers as the reference, from what compiling prepared.

mod authz;
mod block;
mod conditions;
mod direct;
mod doors;
mod links;
mod mesh;
pub(crate) mod network;
mod pairs;
mod seats;
mod view;

use self::seats::Kind;
pub(crate) use self::{
    block::{BLOCK, Block},
    direct::{Ask, Found, Held, with},
    seats::Seats,
};

use crate::{
    compiled::{
        Authz, Net,
        rows::{Cell, Packet, What},
    },
    decision::{
        ClientSees, Decision, Layer, LayerDecision, Reason, Verdict, combine, hops, mesh as slow,
        reference,
        resolve::{Asked, End, is_made},
        trace::Trace,
        unevaluated::left_open,
    },
    model::{Flow, Http, Model, Protocol, TierId, WorkloadId},
    options::Without,
    program::Inner,
};

/// Two known workloads, and the port of the second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ends {
    pub(crate) from: WorkloadId,
    pub(crate) to: WorkloadId,
    pub(crate) port: u16,
}

/// What all requests on a connection share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept<'a> {
    ends: Ends,
    network: [LayerDecision; 2],
    link: mesh::Link<'a>,
    port: seats::PortSeat,
    found: authz::Found,
    class: &'a seats::Class,
}

impl Kept<'_> {
    /// The decision of all layers.
    pub(crate) fn whole(
        &self,
        http: &Http<'_>,
        request: [(LayerDecision, Option<ClientSees>); 2],
    ) -> Decision {
        let [jwt, authorization] = request;
        put_together(self.ends, http, self.network, [self.link.answer, jwt, authorization])
    }
}

/// The layers of a flow between two workloads, put together.
#[inline]
fn put_together(
    ends: Ends,
    http: &Http<'_>,
    network: [LayerDecision; 2],
    mesh: [mesh::Answer; 3],
) -> Decision {
    let ([egress, ingress], [mtls, jwt, authorization]) = (network, mesh);
    let timeout = Some(ClientSees::Timeout);
    let decision = combine::layers(
        [egress, ingress, mtls.0, jwt.0, authorization.0],
        [timeout, timeout, mtls.1, jwt.1, authorization.1],
    );
    let mut decision = combine::as_sent(decision, http);
    decision.destination = Some(ends.to);
    decision.port = Some(ends.port);
    decision
}

/// Everything that is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fast<'p>(pub(crate) &'p Inner);

impl<'p> Fast<'p> {
    fn model(self) -> &'p Model {
        &self.0.model
    }

    fn net(self) -> &'p Net {
        &self.0.net
    }

    fn authz(self) -> &'p Authz {
        &self.0.authz
    }

    fn seats(self) -> &'p Seats {
        &self.0.seats
    }

    fn without(self) -> &'p Without {
        &self.0.options.without
    }

    /// A flow from one known workload to another; `None`: more has to be worked out.
    pub(crate) fn pair(self, flow: &Flow<'_>, ends: Ends) -> Option<Decision> {
        let way = self.way(flow, &flow.http, ends)?;
        let network = self.network(ends, flow.protocol)?;
        Some(put_together(ends, &flow.http, network, self.mesh().pass(&way)?))
    }

    /// The authorization layer of such a flow, alone.
    pub(crate) fn authorize(self, flow: &Flow<'_>, ends: Ends) -> Option<LayerDecision> {
        let way = self.way(flow, &flow.http, ends)?;
        let [_, _, authorization] = self.mesh().pass(&way)?;
        Some(authorization.0)
    }

    /// What the mesh layers are asked about; `None`: more has to be worked out.
    #[inline]
    fn way<'w, 'a>(
        self,
        flow: &'w Flow<'a>,
        http: &'w Http<'a>,
        ends: Ends,
    ) -> Option<mesh::Way<'w, 'a>>
    where
        'p: 'a,
    {
        if self.without().pairs || self.without().mesh {
            return None;
        }
        let (source, _) = self.seats().of(ends.from)?;
        let (destination, class) = self.seats().of(ends.to)?;
        if source.open | destination.open != 0 || tunnelled(source.kind, destination.kind) {
            return None;
        }
        let (source, port) = (Some(source), Some(ends.port));
        Some(mesh::Way { flow, http, source, class, port, service: None, asked: None })
    }

    /// What all requests on a connection share; `None`: it takes an unusual way.
    pub(crate) fn keep<'a>(self, flow: &Flow<'a>, ends: Ends) -> Option<Kept<'a>>
    where
        'p: 'a,
    {
        // Requests may come, whatever the flow says.
        let way = self.way(flow, &Http::Unknown, ends)?;
        let network = self.network(ends, flow.protocol)?;
        let (link, port, found) = self.mesh().keep(&way)?;
        Some(Kept { ends, network, link, port, found, class: way.class })
    }

    /// One request on a connection that is kept.
    #[inline]
    pub(crate) fn kept(
        self,
        kept: &Kept<'_>,
        flow: &Flow<'_>,
        http: &Http<'_>,
    ) -> Option<[(LayerDecision, Option<ClientSees>); 2]> {
        let (class, port) = (kept.class, Some(kept.ends.port));
        let way = mesh::Way { flow, http, source: None, class, port, service: None, asked: None };
        self.mesh().request(&way, &kept.port, true, &kept.link, Some(&kept.found))
    }

    /// Both directions of network policy between workloads; `None`: more has to be worked out.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what it finds stays in registers")]
    pub(crate) fn network(self, ends: Ends, protocol: Protocol) -> Option<[LayerDecision; 2]> {
        self.cells(ends, protocol).map(of_cells)
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what it finds stays in registers")]
    pub(crate) fn cells(self, ends: Ends, protocol: Protocol) -> Option<[&'p Cell; 2]> {
        let doors = &self.seats().doors;
        let (from, to) = (doors.spot(ends.from)?, doors.spot(ends.to)?);
        let packet = Packet::new(protocol, ends.port);
        self.0.rows.ask(&from.network, &to.network, ends.from == ends.to, packet)
    }

    /// [`Fast::cells`] where nobody looks at anything else.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what it finds stays in registers")]
    pub(crate) fn cells_alone(self, ends: Ends, protocol: Protocol) -> Option<[&'p Cell; 2]> {
        let doors = &self.seats().doors;
        let straight = doors.spot(ends.from)?.straight(doors.spot(ends.to)?);
        if straight { self.cells(ends, protocol) } else { None }
    }

    fn mesh(self) -> mesh::Mesh<'p> {
        mesh::Mesh {
            model: self.model(),
            authz: self.authz(),
            seats: self.seats(),
            indexed: !self.without().groups,
        }
    }

    /// One flow to one destination.
    pub(crate) fn decide(self, asked: &Asked<'_>) -> Decision {
        // Pods that only the flow describes have no compiled list.
        let inline = |end: &End<'_>| end.id.is_none() && end.workload.is_some();
        if inline(&asked.source) || inline(&asked.destination) {
            return reference::decide(self.model(), asked).decision;
        }
        let [egress, ingress] = [Layer::Egress, Layer::Ingress].map(|layer| {
            hops::layer(self.model(), asked, layer, |asked, _| self.on_the_way(asked, layer))
        });
        let quick = if self.without().mesh { None } else { self.mesh().layers(asked) };
        let [mtls, jwt, authorization] = quick.unwrap_or_else(|| self.unusual(asked));
        let open = |decided| self.left_open(asked, decided);
        let layers = [egress, ingress, open(mtls.0), open(jwt.0), open(authorization.0)];
        let timeout = Some(ClientSees::Timeout);
        let refused = reference::http::sees(self.model(), asked, ingress, mtls, |one| {
            network::network(self.net(), self.model(), one, Layer::Ingress).verdict
        });
        let sees = [timeout, refused, mtls.1, jwt.1, authorization.1];
        let mut decision = combine::as_sent(combine::layers(layers, sees), &asked.flow.http);
        decision.destination = asked.destination.id;
        decision.port = asked.network_port;
        decision
    }

    /// One network layer of one connection.
    fn on_the_way(self, asked: &Asked<'_>, layer: Layer) -> LayerDecision {
        // A waypoint's pod that no manifest holds has no compiled list either.
        if is_made(&asked.source) || is_made(&asked.destination) {
            let found = reference::network::network(self.model(), asked, layer, &mut Trace::off());
            return left_open(self.model(), asked, found);
        }
        self.left_open(asked, network::network(self.net(), self.model(), asked, layer))
    }

    /// The mesh layers as the reference asks them, with the pick that compiling made.
    #[cold]
    #[inline(never)]
    fn unusual(self, asked: &Asked<'_>) -> [(LayerDecision, Option<ClientSees>); 3] {
        let pick = asked.destination.id.and_then(|id| self.authz().of(id.0));
        let found = slow::layers(self.model(), asked, pick, &Trace::off());
        found.answers.map(|answer| (answer.decision, answer.sees))
    }

    /// Objects that are not evaluated are looked for only where there are some.
    fn left_open(self, asked: &Asked<'_>, decided: LayerDecision) -> LayerDecision {
        let end = if decided.layer == Layer::Egress { &asked.source } else { &asked.destination };
        let touched = end
            .id
            .and_then(|id| self.seats().of(id))
            .is_some_and(|(seat, _)| seat.open >> (decided.layer as u8) & 1 == 1);
        if touched { left_open(self.model(), asked, decided) } else { decided }
    }
}

/// Whether TCP may travel in a tunnel, so that packets show its port.
fn tunnelled(source: Kind, destination: Kind) -> bool {
    matches!(source, Kind::Ambient | Kind::Waypoint | Kind::Sidecar | Kind::Gateway)
        && matches!(destination, Kind::Ambient | Kind::Waypoint)
}

/// Egress and ingress.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it goes where the answer is put together")]
pub(crate) fn of_cells([egress, ingress]: [&Cell; 2]) -> [LayerDecision; 2] {
    [of_cell(Layer::Egress, egress), of_cell(Layer::Ingress, ingress)]
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "it goes where the answer is put together")]
fn of_cell(layer: Layer, cell: &Cell) -> LayerDecision {
    let Cell { what, policy, number } = *cell;
    let (verdict, reason) = match what {
        What::Allow => (Verdict::Allow, Reason::Rule { policy, rule: number }),
        What::Deny => (Verdict::Deny, Reason::Rule { policy, rule: number }),
        What::Isolated => (Verdict::Deny, Reason::Isolated { policy }),
        What::EndOfTier => (Verdict::Deny, Reason::EndOfTier { tier: TierId(number), policy }),
        What::Profileless => (Verdict::Deny, Reason::UndefinedNamespace),
        What::Local => (Verdict::Allow, Reason::LocalTraffic),
        What::Nothing => (Verdict::Allow, Reason::DefaultAllow),
    };
    LayerDecision::new(layer, verdict, reason)
}
