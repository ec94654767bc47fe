//! What the three mesh layers share: which proxy answers, how it reads a port, whom it sees.

mod layers;
pub(crate) mod port;
pub(crate) mod sidecar;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub(crate) mod waypoint;

pub(crate) use self::layers::{MeshLayers, after_banner, agreed, layers};
pub(crate) use crate::model::inventory::spiffe;

use crate::model::{
    Attributes, Tri,
    inventory::{Enrolment, Mesh, Workload},
};

/// The proxy in front of a workload's port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Proxy {
    /// None: the connection reaches the application.
    None,
    Sidecar,
    /// The node's proxy, layer 4 only.
    Ztunnel,
    Gateway,
    Waypoint,
}

impl Proxy {
    /// Which proxy takes a connection to a workload's port.
    pub(crate) fn of(workload: Option<&Workload>, port: Option<u16>) -> Self {
        let Some(workload) = workload else { return Self::None };
        match &workload.mesh {
            Enrolment::None => Self::None,
            Enrolment::Sidecar if !captured(workload, port) => Self::None,
            Enrolment::Sidecar => Self::Sidecar,
            Enrolment::Ambient { .. } => Self::Ztunnel,
            Enrolment::Gateway { .. } => Self::Gateway,
            Enrolment::Waypoint => Self::Waypoint,
        }
    }
}

/// Whether a sidecar captures a port (`includeInboundPorts`, `excludeInboundPorts`).
fn captured(workload: &Workload, port: Option<u16>) -> bool {
    let Some(port) = port else { return true };
    // The agent's own ports are never redirected (tools/istio-iptables).
    if matches!(port, 15020 | 15021 | 15090) {
        return false;
    }
    let listed = |list: &str| list.split(',').any(|item| item.trim() == port.to_string());
    let annotation =
        |name: &str| workload.annotations.get(&format!("traffic.sidecar.istio.io/{name}"));
    let included = annotation("includeInboundPorts").is_none_or(|l| l.trim() == "*" || listed(l));
    included && !annotation("excludeInboundPorts").is_some_and(|list| listed(list))
}

/// `gatewayTopology.numTrustedProxies` of a gateway: its pod's own `proxy.istio.io/config`, else the
/// mesh's.
pub(crate) fn trusted_proxies(mesh: &Mesh, gateway: Option<&Workload>) -> u32 {
    let own = gateway.and_then(|w| w.annotations.get("proxy.istio.io/config")).and_then(|text| {
        // YAML or JSON; the key stands once in it.
        let names = ["numTrustedProxies", "num_trusted_proxies"];
        let (_, rest) = names.iter().find_map(|name| text.split_once(name))?;
        let rest = rest.trim_start_matches(['"', '\'', ':', ' ']);
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest.get(..digits)?.parse().ok()
    });
    own.unwrap_or(mesh.trusted_proxies)
}

/// Who the proxy takes the client for, as its certificate says (`spiffe://…`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    /// The client showed no certificate.
    None,
    Known(String),
    /// Either that, or none.
    Perhaps(String, Attributes),
    /// Any, or none.
    Unknown(Attributes),
}

impl Identity {
    /// Whether a condition on the identity holds; "no TLS: matcher false".
    pub(crate) fn test(&self, matches: impl Fn(&str) -> bool) -> Tri {
        match self {
            Self::None => Tri::No,
            Self::Known(id) => Tri::of(matches(id)),
            Self::Perhaps(id, _) if !matches(id) => Tri::No,
            Self::Perhaps(_, missing) | Self::Unknown(missing) => Tri::Unknown(*missing),
        }
    }

    /// What is known of two possible identities.
    pub(crate) fn either(&self, other: &Self, missing: Attributes) -> Self {
        if self == other {
            return self.clone();
        }
        let missing = missing.union(self.missing()).union(other.missing());
        match (self.name(), other.name()) {
            (Some(a), Some(b)) if a == b => Self::Perhaps(a.to_owned(), missing),
            (Some(id), None) if *other == Self::None => Self::Perhaps(id.to_owned(), missing),
            (None, Some(id)) if *self == Self::None => Self::Perhaps(id.to_owned(), missing),
            _ => Self::Unknown(missing),
        }
    }

    /// The one identity that it can be, if it is any.
    fn name(&self) -> Option<&str> {
        match self {
            Self::Known(id) | Self::Perhaps(id, _) => Some(id),
            Self::None | Self::Unknown(_) => None,
        }
    }

    fn missing(&self) -> Attributes {
        match self {
            Self::None | Self::Known(_) => Attributes::NONE,
            Self::Perhaps(_, missing) | Self::Unknown(missing) => *missing,
        }
    }

    /// For people.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::None => "no identity".to_owned(),
            Self::Known(id) => format!("`{id}`"),
            Self::Perhaps(id, _) => format!("`{id}` or no identity"),
            Self::Unknown(_) => "an identity that is not known".to_owned(),
        }
    }
}

/// `td/ns/n/sa/s` with the scheme that certificates write.
pub(crate) fn with_scheme(principal: &str) -> String {
    if principal.starts_with("spiffe://") {
        principal.to_owned()
    } else {
        format!("spiffe://{principal}")
    }
}
