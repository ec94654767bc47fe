//! Rules of the cluster-wide policies.

use super::{
    Named,
    peer::{self, Field, Peer, Reading},
};
use crate::{
    kinds::kubernetes::{
        Checks, Path,
        rules::{self, Direction},
    },
    manifest::Spanned,
    model::network::{Action, NetworkRule},
};

/// Characters of a rule's name.
const LONGEST_NAME: usize = 100;

/// What a kind's rules may be.
#[derive(Clone, Copy, Debug)]
pub(in crate::kinds::kubernetes) struct Limits {
    /// Most rules of a direction, peers of a rule, and ports of a rule.
    pub(in crate::kinds::kubernetes) items: usize,
    /// Actions by name.
    pub(in crate::kinds::kubernetes) actions: &'static [(&'static str, Action)],
    pub(in crate::kinds::kubernetes) reading: Reading,
}

/// A rule of either direction and any kind.
#[derive(Debug)]
pub(in crate::kinds::kubernetes) struct Rule<'s, P, N> {
    pub(in crate::kinds::kubernetes) line: u32,
    pub(in crate::kinds::kubernetes) name: Option<&'s Spanned<String>>,
    pub(in crate::kinds::kubernetes) action: &'s Spanned<String>,
    pub(in crate::kinds::kubernetes) peers: &'s Spanned<Vec<Spanned<P>>>,
    pub(in crate::kinds::kubernetes) ports: Option<&'s Spanned<Vec<Spanned<N>>>>,
}

/// The rules of one direction, as lowered.
pub(in crate::kinds::kubernetes) fn lower_rules<P: Peer, N: Named>(
    rules: &[Rule<'_, P, N>],
    direction: Direction,
    limits: Limits,
    checks: &mut Checks<'_>,
) -> Vec<NetworkRule> {
    let root = Path::Root("spec");
    let path = root.field(direction.rules());
    if rules.len() > limits.items {
        let line = rules.first().map_or(0, |rule| rule.line);
        let message = format!("{} rules, more than {}", rules.len(), limits.items);
        checks.invalid(&path, line, message);
    }
    let each = rules.iter().enumerate();
    each.flat_map(|(n, rule)| rule.lower(n, direction, limits, &path.item(n), checks)).collect()
}

impl<P: Peer, N: Named> Rule<'_, P, N> {
    fn lower(
        &self,
        index: usize,
        direction: Direction,
        limits: Limits,
        path: &Path<'_>,
        checks: &mut Checks<'_>,
    ) -> Vec<NetworkRule> {
        let Self { line: _, name, action, peers, ports } = self;
        if let Some(name) = name.filter(|name| name.value.chars().count() > LONGEST_NAME) {
            let message = format!("the name is longer than {LONGEST_NAME} characters");
            checks.invalid(&path.field("name"), name.line, message);
        }
        let action = lower_action(action, limits, &path.field("action"), checks);
        let at = path.field(direction.peers());
        check_count(peers, limits, &at, checks);
        let lowered: Vec<_> = (peers.value.iter().enumerate())
            .map(|(n, peer)| peer::lower(peer, limits.reading, &at.item(n), checks))
            .collect();
        let at = path.field(N::LIST);
        if let Some(ports) = ports {
            check_count(ports, limits, &at, checks);
        }
        let ports = ports.iter().flat_map(|ports| &ports.value).enumerate();
        let ports: Vec<_> = ports
            .filter_map(|(n, port)| port.value.lower(port.line, &at.item(n), checks))
            .collect();
        self.check_peers(path, checks);
        rules::combine(index, action, direction, &lowered, &rules::groups(ports))
    }

    /// What the CRD forbids between the parts of a rule.
    fn check_peers(&self, path: &Path<'_>, checks: &mut Checks<'_>) {
        let fields = || self.peers.value.iter().flat_map(|peer| peer.value.fields());
        let mut ports = self.ports.iter().flat_map(|ports| &ports.value);
        let named = ports.find_map(|port| port.value.port_name());
        let outside = |f: &Field<'_>| !matches!(f, Field::Namespaces(_) | Field::Pods(_));
        if let Some(name) = named.filter(|_| fields().any(|f| outside(&f))) {
            checks.conflict(
                &path.field(N::LIST),
                name.line,
                "a named port cannot stand beside `networks`, `nodes` or `domainNames`, which have \
                 no named ports",
            );
        }
    }
}

fn lower_action(
    action: &Spanned<String>,
    limits: Limits,
    path: &Path<'_>,
    checks: &mut Checks<'_>,
) -> Action {
    let known = limits.actions.iter().find(|(name, _)| *name == action.value);
    known.map_or_else(
        || {
            let names: Vec<String> =
                limits.actions.iter().map(|(name, _)| format!("`{name}`")).collect();
            let message = format!("action `{}` is not supported", action.value);
            let help = format!("write one of {}", names.join(", "));
            checks.invalid_help(path, action.line, message, &help);
            Action::Deny
        },
        |(_, action)| *action,
    )
}

/// 1 to so many items.
fn check_count<T>(
    list: &Spanned<Vec<T>>,
    limits: Limits,
    path: &Path<'_>,
    checks: &mut Checks<'_>,
) {
    if list.value.is_empty() || list.value.len() > limits.items {
        let message = format!("{} items, not 1 to {}", list.value.len(), limits.items);
        checks.invalid(path, list.line, message);
    }
}
