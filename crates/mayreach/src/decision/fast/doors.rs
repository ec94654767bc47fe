//! How a port takes usual clients: what [`super::mesh`] answers for every request of a workload
//! whose flow says nothing odd, asked once for each kind of client.

use std::collections::{BTreeSet, HashMap};

use super::{
    mesh::{AGENT, Answer, Mesh, OUTSIDE, Way},
    seats::{Class, HTTP2, Kind, Seat, TCP},
    view::{self, Saw},
};
use crate::{
    compiled::{authz::Known, people::NOBODY, rows},
    decision::{LayerDecision, jwt::ACCESS_TOKEN, mesh::Proxy},
    model::{Flow, Http, Peer, Port, Request, WorkloadId},
    shared::number,
};

/// How every workload is a client and a server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Doors {
    spots: Vec<Spot>,
    /// Ports of which something is said and the last port of all, ascending, those of one workload after
    /// those of another, each list once.
    ports: Vec<u16>,
    /// What becomes of each kind of client, at most ports and then at each of the others: the lines of
    /// one workload after those of another, each list once.
    lines: Vec<Line>,
}

/// One workload: a line of memory.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Spot {
    /// What network policy goes by.
    pub(crate) network: rows::Seat,
    /// Keys of its identity and of its namespace (`compiled::People`).
    pub(crate) keys: [u32; 2],
    /// Number of its pick of policies; [`NO_PICK`]: a proxy that reads policies otherwise decides.
    pub(crate) pick: u32,
    /// Where its ports begin and where their lines begin.
    ports: u32,
    lines: u32,
    /// Where the groups of its pick are, see [`Spot::known`].
    shift: u8,
    first: u32,
    /// And nothing else has to be known of that.
    usual: bool,
    /// If it is a usual client.
    pub(crate) client: Option<Usual>,
    /// It is a usual server.
    pub(crate) serves: bool,
    /// What may keep packets from travelling as they are, see [`Spot::straight`].
    bends: Bends,
}

/// Of a workload as source and as destination: the first of one and the second of the other have a bit in
/// common if packets between them may travel otherwise than they are sent.
pub(crate) type Bends = [u8; 2];

fn bends(seat: &Seat, waypoints: bool) -> Bends {
    const TUNNEL: u8 = 1;
    const SOURCE: u8 = 2;
    const DESTINATION: u8 = 4;
    let bit = |bit: u8, is: bool| if is { bit } else { 0 };
    let sends = matches!(seat.kind, Kind::Ambient | Kind::Gateway);
    // An object that is not evaluated may change some layer.
    let open = seat.open != 0;
    let tunnels = sends || matches!(seat.kind, Kind::Waypoint | Kind::Sidecar);
    let tunnelled = matches!(seat.kind, Kind::Ambient | Kind::Waypoint);
    [
        DESTINATION | bit(SOURCE, open || (sends && waypoints)) | bit(TUNNEL, tunnels),
        SOURCE | bit(DESTINATION, open) | bit(TUNNEL, tunnelled),
    ]
}

const _: () = assert!(size_of::<Spot>() == 64, "a line of memory");

/// Kinds of clients whose way is usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Usual {
    Outside,
    Sidecar,
}

impl Spot {
    /// Whether packets travel as they are from one end to the other, and nothing that is not evaluated
    /// may touch them.
    #[inline]
    pub(crate) const fn straight(&self, destination: &Self) -> bool {
        self.bends[0] & destination.bends[1] == 0
    }

    pub(crate) const fn bends(&self) -> Bends {
        self.bends
    }

    /// Where the groups of its pick are.
    #[inline]
    pub(crate) const fn known(&self) -> Known {
        Known { first: self.first, shift: self.shift, usual: self.usual }
    }
}

/// No pick.
pub(crate) const NO_PICK: u32 = u32::MAX;

/// What becomes of a connection of one kind of client: a line of memory.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[repr(align(64))]
pub(crate) struct Line {
    pub(crate) mtls: Answer,
    pub(crate) jwt: LayerDecision,
    pub(crate) next: Next,
}

const _: () = assert!(size_of::<Line>() == 64, "a line of memory");

/// Who asks about authorization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Next {
    Proxied(Proxied),
    /// No proxy stands there.
    Nobody(LayerDecision),
    /// It takes the long way to tell.
    Longer,
}

/// What the proxy knows of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Proxied {
    /// Who it is counts.
    pub(crate) identity: bool,
    /// It speaks some TLS.
    pub(crate) tls: bool,
    pub(crate) query: TokenIn,
}

/// Under which names a token may come in the query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum TokenIn {
    Nothing,
    /// The usual one alone.
    AccessToken,
    /// Others, which [`super::Seats::places`] lists.
    Listed,
}

impl Default for Line {
    fn default() -> Self {
        let [mtls, (jwt, _), _] = OUTSIDE;
        Self { mtls, jwt, next: Next::Longer }
    }
}

