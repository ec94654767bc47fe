//! Branch and bound over all flows between two ends. It asks about the widest flow first; where the
//! answer depends on an attribute, that is split into its classes, and each is asked again.

use super::{
    facets::Facets,
    modes::{Mode, is_foreign},
    versions,
    witness::{Bearer, Client, Content, HttpRequest, Target, Witness},
};
use crate::{
    Program,
    decision::{Decision, Layer, Reason, Verdict},
    model::{Attributes, IpVersion, Protocol, Tri, inventory::TargetPort},
};

/// Questions for one pair of ends, before the answer is "not proved".
const QUESTIONS_MAX: u32 = 200_000;

/// The method of requests without a path.
const CONNECT: &str = "CONNECT";

/// A set of layers: what if only these were there?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Mask(u8);

impl Mask {
    pub(crate) const ALL: Self = Self(0b11111);
    pub(crate) const NETWORK: Self = Self(0b00011);
    pub(crate) const MESH: Self = Self(0b11100);

    pub(crate) const fn only(layer: Layer) -> Self {
        Self(1 << layer as u8)
    }

    pub(crate) const fn without(self, layer: Layer) -> Self {
        Self(self.0 & !(1 << layer as u8))
    }

    const fn has(self, layer: Layer) -> bool {
        self.0 >> layer as u8 & 1 == 1
    }

    /// The verdict if only these layers were there.
    pub(crate) fn verdict(self, decision: &Decision) -> Verdict {
        let mut open = false;
        for layer in decision.layers.iter().filter(|l| self.has(l.layer)) {
            match layer.verdict {
                Verdict::Deny => return Verdict::Deny,
                Verdict::Undetermined => open = true,
                Verdict::Allow => {}
            }
        }
        if open { Verdict::Undetermined } else { Verdict::Allow }
    }

    fn missing(self, decision: &Decision) -> Attributes {
        let open = decision.layers.iter().filter(|l| self.has(l.layer));
        open.fold(Attributes::NONE, |all, layer| match layer.reason {
            Reason::Missing { attributes, .. } => all.union(attributes),
            Reason::Provider { .. } if layer.verdict == Verdict::Undetermined => {
                all.union(Attributes::EXT_AUTHZ)
            }
            Reason::NotEvaluated { .. } => all.union(Attributes::UNEVALUATED),
            _ => all,
        })
    }
}

/// Why a set of flows is not proved.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Unproved {
    /// What the manifests leave open.
    Missing(Attributes),
    /// An object that is not evaluated may let it in.
    NotEvaluated(crate::PolicyId),
    /// The classes of an attribute are not all known.
    Classes(String),
    /// There are more cases than are looked at.
    Bound,
}

/// Who hears of every set of flows that has one answer.
pub(crate) trait Listener {
    /// Sets of layers to ask about; at most eight.
    fn masks(&self) -> &[Mask];
    /// Whether anybody still wants to know about a set of layers.
    fn wants(&self, mask: usize) -> bool;
    /// Whether a set of flows with one answer is nobody's matter; unknown where that depends on
    /// more.
    fn covered(&self, _mask: usize, _witness: &Witness, _verdict: Verdict) -> Tri {
        Tri::No
    }
    fn allowed(&mut self, _mask: usize, _witness: &Witness, _decision: &Decision) {}
    fn denied(&mut self, _mask: usize, _witness: &Witness, _decision: &Decision) {}
    fn unproved(&mut self, mask: usize, witness: &Witness, why: Unproved);
    /// Two programs answer otherwise.
    fn differs(&mut self, _mask: usize, _witness: &Witness, _both: (&Decision, &Decision)) {}
}

/// All flows between two ends.
pub(crate) struct Walk<'w, L> {
    pub(crate) program: &'w Program,
    pub(crate) facets: &'w Facets,
    pub(crate) listener: &'w mut L,
    pub(crate) asked: u32,
    /// Another program that is asked the same: only where the two differ is of interest.
    pub(crate) twin: Option<Twin<'w>>,
}

/// The same two ends in another program.
#[derive(Clone, Debug)]
pub(crate) struct Twin<'w> {
    pub(crate) program: &'w Program,
    pub(crate) client: Client,
    pub(crate) target: Target,
}

impl Twin<'_> {
    fn decide(&self, witness: &Witness) -> Decision {
        let client = self.client.clone();
        Witness { client, target: self.target, ..witness.clone() }.decide(self.program)
    }
}

/// What a flow may still leave open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    SourcePort,
    Icmp,
    Content,
    Token,
    Headers,
    Host,
    Sni,
    Answers,
    Method,
    Path,
}

