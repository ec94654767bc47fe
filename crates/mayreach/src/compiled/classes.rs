//! Workloads that all selectors treat alike are one class; lists of rules tell classes apart, most
//! of them only a few.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::{
    network::{Members, Rule},
    rows::set_of,
};
use crate::shared::number;

/// So many memberships at most are compared to tell classes apart.
const MEMBERSHIPS: usize = 20_000_000;

/// The class of each workload.
pub(super) struct Classes {
    pub(super) of: Vec<u32>,
    pub(super) count: usize,
    /// What each set has, by where the set is.
    within: HashMap<usize, Has>,
}

/// The classes that a set has, ascending.
enum Has {
    Only(Vec<u32>),
    /// All but these: fewer.
    AllBut(Vec<u32>),
}

impl Classes {
    /// `None`: there is too much to compare.
    pub(super) fn new(sets: &[Arc<Members>], workloads: usize) -> Option<Self> {
        let total: usize = sets.iter().map(|set| set.count()).sum();
        if total > MEMBERSHIPS {
            return None;
        }
        let mut member_of: Vec<Vec<u32>> = vec![Vec::new(); workloads];
        for (n, set) in (0_u32..).zip(sets) {
            for workload in set.ids() {
                if let Some(list) = member_of.get_mut(workload as usize) {
                    list.push(n);
                }
            }
        }
        let mut known: HashMap<Vec<u32>, u32> = HashMap::new();
        let mut within: Vec<Vec<u32>> = vec![Vec::new(); sets.len()];
        let mut of = Vec::with_capacity(workloads);
        for key in member_of {
            let next = number(known.len());
            let class = *known.entry(key).or_insert_with_key(|key| {
                for set in key {
                    if let Some(list) = within.get_mut(*set as usize) {
                        list.push(next);
                    }
                }
                next
            });
            of.push(class);
        }
        let addresses = sets.iter().map(|set| Arc::as_ptr(set).addr());
        let within = within.into_iter().map(|has| Has::new(has, known.len()));
        Some(Self { of, count: known.len(), within: addresses.zip(within).collect() })
    }
}

impl Has {
    fn new(has: Vec<u32>, classes: usize) -> Self {
        if has.len() <= classes / 2 {
            return Self::Only(has);
        }
        let mut rest = has.iter().copied().peekable();
        Self::AllBut((0..number(classes)).filter(|n| rest.next_if_eq(n).is_none()).collect())
    }
}

/// Which classes the sets of a list of rules have: a bit for each rule.
pub(super) struct Marks {
    /// Of all classes that are not in `by_class`.
    pub(super) others: Vec<u64>,
    pub(super) by_class: BTreeMap<u32, Vec<u64>>,
}

/// One bit of a mark.
pub(super) fn bit(key: &[u64], n: usize) -> bool {
    key.get(n / 64).is_some_and(|word| word >> (n % 64) & 1 == 1)
}

fn flip(key: &mut [u64], n: usize) {
    if let Some(word) = key.get_mut(n / 64) {
        *word ^= 1 << (n % 64);
    }
}

impl Marks {
    pub(super) fn new(rules: &[&Arc<Rule>], egress: bool, classes: &Classes) -> Self {
        let mut others = vec![0; rules.len().div_ceil(64)];
        let has =
            |rule: &&Arc<Rule>| classes.within.get(&Arc::as_ptr(set_of(rule, egress)?).addr());
        let sets: Vec<Option<&Has>> = rules.iter().map(has).collect();
        for (n, has) in sets.iter().enumerate() {
            if matches!(has, Some(Has::AllBut(_))) {
                flip(&mut others, n);
            }
        }
        let mut by_class: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
        for (n, has) in sets.iter().enumerate() {
            let Some(Has::Only(told) | Has::AllBut(told)) = has else { continue };
            for class in told {
                flip(by_class.entry(*class).or_insert_with(|| others.clone()), n);
            }
        }
        Self { others, by_class }
    }
}
