//! The flat selectors of Calico's data model: namespace and service account conditions become
//! conditions on inherited labels (libcalico-go syncersv1/updateprocessors).
//!
//! Calico rewrites text, not trees, so this does too: `all()` inside a quoted value is replaced
//! like any other, and a selector of blanks becomes `( )`, which no longer parses.

use super::expression::parse;

const IN_A_NAMESPACE: &str = "has(projectcalico.org/namespace)";
const IN_NO_NAMESPACE: &str = "!has(projectcalico.org/namespace)";
const HAS_AN_ACCOUNT: &str = "has(projectcalico.org/serviceaccount)";
const NAMESPACE_PREFIX: &str = "pcns.";
const ACCOUNT_PREFIX: &str = "pcsa.";

/// Which endpoints a policy governs, as written; an empty text is "not given".
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Subject<'a> {
    pub(super) selector: &'a str,
    pub(super) namespace_selector: &'a str,
    pub(super) account_selector: &'a str,
}

/// One side of a rule, as written; an empty text is "not given".
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Side<'a> {
    pub(super) selector: &'a str,
    pub(super) not_selector: &'a str,
    pub(super) namespace_selector: &'a str,
    pub(super) account_selector: &'a str,
    pub(super) account_names: &'a [String],
}

/// Subject of a policy of a namespace (networkpolicyprocessor.go).
pub(super) fn namespaced_subject(namespace: &str, subject: Subject<'_>) -> String {
    let own = own_namespace(namespace);
    let flat = match subject.selector {
        "" => own,
        selector => format!("({selector}) && {own}"),
    };
    append(flat, subject.account_selector, ACCOUNT_PREFIX)
}

/// Subject of a policy of the cluster (globalnetworkpolicyprocessor.go): `all()` is replaced in
/// the whole of it, the policy's own selector included. Empty: every endpoint.
pub(super) fn global_subject(subject: Subject<'_>) -> String {
    let mut flat = subject.selector.to_owned();
    if !subject.namespace_selector.is_empty() {
        flat = append(flat, subject.namespace_selector, NAMESPACE_PREFIX)
            .replace("all()", IN_A_NAMESPACE);
    }
    if !subject.account_selector.is_empty() {
        flat =
            append(flat, subject.account_selector, ACCOUNT_PREFIX).replace("all()", HAS_AN_ACCOUNT);
    }
    flat
}

/// The endpoints that one side of a rule names (rules.go getEndpointSelector), `not_selector`
/// aside. Empty: the side is not limited to known endpoints. A policy of a namespace is limited
/// to it as soon as any selector is given, also only a negated one.
pub(super) fn endpoints(namespace: Option<&str>, side: Side<'_>) -> String {
    let accounts = accounts(side);
    let own = match (accounts.as_str(), side.selector) {
        ("", selector) => selector.to_owned(),
        (accounts, "") => accounts.to_owned(),
        (accounts, selector) => format!("({accounts}) && ({selector})"),
    };
    let within = if side.namespace_selector.is_empty() {
        namespace.map(own_namespace).unwrap_or_default()
    } else {
        prefixed(side.namespace_selector, NAMESPACE_PREFIX)
            .replace("all()", IN_A_NAMESPACE)
            .replace("global()", IN_NO_NAMESPACE)
    };
    let limited =
        !own.is_empty() || !side.not_selector.is_empty() || !side.namespace_selector.is_empty();
    match (within.as_str(), own.as_str()) {
        ("", _) => own,
        (_, _) if !limited => own,
        (_, "") => within,
        (within, own) => format!("({within}) && ({own})"),
    }
}

/// With a positive selector the negated one only narrows it; without, it stands alone and is
/// true of every address outside its set (`rule_scanner.go` combineMatchesIfPossible).
pub(super) fn combine(endpoints: String, not_selector: &str) -> (String, String) {
    if endpoints.is_empty() || not_selector.is_empty() {
        return (endpoints, not_selector.to_owned());
    }
    (format!("({endpoints}) && (!({not_selector}))"), String::new())
}

