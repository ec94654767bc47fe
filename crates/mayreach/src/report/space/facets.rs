//! Into which classes each attribute of a flow falls for one pair of ends, with a value for each.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    claims, identities,
    in_play::InPlay,
    ports::{PortClass, Ports, ProtocolClass},
    text::{self, Kind, Pattern, TextClass},
    witness::Bearer,
};
use crate::{
    decision::request,
    model::{
        Attributes, Icmp, Model,
        authz::{Attribute, AuthzAction, Condition, Matcher, TextMatch},
        inventory::{Normalization, Workload},
    },
};

/// No product of classes needs more.
const PRODUCT_MAX: usize = 4_096;

/// Header lines.
type Lines = Vec<(String, String)>;

/// The classes of every attribute.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facets {
    pub(crate) protocols: Vec<ProtocolClass>,
    /// By protocol that has ports.
    pub(crate) ports: Vec<PortClass>,
    pub(crate) source_ports: Vec<PortClass>,
    /// With what each stands for.
    pub(crate) icmp: Vec<(Icmp, String)>,
    pub(crate) request: Requests,
    /// Some rule or condition in play tells addresses apart.
    pub(crate) by_address: bool,
}

/// The classes of what proxies read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Requests {
    pub(crate) methods: Vec<String>,
    pub(crate) paths: Vec<String>,
    pub(crate) hosts: Vec<String>,
    /// All lines together.
    pub(crate) headers: Vec<Vec<(String, String)>>,
    pub(crate) tokens: Vec<Bearer>,
    pub(crate) names: Vec<String>,
    /// What external authorizers may answer.
    pub(crate) answers: Vec<Vec<(String, bool)>>,
    /// Identities of other trust domains that the mesh takes.
    pub(crate) identities: Vec<String>,
    /// There are more of them.
    pub(crate) more_identities: bool,
    /// Some condition tells addresses apart.
    pub(crate) by_address: bool,
    /// Attributes whose classes are not all here, and why.
    pub(crate) doubts: Vec<(Attributes, String)>,
}

/// What an asker tells apart beside what policies do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extra {
    pub(crate) ports: Vec<u16>,
    pub(crate) methods: Vec<String>,
    pub(crate) paths: Vec<TextMatch>,
}

impl Facets {
    pub(crate) fn new(ports: &Ports<'_>, request: Requests) -> Self {
        let network = Self::network(ports);
        let by_address = network.by_address || request.by_address;
        Self { request, by_address, ..network }
    }

    /// What network policy reads.
    pub(crate) fn network(ports: &Ports<'_>) -> Self {
        Self {
            protocols: ports.protocols(),
            ports: ports.classes(),
            source_ports: ports.source_classes(),
            icmp: ports.icmp(),
            by_address: ports.by_address(),
            request: Requests::default(),
        }
    }
}

impl Requests {
    /// What the policies in play can tell apart.
    pub(crate) fn new(model: &Model, to: &Workload, extra: &Extra) -> Self {
        Self::of(&[InPlay::new(model, to)], extra)
    }

