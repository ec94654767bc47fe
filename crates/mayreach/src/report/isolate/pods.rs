//! Pods that do not exist yet: any labels that the owner of a namespace could give them, any of its
//! service accounts, as far as anything can tell them apart.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Program,
    model::{
        authz::{Matcher, TextMatch},
        inventory::{Addresses, Enrolment, Labels, Workload, WorkloadKind},
        selector::Selector,
    },
    report::space::NewPod,
};

/// Combinations of labels looked at for one namespace.
const COMBINATIONS_MAX: usize = 1_024;

/// The pods of one namespace that nothing but these can be told from.
#[derive(Debug, Default)]
pub(in crate::report) struct Imagined {
    pub(in crate::report) pods: Vec<(NewPod, Workload)>,
    /// There are more than are looked at.
    pub(in crate::report) cut: bool,
}

/// Selectors of every network policy, each once.
pub(in crate::report) fn selectors(program: &Program) -> Vec<&Selector> {
    let mut seen = BTreeSet::new();
    let mut out = Vec::new();
    for policy in &program.inner.model.network.policies {
        let rules = policy.ingress.iter().chain(&policy.egress);
        let peers = rules.flat_map(|r| [&r.source, &r.destination]);
        let peers = peers.flat_map(|p| p.selector.iter().chain(&p.not_selector));
        for selector in std::iter::once(&policy.subject).chain(peers) {
            if seen.insert(format!("{selector:?}")) {
                out.push(selector);
            }
        }
    }
    out
}

/// Whether a selector holds for a pod of a namespace whatever its own labels; `None`: that depends
/// on them.
fn settled(program: &Program, namespace: &str, selector: &Selector) -> Option<bool> {
    let inventory = &program.inner.model.inventory;
    let own = |key: &str| match key {
        "projectcalico.org/namespace" | "projectcalico.org/orchestrator" => false,
        _ => !key.starts_with("pcns."),
    };
    let one = |key: &str| {
        let value = match key {
            "projectcalico.org/namespace" => Some(namespace),
            "projectcalico.org/orchestrator" => Some("k8s"),
            _ => key.strip_prefix("pcns.").and_then(|k| inventory.namespace_label(namespace, k)),
        };
        (!own(key)).then(|| selector.matches(&|asked| (asked == key).then_some(value).flatten()))
    };
    match selector {
        Selector::All => Some(true),
        Selector::Not(inner) => settled(program, namespace, inner).map(|v| !v),
        Selector::And(all) => {
            let each: Vec<_> = all.iter().map(|s| settled(program, namespace, s)).collect();
            if each.contains(&Some(false)) {
                return Some(false);
            }
            each.iter().all(|v| *v == Some(true)).then_some(true)
        }
        Selector::Or(any) => {
            let each: Vec<_> = any.iter().map(|s| settled(program, namespace, s)).collect();
            if each.contains(&Some(true)) {
                return Some(true);
            }
            each.iter().all(|v| *v == Some(false)).then_some(false)
        }
        Selector::Has(key)
        | Selector::Eq(key, _)
        | Selector::Ne(key, _)
        | Selector::In(key, _)
        | Selector::NotIn(key, _)
        | Selector::Contains(key, _)
        | Selector::StartsWith(key, _)
        | Selector::EndsWith(key, _) => one(key),
    }
}

/// Values that a selector can tell apart, by own label.
fn values<'s>(selector: &'s Selector, out: &mut BTreeMap<&'s str, BTreeSet<&'s str>>) {
    let mut add = |key: &'s str, all: &mut dyn Iterator<Item = &'s String>| {
        let own = !key.starts_with("pcns.")
            && !key.starts_with("pcsa.")
            && !key.starts_with("projectcalico.org/");
        if own {
            out.entry(key).or_default().extend(all.map(String::as_str));
        }
    };
    match selector {
        Selector::All => {}
        Selector::Not(inner) => values(inner, out),
        Selector::And(all) | Selector::Or(all) => all.iter().for_each(|s| values(s, out)),
        Selector::Has(key) => add(key, &mut std::iter::empty()),
        Selector::Eq(key, value)
        | Selector::Ne(key, value)
        | Selector::Contains(key, value)
        | Selector::StartsWith(key, value)
        | Selector::EndsWith(key, value) => add(key, &mut std::iter::once(value)),
        Selector::In(key, values) | Selector::NotIn(key, values) => add(key, &mut values.iter()),
    }
}

