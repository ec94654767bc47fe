//! Changes of policies alone, which are made most: only the policies that change are lowered, only
//! what is compiled of their kind is compiled again, and of AuthorizationPolicies only the proxies
//! that they attach to. The rest is shared.

#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, OnceLock},
};

use crate::{
    Changes, ObjectRef, Program, Source,
    compiled::{Edit, Net},
    decision::fast::Seats,
    error::{Note, Place, SourceId},
    kinds,
    manifest::{Document, Documents, read},
    model::{Model, PolicyId, PolicyMeta},
    program::Inner,
    shared::{List, Map},
};

/// Most objects that a change may have here.
const MOST: usize = 64;

/// Kinds of policies that change alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Authorization,
    Peer,
    Request,
    Network,
}

impl Family {
    fn of(group: &str, kind: &str) -> Option<Self> {
        match (group, kind) {
            ("security.istio.io", "AuthorizationPolicy") => Some(Self::Authorization),
            ("security.istio.io", "PeerAuthentication") => Some(Self::Peer),
            ("security.istio.io", "RequestAuthentication") => Some(Self::Request),
            ("networking.k8s.io", "NetworkPolicy") => Some(Self::Network),
            _ => None,
        }
    }
}

/// Where each policy lies that may change alone.
#[derive(Clone, Debug)]
pub(crate) struct Slots {
    by_name: Map<Slot>,
    /// The picks that each AuthorizationPolicy is in.
    picked: List<Vec<u32>>,
    /// Kinds of which another group has objects too.
    ambiguous: Arc<HashSet<String>>,
}

/// One policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slot {
    family: Family,
    document: u32,
    policy: PolicyId,
    /// Its place among the AuthorizationPolicies, if it is one.
    authz: u32,
    /// There are notes about it.
    noted: bool,
    /// It counts as absent, is not evaluated, or is what a note about something else is told by.
    stuck: bool,
}

fn name(kind: &str, namespace: Option<&str>, name: &str) -> String {
    let namespace = namespace.filter(|space| !space.is_empty()).unwrap_or("default");
    format!("{kind} {namespace}/{name}")
}

fn document_name(document: &Document) -> String {
    let metadata = &document.metadata;
    name(&document.kind, metadata.namespace.as_deref(), &metadata.name)
}

impl Slots {
    fn new(inner: &Inner) -> Self {
        let Inner { model, documents, .. } = inner;
        let noted: HashSet<&str> =
            model.notes.iter().filter_map(|note| note.subject.as_deref()).collect();
        let mut told: HashMap<Place, Vec<&str>> = HashMap::new();
        for note in &model.notes {
            if let Some(place) = note.place {
                told.entry(place).or_default().push(note.subject.as_deref().unwrap_or_default());
            }
        }
        let family = |document: &Document| Family::of(document.group(), &document.kind);
        let ambiguous: HashSet<String> = documents
            .all
            .iter()
            .filter(|document| family(document).is_none())
            .map(|document| document.kind.clone())
            .collect();
        let unevaluated: HashSet<PolicyId> = model.unevaluated.iter().map(|u| u.policy).collect();
        let of = |(id, meta): (u32, &PolicyMeta)| {
            (name(meta.kind, meta.namespace.as_deref(), &meta.name), (PolicyId(id), meta.place))
        };
        let policies: HashMap<String, _> = model.policies.numbered().map(of).collect();
        let authz: HashMap<PolicyId, u32> =
            model.authz.numbered().map(|(number, policy)| (policy.id, number)).collect();
        let mut by_name = Map::with_capacity(policies.len());
        for (number, document) in documents.all.numbered() {
            let Some(family) = family(document) else { continue };
            let name = document_name(document);
            let known = policies.get(&name).filter(|(_, place)| *place == document.place);
            let policy = known.map_or(PolicyId(u32::MAX), |(id, _)| *id);
            let title = document.title();
            let mut others = told.get(&document.place).into_iter().flatten();
            let slot = Slot {
                family,
                document: number,
                policy,
                authz: authz.get(&policy).copied().unwrap_or(u32::MAX),
                noted: noted.contains(title.as_str()),
                stuck: known.is_none()
                    || (noted.contains(title.as_str()) && ambiguous.contains(&document.kind))
                    || unevaluated.contains(&policy)
                    || others.any(|subject| *subject != title),
            };
            by_name.put(name, Some(slot));
        }
        let picked = inner.authz.picked(model.authz.len());
        Self { by_name, picked, ambiguous: Arc::new(ambiguous) }
    }
}