    /// The same for one workload in several programs.
    pub(crate) fn of(plays: &[InPlay<'_>], extra: &Extra) -> Self {
        let conditions: Vec<&Condition> = plays.iter().flat_map(InPlay::conditions).collect();
        let mut out = Self::default();
        out.methods(plays, &conditions, extra);
        out.paths(plays, &conditions, extra);
        out.hosts(&conditions);
        out.headers(plays, &conditions);
        out.names(&conditions);
        out.answers(plays);
        out.identities(plays, &conditions);
        let nets = |c: &&&Condition| {
            let mut all = c.values.iter().chain(&c.not_values);
            all.any(|(m, _)| matches!(m, Matcher::Net(_)))
        };
        out.by_address = conditions.iter().any(|c| nets(&c));
        let (tokens, doubt) = claims::tokens(plays, &conditions);
        out.tokens = tokens;
        if let Some(doubt) = doubt {
            out.doubt(Attributes::TOKEN, doubt);
        }
        if let Some(name) = plays.iter().flat_map(InPlay::scripts).next() {
            out.doubt(
                Attributes::HTTP,
                format!("the script of EnvoyFilter {name} may read anything"),
            );
        }
        out
    }

    fn doubt(&mut self, of: Attributes, why: String) {
        self.doubts.push((of, why));
    }

    fn methods(&mut self, plays: &[InPlay<'_>], conditions: &[&Condition], extra: &Extra) {
        let wanted = matchers(conditions, |a| {
            *a == Attribute::Method || *a == Attribute::Header(":method".into())
        });
        let patterns = patterns(&wanted);
        let named = |m: &str| extra.methods.iter().position(|e| e == m);
        let mut all: Vec<String> = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "CONNECT"]
            .iter()
            .chain(request::METHODS)
            .map(|m| (*m).to_owned())
            .collect();
        // Frames carry any method.
        let Some(classes) = text::classes(&patterns, Kind::Line) else {
            return self.doubt(Attributes::METHOD, "too many methods to tell apart".into());
        };
        all.extend(extra.methods.iter().cloned());
        all.extend(classes.into_iter().map(|c| c.witness).filter(|w| !w.is_empty()));
        // A preflight goes past tokens, and CONNECT has no path.
        let special = |m: &str| match m {
            "OPTIONS" if plays.iter().any(|p| p.tokens().next().is_some()) => 1,
            "CONNECT" => 2,
            m if request::METHODS.contains(&m) => 0,
            _ => 3,
        };
        let mut seen = BTreeSet::new();
        all.retain(|m| seen.insert((mask(&wanted, m), special(m), named(m))));
        self.methods = all;
    }

    fn paths(&mut self, plays: &[InPlay<'_>], conditions: &[&Condition], extra: &Extra) {
        let Some(mesh) = plays.first().map(InPlay::mesh) else { return };
        if plays.iter().any(|p| p.mesh().path_normalization != mesh.path_normalization) {
            self.doubt(Attributes::PATH, "paths are normalized in two ways".into());
        }
        let bare = matchers(conditions, |a| *a == Attribute::Path);
        let whole = matchers(conditions, |a| *a == Attribute::Header(":path".into()));
        let mut all = patterns(&bare);
        all.extend(extra.paths.iter().cloned().map(Pattern::Text));
        all.extend(whole.iter().filter_map(|m| match m {
            Matcher::Text(text) => Some(Pattern::Target(text.clone())),
            _ => None,
        }));
        let canonical = mesh.path_normalization != Normalization::None;
        let merged = matches!(
            mesh.path_normalization,
            Normalization::MergeSlashes | Normalization::DecodeAndMergeSlashes
        );
        let kind = Kind::Path { canonical, merged, query: !whole.is_empty() };
        if all.iter().any(text::unreadable) {
            self.doubt(Attributes::PATH, "a path pattern is not plain ASCII, or very long".into());
        }
        match text::classes(&all, kind) {
            Some(classes) => {
                let mut escapes = false;
                for TextClass { witness, .. } in classes {
                    // What is not its own normal form stands for another class.
                    let same = request::path::target(&witness, mesh.path_normalization)
                        .is_ok_and(|t| t.path == witness);
                    if same { self.paths.push(witness) } else { escapes = true }
                }
                let named = bare.iter().chain(&whole).any(|m| format!("{m:?}").contains('%'));
                if escapes || (canonical && named) {
                    let why = "a path pattern holds escapes, which are rewritten before they are compared";
                    self.doubt(Attributes::PATH, why.into());
                }
            }
            None => self.doubt(Attributes::PATH, "too many paths to tell apart".into()),
        }
    }

    fn hosts(&mut self, conditions: &[&Condition]) {
        let wanted = matchers(conditions, |a| match a {
            Attribute::Host => true,
            Attribute::Header(name) => matches!(name.as_str(), "host" | ":authority"),
            _ => false,
        });
        // Headers of that name are compared with case, hosts without.
        let fold =
            |m: &&Matcher| matches!(m, Matcher::Text(t) if format!("{t:?}").contains("Fold"));
        let kind = if wanted.iter().all(fold) { Kind::Host } else { Kind::Line };
        match text::classes(&patterns(&wanted), kind) {
            Some(classes) => self.hosts = classes.into_iter().map(|c| c.witness).collect(),
            None => self.doubt(Attributes::HOST, "too many hosts to tell apart".into()),
        }
        if kind == Kind::Line && wanted.iter().any(fold) {
            self.doubt(Attributes::HOST, "hosts are compared with and without case".into());
        }
    }

    fn names(&mut self, conditions: &[&Condition]) {
        let wanted = matchers(conditions, |a| *a == Attribute::Sni);
        match text::classes(&patterns(&wanted), Kind::Host) {
            Some(classes) => self.names = classes.into_iter().map(|c| c.witness).collect(),
            None => self.doubt(Attributes::SNI, "too many server names to tell apart".into()),
        }
    }

    /// A client may send a header not at all, once, or on several lines.
    fn headers(&mut self, plays: &[InPlay<'_>], conditions: &[&Condition]) {
        let mut by_name: BTreeMap<String, Vec<&Matcher>> = BTreeMap::new();
        for condition in conditions {
            let Attribute::Header(name) = &condition.attribute else { continue };
            let name = match name.as_str() {
                ":method" | ":path" | ":authority" | "host" => continue,
                ":scheme" => "x-forwarded-proto",
                other => other,
            };
            let all = condition.values.iter().chain(&condition.not_values).map(|(m, _)| m);
            by_name.entry(name.to_owned()).or_default().extend(all);
        }
        let mut choices: Vec<Vec<Vec<(String, String)>>> = Vec::new();
        for (name, wanted) in &by_name {
            match lines(name, wanted) {
                Some(lines) => choices.push(lines),
                None => {
                    self.doubt(Attributes::HEADERS, format!("too many values of `{name}`"));
                }
            }
        }
        let remote: Vec<&Matcher> = matchers(conditions, |a| *a == Attribute::RemoteIp);
        if !remote.is_empty() && !by_name.contains_key("x-forwarded-for") {
            choices.push(forwarded(&remote));
        }
        let outputs = plays.iter().flat_map(InPlay::tokens).flat_map(|p| &p.rules).flat_map(|r| {
            let claims = r.output_claims.iter().map(|(header, _)| header);
            r.output_payload_to_header.iter().chain(claims)
        });
        for name in outputs.map(|n| n.to_ascii_lowercase()).filter(|n| by_name.contains_key(n)) {
            self.doubt(Attributes::HEADERS, format!("`{name}` is written from a token's claims"));
        }
        // A preflight says where it comes from.
        if plays.iter().any(|p| p.tokens().next().is_some()) {
            for name in ["origin", "access-control-request-method"] {
                if !by_name.contains_key(name) {
                    choices.push(vec![vec![], vec![(name.to_owned(), "x".to_owned())]]);
                }
            }
        }
        match product(&choices, PRODUCT_MAX) {
            Some(all) => {
                self.headers = all.into_iter().map(|each| each.concat()).collect();
                self.headers.sort_by_key(Vec::len);
            }
            None => {
                self.headers = vec![Vec::new()];
                self.doubt(Attributes::HEADERS, "too many combinations of headers".into());
            }
        }
    }

    /// One identity of each class of each trust domain beside the mesh's own that it takes.
    fn identities(&mut self, plays: &[InPlay<'_>], conditions: &[&Condition]) {
        let domains = plays.iter().flat_map(|play| &play.mesh().ca_trust_domains);
        let domains: BTreeSet<&String> = domains.collect();
        for domain in domains {
            match identities::classes(domain, conditions) {
                Some(all) => self.identities.extend(all),
                None => {
                    self.identities.push(format!("{domain}/ns/x/sa/x"));
                    self.more_identities = true;
                }
            }
        }
    }

    fn answers(&mut self, plays: &[InPlay<'_>]) {
        let asked: BTreeSet<&str> = plays
            .iter()
            .flat_map(InPlay::authorization)
            .filter_map(|p| match &p.action {
                AuthzAction::Custom(name) => Some(name.as_str()),
                _ => None,
            })
            .collect();
        let choices: Vec<Vec<(String, bool)>> =
            asked.iter().map(|n| vec![((*n).to_owned(), true), ((*n).to_owned(), false)]).collect();
        match product(&choices, PRODUCT_MAX) {
            Some(all) => self.answers = all,
            None => self.doubt(Attributes::EXT_AUTHZ, "too many external authorizers".into()),
        }
    }
}

/// Every matcher of an attribute, each once.
fn matchers<'m>(conditions: &[&'m Condition], is: impl Fn(&Attribute) -> bool) -> Vec<&'m Matcher> {
    let mut out: Vec<&Matcher> = Vec::new();
    for condition in conditions.iter().filter(|c| is(&c.attribute)) {
        for (matcher, _) in condition.values.iter().chain(&condition.not_values) {
            if !out.contains(&matcher) {
                out.push(matcher);
            }
        }
    }
    out
}

fn patterns(matchers: &[&Matcher]) -> Vec<Pattern> {
    matchers.iter().filter_map(|m| Pattern::of(m)).collect()
}

fn mask(matchers: &[&Matcher], value: &str) -> Vec<bool> {
    matchers.iter().map(|m| matches!(m, Matcher::Text(t) if t.matches(value))).collect()
}

/// What lines of one name can match together, "any entry that matches is a match".
fn lines(name: &str, wanted: &[&Matcher]) -> Option<Vec<Lines>> {
    let classes = text::classes(&patterns(wanted), Kind::Line)?;
    let line = |class: &TextClass| (name.to_owned(), class.witness.clone());
    // No line at all is a class of its own: "present" tells it from an empty one.
    let mut sets: Vec<(Option<u64>, Lines)> = vec![(None, Vec::new())];
    sets.extend(classes.iter().map(|c| (Some(c.mask), vec![line(c)])));
    if request::headers::JOINED.contains(&name) {
        return Some(sets.into_iter().map(|(_, lines)| lines).collect());
    }
    let mut at = 1;
    while let Some((mask, lines)) = sets.get(at).cloned() {
        for class in &classes {
            let both = mask.map(|m| m | class.mask);
            if !sets.iter().any(|(known, _)| *known == both) {
                let mut more = lines.clone();
                more.push(line(class));
                sets.push((both, more));
                if sets.len() > PRODUCT_MAX {
                    return None;
                }
            }
        }
        at += 1;
    }
    Some(sets.into_iter().map(|(_, lines)| lines).collect())
}

/// Addresses that a client may claim to come from.
fn forwarded(remote: &[&Matcher]) -> Vec<Vec<(String, String)>> {
    let nets = remote.iter().filter_map(|m| match m {
        Matcher::Net(net) => Some(*net),
        _ => None,
    });
    let addresses = super::addresses::classes(&nets.collect::<Vec<_>>(), |_| true);
    let line = |ip: std::net::IpAddr| vec![("x-forwarded-for".to_owned(), ip.to_string())];
    std::iter::once(Vec::new()).chain(addresses.into_iter().map(line)).collect()
}

/// One of each, in every way; `None`: more than `max` ways.
pub(super) fn product<T: Clone>(choices: &[Vec<T>], max: usize) -> Option<Vec<Vec<T>>> {
    let mut out: Vec<Vec<T>> = vec![Vec::new()];
    for choice in choices {
        if out.len().saturating_mul(choice.len()) > max {
            return None;
        }
        out = out
            .iter()
            .flat_map(|before| {
                choice.iter().map(move |one| {
                    let mut more = before.clone();
                    more.push(one.clone());
                    more
                })
            })
            .collect();
    }
    Some(out)
}
