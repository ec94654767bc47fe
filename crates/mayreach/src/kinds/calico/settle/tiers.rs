//! Tiers in order, and in each its policies (felix/calc `policy_sorter.go`).

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use crate::{
    error::{Note, NoteCode},
    kinds::{Draft, calico::tier},
    model::{
        Model,
        network::{Network, NetworkPolicy, Tier, TierDefault},
    },
    options::CalicoVersion,
};

pub(super) fn settle(draft: &mut Draft<'_>) {
    let declared = std::mem::take(&mut draft.calico.tiers);
    let version = draft.options.calico;
    let mut tiers = ordered(&draft.model, declared, version);
    let known: BTreeSet<String> = tiers.iter().map(|tier| tier.name.clone()).collect();
    let policies = &draft.model.network.policies;
    // "Policies naming a non-existent tier are enforced after all valid tiers with end-of-tier
    // Deny" (policy_resolver.go sendEndpointUpdate).
    let missing: BTreeSet<String> =
        policies.iter().map(|p| p.tier.clone()).filter(|tier| !known.contains(tier)).collect();
    tiers.extend(missing.iter().map(|name| Tier {
        name: name.clone(),
        default: TierDefault::Deny,
        policies: Vec::new(),
    }));
    let notes = undefined(&draft.model, &missing);
    draft.model.network.tiers = tiers;
    draft.model.notes.extend(notes);
    order(&mut draft.model.network);
}

/// Puts the policies of each tier in order.
pub(crate) fn order(network: &mut Network) {
    let mut by_tier = members(&network.policies);
    for tier in &mut network.tiers {
        tier.policies = by_tier.remove(tier.name.as_str()).unwrap_or_default();
    }
}

/// Tiers that exist: declared ones, `default`, and the other built-in ones if a policy is in
/// them. By order, then by name.
fn ordered(model: &Model, mut declared: Vec<tier::Declared>, version: CalicoVersion) -> Vec<Tier> {
    let used = model.network.policies.iter().map(|policy| policy.tier.as_str());
    let wanted: BTreeSet<&str> = used.chain(["default"]).collect();
    let known: BTreeSet<String> = declared.iter().map(|tier| tier.name.clone()).collect();
    for name in wanted.into_iter().filter(|name| !known.contains(*name)) {
        declared.extend(tier::built_in(name, version));
    }
    declared.sort_by(|a, b| a.order.total_cmp(&b.order).then_with(|| a.name.cmp(&b.name)));
    let tier = |tier: tier::Declared| Tier {
        name: tier.name,
        default: tier.default,
        policies: Vec::new(),
    };
    declared.into_iter().map(tier).collect()
}

/// The policies of each tier, in order.
fn members(policies: &[NetworkPolicy]) -> BTreeMap<&str, Vec<u32>> {
    let mut sorted: Vec<(u32, &NetworkPolicy)> = (0..).zip(policies).collect();
    sorted.sort_by(|(_, a), (_, b)| by_order(a, b));
    let mut found: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for (index, policy) in sorted {
        found.entry(&policy.tier).or_default().push(index);
    }
    found
}

/// Order ascending, none last, ties by bytes.
fn by_order(a: &NetworkPolicy, b: &NetworkPolicy) -> Ordering {
    let order = match (a.order, b.order) {
        // Not `total_cmp`: 0 and -0 are equal.
        (Some(a), Some(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    };
    order.then_with(|| a.tie.as_bytes().cmp(b.tie.as_bytes()))
}

fn undefined(model: &Model, missing: &BTreeSet<String>) -> Vec<Note> {
    let policies = model.network.policies.iter().filter(|policy| missing.contains(&policy.tier));
    let notes = policies.filter_map(|policy| {
        let meta = model.policy(policy.id)?;
        let message = format!(
            "tier `{}` is not defined: Calico's API refuses to create the policy, and where it \
             exists all the same it is asked after every defined tier, with deny at its end",
            policy.tier
        );
        Some(Note::new(NoteCode::Suspicious, message).about(super::title(meta)).at(meta.place))
    });
    notes.collect()
}