/// Looks for the pods of one namespace.
pub(in crate::report) struct Imagine<'p> {
    pub(in crate::report) program: &'p Program,
    pub(in crate::report) selectors: &'p [&'p Selector],
    pub(in crate::report) identities: &'p Identities,
}

impl Imagine<'_> {
    /// Every class of pod that the owner of a namespace could create and that no workload there
    /// stands for already. `fixed` are labels that make it the owner's.
    pub(in crate::report) fn of(&self, namespace: &str, fixed: &[(String, String)]) -> Imagined {
        let inventory = &self.program.inner.model.inventory;
        let open: Vec<&Selector> = self
            .selectors
            .iter()
            .copied()
            .filter(|s| settled(self.program, namespace, s).is_none())
            .collect();
        let mut out = Imagined::default();
        let (labels, cut) = self.labels(&open, fixed);
        out.cut |= cut;
        out.cut |= open.iter().any(|s| format!("{s:?}").contains("pcsa."));
        let mut seen: BTreeSet<(Vec<bool>, Vec<bool>)> = BTreeSet::new();
        for known in inventory.workloads.iter().filter(|w| w.namespace == namespace) {
            if !known.host_network && !known.finished && known.owner.is_none() {
                seen.insert(self.signature(known, &open));
            }
        }
        for account in self.accounts(namespace) {
            for set in &labels {
                let pod = pod(self.program, namespace, set, &account);
                if seen.insert(self.signature(&pod, &open)) {
                    let shown = NewPod {
                        namespace: namespace.to_owned(),
                        labels: set.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
                        service_account: account.clone(),
                    };
                    out.pods.push((shown, pod));
                }
            }
        }
        out
    }

    fn signature(&self, pod: &Workload, open: &[&Selector]) -> (Vec<bool>, Vec<bool>) {
        let inventory = &self.program.inner.model.inventory;
        let label = |key: &str| inventory.workload_label(pod, key);
        let selected = open.iter().map(|s| s.matches(&label)).collect();
        let id = crate::decision::mesh::spiffe(&inventory.mesh, pod);
        let matched = self.identities.near(&pod.namespace);
        (selected, matched.map(|m| crate::decision::matching::identity(m, &id)).collect())
    }

    /// Every combination of labels that the open selectors can tell apart.
    fn labels(&self, open: &[&Selector], fixed: &[(String, String)]) -> (Vec<Labels>, bool) {
        let mut wanted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for selector in open {
            values(selector, &mut wanted);
        }
        // A DestinationRule may be for clients with some labels.
        for rule in &self.program.inner.model.destination_rules {
            for (key, value) in &rule.workload_selector {
                wanted.entry(key).or_default().insert(value);
            }
        }
        let start: Labels = fixed.iter().cloned().collect();
        let mut out = vec![start];
        for (key, values) in wanted.iter().filter(|(k, _)| !fixed.iter().any(|(f, _)| f == *k)) {
            if out.len() * (values.len() + 2) > COMBINATIONS_MAX {
                return (out, true);
            }
            let mut more = Vec::new();
            for set in &out {
                let choices = values.iter().copied().chain(["x"]).filter(|v| !v.is_empty());
                for value in choices {
                    let mut with = set.clone();
                    with.insert((*key).to_owned(), value.to_owned());
                    more.push(with);
                }
            }
            out.extend(more);
        }
        (out, false)
    }

    /// Service accounts that exist there, and one for each that a policy may mean.
    fn accounts(&self, namespace: &str) -> BTreeSet<String> {
        let inventory = &self.program.inner.model.inventory;
        let known = inventory.workloads.iter().filter(|w| w.namespace == namespace);
        let mut out: BTreeSet<String> = known.map(|w| w.service_account.clone()).collect();
        let defined = inventory.service_accounts.keys().filter(|(space, _)| space == namespace);
        out.extend(defined.map(|(_, name)| name.clone()));
        out.insert("default".to_owned());
        for matcher in self.identities.near(namespace) {
            match matcher {
                Matcher::ServiceAccount(_, name) => {
                    out.insert(name.clone());
                }
                Matcher::Identity(TextMatch::Exact(id)) | Matcher::Text(TextMatch::Exact(id)) => {
                    out.extend(id.rsplit_once("/sa/").map(|(_, name)| name.to_owned()));
                }
                Matcher::Identity(TextMatch::Suffix(id) | TextMatch::Prefix(id)) => {
                    let name = id.rsplit(['/']).next().unwrap_or_default();
                    if !name.is_empty() {
                        out.insert(name.to_owned());
                    }
                }
                _ => {}
            }
        }
        out
    }
}