impl Program {
    /// The program with some policies more, less, or other than before. `None` if the change is
    /// about anything else, or if there is more to say about it: the long way takes it, and says
    /// what is wrong with it.
    pub(super) fn edit(&self, changes: &Changes) -> Option<Self> {
        let inner = self.inner.as_ref();
        let count = changes.set.len().saturating_add(changes.remove.len());
        // The long way clears what changes left behind.
        if count > MOST || inner.documents.worn() || pseudo(&inner.model) {
            return None;
        }
        let slots = inner.slots.get_or_init(|| Slots::new(inner));
        let mut next = Next {
            slots: slots.clone(),
            documents: inner.documents.clone(),
            model: inner.model.clone(),
            seen: HashSet::new(),
            families: Vec::new(),
            edits: Vec::new(),
        };
        changes.remove.iter().try_for_each(|gone| next.remove(gone))?;
        let read = read(&changes.set, &inner.options.limits).ok()?;
        if read.len() > MOST {
            return None;
        }
        next.set(read, &changes.set, inner)?;
        next.compile(inner)
    }
}

/// Whether policies were made of what is no policy: they are numbered behind all others.
fn pseudo(model: &Model) -> bool {
    let last = model.policies.len().checked_sub(1).and_then(|last| model.policies.get(last));
    last.is_some_and(|meta| meta.kind == "ProxyConfig")
}

/// A program while it changes.
struct Next {
    slots: Slots,
    documents: Documents,
    model: Model,
    /// What the change named so far.
    seen: HashSet<String>,
    families: Vec<Family>,
    edits: Vec<Edit>,
}

impl Next {
    fn remove(&mut self, gone: &ObjectRef) -> Option<()> {
        let name = name(&gone.kind, gone.namespace.as_deref(), &gone.name);
        let slot = *self.slots.by_name.get(&name).filter(|slot| !slot.stuck)?;
        let document = self.documents.all.get(slot.document as usize)?;
        let title = document.title();
        match gone.group.as_deref() {
            None => (!self.slots.ambiguous.contains(&gone.kind)).then_some(())?,
            Some(group) => (group == document.group()).then_some(())?,
        }
        self.named(&name)?;
        self.touch(slot.family);
        self.note(slot, &title, Vec::new());
        let number = usize::try_from(slot.policy.0).ok()?;
        let removed =
            self.documents.all.remove(slot.document as usize) && self.model.policies.remove(number);
        removed.then_some(())?;
        match slot.family {
            Family::Authorization => {
                self.model.authz.remove(slot.authz as usize);
                self.edits.push(Edit { policy: slot.authz, leaves: true, arrives: false });
            }
            Family::Peer => self.model.peer_auth.retain(|policy| policy.id != slot.policy),
            Family::Request => self.model.request_auth.retain(|policy| policy.id != slot.policy),
            Family::Network => {
                self.model.network.policies.retain(|policy| policy.id != slot.policy);
            }
        }
        self.slots.by_name.put(name, None);
        Some(())
    }

    /// Whether a change names an object for the first time: twice is an error.
    fn named(&mut self, name: &str) -> Option<()> {
        self.seen.insert(name.to_owned()).then_some(())
    }

    /// Puts notes about a policy in the place of those that there were.
    fn note(&mut self, slot: Slot, title: &str, notes: Vec<Note>) {
        if slot.noted {
            self.model.notes.retain(|note| note.subject.as_deref() != Some(title));
        }
        if !notes.is_empty() {
            self.model.notes.extend(notes);
        }
    }

    fn touch(&mut self, family: Family) {
        if !self.families.contains(&family) {
            self.families.push(family);
        }
    }

    fn set(&mut self, mut read: Vec<Document>, sources: &[Source], inner: &Inner) -> Option<()> {
        let mut old = Vec::with_capacity(read.len());
        let mut numbers: HashMap<SourceId, SourceId> = HashMap::new();
        for document in &mut read {
            let family = Family::of(document.group(), &document.kind)?;
            let name = document_name(document);
            self.named(&name)?;
            self.touch(family);
            let slot = self.slots.by_name.get(&name).copied();
            if slot.is_some_and(|slot| slot.stuck) {
                return None;
            }
            let before = slot.and_then(|slot| self.documents.all.get(slot.document as usize));
            let before = before.map(|document| document.place.source);
            let source = document.place.source;
            let known = numbers.get(&source).copied();
            document.place.source = match known {
                Some(known) => known,
                None => self.documents.source(before, sources.get(source.0 as usize)?.name())?,
            };
            numbers.insert(source, document.place.source);
            old.push((name, family, slot));
        }
        let network = old.iter().any(|(_, family, _)| *family == Family::Network);
        let chosen = network.then(|| kinds::chosen(&inner.options, self.documents.all.iter()));
        let options = chosen.as_ref().unwrap_or(&inner.options);
        let lowered = kinds::lower_policies(&read, options, &inner.model.inventory)?;
        let titles: Vec<String> = read.iter().map(Document::title).collect();
        let about = |note: &Note| note.subject.as_ref().is_some_and(|s| titles.contains(s));
        lowered.notes.iter().all(about).then_some(())?;
        for ((number, document), (name, family, slot)) in (0_u32..).zip(read).zip(old) {
            let (title, kind) = (document.title(), document.kind.clone());
            let of = |note: &&Note| note.subject.as_ref() == Some(&title);
            let notes: Vec<Note> = lowered.notes.iter().filter(of).cloned().collect();
            let noted = !notes.is_empty();
            if let Some(slot) = slot {
                self.note(slot, &title, notes);
            } else if noted {
                self.model.notes.extend(notes);
            }
            let meta = lowered.policies.get(number as usize)?.clone();
            // Nothing else tells of a namespace that nothing else names.
            let space = meta.namespace.as_deref()?;
            inner.model.inventory.namespaces.contains_key(space).then_some(())?;
            let (known, before) = (slot.is_some(), slot);
            let slot = match slot {
                Some(slot) => {
                    let policy = usize::try_from(slot.policy.0).ok()?;
                    let set = self.documents.all.set(slot.document as usize, document)
                        && self.model.policies.set(policy, meta);
                    let stuck = noted && self.slots.ambiguous.contains(&kind);
                    set.then_some(Slot { noted, stuck, ..slot })?
                }
                None => {
                    let at = u32::try_from(self.documents.all.len()).ok()?;
                    let authz = u32::try_from(self.model.authz.len()).ok()?;
                    self.documents.all.push(document);
                    let policy = self.model.add_policy(meta);
                    Slot {
                        family,
                        document: at,
                        policy,
                        authz,
                        noted,
                        stuck: noted && self.slots.ambiguous.contains(&kind),
                    }
                }
            };
            self.put(PolicyId(number), slot, known, &lowered)?;
            if before != Some(slot) {
                self.slots.by_name.put(name, Some(slot));
            }
        }
        Some(())
    }

