//! How a port takes usual clients: what [`super::mesh`] answers for every request of a workload
//! whose flow says nothing odd, asked once for each kind of client.

use std::collections::HashMap;

use super::{
    mesh::{AGENT, Answer, Mesh, OUTSIDE, Way},
    seats::{Class, HTTP2, Kind, Seat, TCP},
    view::{self, Saw},
};
use crate::{
    compiled::people::NOBODY,
    decision::{LayerDecision, mesh::Proxy},
    model::{Flow, Http, Peer, Port, Request, WorkloadId},
};

/// Every workload's front.
#[derive(Clone, Debug, Default)]
pub(crate) struct Doors {
    spots: Vec<Spot>,
    fronts: Vec<Front>,
    /// Each once.
    doors: Vec<Door>,
}

/// One workload, as a client and as a server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot {
    /// Its place among the lines of doors, if it is a usual client.
    pub(crate) client: Option<Usual>,
    /// It is a usual server.
    pub(crate) serves: bool,
    front: u32,
    /// Keys of its identity and of its namespace (`compiled::People`).
    pub(crate) keys: [u32; 2],
}

/// Kinds of clients whose way is usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Usual {
    Outside,
    Sidecar,
}

/// The ports of a workload.
#[derive(Clone, Debug)]
pub(crate) struct Front {
    /// Number of its pick of policies.
    pub(crate) pick: Option<u32>,
    /// Ports of which something is said, each with its door.
    ports: Box<[(u16, u32)]>,
    /// The door of all others.
    other: u32,
}

/// One port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Door {
    lines: [Option<Line>; 2],
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
    /// A token may come in the query.
    pub(crate) params: bool,
}

impl Doors {
    pub(crate) fn new(workloads: usize, mesh: &Mesh<'_>) -> Self {
        let mut out = Self::default();
        let mut known: HashMap<Door, u32> = HashMap::new();
        for class in mesh.seats.classes() {
            let mut door = |port: u16| {
                let kinds = [Kind::Outside, Kind::Sidecar];
                let door = Door { lines: kinds.map(|kind| mesh.line(class, port, kind)) };
                *known.entry(door).or_insert_with_key(|door| {
                    out.doors.push(door.clone());
                    number(out.doors.len() - 1)
                })
            };
            let ports = class.ports().chain(AGENT).map(|port| (port, door(port))).collect();
            let said = |port: &u16| class.ports().chain(AGENT).any(|other| other == *port);
            let other = (1..=u16::MAX).find(|port| !said(port)).map_or(u32::MAX, &mut door);
            out.fronts.push(Front { pick: class.pick, ports, other });
        }
        out.spots = (0..number(workloads)).map_while(|n| spot(mesh, n)).collect();
        out
    }

    /// One more front: that of a class, with another pick.
    pub(crate) fn front_again(&mut self, class: u32, pick: u32) {
        if let Some(front) = self.fronts.get(class as usize) {
            let front = Front { pick: Some(pick), ..front.clone() };
            self.fronts.push(front);
        }
    }

    /// Puts a workload behind the front of a class.
    pub(crate) fn sits(&mut self, workload: u32, class: u32) {
        if let Some(spot) = self.spots.get_mut(workload as usize) {
            spot.front = class;
        }
    }

    #[inline]
    pub(crate) fn spot(&self, workload: WorkloadId) -> Option<&Spot> {
        self.spots.get(workload.0 as usize)
    }

    #[inline]
    pub(crate) fn front(&self, spot: &Spot) -> Option<&Front> {
        self.fronts.get(spot.front as usize)
    }

    /// How a port takes a client; `None`: it takes the long way to tell.
    #[inline]
    pub(crate) fn line(&self, front: &Front, port: u16, client: Usual) -> Option<&Line> {
        // A handful at most.
        let said = front.ports.iter().find(|one| one.0 == port);
        let door = self.doors.get(said.map_or(front.other, |one| one.1) as usize)?;
        let [outside, sidecar] = &door.lines;
        match client {
            Usual::Outside => outside.as_ref(),
            Usual::Sidecar => sidecar.as_ref(),
        }
    }
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn spot(mesh: &Mesh<'_>, workload: u32) -> Option<Spot> {
    let keys = mesh.authz.people.of(workload);
    let (seat, class) = mesh.seats.of(WorkloadId(workload))?;
    let whole = seat.open == 0;
    let client = match seat.kind {
        Kind::Outside => Some(Usual::Outside),
        Kind::Sidecar if !seat.odd => Some(Usual::Sidecar),
        _ => None,
    };
    Some(Spot {
        client: client.filter(|_| whole && !keys.contains(&NOBODY)),
        serves: whole && matches!(class.proxy, Proxy::None | Proxy::Sidecar) && !class.odd,
        front: seat.class,
        keys,
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
                let params = self.seats.places(class).is_some_and(|p| !p.params.is_empty());
                let proxied = Proxied { identity: link.client.is_some(), tls: link.tls, params };
                let (authorization, _) = OUTSIDE[2];
                Some(Line { mtls: link.answer, jwt, authorization, proxied: Some(proxied) })
            }
            _ => None,
        }
    }
}
