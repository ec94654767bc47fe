//! The change that is made most: one AuthorizationPolicy says something else than before. Only it
//! is lowered, only the proxies that enforce it are compiled; the rest is shared.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, OnceLock},
};

use crate::{
    Changes, Program, kinds,
    manifest::{Document, read},
    model::{PolicyMeta, authz::AuthzPolicy},
    program::Inner,
};

/// Where each AuthorizationPolicy lies, by namespace and name.
#[derive(Debug, Default)]
pub(crate) struct Swaps {
    by_name: HashMap<String, Slot>,
    /// The picks that each is in.
    picks: HashMap<u32, Vec<u32>>,
}

/// One AuthorizationPolicy.
#[derive(Clone, Copy, Debug)]
struct Slot {
    /// Its places among the documents and in the model.
    document: u32,
    authz: u32,
    /// A note is about it: a change may take the note away.
    noted: bool,
}

fn name(namespace: &str, name: &str) -> String {
    format!("{namespace}/{name}")
}

fn document_name(document: &Document) -> String {
    let namespace = document.metadata.namespace.as_deref().unwrap_or("default");
    name(namespace, &document.metadata.name)
}

impl Swaps {
    fn new(inner: &Inner) -> Self {
        let documents = (0_u32..).zip(&inner.documents.all);
        let documents: HashMap<String, u32> = documents
            .filter(|(_, document)| kinds::is_authorization_policy(document))
            .map(|(number, document)| (document_name(document), number))
            .collect();
        let subjects = inner.model.notes.iter().filter_map(|note| note.subject.as_deref());
        let noted: HashSet<&str> = subjects.collect();
        let mut by_name = HashMap::new();
        for (authz, policy) in (0_u32..).zip(&inner.model.authz) {
            let name = name(&policy.namespace, &policy.name);
            let Some(&document) = documents.get(&name) else { continue };
            let title = inner.documents.all.get(document as usize).map(Document::title);
            let noted = title.is_none_or(|title| noted.contains(title.as_str()));
            by_name.insert(name, Slot { document, authz, noted });
        }
        Self { by_name, picks: inner.authz.picked() }
    }
}

impl Program {
    /// The program with one AuthorizationPolicy in the place of itself. `None` if the change is
    /// another one, or touches more than what the policy's rules say: the long way takes it, and
    /// says what is wrong with it.
    pub(super) fn swap(&self, changes: &Changes) -> Option<Self> {
        let inner = self.inner.as_ref();
        let ([source], []) = (changes.set.as_slice(), changes.remove.as_slice()) else {
            return None;
        };
        let mut read = read(std::slice::from_ref(source), &inner.options.limits).ok()?;
        let mut document = read.pop().filter(|_| read.is_empty())?;
        if !kinds::is_authorization_policy(&document) {
            return None;
        }
        let swaps = inner.swaps.get_or_init(|| Arc::new(Swaps::new(inner)));
        let slot = swaps.by_name.get(&document_name(&document)).filter(|slot| !slot.noted)?;
        let mut documents = inner.documents.clone();
        document.place.source = documents.source_for(slot.document as usize, source.name())?;
        let mesh = &inner.model.inventory.mesh;
        let (meta, policy) = kinds::lower_policy(&document, &inner.options, mesh)?;
        let mut model = inner.model.clone();
        put(&mut model, *slot, meta, policy)?;
        documents.all.set(slot.document as usize, document).then_some(())?;
        let picks = swaps.picks.get(&slot.authz).map_or(&[][..], Vec::as_slice);
        let authz = inner.authz.again(&model, picks)?;
        let next = Inner {
            model,
            authz,
            documents,
            index: inner.index.clone(),
            net: inner.net.clone(),
            rows: inner.rows.clone(),
            seats: inner.seats.clone(),
            options: inner.options.clone(),
            pod_networks: inner.pod_networks.clone(),
            swaps: OnceLock::from(swaps.clone()),
        };
        Some(Self { inner: Arc::new(next) })
    }
}

/// Puts a policy where it was, if it attaches to what it attached to.
fn put(
    model: &mut crate::model::Model,
    slot: Slot,
    meta: PolicyMeta,
    mut policy: AuthzPolicy,
) -> Option<()> {
    let before = model.authz.get(slot.authz as usize)?;
    if before.attach != policy.attach || before.namespace != policy.namespace {
        return None;
    }
    policy.id = before.id;
    let set = model.policies.set(usize::try_from(policy.id.0).ok()?, meta)
        && model.authz.set(slot.authz as usize, policy);
    set.then_some(())
}
