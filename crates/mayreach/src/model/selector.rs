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

/// As a person would say it: inherited keys are named as the namespace's or service account's.
impl std::fmt::Display for Selector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // "any pod" says nothing beside what else is asked of the pod.
        let any_pod =
            |item: &Self| matches!(item, Self::Eq(k, _) if k == "projectcalico.org/orchestrator");
        let list = |f: &mut std::fmt::Formatter<'_>, items: &[Self], word: &str| {
            let telling = items.iter().filter(|item| word != "and" || !any_pod(item));
            let shown: Vec<&Self> = match telling.collect::<Vec<_>>() {
                none if none.is_empty() => items.iter().take(1).collect(),
                some => some,
            };
            for (n, item) in shown.into_iter().enumerate() {
                if n > 0 {
                    write!(f, " {word} ")?;
                }
                match item {
                    Self::And(_) | Self::Or(_) => write!(f, "({item})")?,
                    _ => write!(f, "{item}")?,
                }
            }
            Ok(())
        };
        match self {
            Self::All => f.write_str("all()"),
            Self::Has(k) => match k.as_str() {
                "projectcalico.org/namespace" => f.write_str("any namespace"),
                _ => write!(f, "has({})", Key(k)),
            },
            Self::Eq(k, v) => match k.as_str() {
                "projectcalico.org/namespace" => write!(f, "namespace {v}"),
                "projectcalico.org/orchestrator" => f.write_str("any pod"),
                "projectcalico.org/serviceaccount" => write!(f, "service account {v}"),
                _ => write!(f, "{}={v}", Key(k)),
            },
            Self::Ne(k, v) => write!(f, "{}!={v}", Key(k)),
            Self::In(k, vs) => write!(f, "{} in {{{}}}", Key(k), vs.join(", ")),
            Self::NotIn(k, vs) => write!(f, "{} not in {{{}}}", Key(k), vs.join(", ")),
            Self::Contains(k, v) => write!(f, "{} contains '{v}'", Key(k)),
            Self::StartsWith(k, v) => write!(f, "{} starts with '{v}'", Key(k)),
            Self::EndsWith(k, v) => write!(f, "{} ends with '{v}'", Key(k)),
            Self::Not(inner) => write!(f, "not ({inner})"),
            Self::And(all) => list(f, all, "and"),
            Self::Or(any) => list(f, any, "or"),
        }
    }
}

/// A label key, with the prefix of inherited ones spelled out.
struct Key<'a>(&'a str);

impl std::fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(key) = self.0.strip_prefix("pcns.") {
            write!(f, "namespace label {key}")
        } else if let Some(key) = self.0.strip_prefix("pcsa.") {
            write!(f, "service account label {key}")
        } else {
            f.write_str(self.0)
        }
    }
}
