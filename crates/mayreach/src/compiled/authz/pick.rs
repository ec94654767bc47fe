//! The policies of one proxy.

use super::{
    group::{Groups, Keys},
    rule::{PathTest, Rule},
};
use crate::{
    compiled::people::People,
    model::{
        Model, PolicyId,
        authz::{Attribute, AuthzAction, AuthzPolicy, Condition},
    },
};

/// The policies of one proxy. What every decision reads comes first, in one line of memory.
#[derive(Clone, Debug, Default)]
#[repr(C, align(64))]
pub(crate) struct Pick {
    /// The rules by who is asked for.
    pub(crate) groups: Groups,
    /// Some ALLOW policy is enforced; the first by namespace and name.
    pub(crate) allows: Option<PolicyId>,
    /// So many rules deny.
    pub(crate) denies: u32,
    /// No policy at all selects the workload.
    pub(crate) none: bool,
    /// It asks for more than names, a port and a request: an external authorizer, addresses, or
    /// (the second, of clients that speak TLS) a server name that the proxy chooses.
    pub(crate) reads_more: [bool; 2],
    /// The text of all paths.
    pub(crate) text: String,
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

const _: () = assert!(std::mem::offset_of!(Pick, text) == 64, "one line of memory");

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
    pub(super) fn new(model: &Model, people: &People, mine: &[u32]) -> Self {
        let mut out = Self { none: mine.is_empty(), ..Self::default() };
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
        out.allows = first.map(|(_, _, id)| id);
        for policies in [deny, allow] {
            out.denies = u32::try_from(out.rules.len()).unwrap_or(u32::MAX);
            out.add(&policies);
        }
        out.rules.shrink_to_fit();
        (out.groups, out.keys) = Groups::new(model, people, &out);
        let more = !out.custom.is_empty() || out.reads.addresses;
        out.reads_more = [more, more || out.reads.sni];
        out
    }

    /// "the first match in byte order of the name is what Envoy reports (engine_impl.h).
    fn add(&mut self, policies: &[(u32, &AuthzPolicy)]) {
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
            self.rules.push(Rule::new(at, number, rule, &mut self.paths, &mut self.text));
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
