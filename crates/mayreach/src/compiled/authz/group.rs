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
        people::{NOBODY, People},
        table::{Table, hash, hash_on, same},
    },
    model::{Model, authz::AuthzRule},
};

/// Past so many rules a group is looked up by path: so many rows are read faster than that.
const FEW: usize = 32;
/// A rule is put into a group under at most so many paths.
const MANY: usize = 1024;

/// The groups of a pick by the numbers of who calls: all that most decisions read.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub(crate) struct Groups {
    known: Known,
    /// The rows of all groups, one group after the other.
    rows: Box<[Row]>,
    /// Rules that may mean anyone.
    pub(crate) anyone: Group,
    /// Not only identities have rules: some namespace has, or anyone.
    pub(crate) shared: bool,
}

/// The same groups by text, and the rules in them that are looked up by path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys {
    table: Table,
    /// Where each key begins and ends in the text, whether it is a namespace, and its group.
    keys: Box<[(u32, u32, bool, Group)]>,
    text: String,
    paths: Box<[Paths]>,
}

/// Rules with one key in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group {
    /// Rows asked one after the other, in ascending order of rules.
    rows: (u32, u32),
    /// Number of the table of rules found by path; [`Group::FEW`]: there is none.
    paths: u32,
}

impl Group {
    const FEW: u32 = u32::MAX;
    /// No rules.
    pub(crate) const NONE: Self = Self { rows: (0, 0), paths: Self::FEW };

    /// Whether some of its rules are found by path.
    #[inline]
    pub(crate) const fn has_paths(&self) -> bool {
        self.paths != Self::FEW
    }
}

impl Default for Group {
    fn default() -> Self {
        Self::NONE
    }
}

/// Groups by keys of [`People`]: open addressing, half empty. Four lie in a line of memory.
#[derive(Clone, Debug, Default)]
struct Known(Box<[(u32, Group)]>);

impl Known {
    const EMPTY: (u32, Group) = (NOBODY, Group::NONE);

    fn new(all: &[(u32, Group)]) -> Self {
        let size = if all.is_empty() { 0 } else { (all.len() * 2).next_power_of_two() };
        let mut slots = vec![Self::EMPTY; size];
        for (key, group) in all {
            let mut at = Self::start(*key, size);
            while slots.get(at).is_some_and(|slot| slot.0 != NOBODY) {
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
    fn get(&self, key: u32) -> Group {
        let mut at = Self::start(key, self.0.len());
        while let Some((other, group)) = self.0.get(at) {
            if *other == key || *other == NOBODY {
                return *group;
            }
            at = (at + 1) & self.0.len().wrapping_sub(1);
        }
        Group::NONE
    }
}

/// The hash under which a namespace's group is found.
pub(crate) fn namespace_hash(namespace: &str) -> u64 {
    hash_on(1, namespace.as_bytes())
}

impl Groups {
    pub(super) fn new(model: &Model, people: &People, pick: &Pick) -> (Self, Keys) {
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
        let mut making = Making { pick, rows: Vec::new(), paths: Vec::new() };
        let mut out = Self::default();
        let mut by_text = Keys { table: Table::with_capacity(keys.len()), ..Keys::default() };
        out.anyone = making.group(&anyone, written);
        out.shared = !anyone.is_empty();
        let (mut known, mut found) = (Vec::new(), Vec::new());
        for (place, ((namespace, key), list)) in (0_u32..).zip(keys.iter().zip(&lists)) {
            let hash = if *namespace { namespace_hash(key) } else { hash(key.as_bytes()) };
            let group = making.group(list, written);
            by_text.table.insert(hash, place);
            out.shared |= *namespace;
            known.extend(people.key(hash, key, *namespace).map(|key| (key, group)));
            let start = by_text.text.len();
            by_text.text.push_str(key);
            found.push((place_of(start), place_of(by_text.text.len()), *namespace, group));
        }
        (out.known, out.rows) = (Known::new(&known), making.rows.into());
        (by_text.keys, by_text.paths) = (found.into(), making.paths.into());
        (out, by_text)
    }

    /// The group under a key of [`People`].
    #[inline]
    pub(crate) fn known(&self, key: u32) -> Group {
        self.known.get(key)
    }

    #[inline]
    pub(crate) fn rows(&self, group: &Group) -> &[Row] {
        let (from, to) = group.rows;
        self.rows.get(from as usize..to as usize).unwrap_or_default()
    }
}

impl Keys {
    /// The group of one principal (without `spiffe://`) or of one namespace.
    #[inline]
    pub(crate) fn find(&self, hash: u64, text: &str, namespace: bool) -> Group {
        let is = |place: u32| {
            let key = self.keys.get(place as usize);
            key.is_some_and(|(from, to, of_namespace, _)| {
                let key = self.text.as_bytes().get(*from as usize..*to as usize);
                *of_namespace == namespace && key.is_some_and(|key| same(key, text.as_bytes()))
            })
        };
        let found = self.table.find(hash, is).and_then(|place| self.keys.get(place as usize));
        found.map_or(Group::NONE, |(.., group)| *group)
    }

    /// What more of a group is found by path.
    #[inline]
    pub(crate) fn by_path(&self, group: &Group) -> Option<&Paths> {
        if group.has_paths() { self.paths.get(group.paths as usize) } else { None }
    }
}

/// Groups in the making.
struct Making<'p> {
    pick: &'p Pick,
    rows: Vec<Row>,
    paths: Vec<Paths>,
}

impl Making<'_> {
    fn group<'m>(&mut self, list: &[u32], written: impl Fn(u32) -> Option<&'m AuthzRule>) -> Group {
        let start = self.rows.len();
        let mut by_path = Vec::new();
        for number in list {
            let paths = || written(*number).and_then(path_keys).filter(|keys| keys.len() <= MANY);
            if list.len() > FEW
                && let Some(keys) = paths()
            {
                by_path.extend(keys.into_iter().map(|key| (key, *number)));
            } else if let Some(rule) = self.pick.rules.get(*number as usize) {
                Row::add(&mut self.rows, *number, rule, &self.pick.paths, &self.pick.text);
            }
        }
        let rows = (place_of(start), place_of(self.rows.len()));
        if by_path.is_empty() {
            return Group { rows, paths: Group::FEW };
        }
        self.paths.push(Paths::new(&by_path));
        Group { rows, paths: place_of(self.paths.len() - 1) }
    }
}

fn place_of(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
