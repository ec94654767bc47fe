//! Namespaces that manifests name and none defines.

use std::collections::BTreeMap;

use crate::{
    error::{Note, NoteCode, Place},
    kinds::{Draft, kubernetes::namespace},
};

/// Made by the API server itself (kube-apiserver, system namespaces controller).
const BUILT_IN: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

/// Adds every namespace that is named and not defined, with one note each.
pub(in crate::kinds::kubernetes) fn namespaces(draft: &mut Draft<'_>) {
    let known = &draft.model.inventory.namespaces;
    let mut missing: BTreeMap<String, (String, Place)> = BTreeMap::new();
    for (name, title, place) in named(draft) {
        if !known.contains_key(name) && !missing.contains_key(name) {
            missing.insert(name.to_owned(), (title(), place));
        }
    }
    for (name, (who, place)) in missing {
        let built_in = BUILT_IN.contains(&name.as_str());
        let note = if built_in {
            let message = format!(
                "every cluster has namespace `{name}`, and no manifest here defines it: it counts \
                 as having no label but its name"
            );
            Note::new(NoteCode::Assumed, message)
        } else {
            let message = format!(
                "no manifest defines namespace `{name}`, which `{who}` is in: it counts as having \
                 no label but its name, and under Calico its pods are denied what no policy \
                 decides"
            );
            Note::new(NoteCode::UndefinedNamespace, message)
        };
        draft.note(note.about(format!("Namespace {name}")).at(place));
        let implied = namespace::implied(&name, built_in);
        draft.model.inventory.namespaces.insert(name, implied);
    }
}

type Named<'m> = (&'m str, Box<dyn Fn() -> String + 'm>, Place);

/// Every namespace that something is in, and what.
fn named<'m>(draft: &'m Draft<'_>) -> impl Iterator<Item = Named<'m>> {
    let inventory = &draft.model.inventory;
    let title =
        |kind: &'m str, namespace: &'m str, name: &'m str| -> Box<dyn Fn() -> String + 'm> {
            Box::new(move || format!("{kind} {namespace}/{name}"))
        };
    let workloads = inventory.workloads.iter().map(move |w| {
        (w.namespace.as_str(), title(w.kind.as_str(), &w.namespace, &w.name), w.place)
    });
    let services = inventory
        .services
        .iter()
        .map(move |s| (s.namespace.as_str(), title("Service", &s.namespace, &s.name), s.place));
    let sets = inventory.network_sets.iter().filter_map(move |s| {
        let namespace = s.namespace.as_deref()?;
        Some((namespace, title("NetworkSet", namespace, &s.name), s.place))
    });
    let policies = draft.model.policies.iter().filter_map(move |p| {
        let namespace = p.namespace.as_deref()?;
        Some((namespace, title(p.kind, namespace, &p.name), p.place))
    });
    workloads.chain(services).chain(sets).chain(policies)
}
