//! What becomes of a connection at a proxy, by what arrives: the reference's answers, asked once
//! for each case.

use crate::{
    decision::{
        ClientFault,
        mesh::{Identity, Proxy},
        mtls::{
            accept::{self, Outcome},
            client::Arrival,
            strict_ztunnel,
        },
    },
    model::{inventory::Mesh, mtls::MtlsMode},
};

/// What the client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sends {
    Plaintext,
    OneWayTls,
    Mutual,
    Tunnel,
}

/// What the proxy makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Makes {
    /// Accepted, nobody known, the request seen.
    Plain,
    /// Accepted as bytes.
    Opaque,
    /// Accepted under the client's identity, if its trust domain is known.
    Certified,
    Refused(ClientFault),
    /// Not one of these.
    #[default]
    Odd,
}

const PROXIES: [Proxy; 4] = [Proxy::Sidecar, Proxy::Ztunnel, Proxy::Gateway, Proxy::Waypoint];
const MODES: [MtlsMode; 3] = [MtlsMode::Disable, MtlsMode::Permissive, MtlsMode::Strict];
const ALL: [Sends; 4] = [Sends::Plaintext, Sends::OneWayTls, Sends::Mutual, Sends::Tunnel];

/// Every case.
#[derive(Clone, Debug)]
pub(crate) struct Links {
    cases: [Makes; PROXIES.len() * MODES.len() * 2 * ALL.len()],
    /// Trust domains whose certificates are good.
    domains: Vec<String>,
}

impl Default for Links {
    fn default() -> Self {
        Self::new(&Mesh::default())
    }
}

fn place(proxy: usize, mode: usize, http: bool, sends: usize) -> usize {
    ((proxy * MODES.len() + mode) * 2 + usize::from(http)) * ALL.len() + sends
}

impl Links {
    pub(crate) fn new(mesh: &Mesh) -> Self {
        let mut cases = [Makes::Odd; PROXIES.len() * MODES.len() * 2 * ALL.len()];
        for (p, proxy) in PROXIES.into_iter().enumerate() {
            for (m, mode) in MODES.into_iter().enumerate() {
                for http in [false, true] {
                    for (s, sends) in ALL.into_iter().enumerate() {
                        if let Some(case) = cases.get_mut(place(p, m, http, s)) {
                            *case = case_of(mesh, proxy, mode, http, sends);
                        }
                    }
                }
            }
        }
        let others = mesh.trust_domain_aliases.iter().chain(&mesh.ca_trust_domains);
        let domains = std::iter::once(&mesh.trust_domain).chain(others).cloned().collect();
        Self { cases, domains }
    }

    #[inline]
    pub(crate) fn get(&self, proxy: Proxy, mode: MtlsMode, http: bool, sends: Sends) -> Makes {
        let proxy = match proxy {
            Proxy::Sidecar => 0,
            Proxy::Ztunnel => 1,
            Proxy::Gateway => 2,
            Proxy::Waypoint => 3,
            Proxy::None => return Makes::Odd,
        };
        let mode = match mode {
            MtlsMode::Disable => 0,
            MtlsMode::Permissive => 1,
            MtlsMode::Strict => 2,
        };
        self.cases.get(place(proxy, mode, http, sends as usize)).copied().unwrap_or_default()
    }

    /// Whether a certificate of that identity (without `spiffe://`) chains to the mesh.
    pub(crate) fn knows(&self, rest: &str) -> bool {
        let of = |domain: &String| {
            rest.strip_prefix(domain.as_str()).is_some_and(|rest| rest.starts_with('/'))
        };
        self.domains.iter().any(of)
    }
}

fn case_of(mesh: &Mesh, proxy: Proxy, mode: MtlsMode, http: bool, sends: Sends) -> Makes {
    let id = format!("spiffe://{}/someone", mesh.trust_domain);
    let arrival = match sends {
        Sends::Plaintext => Arrival::Plaintext,
        Sends::OneWayTls => Arrival::OneWayTls,
        Sends::Mutual => Arrival::Mutual(id),
        Sends::Tunnel => Arrival::Tunnel(id),
    };
    let outcome = match proxy {
        Proxy::Sidecar => accept::sidecar(mesh, mode, http, &arrival),
        Proxy::Ztunnel if mode == MtlsMode::Strict => {
            strict_ztunnel(accept::other(mesh, proxy, &arrival), &arrival)
        }
        _ => accept::other(mesh, proxy, &arrival),
    };
    match outcome {
        Outcome::Accepted { identity: Identity::None, opaque: false } => Makes::Plain,
        Outcome::Accepted { identity: Identity::None, opaque: true } => Makes::Opaque,
        Outcome::Accepted { identity: Identity::Known(_), opaque: false } => Makes::Certified,
        Outcome::Refused(fault) => Makes::Refused(fault),
        _ => Makes::Odd,
    }
}
