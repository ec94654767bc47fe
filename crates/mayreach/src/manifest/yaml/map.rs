//! A YAML map while it is read: keys once, except that `<<` brings keys that may be replaced.

use std::collections::{HashMap, HashSet};

use crate::manifest::{
    Node, Value,
    fail::{Result, duplicate_key, syntax},
    node::{At, Entry},
};

/// What few maps need.
#[derive(Default)]
pub(super) struct Rare {
    /// Keys that a merge brought: a key written out replaces them without being a duplicate.
    merged: HashSet<String>,
    /// Place of each key, from the start of the map, once it is large.
    index: HashMap<String, usize>,
}

/// An open map: its entries lie from `start` on.
pub(super) struct OpenMap<'m> {
    pub(super) entries: &'m mut Vec<Entry>,
    pub(super) start: usize,
    pub(super) rare: &'m mut Option<Box<Rare>>,
}

impl OpenMap<'_> {
    /// From this many keys on, they are found by hash.
    const LARGE: usize = 16;

    fn find(&mut self, key: &str) -> Option<usize> {
        let entries = self.entries.get(self.start..).unwrap_or_default();
        if entries.len() < Self::LARGE {
            return entries.iter().position(|entry| entry.key == key);
        }
        let index = &mut self.rare.get_or_insert_default().index;
        for (place, entry) in entries.iter().enumerate().skip(index.len()) {
            index.insert(entry.key.clone(), place);
        }
        index.get(key).copied()
    }

    fn entry(&mut self, place: usize) -> Option<&mut Entry> {
        self.entries.get_mut(self.start.saturating_add(place))
    }

    /// A key that is written out.
    pub(super) fn insert(&mut self, key: String, at: At, value: Node) -> Result<()> {
        let entry = Entry::new(key, at, value);
        let Some(place) = self.find(&entry.key) else {
            self.entries.push(entry);
            return Ok(());
        };
        let merged = self.rare.as_mut().is_some_and(|rare| rare.merged.remove(&entry.key));
        let Some(old) = self.entry(place) else { return Ok(()) };
        if !merged {
            return Err(duplicate_key(&entry.key, old.at(), at));
        }
        *old = entry;
        Ok(())
    }

    /// The value of `<<`. It replaces what stands before it and is replaced by what follows, as
    /// in go.yaml.in/yaml/v2 (`merge`); of a list of maps, the earlier ones win.
    pub(super) fn merge(&mut self, node: Node, at: At) -> Result<()> {
        let maps = match node.value {
            Value::Map(entries) => vec![entries],
            Value::List(items) => {
                let maps = items.into_iter().rev().map(|item| match item.value {
                    Value::Map(entries) => Ok(entries),
                    _ => Err(syntax(MERGE_TAKES, at)),
                });
                maps.collect::<Result<_>>()?
            }
            _ => return Err(syntax(MERGE_TAKES, at)),
        };
        for entry in maps.into_iter().flatten() {
            self.rare.get_or_insert_default().merged.insert(entry.key.clone());
            match self.find(&entry.key) {
                Some(place) => {
                    if let Some(old) = self.entry(place) {
                        *old = entry;
                    }
                }
                None => self.entries.push(entry),
            }
        }
        Ok(())
    }
}

/// What is wrong where `<<` has another value.
pub(super) const MERGE_TAKES: &str = "`<<` takes a map or a list of maps";
