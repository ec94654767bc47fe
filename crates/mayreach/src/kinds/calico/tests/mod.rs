//! Documents of this family from text to model.

mod hosts;
mod order;
mod policies;
mod refused;
mod remarks;
mod rules;

use crate::{
    error::{NoteCode, Problem},
    kinds,
    manifest::{Limits, Source, read},
    model::{
        Model,
        network::{NetworkPolicy, NetworkRule},
        selector::Selector,
    },
    options::Options,
};

/// Lowers manifests.
fn lower(text: &str, options: &Options) -> Result<Model, Vec<Problem>> {
    let documents = read(&[Source::new("test.yaml", text)], &Limits::default())?;
    kinds::lower(&documents, options)
}

/// Lowers manifests that are right.
fn model(text: &str) -> Model {
    model_with(text, &Options::default())
}

fn model_with(text: &str, options: &Options) -> Model {
    match lower(text, options) {
        Ok(model) => model,
        Err(problems) => panic!("{problems:#?}"),
    }
}

/// The only problem of manifests: field, message.
fn refused(text: &str) -> (String, String) {
    refused_with(text, &Options::default())
}

fn refused_with(text: &str, options: &Options) -> (String, String) {
    let problems = lower(text, options).expect_err(text);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    let Problem { field, message, help, line, .. } = problems[0].clone();
    assert!(line > 0 && help.is_some(), "{message}");
    (field.unwrap_or_default(), message)
}

/// The only policy.
fn policy(model: &Model) -> &NetworkPolicy {
    assert_eq!(model.network.policies.len(), 1);
    &model.network.policies[0]
}

/// A NetworkPolicy of namespace `shop` with this spec, on one line.
fn np(spec: &str) -> String {
    format!(
        "apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\n\
         metadata: {{name: p, namespace: shop}}\nspec: {{{spec}}}\n"
    )
}

/// A GlobalNetworkPolicy with this spec, on one line.
fn gnp(spec: &str) -> String {
    format!(
        "apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\n\
         metadata: {{name: p}}\nspec: {{{spec}}}\n"
    )
}

/// The rule of a NetworkPolicy with one ingress rule.
fn ingress(rule: &str) -> NetworkRule {
    let model = model(&np(&format!("ingress: [{{{rule}}}]")));
    policy(&model).ingress[0].clone()
}

/// Messages of the notes of one code.
fn notes(model: &Model, code: NoteCode) -> Vec<&str> {
    model.notes.iter().filter(|note| note.code == code).map(|n| n.message.as_str()).collect()
}

/// A selector from its text.
fn selector(text: &str) -> Selector {
    super::expression::parse(text).expect(text).into()
}
