//! Whether a rule as it is written holds, for a request that is seen as it was sent. The same three
//! values as the reference, and nothing is copied.

use super::view::View;
use crate::{
    compiled::client::Client,
    decision::{matching, mesh::Proxy, request::Shape, resolve::Asked},
    model::{
        Attributes, Tri,
        authz::{Attribute, AuthzRule, Condition, Matcher},
    },
};

/// What the filters of one proxy see. Claims are none: no token was verified.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) sni: Option<&'a str>,
    /// Both ends with their addresses; `None`: no rule reads these.
    pub(crate) asked: Option<&'a Asked<'a>>,
    pub(crate) port: Option<u16>,
    pub(crate) proxy: Proxy,
    /// `None`: a TCP chain.
    pub(crate) view: Option<&'a View<'a>>,
    pub(crate) client: Option<Client<'a>>,
    /// The client speaks some TLS.
    pub(crate) tls: bool,
    /// A gateway that trusts no proxy before it ignores `x-forwarded-for`.
    pub(crate) trusted_proxies: u32,
}

impl Scene<'_> {
    /// Whether a rule holds (authorization/rules.rs, without the explanation).
    pub(crate) fn matches(&self, rule: &AuthzRule) -> Tri {
        let mut outcome = self.all(&rule.when);
        for alternatives in [&rule.to, &rule.from] {
            if outcome.is_no() {
                return Tri::No;
            }
            if !alternatives.is_empty() {
                let mut any = Tri::No;
                for one in alternatives {
                    any = any.or(self.all(one));
                    if any.is_yes() {
                        break;
                    }
                }
                outcome = outcome.and(any);
            }
        }
        outcome
    }

    /// "DENY / AUDIT / CUSTOM: the attribute is removed; what remains decides."
    fn all(&self, conditions: &[Condition]) -> Tri {
        let mut outcome = Tri::Yes;
        for condition in conditions {
            if self.view.is_none() && condition.attribute.http_only() {
                continue;
            }
            outcome = outcome.and(self.holds(condition));
            if outcome.is_no() {
                return Tri::No;
            }
        }
        outcome
    }

    /// "X and notX are `ANDed`"; "values of one field `ORed`; notX is NOT(OR(values))".
    fn holds(&self, condition: &Condition) -> Tri {
        let any = |list: &[(Matcher, String)]| {
            let mut any = Tri::No;
            for (matcher, _) in list {
                any = any.or(self.value(&condition.attribute, matcher));
                if any.is_yes() {
                    break;
                }
            }
            any
        };
        let wanted = if condition.values.is_empty() { Tri::Yes } else { any(&condition.values) };
        if wanted.is_no() || condition.not_values.is_empty() {
            return wanted;
        }
        wanted.and(any(&condition.not_values).not())
    }

    fn value(&self, attribute: &Attribute, matcher: &Matcher) -> Tri {
        let text = |value: &str| Tri::of(matching::text(matcher, value));
        match attribute {
            Attribute::Principal
            | Attribute::Namespace
            | Attribute::ServiceAccount
            | Attribute::TrustDomain => {
                let client = self.client.as_ref();
                Tri::of(client.is_some_and(|c| matching::of_rest(matcher, c.rest)))
            }
            Attribute::SourceIp => self.source(matcher),
            Attribute::RemoteIp => self.remote(matcher),
            Attribute::DestinationIp => match (matcher, self.asked) {
                (Matcher::Net(net), Some(asked)) => {
                    asked.destination.address.within(net, Attributes::DESTINATION_ADDRESS)
                }
                _ => Tri::No,
            },
            Attribute::DestinationPort => match (matcher, self.port) {
                (Matcher::Port(wanted), Some(port)) => Tri::of(*wanted == port),
                (Matcher::Port(_), None) => Tri::Unknown(Attributes::PORT),
                _ => Tri::No,
            },
            // "for plaintext SNI is \"\""; otherwise the flow says it, in small letters, or the
            // slow way is taken.
            Attribute::Sni if !self.tls => text(""),
            Attribute::Sni => self.sni.map_or(Tri::Unknown(Attributes::SNI), text),
            // Without a verified token there are no claims; who reads metadata takes the slow way.
            Attribute::RequestPrincipal
            | Attribute::Audiences
            | Attribute::Presenter
            | Attribute::Claim(_)
            | Attribute::Metadata(..) => Tri::No,
            Attribute::Host | Attribute::Method | Attribute::Path | Attribute::Header(_) => {
                self.view.map_or(Tri::No, |view| request(view, attribute, matcher))
            }
        }
    }

    fn source(&self, matcher: &Matcher) -> Tri {
        match (matcher, self.asked) {
            (Matcher::Net(net), Some(asked)) => {
                asked.source.address.within(net, Attributes::SOURCE_ADDRESS)
            }
            _ => Tri::No,
        }
    }

    /// "HTTP: after XFF processing"; whoever sends `x-forwarded-for` takes the slow way.
    fn remote(&self, matcher: &Matcher) -> Tri {
        let edge = self.proxy == Proxy::Gateway && self.trusted_proxies == 0;
        match self.view {
            Some(view) if !edge && !view.complete && matches!(matcher, Matcher::Net(_)) => {
                Tri::Unknown(Attributes::HEADERS)
            }
            _ => self.source(matcher),
        }
    }
}

fn request(view: &View<'_>, attribute: &Attribute, matcher: &Matcher) -> Tri {
    let known = |value: Option<&str>, missing| match value {
        Some(text) => Tri::of(matching::text(matcher, text)),
        None => Tri::Unknown(missing),
    };
    match attribute {
        Attribute::Host => host(view, matcher),
        Attribute::Method => known(view.method, Attributes::METHOD),
        Attribute::Path => match view.path {
            Some(path) => Tri::of(matching::path(matcher, path)),
            None => Tri::Unknown(Attributes::PATH),
        },
        Attribute::Header(name) => match name.as_str() {
            ":authority" | "host" => host(view, matcher),
            ":method" => known(view.method, Attributes::METHOD),
            ":path" => known(view.target, Attributes::PATH),
            name => header(view, name, matcher),
        },
        _ => Tri::No,
    }
}

/// Every HTTP/1.1 request has an authority, be it empty.
fn host(view: &View<'_>, matcher: &Matcher) -> Tri {
    match (view.host, matcher) {
        (Some(host), _) => Tri::of(matching::text(matcher, host)),
        (None, Matcher::Text(text)) => {
            Shape::Any.matches(text).map_or(Tri::Unknown(Attributes::HOST), Tri::of)
        }
        (None, _) => Tri::No,
    }
}

/// "RBAC matches each header entry individually": any entry that matches is a match.
fn header(view: &View<'_>, name: &str, matcher: &Matcher) -> Tri {
    let mut lines = view.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).peekable();
    if lines.peek().is_none() && !view.complete {
        return Tri::Unknown(Attributes::HEADERS);
    }
    Tri::of(lines.any(|(_, value)| matching::text(matcher, value.trim_matches([' ', '\t']))))
}
