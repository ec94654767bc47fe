//! Subjects and peers.

use super::manifest::{BaselineEgressPeer, EgressPeer, IngressPeer, NamespacedPod, Subject};
use crate::{
    kinds::kubernetes::{
        Checks, Path, cidr,
        selector::{self, LabelSelector, Whose},
    },
    manifest::Spanned,
    model::{network::PeerMatch, selector::Selector},
};

/// Items of `networks` and of `domainNames`.
const MOST_ITEMS: usize = 25;
/// Characters of a CIDR.
const LONGEST_CIDR: usize = 43;

/// How peers of one kind are read.
#[derive(Clone, Copy, Debug)]
pub(in crate::kinds::kubernetes) struct Reading {
    /// `pods` needs a `namespaceSelector`.
    pub(in crate::kinds::kubernetes) namespace_selector_required: bool,
    /// A `namespaces` peer has no orchestrator test, so that it matches network sets of those
    /// namespaces too, and with negative conditions host endpoints: Calico's converter
    /// (clusternetworkpolicy.go, network-policy.md §8 #9). Where no Calico object is known there
    /// are none of these, and the two forms are one.
    pub(in crate::kinds::kubernetes) sets_in_namespaces: bool,
}

/// A field of a peer that is set.
pub(in crate::kinds::kubernetes) enum Field<'p> {
    Namespaces(&'p LabelSelector),
    Pods(&'p NamespacedPod),
    Nodes(&'p LabelSelector),
    Networks(&'p Spanned<Vec<Spanned<String>>>),
    Domains(&'p Spanned<Vec<Spanned<String>>>),
}

/// A peer of any of the kinds.
pub(in crate::kinds::kubernetes) trait Peer {
    /// The fields that are set.
    fn fields(&self) -> Vec<Field<'_>>;
    /// The fields that there are, for messages.
    const FIELDS: &'static str;
}

impl Peer for IngressPeer {
    const FIELDS: &'static str = "`namespaces` and `pods`";

    fn fields(&self) -> Vec<Field<'_>> {
        let Self { namespaces, pods } = self;
        let fields = [namespaces.as_ref().map(Field::Namespaces), pods.as_ref().map(Field::Pods)];
        fields.into_iter().flatten().collect()
    }
}

impl Peer for EgressPeer {
    const FIELDS: &'static str = "`namespaces`, `pods`, `nodes`, `networks` and `domainNames`";

    fn fields(&self) -> Vec<Field<'_>> {
        let Self { namespaces, pods, nodes, networks, domain_names } = self;
        let fields = [
            namespaces.as_ref().map(Field::Namespaces),
            pods.as_ref().map(Field::Pods),
            nodes.as_ref().map(Field::Nodes),
            networks.as_ref().map(Field::Networks),
            domain_names.as_ref().map(Field::Domains),
        ];
        fields.into_iter().flatten().collect()
    }
}

impl Peer for BaselineEgressPeer {
    const FIELDS: &'static str = "`namespaces`, `pods`, `nodes` and `networks`";

    fn fields(&self) -> Vec<Field<'_>> {
        let Self { namespaces, pods, nodes, networks } = self;
        let fields = [
            namespaces.as_ref().map(Field::Namespaces),
            pods.as_ref().map(Field::Pods),
            nodes.as_ref().map(Field::Nodes),
            networks.as_ref().map(Field::Networks),
        ];
        fields.into_iter().flatten().collect()
    }
}

/// The pods that a policy governs. "Host-networked pods are not included" is the evaluator's.
pub(super) fn subject(
    subject: &Spanned<Subject>,
    reading: Reading,
    path: &Path<'_>,
    checks: &mut Checks<'_>,
) -> Selector {
    let Subject { namespaces, pods } = &subject.value;
    let conditions = match (namespaces, pods) {
        (Some(of), None) => {
            let mut all = selector::of_namespaces(of, &path.field("namespaces"), checks);
            // Keeps host endpoints out (clusternetworkpolicy.go).
            all.push(selector::is_pod());
            all
        }
        (None, Some(pods)) => {
            namespaced_pod(pods, reading, &path.field("pods"), subject.line, checks)
        }
        _ => {
            let message = "exactly one of `namespaces` and `pods` must be set";
            checks.conflict(path, subject.line, message);
            Vec::new()
        }
    };
    selector::all(conditions)
}

/// One peer. "Exactly one of the fields must be set, enforced by the CRD."
pub(super) fn lower<P: Peer>(
    peer: &Spanned<P>,
    reading: Reading,
    path: &Path<'_>,
    checks: &mut Checks<'_>,
) -> PeerMatch {
    let fields = peer.value.fields();
    let [field] = fields.as_slice() else {
        let message = format!("exactly one of {} must be set", P::FIELDS);
        checks.conflict(path, peer.line, message);
        return PeerMatch::default();
    };
    let mut lowered = PeerMatch::default();
    match field {
        Field::Namespaces(of) => {
            let mut all = selector::of_namespaces(of, &path.field("namespaces"), checks);
            if !reading.sets_in_namespaces {
                all.push(selector::is_pod());
            }
            lowered.selector = Some(selector::all(all));
        }
        Field::Pods(pods) => {
            let all = namespaced_pod(pods, reading, &path.field("pods"), peer.line, checks);
            lowered.selector = Some(selector::all(all));
        }
        Field::Nodes(nodes) => {
            let all = nodes.lower(Whose::Node, &path.field("nodes"), checks);
            lowered.nodes = Some(selector::all(all));
        }
        Field::Networks(networks) => {
            lowered.nets = lower_networks(networks, &path.field("networks"), checks);
        }
        Field::Domains(names) => {
            lowered.domains = lower_domains(names, &path.field("domainNames"), checks);
        }
    }
    lowered
}

fn namespaced_pod(
    pods: &NamespacedPod,
    reading: Reading,
    path: &Path<'_>,
    line: u32,
    checks: &mut Checks<'_>,
) -> Vec<Selector> {
    let NamespacedPod { namespace_selector, pod_selector } = pods;
    let at = path.field("namespaceSelector");
    if namespace_selector.is_none() && reading.namespace_selector_required {
        checks.missing(&at, line, "`namespaceSelector` is required");
    }
    let everywhere = LabelSelector::default();
    let of = namespace_selector.as_ref().unwrap_or(&everywhere);
    let mut all = selector::of_namespaces(of, &at, checks);
    all.push(selector::is_pod());
    all.extend(pod_selector.lower(Whose::Own, &path.field("podSelector"), checks));
    all
}

/// A list that the CRD wants filled, not too long, and without repetition (`listType=set`).
fn check_list(list: &Spanned<Vec<Spanned<String>>>, path: &Path<'_>, checks: &mut Checks<'_>) {
    if list.value.is_empty() || list.value.len() > MOST_ITEMS {
        let message = format!("{} items, not 1 to {MOST_ITEMS}", list.value.len());
        checks.invalid(path, list.line, message);
    }
    for (index, item) in list.value.iter().enumerate() {
        if list.value.iter().take(index).any(|other| other.value == item.value) {
            let message = format!("`{}` stands twice", item.value);
            checks.invalid(&path.item(index), item.line, message);
        }
    }
}

fn lower_networks(
    networks: &Spanned<Vec<Spanned<String>>>,
    path: &Path<'_>,
    checks: &mut Checks<'_>,
) -> Vec<ipnet::IpNet> {
    check_list(networks, path, checks);
    let mut nets = Vec::new();
    for (index, text) in networks.value.iter().enumerate() {
        match cidr::strict(&text.value).filter(|_| text.value.len() <= LONGEST_CIDR) {
            Some(cidr) => nets.push(cidr.net),
            None => checks.invalid_help(
                &path.item(index),
                text.line,
                format!("`{}` is not a CIDR", text.value),
                "write it as `10.0.0.0/8` or `fd00::/8`",
            ),
        }
    }
    nets
}

fn lower_domains(
    names: &Spanned<Vec<Spanned<String>>>,
    path: &Path<'_>,
    checks: &mut Checks<'_>,
) -> Vec<String> {
    check_list(names, path, checks);
    for (index, name) in names.value.iter().enumerate() {
        if !is_domain_name(&name.value) {
            let message = format!("`{}` is not a domain name", name.value);
            let help = "write it as `example.com` or `*.example.com`";
            checks.invalid_help(&path.item(index), name.line, message, help);
        }
    }
    names.value.iter().map(|name| name.value.clone()).collect()
}

/// The pattern of `DomainName`: an optional `*.`, two or more labels, an optional final dot. A
/// label may begin with `_`: the pattern's `A-z` takes it in.
fn is_domain_name(name: &str) -> bool {
    let name = name.strip_prefix("*.").unwrap_or(name);
    let name = name.strip_suffix('.').unwrap_or(name);
    let edge = |c: Option<u8>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let label = |label: &str| {
        (edge(label.bytes().next()) || label.starts_with('_'))
            && (edge(label.bytes().next_back()) || label == "_")
            && label.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'))
    };
    name.contains('.') && name.split('.').all(label)
}
