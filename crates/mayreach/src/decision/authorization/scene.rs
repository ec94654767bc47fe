//! The attributes of one request, and whether a condition on them holds.

use std::net::IpAddr;

use ipnet::IpNet;

use super::claims;
use crate::{
    decision::{
        jwt::Claims,
        matching,
        mesh::{Proxy, trusted_proxies},
        mtls::Connection,
        request::{Forwarded, Found, Seen, Shape, Target, Value},
        resolve::{Address, Asked},
    },
    model::{
        Attributes, Tri,
        authz::{Attribute, Condition, Matcher},
        inventory::{Mesh, Service},
    },
};

/// What the filters of one proxy see.
pub(crate) struct Scene<'a> {
    pub(crate) asked: &'a Asked<'a>,
    pub(crate) mesh: &'a Mesh,
    pub(crate) proxy: Proxy,
    pub(crate) connection: &'a Connection,
    /// `None`: a TCP chain.
    pub(crate) seen: Option<&'a Seen>,
    pub(crate) claims: &'a Claims,
    /// The port as the proxy sees it.
    pub(crate) port: Option<u16>,
    /// At a waypoint: the Service that was called.
    pub(crate) service: Option<&'a Service>,
}

impl Scene<'_> {
    /// "X and notX are `ANDed`"; "values of one field `ORed`; notX is NOT(OR(values))".
    pub(crate) fn holds(&self, condition: &Condition) -> Tri {
        let any = |list: &[(Matcher, String)]| {
            Tri::any(list.iter().map(|(matcher, _)| self.value(&condition.attribute, matcher)))
        };
        let wanted = if condition.values.is_empty() { Tri::Yes } else { any(&condition.values) };
        wanted.and(any(&condition.not_values).not())
    }

    fn value(&self, attribute: &Attribute, matcher: &Matcher) -> Tri {
        match attribute {
            Attribute::Principal
            | Attribute::Namespace
            | Attribute::ServiceAccount
            | Attribute::TrustDomain => {
                self.connection.identity.test(|id| matching::identity(matcher, id))
            }
            // Its inner listener's direct peer is Envoy itself, which has no address (recorded:
            // `envoy://internal_client_address/`).
            Attribute::SourceIp if self.proxy == Proxy::Waypoint => Tri::No,
            Attribute::SourceIp => {
                net(matcher, |n| self.asked.source.address.within(n, Attributes::SOURCE_ADDRESS))
            }
            Attribute::RemoteIp => net(matcher, |n| self.remote_ip(n)),
            Attribute::DestinationIp => {
                net(matcher, |n| self.destination().within(n, Attributes::DESTINATION_ADDRESS))
            }
            Attribute::DestinationPort => match (matcher, self.port) {
                (Matcher::Port(wanted), Some(port)) => Tri::of(*wanted == port),
                (Matcher::Port(_), None) => Tri::Unknown(Attributes::PORT),
                _ => Tri::No,
            },
            Attribute::Sni => self.sni(matcher),
            Attribute::Metadata(filter, _) => metadata(filter),
            Attribute::RequestPrincipal
            | Attribute::Audiences
            | Attribute::Presenter
            | Attribute::Claim(_) => claims::test(self.claims, attribute, matcher),
            Attribute::Host | Attribute::Method | Attribute::Path | Attribute::Header(_) => {
                self.seen.map_or(Tri::No, |seen| request(seen, attribute, matcher))
            }
        }
    }

    /// "pod IP at sidecar; service VIP at a waypoint for service-addressed traffic".
    fn destination(&self) -> Address<'_> {
        match self.service {
            Some(Service { cluster_ips, .. }) if cluster_ips.len() == 1 => {
                cluster_ips.first().map_or(Address::Unknown, |ip| Address::Exact(*ip))
            }
            Some(_) => Address::Unknown,
            None => self.asked.destination.address.clone(),
        }
    }

    /// "HTTP: after XFF processing; TCP: PROXY protocol address or direct peer".
    fn remote_ip(&self, wanted: &IpNet) -> Tri {
        let peer = || self.asked.source.address.within(wanted, Attributes::SOURCE_ADDRESS);
        let Some(seen) = self.seen else { return peer() };
        let trusted = trusted_proxies(self.mesh, self.asked.destination.workload);
        if self.proxy == Proxy::Gateway && trusted == 0 {
            return peer();
        }
        let list = match &seen.forwarded_for {
            Forwarded::Unknown => return Tri::Unknown(Attributes::HEADERS),
            Forwarded::Absent => return peer(),
            Forwarded::List(list) => list,
        };
        // "Gateway: N=0: remote = socket peer, XFF ignored; N≥1: N-th address from the right".
        let back = match self.proxy {
            Proxy::Gateway => trusted.saturating_sub(1) as usize,
            _ => 0,
        };
        let entry = list.rsplit(',').nth(back).map(str::trim);
        match entry.and_then(|text| text.parse::<IpAddr>().ok()) {
            Some(ip) => Tri::of(wanted.contains(&ip)),
            // "falling back to the peer when missing/garbage".
            None => peer(),
        }
    }

    /// "for plaintext SNI is \"\" ⇒ `*` does not match".
    fn sni(&self, matcher: &Matcher) -> Tri {
        match (self.connection.tls, self.asked.flow.sni) {
            (Some(false), _) => Tri::of(matching::text(matcher, "")),
            // Envoy keeps server names in small letters.
            (_, Some(name)) => Tri::of(matching::text(matcher, &name.to_ascii_lowercase())),
            (_, None) => self.own_sni(matcher),
        }
    }

    /// "in-mesh mTLS SNI is `outbound_.<port>_._.<svc FQDN>` style": of the Service called, or of
    /// any through which the workload may have been.
    fn own_sni(&self, matcher: &Matcher) -> Tri {
        let mut all = self.connection.names.iter().map(|n| matching::text(matcher, n));
        let Some(first) = all.next() else { return Tri::Unknown(Attributes::SNI) };
        if all.all(|other| other == first) { Tri::of(first) } else { Tri::Unknown(Attributes::SNI) }
    }

    /// The actual value, for explanations.
    pub(crate) fn actual(&self, attribute: &Attribute) -> String {
        let quoted =
            |value: Option<&str>| value.map_or("not known".to_owned(), |text| format!("`{text}`"));
        match attribute {
            Attribute::Principal
            | Attribute::Namespace
            | Attribute::ServiceAccount
            | Attribute::TrustDomain => self.connection.identity.describe(),
            Attribute::SourceIp if self.proxy == Proxy::Waypoint => {
                "no address: the direct peer of a waypoint is its own tunnel".to_owned()
            }
            Attribute::SourceIp => address(&self.asked.source.address),
            Attribute::RemoteIp => match self.forwarded() {
                Some(list) => {
                    format!("{}, x-forwarded-for `{list}`", address(&self.asked.source.address))
                }
                None => address(&self.asked.source.address),
            },
            Attribute::DestinationIp => address(&self.destination()),
            Attribute::DestinationPort => {
                self.port.map_or("not known".to_owned(), |p| format!("`{p}`"))
            }
            Attribute::Sni => match (self.connection.tls, self.asked.flow.sni) {
                (Some(false), _) => "no server name in plaintext".to_owned(),
                (_, Some(name)) => quoted(Some(name)),
                (_, None) if self.connection.names.is_empty() => quoted(None),
                (_, None) => format!("`{}`", self.connection.names.join("` or `")),
            },
            Attribute::Metadata(..) => "not known".to_owned(),
            Attribute::RequestPrincipal
            | Attribute::Audiences
            | Attribute::Presenter
            | Attribute::Claim(_) => claims::describe(self.claims, attribute),
            Attribute::Host => quoted(self.seen.and_then(|s| s.host.as_deref())),
            Attribute::Method => quoted(self.seen.and_then(|s| s.method.as_deref())),
            Attribute::Path => quoted(self.seen.and_then(Seen::bare_path)),
            Attribute::Header(name) => {
                self.seen.map_or("no request".to_owned(), |seen| match seen.headers.get(name) {
                    Found::Unknown => "not known".to_owned(),
                    Found::Lines(lines) if lines.is_empty() => "absent".to_owned(),
                    Found::Lines(lines) => {
                        let shown: Vec<String> = lines
                            .into_iter()
                            .map(|line| match line {
                                Value::Text(text) => quoted(Some(text)),
                                Value::Like(_) => "present".to_owned(),
                            })
                            .collect();
                        shown.join(" and ")
                    }
                })
            }
        }
    }

    fn forwarded(&self) -> Option<&str> {
        match &self.seen?.forwarded_for {
            Forwarded::List(list) => Some(list),
            Forwarded::Unknown | Forwarded::Absent => None,
        }
    }
}

