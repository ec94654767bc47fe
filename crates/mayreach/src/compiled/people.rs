//! Identities of workloads, and their namespaces, as numbers: look-ups by them compare no text.

use super::{client::Client, table::Table};
use crate::model::{Model, inventory::spiffe};

/// No identity has this number.
pub(crate) const NOBODY: u32 = u32::MAX;

/// Every identity that some workload has.
#[derive(Clone, Debug, Default)]
pub(crate) struct People {
    identities: Texts,
    namespaces: Texts,
    /// By workload: the keys of its identity and of that identity's namespace.
    of: Vec<[u32; 2]>,
}

/// The key of an identity or a namespace: never of both.
const fn key(number: u32, namespace: bool) -> u32 {
    number * 2 + namespace as u32
}

impl People {
    pub(crate) fn new(model: &Model) -> Self {
        let workloads = &model.inventory.workloads;
        let mut out = Self {
            identities: Texts::with_capacity(workloads.len()),
            namespaces: Texts::with_capacity(workloads.len()),
            of: Vec::with_capacity(workloads.len()),
        };
        for workload in workloads {
            let identity = spiffe(&model.inventory.mesh, workload);
            let client = Client::new(&identity);
            let name = client.namespace().filter(|_| client.keys.regular);
            out.of.push(match name {
                None => [NOBODY; 2],
                Some(name) => {
                    let number = out.identities.number(client.keys.hash, client.rest);
                    let space = out.namespaces.number(client.keys.namespace_hash, name);
                    [key(number, false), key(space, true)]
                }
            });
        }
        out
    }

    /// The keys of a workload's identity and of its namespace; [`NOBODY`]: it has none that tells
    /// its namespace.
    pub(crate) fn of(&self, workload: u32) -> [u32; 2] {
        self.of.get(workload as usize).copied().unwrap_or([NOBODY; 2])
    }

    /// The key of an identity (without `spiffe://`) or of a namespace; `None`: no workload's.
    pub(crate) fn key(&self, hash: u64, text: &str, namespace: bool) -> Option<u32> {
        let texts = if namespace { &self.namespaces } else { &self.identities };
        Some(key(texts.find(hash, text)?, namespace))
    }
}

/// Numbers of texts.
#[derive(Clone, Debug, Default)]
struct Texts {
    table: Table,
    spans: Vec<(u32, u32)>,
    text: String,
}

impl Texts {
    fn with_capacity(count: usize) -> Self {
        Self { table: Table::with_capacity(count), ..Self::default() }
    }

    fn find(&self, hash: u64, wanted: &str) -> Option<u32> {
        let is = |number: u32| {
            let span = self.spans.get(number as usize);
            span.and_then(|(from, to)| self.text.get(*from as usize..*to as usize)) == Some(wanted)
        };
        self.table.find(hash, is)
    }

    fn number(&mut self, hash: u64, text: &str) -> u32 {
        if let Some(known) = self.find(hash, text) {
            return known;
        }
        let at = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let (start, next) = (at(self.text.len()), at(self.spans.len()));
        self.text.push_str(text);
        self.spans.push((start, at(self.text.len())));
        self.table.insert(hash, next);
        next
    }
}
