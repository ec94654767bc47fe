//! The attributes of one request, and whether a condition on them holds.

use std::net::IpAddr;

use ipnet::IpNet;

use super::claims;
use crate::{
    decision::{
        jwt::Claims,
        matching,
        mesh::Proxy,
        mtls::Connection,
        request::{Found, Seen, Target},
        resolve::{Address, Asked},
    },
    model::{
        Attributes, Tri,
        authz::{Attribute, Condition, Matcher, TextMatch},
        inventory::Mesh,
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
}

impl Scene<'_> {
    /// "X and notX are ANDed"; "values of one field ORed; notX is NOT(OR(values))".
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
            Attribute::SourceIp => {
                net(matcher, |n| self.asked.source.address.within(n, Attributes::SOURCE_ADDRESS))
            }
            Attribute::RemoteIp => net(matcher, |n| self.remote_ip(n)),
            Attribute::DestinationIp => net(matcher, |n| {
                self.asked.destination.address.within(n, Attributes::DESTINATION_ADDRESS)
            }),
            Attribute::DestinationPort => match (matcher, self.port) {
                (Matcher::Port(wanted), Some(port)) => Tri::of(*wanted == port),
                (Matcher::Port(_), None) => Tri::Unknown(Attributes::PORT),
                _ => Tri::No,
            },
            Attribute::Sni => self.sni(matcher),
            // No manifest says what other filters write.
            Attribute::Metadata(..) => Tri::Unknown(Attributes::METADATA),
            Attribute::RequestPrincipal
            | Attribute::Audiences
            | Attribute::Presenter
            | Attribute::Claim(_) => claims::test(self.claims, attribute, matcher),
            Attribute::Host | Attribute::Method | Attribute::Path | Attribute::Header(_) => {
                self.seen.map_or(Tri::No, |seen| request(seen, attribute, matcher))
            }
        }
    }

    /// "HTTP: after XFF processing; TCP: PROXY protocol address or direct peer".
    fn remote_ip(&self, wanted: &IpNet) -> Tri {
        let peer = || self.asked.source.address.within(wanted, Attributes::SOURCE_ADDRESS);
        let Some(seen) = self.seen else { return peer() };
        let list = match seen.headers.get("x-forwarded-for") {
            Found::Unknown => return Tri::Unknown(Attributes::HEADERS),
            Found::Lines(lines) => match lines.first() {
                None => return peer(),
                Some(None) => return Tri::Unknown(Attributes::HEADERS),
                Some(Some(list)) => *list,
            },
        };
        // "Gateway: N=0: remote = socket peer, XFF ignored; N≥1: N-th address from the right".
        let back = match self.proxy {
            Proxy::Gateway if self.mesh.trusted_proxies == 0 => return peer(),
            Proxy::Gateway => self.mesh.trusted_proxies as usize - 1,
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
            (_, Some(name)) => Tri::of(matching::text(matcher, name)),
            (_, None) => Tri::Unknown(Attributes::SNI),
        }
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
            Attribute::SourceIp => address(&self.asked.source.address),
            Attribute::RemoteIp => match self.forwarded() {
                Some(list) => {
                    format!("{}, x-forwarded-for `{list}`", address(&self.asked.source.address))
                }
                None => address(&self.asked.source.address),
            },
            Attribute::DestinationIp => address(&self.asked.destination.address),
            Attribute::DestinationPort => {
                self.port.map_or("not known".to_owned(), |p| format!("`{p}`"))
            }
            Attribute::Sni => match (self.connection.tls, self.asked.flow.sni) {
                (Some(false), _) => "no server name in plaintext".to_owned(),
                (_, name) => quoted(name),
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
                        let shown: Vec<String> = lines.into_iter().map(quoted).collect();
                        shown.join(" and ")
                    }
                })
            }
        }
    }

    fn forwarded(&self) -> Option<&str> {
        self.seen.and_then(|s| s.headers.first("x-forwarded-for"))
    }
}

fn net(matcher: &Matcher, within: impl FnOnce(&IpNet) -> Tri) -> Tri {
    match matcher {
        Matcher::Net(wanted) => within(wanted),
        _ => Tri::No,
    }
}

fn request(seen: &Seen, attribute: &Attribute, matcher: &Matcher) -> Tri {
    match attribute {
        Attribute::Host => header(authority(seen), matcher, Attributes::HOST),
        Attribute::Method => {
            let lines = seen.method.as_deref().map(|m| vec![Some(m)]);
            header(lines, matcher, Attributes::METHOD)
        }
        Attribute::Path => match (&seen.target, seen.bare_path()) {
            // "no :path (CONNECT) ⇒ false".
            (Target::None, _) => Tri::No,
            (_, Some(path)) => Tri::of(matching::path(matcher, path)),
            (_, None) => Tri::Unknown(Attributes::PATH),
        },
        Attribute::Header(name) => match name.as_str() {
            ":authority" | "host" => header(authority(seen), matcher, Attributes::HOST),
            ":method" => request(seen, &Attribute::Method, matcher),
            ":path" => {
                let lines = match &seen.target {
                    Target::Unknown => None,
                    Target::None => Some(Vec::new()),
                    Target::Path(path) => Some(vec![Some(path.as_str())]),
                };
                header(lines, matcher, Attributes::PATH)
            }
            other if other.starts_with(':') => Tri::Unknown(Attributes::HEADERS),
            other => match seen.headers.get(other) {
                Found::Lines(lines) => header(Some(lines), matcher, Attributes::HEADERS),
                Found::Unknown => Tri::Unknown(Attributes::HEADERS),
            },
        },
        _ => Tri::No,
    }
}

/// Every HTTP/1.1 request has an authority, be it empty.
fn authority(seen: &Seen) -> Option<Vec<Option<&str>>> {
    Some(vec![seen.host.as_deref()])
}

/// "RBAC matches each header entry individually": any entry that matches is a match.
fn header(lines: Option<Vec<Option<&str>>>, matcher: &Matcher, missing: Attributes) -> Tri {
    let Some(lines) = lines else { return Tri::Unknown(missing) };
    Tri::any(lines.into_iter().map(|line| match (line, matcher) {
        (Some(value), _) => Tri::of(matching::text(matcher, value)),
        (None, Matcher::Text(TextMatch::Present)) => Tri::Yes,
        (None, _) => Tri::Unknown(missing),
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