/// Service accounts by label and by name (rules.go parseServiceAccounts). Names that break the
/// text make the whole condition vanish.
fn accounts(side: Side<'_>) -> String {
    let by_label = match side.account_selector {
        "" => String::new(),
        selector => prefixed(selector, ACCOUNT_PREFIX),
    };
    if side.account_names.is_empty() {
        return by_label;
    }
    let names = side.account_names.join("', '");
    let by_name = parse(&format!("projectcalico.org/serviceaccount in {{ '{names}' }}"));
    match (by_label.as_str(), by_name) {
        (_, Err(_)) => String::new(),
        ("", Ok(by_name)) => by_name.to_string(),
        (by_label, Ok(by_name)) => format!("({by_label}) && ({by_name})"),
    }
}

fn own_namespace(namespace: &str) -> String {
    format!("projectcalico.org/namespace == '{namespace}'")
}

fn append(flat: String, selector: &str, prefix: &str) -> String {
    if selector.is_empty() {
        return flat;
    }
    match (flat.as_str(), prefixed(selector, prefix)) {
        (_, added) if added.is_empty() => flat,
        ("", added) => added,
        (flat, added) => format!("({flat}) && {added}"),
    }
}

/// Canonical text with prefixed labels; nothing if it does not parse (parseSelectorAttachPrefix).
fn prefixed(selector: &str, prefix: &str) -> String {
    parse(selector).map(|parsed| parsed.with_prefix(prefix).to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Side, Subject, combine, endpoints, global_subject, namespaced_subject};
    use crate::kinds::calico::expression::parse;

    const SELECTOR: &str = "mylabel == 'selectme'";

    #[test]
    fn subjects_of_namespaced_policies() {
        let own = Subject { selector: SELECTOR, ..Subject::default() };
        assert_eq!(
            namespaced_subject("namespace2", own),
            "(mylabel == 'selectme') && projectcalico.org/namespace == 'namespace2'"
        );
        assert_eq!(
            namespaced_subject(
                "namespace2",
                Subject { account_selector: "role == 'development'", ..own }
            ),
            "((mylabel == 'selectme') && projectcalico.org/namespace == 'namespace2') \
             && pcsa.role == \"development\""
        );
        assert_eq!(
            namespaced_subject("namespace2", Subject { account_selector: "all()", ..own }),
            "((mylabel == 'selectme') && projectcalico.org/namespace == 'namespace2') && all()"
        );
        assert_eq!(
            namespaced_subject("namespace1", Subject::default()),
            "projectcalico.org/namespace == 'namespace1'"
        );
        assert_eq!(
            namespaced_subject(
                "default",
                Subject {
                    selector: "projectcalico.org/orchestrator == 'k8s'",
                    ..Subject::default()
                }
            ),
            "(projectcalico.org/orchestrator == 'k8s') && projectcalico.org/namespace == 'default'"
        );
    }

    #[test]
    fn subjects_of_global_policies() {
        let own = Subject { selector: SELECTOR, ..Subject::default() };
        let by_namespace = Subject { namespace_selector: "name == 'testing'", ..own };
        assert_eq!(
            global_subject(by_namespace),
            "(mylabel == 'selectme') && pcns.name == \"testing\""
        );
        assert_eq!(
            global_subject(Subject { namespace_selector: "all()", ..own }),
            "(mylabel == 'selectme') && has(projectcalico.org/namespace)"
        );
        assert_eq!(
            global_subject(Subject {
                selector: "all()",
                namespace_selector: "all()",
                ..Subject::default()
            }),
            "(has(projectcalico.org/namespace)) && has(projectcalico.org/namespace)"
        );
        assert_eq!(
            global_subject(Subject {
                namespace_selector: "name == 'testing'",
                account_selector: "role == 'development'",
                ..Subject::default()
            }),
            "(pcns.name == \"testing\") && pcsa.role == \"development\""
        );
        assert_eq!(
            global_subject(Subject { account_selector: "all()", ..own }),
            "(mylabel == 'selectme') && has(projectcalico.org/serviceaccount)"
        );
        assert_eq!(
            global_subject(Subject { namespace_selector: "a == 'b' || c == 'd'", ..own }),
            "(mylabel == 'selectme') && (pcns.a == \"b\" || pcns.c == \"d\")"
        );
        assert_eq!(
            global_subject(Subject {
                selector: "projectcalico.org/orchestrator == 'k8s'",
                namespace_selector: "all()",
                ..Subject::default()
            }),
            "(projectcalico.org/orchestrator == 'k8s') && has(projectcalico.org/namespace)"
        );
        assert_eq!(global_subject(Subject::default()), "");
    }

    #[test]
    fn sides_of_rules() {
        let none = Side::default();
        assert_eq!(
            endpoints(Some("namespace2"), Side { selector: "mylabel = value1", ..none }),
            "(projectcalico.org/namespace == 'namespace2') && (mylabel = value1)"
        );
        assert_eq!(
            endpoints(Some("namespace2"), Side { not_selector: "has(label1)", ..none }),
            "projectcalico.org/namespace == 'namespace2'"
        );
        assert_eq!(
            endpoints(None, Side { namespace_selector: "namespacelabel1 == 'value1'", ..none }),
            "pcns.namespacelabel1 == \"value1\""
        );
        assert_eq!(
            endpoints(
                Some("n"),
                Side { namespace_selector: "global()", selector: "has(label3)", ..none }
            ),
            "(!has(projectcalico.org/namespace)) && (has(label3))"
        );
        assert_eq!(
            endpoints(
                Some("n"),
                Side { namespace_selector: "all()", selector: "has(label2)", ..none }
            ),
            "(has(projectcalico.org/namespace)) && (has(label2))"
        );
        assert_eq!(
            endpoints(
                Some("default"),
                Side {
                    namespace_selector: "key == 'value'",
                    selector: "projectcalico.org/orchestrator == 'k8s'",
                    ..none
                }
            ),
            "(pcns.key == \"value\") && (projectcalico.org/orchestrator == 'k8s')"
        );
        assert_eq!(
            endpoints(None, Side { namespace_selector: "!all()", ..none }),
            "!has(projectcalico.org/namespace)"
        );
        assert_eq!(endpoints(Some("n"), none), "");
        assert_eq!(endpoints(None, Side { not_selector: "has(a)", ..none }), "");
    }

    #[test]
    fn service_accounts() {
        let names = ["sa3".to_owned()];
        let side = Side {
            namespace_selector: "nskey == 'nsvalue'",
            account_selector: "key == 'value2'",
            account_names: &names,
            ..Side::default()
        };
        let accounts =
            "(pcsa.key == \"value2\") && (projectcalico.org/serviceaccount in {\"sa3\"})";
        assert_eq!(
            endpoints(Some("n"), side),
            format!("(pcns.nskey == \"nsvalue\") && ({accounts})")
        );
        assert_eq!(
            endpoints(Some("n"), Side { selector: "has(label1)", ..side }),
            format!("(pcns.nskey == \"nsvalue\") && (({accounts}) && (has(label1)))")
        );
        let broken = ["it's".to_owned()];
        assert_eq!(endpoints(None, Side { account_names: &broken, ..Side::default() }), "");
    }

    #[test]
    fn negation_narrows_or_stands_alone() {
        assert_eq!(
            combine("has(a)".into(), "has(b)"),
            ("(has(a)) && (!(has(b)))".to_owned(), String::new())
        );
        assert_eq!(combine(String::new(), "has(b)"), (String::new(), "has(b)".to_owned()));
    }

    #[test]
    fn the_replacement_is_textual() {
        let inside = Side { namespace_selector: "a == 'all()'", ..Side::default() };
        assert_eq!(endpoints(None, inside), "pcns.a == \"has(projectcalico.org/namespace)\"");
        let blanks = Subject { selector: " ", ..Subject::default() };
        assert!(parse(&namespaced_subject("n", blanks)).is_err());
    }
}