impl Stage {
    const ALL: [Self; 10] = [
        Self::SourcePort,
        Self::Icmp,
        Self::Content,
        Self::Token,
        Self::Headers,
        Self::Sni,
        Self::Answers,
        Self::Host,
        Self::Method,
        Self::Path,
    ];

    const fn attribute(self) -> Attributes {
        match self {
            Self::SourcePort => Attributes::SOURCE_PORT,
            Self::Icmp => Attributes::ICMP,
            Self::Content => Attributes::HTTP,
            Self::Token => Attributes::TOKEN,
            Self::Headers => Attributes::HEADERS,
            Self::Host => Attributes::HOST,
            Self::Sni => Attributes::SNI,
            Self::Answers => Attributes::EXT_AUTHZ,
            Self::Method => Attributes::METHOD,
            Self::Path => Attributes::PATH,
        }
    }

    /// Whether it is about the request.
    const fn of_request(self) -> bool {
        matches!(self, Self::Token | Self::Headers | Self::Host | Self::Method | Self::Path)
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

impl<L: Listener> Walk<'_, L> {
    /// Every protocol, port and way to connect.
    pub(crate) fn run(&mut self, client: &Client, target: Target, modes: &[Mode]) {
        let all = self.listener.masks().len();
        let every: u8 = (0..all).fold(0, |bits, n| bits | 1 << n);
        let by_address = self.facets.by_address;
        let mut versions = versions::asked(self.program, client, target, by_address);
        if let Some(twin) = &self.twin {
            let more = versions::asked(twin.program, &twin.client, twin.target, by_address);
            versions.extend(more.iter().filter(|v| !versions.contains(v)).collect::<Vec<_>>());
            // Asked one by one, both need not be asked together.
            if versions.len() > 1 {
                versions.retain(Option::is_some);
            }
        }
        for class in &self.facets.protocols {
            let protocol = &class.protocol;
            let own = match protocol {
                Protocol::Icmp => Some(IpVersion::V4),
                Protocol::Icmpv6 => Some(IpVersion::V6),
                _ => None,
            };
            let mut witness = Witness::new(client.clone(), target, *protocol);
            let ports: Vec<Option<u16>> = if protocol.has_ports() {
                self.facets.ports.iter().map(|class| Some(class.port)).collect()
            } else {
                vec![None]
            };
            let asked = |version: &&Option<IpVersion>| {
                own.is_none() || version.is_none() || **version == own
            };
            for version in versions.iter().filter(asked) {
                witness.ip_version = version.filter(|_| own.is_none());
                for port in &ports {
                    witness.port = *port;
                    self.connect(&mut witness, modes, every);
                }
            }
        }
    }

    /// Every way to connect to one port.
    fn connect(&mut self, witness: &mut Witness, modes: &[Mode], every: u8) {
        let tcp = witness.protocol == Protocol::Tcp;
        for mode in modes.iter().filter(|m| tcp || m.is_own()) {
            mode.put(witness);
            // What one program takes for requests may be bytes to the other.
            if self.twin.is_some() && tcp {
                self.split(witness, 0, every, Stage::Content);
            } else {
                self.node(witness, 0, every);
            }
        }
    }

    fn node(&mut self, witness: &mut Witness, fixed: u16, open: u8) {
        let open = (0..8).filter(|n| open >> n & 1 == 1 && self.listener.wants(*n));
        let open: Vec<usize> = open.collect();
        if open.is_empty() {
            return;
        }
        if self.asked >= QUESTIONS_MAX {
            for mask in open {
                self.listener.unproved(mask, witness, Unproved::Bound);
            }
            return;
        }
        self.asked += 1;
        let decision = witness.decide(self.program);
        let other = self.twin.as_ref().map(|twin| twin.decide(witness));
        // No such packet: ends without a common family.
        let nowhere = |d: &Decision| d.layers.iter().all(|l| l.reason == Reason::UnknownPeer);
        if nowhere(&decision) && other.as_ref().is_none_or(nowhere) {
            return;
        }
        let masks: Vec<Mask> = self.listener.masks().to_vec();
        let mut rest = 0u8;
        let mut missing = Attributes::NONE;
        for mask in open {
            let Some(layers) = masks.get(mask) else { continue };
            let verdict = layers.verdict(&decision);
            let second = other.as_ref().map(|d| (layers.verdict(d), d));
            if verdict == Verdict::Undetermined
                || second.is_some_and(|(v, _)| v == Verdict::Undetermined)
            {
                rest |= 1 << mask;
                missing = missing.union(layers.missing(&decision));
                missing = other.as_ref().map_or(missing, |d| missing.union(layers.missing(d)));
                continue;
            }
            if second.is_some_and(|(v, _)| v == verdict) {
                continue;
            }
            match self.listener.covered(mask, witness, verdict) {
                Tri::Yes => {}
                Tri::Unknown(more) => {
                    rest |= 1 << mask;
                    missing = missing.union(more);
                }
                Tri::No => match (second, verdict) {
                    (Some((_, second)), _) => {
                        self.listener.differs(mask, witness, (&decision, second));
                    }
                    (None, Verdict::Allow) => self.listener.allowed(mask, witness, &decision),
                    (None, _) => match self.doubt(*layers, witness, &decision) {
                        Some(why) => {
                            self.listener.unproved(mask, witness, Unproved::Classes(why.into()));
                        }
                        None => self.listener.denied(mask, witness, &decision),
                    },
                },
            }
        }
        if rest == 0 {
            return;
        }
        match self.next(witness, fixed, missing) {
            Some(stage) => self.split(witness, fixed, rest, stage),
            None => {
                if missing.contains(Attributes::SERVICE) && self.twin.is_none() {
                    self.by_service(witness, rest);
                }
                for mask in (0..8).filter(|n| rest >> n & 1 == 1) {
                    let layers = masks.get(mask).copied().unwrap_or(Mask::ALL);
                    let of = other
                        .as_ref()
                        .filter(|_| layers.verdict(&decision) != Verdict::Undetermined);
                    let why = self.why(layers, of.unwrap_or(&decision));
                    self.listener.unproved(mask, witness, why);
                }
            }
        }
    }

    /// Where it depends on which Service is called, each that leads here is asked: what gets through
    /// by one does get through. What is called by address is not known.
    fn by_service(&mut self, witness: &Witness, open: u8) {
        let Target::Workload(to) = witness.target else { return };
        let inner = &self.program.inner;
        let leads = |target: &TargetPort| {
            let number = match target {
                TargetPort::Number(number) => Some(*number),
                TargetPort::Name(name) => {
                    let workload = inner.model.inventory.workload(to);
                    let mut own = workload.into_iter().flat_map(|w| &w.ports);
                    own.find(|p| p.name.as_ref() == Some(name)).map(|p| p.number)
                }
            };
            number == witness.port
        };
        for id in inner.index.services_of(to) {
            let service = inner.model.inventory.service(*id);
            let ports = service.into_iter().flat_map(|s| &s.ports);
            for port in ports.filter(|p| p.protocol == witness.protocol && leads(&p.target)) {
                let (target, port) = (Target::Service(*id), Some(port.port));
                let called = Witness { target, port, ..witness.clone() };
                self.asked += 1;
                let decision = called.decide(self.program);
                for mask in (0..8).filter(|n| open >> n & 1 == 1) {
                    let layers = self.listener.masks().get(mask).copied().unwrap_or(Mask::ALL);
                    let allowed = layers.verdict(&decision) == Verdict::Allow;
                    if allowed && self.listener.covered(mask, witness, Verdict::Allow).is_no() {
                        self.listener.allowed(mask, &called, &decision);
                    }
                }
            }
        }
    }

    /// Why a denial of this flow may not hold for all that it stands for.
    fn doubt(&self, mask: Mask, witness: &Witness, decision: &Decision) -> Option<&'static str> {
        let denies = |layer: Layer| {
            let mut own = decision.layers.iter().filter(|l| l.layer == layer && mask.has(layer));
            own.any(|l| l.verdict == Verdict::Deny)
        };
        // Neither asks who of a trust domain it is.
        if denies(Layer::Mtls) || denies(Layer::Jwt) {
            return None;
        }
        let network = denies(Layer::Egress) || denies(Layer::Ingress);
        let more = self.facets.request.more_identities && is_foreign(self.program, witness);
        (more && !network)
            .then_some("of another trust domain there are more identities than are looked at")
    }

