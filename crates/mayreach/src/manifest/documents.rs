//! The objects that a program was made of, and what a change makes of them.

#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
};

use super::{Document, Limits, Source, read, suggest};
use crate::{
    error::{ErrorCode, Place, Problem, SourceId},
    shared::{List, Shared},
};

/// Which object: a kind, a name and, for kinds that have one, a namespace.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectRef {
    /// API group; `None`: whichever group has an object of that kind and name.
    pub group: Option<String>,
    /// Kind, as manifests spell it.
    pub kind: String,
    /// Namespace; `None` for cluster-wide kinds, and for `default`.
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
}

impl ObjectRef {
    /// An object of whichever group has one of that kind and name.
    pub fn new(kind: &str, namespace: Option<&str>, name: &str) -> Self {
        Self {
            group: None,
            kind: kind.to_owned(),
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        }
    }

    fn is(&self, document: &Document) -> bool {
        let group = document.group();
        let near = group.strip_prefix("crd.").unwrap_or(group);
        document.kind == self.kind
            && document.metadata.name == self.name
            && space(document.metadata.namespace.as_deref()) == space(self.namespace.as_deref())
            && self.group.as_deref().is_none_or(|wanted| wanted == group || wanted == near)
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} {namespace}/{}", self.kind, self.name),
            None => write!(f, "{} {}", self.kind, self.name),
        }
    }
}

/// What becomes different in a cluster.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Manifests of objects that are new or changed. An object replaces the one of its group,
    /// kind, namespace and name.
    pub set: Vec<Source>,
    /// Objects that are gone.
    pub remove: Vec<ObjectRef>,
}

/// Every object, with the names of their sources. Shares what a change leaves alone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Documents {
    pub(crate) all: List<Document>,
    /// By [`SourceId`].
    pub(crate) names: Shared<Vec<String>>,
}

type Key<'d> = (&'d str, &'d str, &'d str, &'d str);

/// "No namespace" is `default` for kinds that have one, and no cluster-wide object is in any.
fn space(namespace: Option<&str>) -> &str {
    namespace.filter(|name| *name != "default").unwrap_or_default()
}

fn key(document: &Document) -> Key<'_> {
    let group = document.group();
    let group = group.strip_prefix("crd.").unwrap_or(group);
    let namespace = space(document.metadata.namespace.as_deref());
    (group, &document.kind, namespace, &document.metadata.name)
}

impl Documents {
    /// Reads every object of every source.
    ///
    /// # Errors
    /// Every problem of every source, named.
    pub(crate) fn read(sources: &[Source], limits: &Limits) -> Result<Self, Vec<Problem>> {
        let names: Vec<String> = sources.iter().map(|s| s.name().to_owned()).collect();
        let all = read(sources, limits).map_err(|problems| named(problems, &names))?;
        let mut out = Self { all: all.into_iter().collect(), ..Self::default() };
        *out.names = names;
        Ok(out)
    }

    /// Two objects of one kind and name cannot both be in a cluster.
    pub(crate) fn duplicates(&self) -> Vec<Problem> {
        let mut seen: HashMap<Key<'_>, Place> = HashMap::with_capacity(self.all.len());
        let again = self.all.iter().filter_map(|document| {
            let first = seen.insert(key(document), document.place)?;
            Some(duplicate(document, first))
        });
        again.collect()
    }

    /// The objects after a change.
    ///
    /// # Errors
    /// A text that is no manifest, an object set twice or both set and removed, and one to remove
    /// that is not there.
    pub(crate) fn change(&self, changes: &Changes, limits: &Limits) -> Result<Self, Vec<Problem>> {
        let mut next = self.clone();
        if next.worn() {
            next.tidy();
        }
        next.remove(&changes.remove)?;
        let mut set = Self::read(&changes.set, limits)?;
        let problems = [set.duplicates(), both(&set, &changes.remove)].concat();
        if !problems.is_empty() {
            return Err(named(problems, &set.names));
        }
        next.adopt(&mut set);
        next.replace(&set.all);
        Ok(next)
    }

    /// Whether changes left much behind: numbers of objects that are gone, names of sources from
    /// which nothing is left.
    pub(crate) fn worn(&self) -> bool {
        let live = self.all.len().saturating_sub(self.all.gone());
        self.all.gone().max(self.names.len()) > live.saturating_mul(2).max(Self::FEW)
    }

    const FEW: usize = 256;