impl Doors {
    pub(crate) fn new(
        workloads: usize,
        mesh: &Mesh<'_>,
        network: &[rows::Seat],
        direct: bool,
    ) -> Self {
        let mut out = Self::default();
        let mut lists: HashMap<Vec<u16>, u32> = HashMap::new();
        let mut lines: HashMap<Vec<Line>, u32> = HashMap::new();
        let mut of_class = Vec::new();
        for class in mesh.seats.classes() {
            let said: BTreeSet<u16> = class.ports().chain(AGENT).chain([u16::MAX]).collect();
            let other = (1..=u16::MAX).find(|port| !said.contains(port));
            let each = [other.unwrap_or(0)].into_iter().chain(said.iter().copied());
            let of_port =
                |port| [Kind::Outside, Kind::Sidecar].map(|kind| mesh.line(class, port, kind));
            let own: Vec<Line> = each.flat_map(of_port).map(Option::unwrap_or_default).collect();
            let list: Vec<u16> = said.into_iter().collect();
            let ports = *lists.entry(list).or_insert_with_key(|list| {
                out.ports.extend(list);
                number(out.ports.len() - list.len())
            });
            let lines = *lines.entry(own).or_insert_with_key(|own| {
                out.lines.extend(own.iter().cloned());
                number(out.lines.len() - own.len())
            });
            of_class.push((ports, lines));
        }
        let spots = (0..number(workloads)).map_while(|n| {
            let spot = spot(mesh, &of_class, n)?;
            Some(Spot { serves: spot.serves && direct, ..spot })
        });
        out.spots = spots.collect();
        out.network(network);
        out
    }

    /// Gives a workload another pick.
    pub(crate) fn pick(&mut self, workload: u32, pick: u32) {
        if let Some(spot) = self.spots.get_mut(workload as usize) {
            spot.pick = pick;
        }
    }

    /// Gives every workload what network policy goes by.
    pub(crate) fn network(&mut self, network: &[rows::Seat]) {
        for (n, spot) in self.spots.iter_mut().enumerate() {
            spot.network = network.get(n).copied().unwrap_or(rows::Seat::UNKNOWN);
        }
    }

    pub(crate) fn spots(&self) -> impl Iterator<Item = &Spot> {
        self.spots.iter()
    }

    #[inline]
    pub(crate) fn spot(&self, workload: WorkloadId) -> Option<&Spot> {
        self.spots.get(workload.0 as usize)
    }

    /// How a port of a workload takes a client; `None`: it takes the long way to tell.
    #[inline]
    pub(crate) fn line(&self, to: &Spot, port: u16, client: Usual) -> Option<&Line> {
        let (first, mut at) = (to.ports as usize, to.ports as usize);
        // They ascend, and are a handful at most.
        let mut said = *self.ports.get(at)?;
        while said < port {
            at += 1;
            said = *self.ports.get(at)?;
        }
        let place = if said == port { at + 1 - first } else { 0 };
        self.lines.get(to.lines as usize + place * 2 + usize::from(client == Usual::Sidecar))
    }
}

fn spot(mesh: &Mesh<'_>, doors: &[(u32, u32)], workload: u32) -> Option<Spot> {
    let keys = mesh.authz.people.of(workload);
    let (seat, class) = mesh.seats.of(WorkloadId(workload))?;
    let (ports, lines) = *doors.get(seat.class as usize)?;
    let pick = class.pick.unwrap_or(NO_PICK);
    let Known { first, shift, usual } = mesh.authz.known(pick);
    let whole = seat.open == 0;
    let client = match seat.kind {
        Kind::Outside => Some(Usual::Outside),
        Kind::Sidecar if !seat.odd => Some(Usual::Sidecar),
        _ => None,
    };
    Some(Spot {
        network: rows::Seat::UNKNOWN,
        client: client.filter(|_| whole && !keys.contains(&NOBODY)),
        serves: whole && matches!(class.proxy, Proxy::None | Proxy::Sidecar) && !class.odd,
        ports,
        lines,
        first,
        shift,
        usual,
        pick,
        keys,
        bends: bends(seat, !mesh.model.inventory.gateways.is_empty()),
    })
}

impl Mesh<'_> {
    /// How a port takes an HTTP request of a kind of client whose flow says nothing odd.
    fn line(&self, class: &Class, port: u16, kind: Kind) -> Option<Line> {
        let request = Request { method: Some("GET"), path: Some("/"), ..Request::default() };
        let mut flow =
            Flow::new(Peer::Id(WorkloadId(0)), Peer::Id(WorkloadId(0)), Port::Number(port));
        flow.http = Http::Request(request);
        let seat = Seat::usual(kind);
        let (source, http) = (Some(&seat), &flow.http);
        let way =
            Way { flow: &flow, http, source, class, port: Some(port), service: None, asked: None };
        match self.proxy(&way)? {
            Proxy::None => {
                let [mtls, jwt, authorization] = self.pass(&way)?;
                Some(Line { mtls, jwt: jwt.0, next: Next::Nobody(authorization.0) })
            }
            Proxy::Sidecar => {
                let port = class.port(port);
                let link = self.link(&way, port, true).filter(|link| !link.opaque)?;
                if port.declared & TCP != 0 {
                    return None;
                }
                let Saw::Request(view) = view::see(http, flow.token, port.declared == HTTP2) else {
                    return None;
                };
                let (jwt, _) = self.jwt(class, Some(&view))?;
                let params = self.seats.places(class).map_or(&[][..], |p| p.params.as_slice());
                let query = match params {
                    [] => TokenIn::Nothing,
                    [only] if only == ACCESS_TOKEN => TokenIn::AccessToken,
                    _ => TokenIn::Listed,
                };
                let proxied = Proxied { identity: link.client.is_some(), tls: link.tls, query };
                Some(Line { mtls: link.answer, jwt, next: Next::Proxied(proxied) })
            }
            _ => None,
        }
    }
}
