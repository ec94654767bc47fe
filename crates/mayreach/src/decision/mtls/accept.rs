//! What a proxy makes of what arrives (`core/filterchain_options.go`).

use super::client::Arrival;
use crate::{
    decision::{
        ClientFault,
        mesh::{Identity, Proxy, port::Declared},
    },
    model::{
        Attributes,
        inventory::{Mesh, ServerAsks},
        mtls::MtlsMode,
    },
};

/// The proxy's answer to a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Accepted {
        identity: Identity,
        /// The bytes stay encrypted: no request is seen in them, whatever the client sends.
        opaque: bool,
    },
    Refused(ClientFault),
    Depends(Attributes),
}

const PLAIN: Outcome = Outcome::Accepted { identity: Identity::None, opaque: false };
const OPAQUE: Outcome = Outcome::Accepted { identity: Identity::None, opaque: true };

/// A sidecar's filter chains. `http` is a port that a Service declares to be HTTP: its chains take
/// nothing else.
pub(crate) fn sidecar(mesh: &Mesh, mode: MtlsMode, http: bool, arrival: &Arrival) -> Outcome {
    match (arrival, mode) {
        // "Sidecar HBONE port 15008: always STRICT, PA not consulted".
        (Arrival::Tunnel(id), _)
        | (Arrival::Mutual(id), MtlsMode::Strict | MtlsMode::Permissive) => certified(mesh, id),
        // "only TLS chain (mTLS terminated, client cert required)".
        (Arrival::Plaintext, MtlsMode::Strict) => Outcome::Refused(ClientFault::Plaintext),
        (Arrival::Plaintext, MtlsMode::Permissive | MtlsMode::Disable) => PLAIN,
        (Arrival::OneWayTls, MtlsMode::Strict) => Outcome::Refused(ClientFault::NoCertificate),
        // "other TLS → no chain (reset)" on declared HTTP, "passthrough TCP, no identity" else.
        (Arrival::OneWayTls, MtlsMode::Permissive) if http => {
            Outcome::Refused(ClientFault::NoCertificate)
        }
        (Arrival::OneWayTls, MtlsMode::Permissive) => OPAQUE,
        // Whether the certificate chains to the mesh's roots is not known.
        (Arrival::OwnCertificate, MtlsMode::Strict | MtlsMode::Permissive) => {
            Outcome::Depends(Attributes::PRINCIPAL)
        }
        // "TLS bytes hit the plaintext chain (HTTP 400 / opaque TCP)".
        (Arrival::Mutual(_) | Arrival::OneWayTls | Arrival::OwnCertificate, MtlsMode::Disable)
            if http =>
        {
            Outcome::Refused(ClientFault::UnexpectedTls)
        }
        (Arrival::Mutual(_) | Arrival::OneWayTls | Arrival::OwnCertificate, MtlsMode::Disable) => {
            OPAQUE
        }
    }
}

/// A gateway's server (`core/gateway.go` buildGatewayListenerTLSContext). `plain`: the flow says that
/// its client speaks plaintext; of a client of which nothing is said it is taken that it speaks
/// what the port does. `http`: the port reads requests.
pub(crate) fn gateway(
    mesh: &Mesh,
    asks: ServerAsks,
    (plain, http): (bool, bool),
    arrival: &Arrival,
) -> Outcome {
    match (asks, arrival) {
        (ServerAsks::Unsaid, _) | (ServerAsks::Plaintext, Arrival::Plaintext) => {
            other(mesh, Proxy::Gateway, arrival)
        }
        (ServerAsks::Plaintext, _) if http => Outcome::Refused(ClientFault::UnexpectedTls),
        (ServerAsks::Plaintext, _) => OPAQUE,
        (_, Arrival::Plaintext) if plain => Outcome::Refused(ClientFault::Plaintext),
        (ServerAsks::Mesh, Arrival::Plaintext) => Outcome::Refused(ClientFault::Plaintext),
        // Its roots verify the certificate; unlike a sidecar it asks for no trust domain (recorded).
        (ServerAsks::Mesh, Arrival::Mutual(id) | Arrival::Tunnel(id)) => {
            Outcome::Accepted { identity: Identity::Known(id.clone()), opaque: false }
        }
        (ServerAsks::Certificate | ServerAsks::Mesh, Arrival::OneWayTls) => {
            Outcome::Refused(ClientFault::NoCertificate)
        }
        // Nobody asks for the client's certificate, or it has none and may.
        (ServerAsks::Tls | ServerAsks::Passed, _)
        | (ServerAsks::Optional, Arrival::Plaintext | Arrival::OneWayTls) => PLAIN,
        // Whether the client has one, and whether the authority knows it.
        (ServerAsks::Certificate | ServerAsks::Mesh | ServerAsks::Optional, _) => {
            Outcome::Depends(Attributes::PRINCIPAL)
        }
    }
}

/// Whether a plaintext client's first bytes are read before a filter chain is chosen: to tell them
/// from TLS (PERMISSIVE), or HTTP from the rest (`core/listener_inbound.go` `populateListenerFilters`).
pub(crate) fn inspected(proxy: Proxy, mode: MtlsMode, declared: &[Declared]) -> bool {
    let sidecar = proxy == Proxy::Sidecar;
    (sidecar && mode == MtlsMode::Permissive) || declared.iter().any(|d| *d != Declared::Tcp)
}

/// "sidecar requires a peer SAN with prefix `spiffe://<td>/` for td in {trustDomain, aliases,
/// caCertificates[].trustDomains}".
fn certified(mesh: &Mesh, id: &str) -> Outcome {
    let of = |domain: &String| {
        id.strip_prefix("spiffe://")
            .and_then(|rest| rest.strip_prefix(domain.as_str()))
            .is_some_and(|rest| rest.starts_with('/'))
    };
    let known = std::iter::once(&mesh.trust_domain)
        .chain(&mesh.trust_domain_aliases)
        .chain(&mesh.ca_trust_domains)
        .any(of);
    if known {
        Outcome::Accepted { identity: Identity::Known(id.to_owned()), opaque: false }
    } else {
        Outcome::Refused(ClientFault::ForeignTrustDomain)
    }
}

/// Gateways, waypoints and ztunnel: "HBONE traffic always has identity", PeerAuthentication is
/// not consulted (ztunnel's refusal of plaintext is settled by the caller).
pub(crate) fn other(mesh: &Mesh, proxy: Proxy, arrival: &Arrival) -> Outcome {
    match arrival {
        Arrival::Plaintext => PLAIN,
        // A gateway terminates the client's TLS itself; ztunnel passes it on.
        Arrival::OneWayTls if proxy == Proxy::Gateway => PLAIN,
        Arrival::OneWayTls => OPAQUE,
        Arrival::OwnCertificate => Outcome::Depends(Attributes::PRINCIPAL),
        Arrival::Mutual(id) | Arrival::Tunnel(id) => certified(mesh, id),
    }
}