pub(in crate::report) fn pod(
    program: &Program,
    namespace: &str,
    labels: &Labels,
    account: &str,
) -> Workload {
    let mut pod = Workload {
        namespace: namespace.to_owned(),
        name: String::from("(new pod)"),
        kind: WorkloadKind::Pod,
        labels: labels.clone(),
        annotations: Labels::new(),
        service_account: account.to_owned(),
        addresses: Addresses::Unknown,
        node: None,
        host_network: false,
        finished: false,
        ports: Vec::new(),
        containers: Vec::new(),
        mesh: Enrolment::None,
        owner: None,
        place: crate::error::Place::default(),
    };
    pod.mesh = program.inner.model.inventory.enrol(&pod);
    pod
}

/// What policies say of identities, by the namespace that they name.
#[derive(Debug, Default)]
pub(in crate::report) struct Identities {
    by_namespace: BTreeMap<String, Vec<Matcher>>,
    /// These may be of any namespace.
    general: Vec<Matcher>,
}

impl Identities {
    pub(in crate::report) fn new(program: &Program) -> Self {
        let mut out = Self::default();
        let rules = program.inner.model.authz.iter().flat_map(|p| &p.rules);
        let conditions = rules.flat_map(|r| r.from.iter().chain(&r.to).flatten().chain(&r.when));
        for condition in conditions {
            use crate::model::authz::Attribute::{
                Namespace, Principal, ServiceAccount, TrustDomain,
            };
            if !matches!(condition.attribute, Principal | Namespace | ServiceAccount | TrustDomain)
            {
                continue;
            }
            for (matcher, _) in condition.values.iter().chain(&condition.not_values) {
                let list = match namespace_of(matcher) {
                    Some(namespace) => out.by_namespace.entry(namespace.to_owned()).or_default(),
                    None => &mut out.general,
                };
                if !list.contains(matcher) {
                    list.push(matcher.clone());
                }
            }
        }
        out
    }

    /// Those that an identity of a namespace can match.
    fn near(&self, namespace: &str) -> impl Iterator<Item = &Matcher> {
        self.by_namespace.get(namespace).into_iter().flatten().chain(&self.general)
    }
}

/// The one namespace whose identities a matcher can match.
pub(in crate::report) fn namespace_of(matcher: &Matcher) -> Option<&str> {
    match matcher {
        Matcher::NamespacePattern(parts) => match parts.as_slice() {
            [only] if !only.is_empty() => Some(only),
            _ => None,
        },
        Matcher::ServiceAccount(namespace, _) => Some(namespace),
        Matcher::Identity(TextMatch::Exact(id)) => {
            let (_, rest) = id.split_once("/ns/")?;
            Some(rest.split_once('/')?.0)
        }
        _ => None,
    }
}
