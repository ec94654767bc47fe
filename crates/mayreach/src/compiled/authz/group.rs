//! The rules of a pick by who is asked for: whoever calls finds the few that may mean it.

use std::collections::HashMap;

use super::{
    paths::Paths,
    rule::{Rule, path_keys, source_keys},
};
use crate::{
    compiled::table::{Table, hash, hash_on},
    model::{Model, authz::AuthzRule},
};

/// Past so many rules a group is looked up by path.
const FEW: usize = 8;
/// A rule is put into a group under at most so many paths.
const MANY: usize = 1024;

/// Every group of a pick.
#[derive(Clone, Debug, Default)]
pub(crate) struct Groups {
    table: Table,
    /// Where each key begins and ends in the text, and whether it is a namespace.
    keys: Vec<(u32, u32, bool)>,
    text: String,
    groups: Vec<Group>,
    /// Rules that may mean anyone.
    pub(crate) anyone: Group,
}

/// Rules with one key in common.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    /// Rules asked one after the other.
    pub(crate) few: Box<[u32]>,
    /// Rules found by path.
    pub(crate) by_path: Option<Box<Paths>>,
}

/// The hash under which a namespace's group is found.
pub(crate) fn namespace_hash(namespace: &str) -> u64 {
    hash_on(1, namespace.as_bytes())
}

impl Groups {
    pub(super) fn new(model: &Model, rules: &[Rule]) -> Self {
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
        let group = |list: &[u32]| Group::new(list, |n| written(rules.get(n as usize)?));
        let mut out = Self { table: Table::with_capacity(keys.len()), ..Self::default() };
        out.anyone = group(&anyone);
        for (place, ((namespace, key), list)) in (0_u32..).zip(keys.iter().zip(&lists)) {
            let hash = if *namespace { namespace_hash(key) } else { hash(key.as_bytes()) };
            out.table.insert(hash, place);
            let start = out.text.len();
            out.text.push_str(key);
            let at = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            out.keys.push((at(start), at(out.text.len()), *namespace));
            out.groups.push(group(list));
        }
        out
    }

    /// The group of one principal (without `spiffe://`) or of one namespace.
    #[inline]
    pub(crate) fn find(&self, hash: u64, text: &str, namespace: bool) -> Option<&Group> {
        let is = |place: u32| {
            let key = self.keys.get(place as usize);
            key.is_some_and(|(from, to, of_namespace)| {
                let key = self.text.as_bytes().get(*from as usize..*to as usize);
                *of_namespace == namespace && key == Some(text.as_bytes())
            })
        };
        self.groups.get(self.table.find(hash, is)? as usize)
    }
}

impl Group {
    fn new<'m>(list: &[u32], written: impl Fn(u32) -> Option<&'m AuthzRule>) -> Self {
        if list.len() <= FEW {
            return Self { few: list.into(), by_path: None };
        }
        let mut few = Vec::new();
        let mut by_path = Vec::new();
        for number in list {
            match written(*number).and_then(path_keys).filter(|keys| keys.len() <= MANY) {
                Some(keys) => by_path.extend(keys.into_iter().map(|key| (key, *number))),
                None => few.push(*number),
            }
        }
        let by_path = (!by_path.is_empty()).then(|| Box::new(Paths::new(&by_path)));
        Self { few: few.into(), by_path }
    }
}
