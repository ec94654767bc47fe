//! Remarks about what is legal and almost surely wrong.

use super::{gnp, model, notes, np};
use crate::error::NoteCode;

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
fn policies_alone_are_not_remarked_on() {
    assert!(model(&gnp("selector: tenant == 'acme'")).notes.is_empty());
}
