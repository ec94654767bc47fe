//! `LabelSelector`, as all Kubernetes kinds write it, and its lowering into the one selector
//! language of the model.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Checks, Path, syntax, uncertain::Doubt};
use crate::{manifest::Spanned, model::selector::Selector};

/// `meta/v1 LabelSelector`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::kinds) struct LabelSelector {
    match_labels: Option<BTreeMap<String, Spanned<String>>>,
    match_expressions: Option<Vec<Spanned<Requirement>>>,
}

/// `meta/v1 LabelSelectorRequirement`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Requirement {
    key: Spanned<String>,
    operator: Spanned<String>,
    values: Option<Vec<Spanned<String>>>,
}

/// Whose labels a selector asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::kinds) enum Whose {
    /// The pod's: keys as written.
    Own,
    /// A node's, or a namespace's alone: never in the flat form.
    Node,
    /// The namespace's: keys behind `pcns.` (Calico `PrefixVisitor`).
    Namespace,
}

impl Whose {
    fn key(self, key: &str) -> String {
        match self {
            Self::Own | Self::Node => key.to_owned(),
            Self::Namespace => format!("pcns.{key}"),
        }
    }

    fn doubt(self, key: &str, checks: &mut Checks<'_>) {
        if self.shadows(key) {
            checks.doubt(Doubt::Shadowed(key.to_owned()));
        }
    }

    /// The flat form reads these keys as something other than the label of that name.
    fn shadows(self, key: &str) -> bool {
        match self {
            Self::Own => {
                key.starts_with("pcns.")
                    || key.starts_with("pcsa.")
                    || matches!(
                        key,
                        "projectcalico.org/namespace"
                            | "projectcalico.org/orchestrator"
                            | "projectcalico.org/serviceaccount"
                    )
            }
            Self::Namespace => key == "projectcalico.org/name",
            Self::Node => false,
        }
    }
}

impl LabelSelector {
    /// The conditions, all of which must hold; none for `{}`, which selects everything
    /// (apimachinery labels/selector.go). Checks what `ValidateLabelSelector` checks.
    pub(in crate::kinds) fn lower(
        &self,
        whose: Whose,
        path: &Path<'_>,
        checks: &mut Checks<'_>,
    ) -> Vec<Selector> {
        let Self { match_labels, match_expressions } = self;
        let mut all = Vec::new();
        let labels = path.field("matchLabels");
        for (key, value) in match_labels.iter().flatten() {
            checks.labels([(key.as_str(), value.value.as_str(), value.line)], &labels);
            whose.doubt(key, checks);
            all.push(Selector::Eq(whose.key(key), value.value.clone()));
        }
        let expressions = path.field("matchExpressions");
        for (index, requirement) in match_expressions.iter().flatten().enumerate() {
            let path = expressions.item(index);
            all.extend(requirement.value.lower(whose, &path, requirement.line, checks));
        }
        all
    }
}

impl Requirement {
    fn lower(
        &self,
        whose: Whose,
        path: &Path<'_>,
        line: u32,
        checks: &mut Checks<'_>,
    ) -> Option<Selector> {
        let Self { key, operator, values } = self;
        if let Err(why) = syntax::label_key(&key.value) {
            checks.invalid(&path.field("key"), key.line, why);
        }
        whose.doubt(&key.value, checks);
        let at = path.field("values");
        for (index, value) in values.iter().flatten().enumerate() {
            if let Err(why) = syntax::label_value(&value.value) {
                checks.invalid(&at.item(index), value.line, why);
            }
        }
        let values: Vec<String> = values.iter().flatten().map(|v| v.value.clone()).collect();
        let key = whose.key(&key.value);
        match operator.value.as_str() {
            name @ ("In" | "NotIn") if values.is_empty() => {
                checks.missing(&at, line, format!("`{name}` needs at least one value"));
                None
            }
            name @ ("Exists" | "DoesNotExist") if !values.is_empty() => {
                let line = self.values.iter().flatten().next().map_or(line, |v| v.line);
                checks.conflict(&at, line, format!("`{name}` takes no values"));
                None
            }
            "In" => Some(Selector::In(key, values)),
            // "NotIn: true if the key is absent" (labels/selector.go Requirement.Matches)
            "NotIn" => Some(Selector::NotIn(key, values)),
            "Exists" => Some(Selector::Has(key)),
            "DoesNotExist" => Some(Selector::Not(Box::new(Selector::Has(key)))),
            other => {
                checks.invalid_help(
                    &path.field("operator"),
                    operator.line,
                    format!("`{other}` is no selector operator"),
                    "write `In`, `NotIn`, `Exists` or `DoesNotExist`",
                );
                None
            }
        }
    }
}

/// One selector of many conditions.
pub(super) fn all(mut conditions: Vec<Selector>) -> Selector {
    match (conditions.len(), conditions.pop()) {
        (_, None) => Selector::All,
        (1, Some(only)) => only,
        (_, Some(last)) => {
            conditions.push(last);
            Selector::And(conditions)
        }
    }
}

/// A label that every pod has and no set or host endpoint: keeps those out (conversion.go).
pub(super) fn is_pod() -> Selector {
    Selector::Eq("projectcalico.org/orchestrator".into(), "k8s".into())
}

/// Pods of one namespace.
pub(super) fn in_namespace(namespace: &str) -> Selector {
    Selector::Eq("projectcalico.org/namespace".into(), namespace.to_owned())
}

/// Pods of the namespaces that a `namespaceSelector` selects; of any, if it is empty
/// (libcalico-go rules.go: `all()` becomes `has(projectcalico.org/namespace)`).
pub(super) fn of_namespaces(
    selector: &LabelSelector,
    path: &Path<'_>,
    checks: &mut Checks<'_>,
) -> Vec<Selector> {
    let mut all = selector.lower(Whose::Namespace, path, checks);
    if all.is_empty() {
        all.push(Selector::Has("projectcalico.org/namespace".into()));
    }
    all
}
