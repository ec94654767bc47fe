//! The rules of a pick by who is asked for: whoever calls finds the few that may mean it.

use std::collections::HashMap;

use super::{
    paths::Paths,
    pick::Pick,
    row::Row,
    rule::{PathTest, Rule, path_keys, source_keys},
    shelf::Shelf,
};
use crate::{
    compiled::{
        people::People,
        table::{Table, hash, hash_on, same},
    },
    model::{Model, authz::AuthzRule},
    shared::number,
};

/// Past so many rules a group is looked up by path: so many rows are read faster than that.
const FEW: usize = 32;
/// A rule is put into a group under at most so many paths.
const MANY: usize = 1024;

/// The groups of a pick by text, and the rules in them that are looked up by path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys {
    table: Table,
    /// Where each key begins and ends in the text, whether it is a namespace, and its group.
    keys: Box<[(u32, u32, bool, Group)]>,
    text: String,
    paths: Box<[Paths]>,
    /// Rules that may mean anyone.
    pub(crate) anyone: Group,
}

/// Rules with one key in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group {
    /// Rows asked one after the other, in ascending order of rules.
    pub(super) rows: (u32, u32),
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

/// The hash under which a namespace's group is found.
pub(crate) fn namespace_hash(namespace: &str) -> u64 {
    hash_on(1, namespace.as_bytes())
}

impl Keys {
    /// The groups of a pick, which are put on the shelf for those who know the numbers of who calls.
    pub(super) fn new(model: &Model, people: &People, pick: &mut Pick, shelf: &mut Shelf) -> Self {
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
        let denies = pick.head.denies;
        let mut making = Making { rules, denies, paths: &pick.paths, shelf, by_path: Vec::new() };
        let mut out = Self { table: Table::with_capacity(keys.len()), ..Self::default() };
        out.anyone = making.group(&anyone, written);
        let mut shared = !anyone.is_empty();
        let (mut known, mut found) = (Vec::new(), Vec::new());
        for (place, ((namespace, key), list)) in (0_u32..).zip(keys.iter().zip(&lists)) {
            let hash = if *namespace { namespace_hash(key) } else { hash(key.as_bytes()) };
            let group = making.group(list, written);
            out.table.insert(hash, place);
            shared |= *namespace;
            known.extend(people.key(hash, key, *namespace).map(|key| (key, group)));
            let start = out.text.len();
            out.text.push_str(key);
            found.push((number(start), number(out.text.len()), *namespace, group));
        }
        (out.keys, out.paths) = (found.into(), making.by_path.into());
        pick.head.shared = shared;
        shelf.know(&known, &mut pick.head);
        out
    }

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
    rules: &'p [Rule],
    /// So many of them deny.
    denies: u32,
    paths: &'p [PathTest],
    shelf: &'p mut Shelf,
    by_path: Vec<Paths>,
}

impl Making<'_> {
    fn group<'m>(&mut self, list: &[u32], written: impl Fn(u32) -> Option<&'m AuthzRule>) -> Group {
        let mut by_path = Vec::new();
        let rows = self.shelf.put(|rows, text| {
            for number in list {
                let paths =
                    || written(*number).and_then(path_keys).filter(|keys| keys.len() <= MANY);
                if list.len() > FEW
                    && let Some(keys) = paths()
                {
                    by_path.extend(keys.into_iter().map(|key| (key, *number)));
                } else if let Some(rule) = self.rules.get(*number as usize) {
                    let denies = *number < self.denies;
                    Row::add(rows, (*number, denies), rule, self.paths, text);
                }
            }
        });
        if by_path.is_empty() {
            return Group { rows, paths: Group::FEW };
        }
        self.by_path.push(Paths::new(&by_path));
        Group { rows, paths: number(self.by_path.len() - 1) }
    }
}