/// Filters of Istio's own whose metadata no manifest tells; any other filter comes with an
/// EnvoyFilter, which leaves the layer open by itself, and without one writes nothing.
fn metadata(filter: &str) -> Tri {
    const WRITERS: &[&str] = &[
        "envoy.filters.http.jwt_authn",
        "envoy.filters.http.rbac",
        "envoy.filters.http.ext_authz",
        "envoy.filters.network.rbac",
        "envoy.filters.network.ext_authz",
        "envoy.filters.network.mysql_proxy",
        "envoy.filters.network.mongo_proxy",
    ];
    if WRITERS.contains(&filter) { Tri::Unknown(Attributes::METADATA) } else { Tri::No }
}

fn net(matcher: &Matcher, within: impl FnOnce(&IpNet) -> Tri) -> Tri {
    match matcher {
        Matcher::Net(wanted) => within(wanted),
        _ => Tri::No,
    }
}

fn request(seen: &Seen, attribute: &Attribute, matcher: &Matcher) -> Tri {
    match attribute {
        Attribute::Host => header(Some(authority(seen)), matcher, Attributes::HOST),
        Attribute::Method => {
            let lines = seen.method.as_deref().map(|m| vec![Value::Text(m)]);
            header(lines, matcher, Attributes::METHOD)
        }
        Attribute::Path => match (&seen.target, seen.bare_path()) {
            // "no :path (CONNECT) ⇒ false".
            (Target::None, _) => Tri::No,
            (_, Some(path)) => Tri::of(matching::path(matcher, path)),
            (_, None) => Tri::Unknown(Attributes::PATH),
        },
        Attribute::Header(name) => match name.as_str() {
            ":authority" | "host" => header(Some(authority(seen)), matcher, Attributes::HOST),
            ":method" => request(seen, &Attribute::Method, matcher),
            ":path" => {
                let lines = match &seen.target {
                    Target::Unknown => None,
                    Target::None => Some(Vec::new()),
                    Target::Path(path) => Some(vec![Value::Text(path)]),
                };
                header(lines, matcher, Attributes::PATH)
            }
            other => match seen.headers.get(other) {
                Found::Lines(lines) => header(Some(lines), matcher, Attributes::HEADERS),
                Found::Unknown => Tri::Unknown(Attributes::HEADERS),
            },
        },
        _ => Tri::No,
    }
}