    fn tidy(&mut self) {
        self.all.retain(|_| true);
        let mut numbers: HashMap<SourceId, SourceId> = HashMap::new();
        let mut names = Vec::new();
        for document in self.all.iter() {
            let source = document.place.source;
            if let Entry::Vacant(slot) = numbers.entry(source) {
                slot.insert(SourceId(u32::try_from(names.len()).unwrap_or(u32::MAX)));
                names.push(self.names.get(source.0 as usize).cloned().unwrap_or_default());
            }
        }
        self.all.for_each_mut(|document| {
            let source = &mut document.place.source;
            *source = numbers.get(source).copied().unwrap_or(*source);
        });
        *self.names = names;
    }

    /// The number of a source of that name: the old one's, if it has that name, or a new one.
    pub(crate) fn source(&mut self, old: Option<SourceId>, name: &str) -> Option<SourceId> {
        let is = |old: &SourceId| self.names.get(old.0 as usize).is_some_and(|known| known == name);
        if let Some(old) = old.filter(is) {
            return Some(old);
        }
        self.names.push(name.to_owned());
        Some(SourceId(u32::try_from(self.names.len() - 1).ok()?))
    }

    fn remove(&mut self, gone: &[ObjectRef]) -> Result<(), Vec<Problem>> {
        let missing = gone.iter().filter(|wanted| !self.all.iter().any(|d| wanted.is(d)));
        let problems: Vec<Problem> = missing.map(|wanted| self.unknown(wanted)).collect();
        if !problems.is_empty() {
            return Err(problems);
        }
        if !gone.is_empty() {
            self.all.retain(|document| !gone.iter().any(|wanted| wanted.is(document)));
        }
        Ok(())
    }

    fn unknown(&self, wanted: &ObjectRef) -> Problem {
        let message = format!("no `{wanted}` is among the manifests");
        let alike = self.all.iter().filter(|d| d.kind == wanted.kind).map(Document::title);
        let alike: Vec<String> = alike.collect();
        let near = suggest::closest(&wanted.to_string(), alike.iter().map(String::as_str));
        let problem = Problem::new(ErrorCode::UnknownObject, message).field("remove");
        problem.help(match (near, alike.first()) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, Some(one)) => format!("one that is there: `{one}`"),
            (None, None) => format!("there is no object of kind `{}`", wanted.kind),
        })
    }

    /// Gives the sources of `set` numbers here: those of sources from which nothing is left.
    fn adopt(&mut self, set: &mut Self) {
        let mut used = vec![false; self.names.len()];
        for document in self.all.iter() {
            if let Some(slot) = used.get_mut(document.place.source.0 as usize) {
                *slot = true;
            }
        }
        // What is about to be replaced still counts: the next change takes its number.
        let mut free = used.iter().enumerate().filter(|(_, used)| !**used).map(|(n, _)| n);
        let mut numbers = Vec::new();
        for name in &set.names {
            let number = free.next();
            match number.and_then(|n| self.names.get_mut(n)) {
                Some(slot) => name.clone_into(slot),
                None => self.names.push(name.clone()),
            }
            let number = number.unwrap_or(self.names.len() - 1);
            numbers.push(SourceId(u32::try_from(number).unwrap_or(u32::MAX)));
        }
        set.all.for_each_mut(|document| {
            let old = document.place.source.0 as usize;
            document.place.source = numbers.get(old).copied().unwrap_or(document.place.source);
        });
    }

    /// Each where the one of its name was, or at the end.
    fn replace(&mut self, set: &List<Document>) {
        let at: HashMap<Key<'_>, usize> =
            self.all.numbered().map(|(n, document)| (key(document), n as usize)).collect();
        let places: Vec<Option<usize>> =
            set.iter().map(|document| at.get(&key(document)).copied()).collect();
        for (document, place) in set.iter().zip(places) {
            if !place.is_some_and(|n| self.all.set(n, document.clone())) {
                self.all.push(document.clone());
            }
        }
    }
}

fn both(set: &Documents, gone: &[ObjectRef]) -> Vec<Problem> {
    let again = set.all.iter().filter(|document| gone.iter().any(|wanted| wanted.is(document)));
    let problems = again.map(|document| {
        let message = format!("`{}` is both set and removed", document.title());
        Problem::new(ErrorCode::Conflict, message)
            .at(document.place)
            .help("name an object in one of the two lists; setting it replaces it")
    });
    problems.collect()
}

fn duplicate(document: &Document, first: Place) -> Problem {
    Problem::new(ErrorCode::Duplicate, format!("`{}` is defined twice", document.title()))
        .at(document.place)
        .field("metadata.name")
        .help(format!("the other one is at line {}; a cluster holds one of them", first.line))
}

fn named(problems: Vec<Problem>, names: &[String]) -> Vec<Problem> {
    problems.into_iter().map(|problem| problem.named(names)).collect()
}
