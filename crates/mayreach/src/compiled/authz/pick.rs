//! The policies of one proxy.

use super::{
    group::Keys,
    rule::{PathTest, Rule},
    shelf::{Head, Shelf},
};
use crate::{
    compiled::people::People,
    model::{
        Model, PolicyId,
        authz::{Attribute, AuthzAction, AuthzPolicy, Condition},
    },
};

/// The policies of one proxy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pick {
    /// What most decisions read.
    pub(crate) head: Head,
    /// Its own shelf, if it does not lie with the others.
    pub(super) shelf: Option<Box<Shelf>>,
    pub(crate) keys: Keys,
    /// Rules of DENY policies, then of ALLOW policies, each in the order in which Envoy reports
    /// them: of all that match the first decides.
    pub(crate) rules: Vec<Rule>,
    /// The paths of all plain rules.
    pub(crate) paths: Vec<PathTest>,
    /// Indexes into the model's policies.
    pub(crate) custom: Vec<u32>,
    pub(crate) reads: Reads,
}

/// What some rule reads that is not always plain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reads {
    pub(crate) sni: bool,
    pub(crate) remote_ip: bool,
    /// Addresses, the client's before proxies included.
    pub(crate) addresses: bool,
    pub(crate) metadata: bool,
    /// Names of headers.
    pub(crate) headers: Vec<String>,
}

impl Pick {
    /// What most decisions read of it is put on `shelf`.
    pub(super) fn new(model: &Model, people: &People, mine: &[u32], shelf: &mut Shelf) -> Self {
        let mut out = Self::default();
        out.head.none = mine.is_empty();
        let mut first: Option<(&str, &str, PolicyId)> = None;
        let (mut deny, mut allow) = (Vec::new(), Vec::new());
        for index in mine {
            let Some(policy) = model.authz.get(*index as usize) else { continue };
            match (&policy.action, policy.dry_run) {
                (AuthzAction::Custom(_), _) => out.custom.push(*index),
                (AuthzAction::Deny, false) => deny.push((*index, policy)),
                (AuthzAction::Allow, false) => {
                    allow.push((*index, policy));
                    let named = (policy.namespace.as_str(), policy.name.as_str(), policy.id);
                    first = Some(first.map_or(named, |f| f.min(named)));
                }
                // They mark and report, and decide nothing.
                (AuthzAction::Audit, _) | (AuthzAction::Deny | AuthzAction::Allow, true) => {}
            }
        }
        out.head.allows = first.map(|(_, _, id)| id);
        for policies in [deny, allow] {
            out.head.denies = u32::try_from(out.rules.len()).unwrap_or(u32::MAX);
            out.add(&policies, &mut shelf.text);
        }
        out.rules.shrink_to_fit();
        out.keys = Keys::new(model, people, &mut out, shelf);
        let more = !out.custom.is_empty() || out.reads.addresses;
        out.head.reads_more = [more, more || out.reads.sni];
        out.head.known.usual = out.head.reads_more == [false; 2] && !out.head.shared;
        out
    }

    /// One that lies with no others.
    pub(super) fn alone(model: &Model, people: &People, mine: &[u32]) -> Self {
        let mut shelf = Box::<Shelf>::default();
        let mut out = Self::new(model, people, mine, &mut shelf);
        shelf.shrink();
        out.head.known.usual = false;
        out.shelf = Some(shelf);
        out
    }

    /// "the first match in byte order of the name is what Envoy reports (engine_impl.h).
    fn add(&mut self, policies: &[(u32, &AuthzPolicy)], text: &mut String) {
        let mut order: Vec<(String, u32, &AuthzPolicy, u32)> = Vec::new();
        for (index, policy) in policies {
            for (number, _) in (0_u32..).zip(&policy.rules) {
                let name = format!("{}]-policy[{}]-rule[{number}]", policy.namespace, policy.name);
                order.push((name, *index, policy, number));
            }
        }
        order.sort_by(|a, b| a.0.cmp(&b.0));
        for (_, index, policy, number) in order {
            let Some(rule) = policy.rules.get(number as usize) else { continue };
            let all = rule.from.iter().chain(&rule.to).flatten().chain(&rule.when);
            all.for_each(|condition| self.reads.note(condition));
            let at = (index, policy.id);
            self.rules.push(Rule::new(at, number, rule, &mut self.paths, text));
        }
    }
}

impl Reads {
    fn note(&mut self, condition: &Condition) {
        match &condition.attribute {
            Attribute::Sni => self.sni = true,
            Attribute::RemoteIp => {
                self.remote_ip = true;
                self.addresses = true;
            }
            Attribute::SourceIp | Attribute::DestinationIp => self.addresses = true,
            Attribute::Metadata(..) => self.metadata = true,
            Attribute::Header(name) if !self.headers.contains(name) => {
                self.headers.push(name.clone());
            }
            Attribute::Header(_)
            | Attribute::Principal
            | Attribute::Namespace
            | Attribute::ServiceAccount
            | Attribute::TrustDomain
            | Attribute::RequestPrincipal
            | Attribute::Audiences
            | Attribute::Presenter
            | Attribute::Claim(_)
            | Attribute::DestinationPort
            | Attribute::Host
            | Attribute::Method
            | Attribute::Path => {}
        }
    }
}
