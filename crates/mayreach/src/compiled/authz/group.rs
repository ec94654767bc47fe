//! The rules of a pick by who is asked for: whoever calls finds the few that may mean it.

use std::collections::HashMap;

use super::{
    paths::Paths,
    pick::Pick,
    row::Row,
    rule::{Rule, path_keys, source_keys},
};
use crate::{
    compiled::{
        people::People,
        table::{Table, hash, hash_on, same},
    },
    model::{Model, authz::AuthzRule},
};

/// Past so many rules a group is looked up by path: so many rows are read faster than that.
const FEW: usize = 32;
/// A rule is put into a group under at most so many paths.
const MANY: usize = 1024;

/// Every group of a pick.
#[derive(Clone, Debug, Default)]
pub(crate) struct Groups {
    table: Table,
    /// Where each key begins and ends in the text, and whether it is a namespace.
    keys: Vec<(u32, u32, bool)>,
    text: String,
    /// The groups of identities that some workload has and of their namespaces.
    known: Known,
    groups: Vec<Group>,
    /// Rules that may mean anyone.
    pub(crate) anyone: Group,
    /// Some group is a namespace's.
    pub(crate) namespaces: bool,
    /// The rows of all groups, one group after the other.
    rows: Vec<Row>,
}

/// Rules with one key in common.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    /// Rules asked one after the other, in ascending order.
    rows: (u32, u32),
    /// Rules found by path.
    pub(crate) by_path: Option<Box<Paths>>,
}

/// Groups by keys of [`People`]: open addressing, half empty.
#[derive(Clone, Debug, Default)]
struct Known(Box<[(u32, u32)]>);

impl Known {
    const EMPTY: (u32, u32) = (u32::MAX, 0);

    fn new(all: &[(u32, u32)]) -> Self {
        let size = if all.is_empty() { 0 } else { (all.len() * 2).next_power_of_two() };
        let mut slots = vec![Self::EMPTY; size];
        for (key, group) in all {
            let mut at = Self::start(*key, size);
            while slots.get(at).is_some_and(|slot| *slot != Self::EMPTY) {
                at = (at + 1) & (size - 1);
            }
            if let Some(slot) = slots.get_mut(at) {
                *slot = (*key, *group);
            }
        }
        Self(slots.into())
    }

    #[inline]
    const fn start(key: u32, size: usize) -> usize {
        // The high bits of a product are the well mixed ones.
        (key.wrapping_mul(0x9e37_79b1) >> 7) as usize & size.wrapping_sub(1)
    }

    #[inline]
    fn get(&self, key: u32) -> Option<u32> {
        let mut at = Self::start(key, self.0.len());
        loop {
            let slot = *self.0.get(at)?;
            if slot.0 == key || slot == Self::EMPTY {
                return (slot != Self::EMPTY).then_some(slot.1);
            }
            at = (at + 1) & (self.0.len() - 1);
        }
    }
}

/// The hash under which a namespace's group is found.
pub(crate) fn namespace_hash(namespace: &str) -> u64 {
    hash_on(1, namespace.as_bytes())
}

impl Groups {
    pub(super) fn new(model: &Model, people: &People, pick: &Pick) -> Self {
        let rules = &pick.rules;
        let written = |rule: &Rule| -> Option<&AuthzRule> {
            model.authz.get(rule.policy as usize)?.rules.get(rule.rule as usize)
        };
        let mut anyone = Vec::new();
        let mut lists: Vec<Vec<u32>> = Vec::new();
        let mut places: HashMap<(bool, &str), usize> = HashMap::new();
        let mut keys = Vec::new();
        for (number, rule) in (0_u32..).zip(rules) {
            let Some(sources) = written(rule).and_then(source_keys) else {
                anyone.push(number);
                continue;
            };
            for key in sources {
                let place = *places.entry(key).or_insert_with(|| {
                    keys.push(key);
                    lists.push(Vec::new());
                    lists.len() - 1
                });
                if let Some(list) = lists.get_mut(place)
                    && list.last() != Some(&number)
                {
                    list.push(number);
                }
            }
        }
        let written = |n: u32| written(rules.get(n as usize)?);
        let mut out = Self { table: Table::with_capacity(keys.len()), ..Self::default() };
        out.anyone = out.group(&anyone, pick, written);
        let mut known = Vec::new();
        for (place, ((namespace, key), list)) in (0_u32..).zip(keys.iter().zip(&lists)) {
            let hash = if *namespace { namespace_hash(key) } else { hash(key.as_bytes()) };
            out.table.insert(hash, place);
            out.namespaces |= *namespace;
            known.extend(people.key(hash, key, *namespace).map(|key| (key, place)));
            let start = out.text.len();
            out.text.push_str(key);
            out.keys.push((place_of(start), place_of(out.text.len()), *namespace));
            let group = out.group(list, pick, written);
            out.groups.push(group);
        }
        out.known = Known::new(&known);
        out.rows.shrink_to_fit();
        out
    }

    fn group<'m>(
        &mut self,
        list: &[u32],
        pick: &Pick,
        written: impl Fn(u32) -> Option<&'m AuthzRule>,
    ) -> Group {
        let start = self.rows.len();
        let mut by_path = Vec::new();
        for number in list {
            let paths = || written(*number).and_then(path_keys).filter(|keys| keys.len() <= MANY);
            if list.len() > FEW
                && let Some(keys) = paths()
            {
                by_path.extend(keys.into_iter().map(|key| (key, *number)));
            } else if let Some(rule) = pick.rules.get(*number as usize) {
                Row::add(&mut self.rows, *number, rule, &pick.paths, &pick.text);
            }
        }
        let by_path = (!by_path.is_empty()).then(|| Box::new(Paths::new(&by_path)));
        Group { rows: (place_of(start), place_of(self.rows.len())), by_path }
    }

    /// The group of one principal (without `spiffe://`) or of one namespace.
    #[inline]
    pub(crate) fn find(&self, hash: u64, text: &str, namespace: bool) -> Option<&Group> {
        let is = |place: u32| {
            let key = self.keys.get(place as usize);
            key.is_some_and(|(from, to, of_namespace)| {
                let key = self.text.as_bytes().get(*from as usize..*to as usize);
                *of_namespace == namespace && key.is_some_and(|key| same(key, text.as_bytes()))
            })
        };
        self.groups.get(self.table.find(hash, is)? as usize)
    }

    /// The group under a key of [`People`].
    #[inline]
    pub(crate) fn known(&self, key: u32) -> Option<&Group> {
        self.groups.get(self.known.get(key)? as usize)
    }

    #[inline]
    pub(crate) fn rows(&self, group: &Group) -> &[Row] {
        let (from, to) = group.rows;
        self.rows.get(from as usize..to as usize).unwrap_or_default()
    }
}

fn place_of(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