    /// Puts a lowered policy where the old one was, or behind all others.
    fn put(&mut self, of: PolicyId, slot: Slot, known: bool, lowered: &Model) -> Option<()> {
        match slot.family {
            Family::Authorization => {
                let mut policy = lowered.authz.iter().find(|policy| policy.id == of)?.clone();
                policy.id = slot.policy;
                let mut moves = true;
                if known {
                    moves = self.model.authz.get(slot.authz as usize)?.attach != policy.attach;
                    self.model.authz.set(slot.authz as usize, policy);
                } else {
                    self.model.authz.push(policy);
                }
                let (leaves, arrives) = (known && moves, moves);
                self.edits.push(Edit { policy: slot.authz, leaves, arrives });
            }
            Family::Peer => {
                let mut policy = lowered.peer_auth.iter().find(|policy| policy.id == of)?.clone();
                policy.id = slot.policy;
                replace(&mut self.model.peer_auth, policy, |policy| policy.id);
            }
            Family::Request => {
                let mut policy =
                    lowered.request_auth.iter().find(|policy| policy.id == of)?.clone();
                policy.id = slot.policy;
                replace(&mut self.model.request_auth, policy, |policy| policy.id);
            }
            Family::Network => {
                let policies = &lowered.network.policies;
                let mut policy = policies.iter().find(|policy| policy.id == of)?.clone();
                policy.id = slot.policy;
                replace(&mut self.model.network.policies, policy, |policy| policy.id);
            }
        }
        Some(())
    }

    fn compile(mut self, inner: &Inner) -> Option<Program> {
        let touches = |family: Family| self.families.contains(&family);
        let (mut net, mut rows) = (inner.net.clone(), inner.rows.clone());
        let (mut authz, mut seats) = (inner.authz.clone(), inner.seats.clone());
        let mut network = None;
        if touches(Family::Network) {
            // Notes on waypoints ask whether there is network policy at all.
            let empty = |model: &Model| model.network.policies.is_empty();
            if empty(&inner.model) || empty(&self.model) {
                return None;
            }
            kinds::order(&mut self.model.network);
            net = Arc::new(Net::new(&self.model));
            let (made, of) =
                super::rows(&net, &self.model, &inner.index, (&inner.options, &inner.pod_networks));
            (rows, seats) = (Arc::new(made), Arc::new(seats.under(&of)));
            network = Some(of);
        }
        let mut again = touches(Family::Peer) || touches(Family::Request);
        if touches(Family::Authorization) {
            let edited = inner.authz.edit(&self.model, &self.edits, &mut self.slots.picked)?;
            authz = edited.authz;
            again |= edited.reads_otherwise;
            if !again && !edited.moved.is_empty() {
                seats = Arc::new(seats.moved(&edited.moved));
            }
        }
        if again {
            let of = network.unwrap_or_else(|| seats.network());
            let direct = !inner.options.without.any();
            seats = Arc::new(Seats::new(&self.model, &inner.index, &authz, &of, direct));
        }
        let next = Inner {
            model: self.model,
            index: inner.index.clone(),
            net,
            authz,
            rows,
            seats,
            documents: self.documents,
            options: inner.options.clone(),
            pod_networks: inner.pod_networks.clone(),
            slots: OnceLock::from(self.slots),
        };
        Some(Program { inner: Arc::new(next) })
    }
}

fn replace<T: Clone>(all: &mut Vec<T>, one: T, id: impl Fn(&T) -> PolicyId) {
    match all.iter_mut().find(|other| id(other) == id(&one)) {
        Some(slot) => *slot = one,
        None => all.push(one),
    }
}
