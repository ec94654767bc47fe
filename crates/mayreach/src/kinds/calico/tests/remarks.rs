//! Remarks about what is legal and almost surely wrong.

use super::{gnp, model, notes, np};
use crate::error::NoteCode;

const SHOP: &str = "---\napiVersion: v1\nkind: Namespace\n\
                    metadata: {name: shop, labels: {tenant: acme}}\n---\n\
                    apiVersion: v1\nkind: Pod\n\
                    metadata: {name: web, namespace: shop, labels: {app: web}}\n";

#[test]
fn an_unexpanded_template_excludes_nobody() {
    let note = |text: &str| {
        let model = model(text);
        let notes = notes(&model, NoteCode::Suspicious);
        assert_eq!(notes.len(), 1, "{notes:?}");
        notes[0].to_owned()
    };
    let template = "notSelector: 'tenant == \"${tenant}\"'";
    let alone = note(&gnp(&format!("ingress: [{{action: Deny, source: {{{template}}}}}]")));
    assert!(alone.contains("spec.ingress[0].source.notSelector"), "{alone}");
    assert!(alone.contains("matches every source, also outside the cluster"), "{alone}");
    let narrowed = format!("ingress: [{{action: Deny, source: {{selector: has(a), {template}}}}}]");
    assert!(note(&gnp(&narrowed)).contains("that its other selectors select"));
    let own = format!("ingress: [{{action: Deny, source: {{{template}}}}}]");
    assert!(note(&np(&own)).contains("every source in namespace `shop`"));
    let positive = note(&gnp("selector: 'tenant == \"${tenant}\"'"));
    assert!(
        positive.contains("no label equals it") && !positive.contains("excludes"),
        "{positive}"
    );
    let negated = "ingress: [{action: Deny, source: {notSelector: 'tenant != \"${tenant}\"'}}]";
    assert!(!note(&gnp(negated)).contains("excludes nobody"));
}

#[test]
fn labels_that_nothing_has() {
    let found = |spec: &str| {
        let model = model(&(gnp(spec) + SHOP));
        let found = notes(&model, NoteCode::Suspicious);
        found.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(found("selector: app == 'web'").is_empty());
    assert!(found("selector: projectcalico.org/orchestrator == 'k8s'").is_empty());
    assert!(found("namespaceSelector: tenant == 'acme'").is_empty());
    assert!(found("namespaceSelector: projectcalico.org/name == 'shop'").is_empty());
    let tenant = found("selector: tenant == 'acme'");
    assert!(tenant[0].contains("use `namespaceSelector`"), "{tenant:?}");
    let typo = found(
        "ingress: [{action: Allow, source: {selector: ap == 'web', notSelector: ap == 'x'}}]",
    );
    assert_eq!(typo.len(), 1);
    assert!(typo[0].starts_with("spec.ingress[0]") && typo[0].contains("`ap`"));
    let namespace = found("namespaceSelector: team == 'x'");
    assert!(namespace[0].contains("no namespace has"));
    let account = found("serviceAccountSelector: team == 'x'");
    assert!(account[0].contains("no service account has"));
}

#[test]
fn policies_alone_are_not_remarked_on() {
    assert!(model(&gnp("selector: tenant == 'acme'")).notes.is_empty());
}