    fn why(&self, mask: Mask, decision: &Decision) -> Unproved {
        let mut of = decision.layers.iter().filter(|l| mask.has(l.layer));
        let object = of.find_map(|l| match l.reason {
            Reason::NotEvaluated { policy } => Some(policy),
            _ => None,
        });
        object.map_or_else(|| Unproved::Missing(mask.missing(decision)), Unproved::NotEvaluated)
    }

    /// The attribute to split next: one that is missing, else any that is left.
    fn next(&self, witness: &Witness, fixed: u16, missing: Attributes) -> Option<Stage> {
        let left = |stage: &Stage| fixed & stage.bit() == 0 && self.applies(witness, *stage);
        let wanted = Stage::ALL.into_iter().filter(left);
        let first = wanted.clone().find(|s| missing.contains(s.attribute()));
        let stage = first.or_else(|| wanted.clone().next())?;
        // A request with method and path is whole, and sends no more than it says: what that may
        // be is split before.
        let other = match stage {
            Stage::Method => Some(Stage::Path),
            Stage::Path => Some(Stage::Method),
            _ => None,
        };
        if other.is_some_and(|other| fixed & other.bit() != 0) {
            let before = [Stage::Token, Stage::Headers].into_iter().find(|s| left(s));
            return Some(before.unwrap_or(stage));
        }
        Some(stage)
    }

