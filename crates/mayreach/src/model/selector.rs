//! One label selector language for all kinds: Calico's, which Kubernetes' selectors lower into.

/// A condition on the labels of an endpoint.
///
/// Keys may name own labels, labels inherited from the namespace (`pcns.<key>`) or from the
/// service account (`pcsa.<key>`), and the labels that every endpoint has
/// (`projectcalico.org/namespace`, `/orchestrator`, `/serviceaccount`): the flat form into which
/// Calico rewrites every selector (libcalico-go updateprocessors).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Selector {
    All,
    Has(String),
    Eq(String, String),
    /// True when the label is absent.
    Ne(String, String),
    In(String, Vec<String>),
    /// True when the label is absent.
    NotIn(String, Vec<String>),
    Contains(String, String),
    StartsWith(String, String),
    EndsWith(String, String),
    Not(Box<Selector>),
    And(Vec<Selector>),
    Or(Vec<Selector>),
}

impl Selector {
    /// Whether labels, given by a look-up, satisfy the condition.
    pub(crate) fn matches<'a>(&self, label: &impl Fn(&str) -> Option<&'a str>) -> bool {
        match self {
            Self::All => true,
            Self::Has(k) => label(k).is_some(),
            Self::Eq(k, v) => label(k) == Some(v),
            Self::Ne(k, v) => label(k) != Some(v),
            Self::In(k, vs) => label(k).is_some_and(|l| vs.iter().any(|v| v == l)),
            Self::NotIn(k, vs) => !label(k).is_some_and(|l| vs.iter().any(|v| v == l)),
            Self::Contains(k, v) => label(k).is_some_and(|l| l.contains(v.as_str())),
            Self::StartsWith(k, v) => label(k).is_some_and(|l| l.starts_with(v.as_str())),
            Self::EndsWith(k, v) => label(k).is_some_and(|l| l.ends_with(v.as_str())),
            Self::Not(inner) => !inner.matches(label),
            Self::And(all) => all.iter().all(|s| s.matches(label)),
            Self::Or(any) => any.iter().any(|s| s.matches(label)),
        }
    }
}