/// Every HTTP/1.1 request has an authority, be it empty.
fn authority(seen: &Seen) -> Vec<Value<'_>> {
    vec![seen.host.as_deref().map_or(Value::Like(&Shape::Any), Value::Text)]
}

/// "RBAC matches each header entry individually": any entry that matches is a match.
fn header(lines: Option<Vec<Value<'_>>>, matcher: &Matcher, missing: Attributes) -> Tri {
    let Some(lines) = lines else { return Tri::Unknown(missing) };
    Tri::any(lines.into_iter().map(|line| match (line, matcher) {
        (Value::Text(text), _) => Tri::of(matching::text(matcher, text)),
        (Value::Like(shape), Matcher::Text(text)) => {
            shape.matches(text).map_or(Tri::Unknown(missing), Tri::of)
        }
        (Value::Like(_), _) => Tri::No,
    }))
}

fn address(address: &Address<'_>) -> String {
    match address {
        Address::Exact(ip) => format!("`{ip}`"),
        Address::OneOf(ips) => {
            let shown: Vec<String> = ips.iter().map(|ip| format!("`{ip}`")).collect();
            shown.join(" or ")
        }
        Address::Within(nets) => {
            let shown: Vec<String> = nets.iter().map(|n| format!("`{n}`")).collect();
            format!("somewhere in {}", shown.join(" or "))
        }
        Address::Unknown => "not known".to_owned(),
    }
}