    fn applies(&self, witness: &Witness, stage: Stage) -> bool {
        let tcp = witness.protocol == Protocol::Tcp;
        let request = matches!(witness.content, Content::Http(_));
        match stage {
            Stage::SourcePort => {
                witness.protocol.has_ports() && !self.facets.source_ports.is_empty()
            }
            Stage::Icmp => {
                matches!(witness.protocol, Protocol::Icmp | Protocol::Icmpv6)
                    && !self.facets.icmp.is_empty()
            }
            Stage::Content => tcp,
            Stage::Sni => tcp && witness.mtls != Some(false) && speaks_tls(witness),
            Stage::Answers => tcp && !self.facets.request.answers.is_empty(),
            Stage::Token | Stage::Headers | Stage::Host | Stage::Method | Stage::Path => request,
        }
    }

    fn split(&mut self, witness: &mut Witness, fixed: u16, open: u8, stage: Stage) {
        let request = &self.facets.request;
        let doubts = request.doubts.iter().filter(|(of, _)| {
            of.contains(stage.attribute()) || (stage.of_request() && of.contains(Attributes::HTTP))
        });
        let doubts: Vec<String> = doubts.map(|(_, why)| why.clone()).collect();
        for mask in (0..8).filter(|n| open >> n & 1 == 1) {
            for why in &doubts {
                self.listener.unproved(mask, witness, Unproved::Classes(why.clone()));
            }
        }
        let fixed = fixed | stage.bit();
        let facets = self.facets;
        let before = witness.clone();
        let mut each = |walk: &mut Self, put: &dyn Fn(&mut Witness)| {
            put(witness);
            walk.node(witness, fixed, open);
            witness.clone_from(&before);
        };
        match stage {
            Stage::SourcePort => {
                for port in &facets.source_ports {
                    each(self, &|w| w.source_port = Some(port.port));
                }
            }
            Stage::Icmp => {
                for (icmp, _) in &facets.icmp {
                    each(self, &|w| w.icmp = Some(*icmp));
                }
            }
            Stage::Content => {
                each(self, &|w| w.content = Content::Http(HttpRequest::default()));
                each(self, &|w| w.content = Content::Raw);
            }
            Stage::Token => {
                for token in &facets.request.tokens {
                    each(self, &|w| w.token = token.clone());
                }
            }
            Stage::Headers => {
                for lines in &facets.request.headers {
                    each(self, &|w| set(w, |r| r.headers = Some(lines.clone())));
                }
            }
            Stage::Host => {
                for host in &facets.request.hosts {
                    each(self, &|w| set(w, |r| r.host = Some(host.clone())));
                }
            }
            Stage::Sni => {
                for name in &facets.request.names {
                    each(self, &|w| w.sni = Some(name.clone()));
                }
            }
            Stage::Answers => {
                for answers in &facets.request.answers {
                    each(self, &|w| w.ext_authz.clone_from(answers));
                }
            }
            Stage::Method => {
                // A CONNECT has no path: it is asked where paths are split.
                let pathless = before.request().is_some_and(|r| r.path.is_none());
                let all = facets.request.methods.iter();
                for method in all.filter(|m| pathless || *m != CONNECT) {
                    each(self, &|w| set(w, |r| r.method = Some(method.clone())));
                }
            }
            Stage::Path => {
                for path in &facets.request.paths {
                    each(self, &|w| set(w, |r| r.path = Some(path.clone())));
                }
                if before.request().is_some_and(|r| r.method.is_none()) {
                    set(witness, |r| r.method = Some(CONNECT.to_owned()));
                    self.node(witness, fixed | Stage::Method.bit(), open);
                    witness.clone_from(&before);
                }
            }
        }
    }
}

fn set(witness: &mut Witness, put: impl FnOnce(&mut HttpRequest)) {
    if let Content::Http(request) = &mut witness.content {
        put(request);
    }
}

/// Whether a server name makes sense: in plaintext there is none, and a client that says nothing of
/// TLS would be made to speak it by one.
fn speaks_tls(witness: &Witness) -> bool {
    witness.tls_without_certificate || witness.mtls == Some(true) || witness.principal.is_some()
}

impl Bearer {
    /// Whether a token must be had.
    pub fn is_needed(&self) -> bool {
        matches!(self, Self::Verified(_))
    }
}
