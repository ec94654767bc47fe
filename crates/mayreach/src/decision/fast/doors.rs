//! How a port takes usual clients: what [`super::mesh`] answers for every request of a workload
//! whose flow says nothing odd, asked once for each kind of client.

use std::collections::{BTreeSet, HashMap};

use super::{
    mesh::{AGENT, Answer, Mesh, OUTSIDE, Way},
    seats::{Class, HTTP2, Kind, Seat, TCP},
    view::{self, Saw},
};
use crate::{
    compiled::{people::NOBODY, rows},
    decision::{LayerDecision, jwt::ACCESS_TOKEN, mesh::Proxy},
    model::{Flow, Http, Peer, Port, Request, WorkloadId},
};

/// How every workload is a client and a server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Doors {
    spots: Vec<Spot>,
    /// The doors of one workload after those of another, each list once.
    doors: Vec<Door>,
    /// Each once.
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
    /// Number of its pick of policies.
    pub(crate) pick: Option<u32>,
    /// Where its doors begin: that of most ports, then those of ports of which something is said, ascending.
    doors: u32,
    said: u32,
    /// Its place among the lines of doors, if it is a usual client.
    pub(crate) client: Option<Usual>,
    /// It is a usual server.
    pub(crate) serves: bool,
    pub(crate) kind: Kind,
    /// Layers that an object that is not evaluated may change, a bit for each.
    pub(crate) open: u8,
}

const _: () = assert!(size_of::<Spot>() == 64, "a line of memory");

/// Kinds of clients whose way is usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Usual {
    Outside,
    Sidecar,
}

/// One port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Door {
    port: u16,
    /// Number of the line of each kind of client; `u32::MAX`: it takes the long way to tell.
    lines: [u32; 2],
}

/// What becomes of a connection of one kind of client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Line {
    pub(crate) mtls: Answer,
    pub(crate) jwt: LayerDecision,
    /// Where no proxy stands.
    pub(crate) authorization: LayerDecision,
    /// `None`: no proxy stands there.
    pub(crate) proxied: Option<Proxied>,
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

impl Doors {
    pub(crate) fn new(
        workloads: usize,
        mesh: &Mesh<'_>,
        network: &[rows::Seat],
        direct: bool,
    ) -> Self {
        let mut out = Self::default();
        let mut lines: HashMap<Line, u32> = HashMap::new();
        let mut lists: HashMap<Vec<Door>, u32> = HashMap::new();
        let mut of_class = Vec::new();
        for class in mesh.seats.classes() {
            let mut door = |port: u16| Door {
                port,
                lines: [Kind::Outside, Kind::Sidecar].map(|kind| {
                    let Some(line) = mesh.line(class, port, kind) else { return u32::MAX };
                    *lines.entry(line).or_insert_with_key(|line| {
                        out.lines.push(line.clone());
                        number(out.lines.len() - 1)
                    })
                }),
            };
            let said = |port: &u16| class.ports().chain(AGENT).any(|other| other == *port);
            let other = (1..=u16::MAX).find(|port| !said(port));
            let ports: BTreeSet<u16> = class.ports().chain(AGENT).collect();
            let list: Vec<Door> = other.into_iter().chain(ports).map(&mut door).collect();
            let said = number(list.len() - 1);
            let first = *lists.entry(list).or_insert_with_key(|list| {
                out.doors.extend(list);
                number(out.doors.len() - list.len())
            });
            of_class.push((first, said));
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
            spot.pick = Some(pick);
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
        // They ascend, and are a handful at most.
        let (most, rest) = self.doors.get(to.doors as usize..)?.split_first()?;
        let mut said = rest.get(..to.said as usize)?.iter();
        let said = said.find(|door| door.port >= port).filter(|door| door.port == port);
        let [outside, sidecar] = said.unwrap_or(most).lines;
        let line = match client {
            Usual::Outside => outside,
            Usual::Sidecar => sidecar,
        };
        self.lines.get(line as usize)
    }
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn spot(mesh: &Mesh<'_>, doors: &[(u32, u32)], workload: u32) -> Option<Spot> {
    let keys = mesh.authz.people.of(workload);
    let (seat, class) = mesh.seats.of(WorkloadId(workload))?;
    let (first, said) = *doors.get(seat.class as usize)?;
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
        doors: first,
        said,
        pick: class.pick,
        keys,
        kind: seat.kind,
        open: seat.open,
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
                Some(Line { mtls, jwt: jwt.0, authorization: authorization.0, proxied: None })
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
                let (authorization, _) = OUTSIDE[2];
                Some(Line { mtls: link.answer, jwt, authorization, proxied: Some(proxied) })
            }
            _ => None,
        }
    }
}
