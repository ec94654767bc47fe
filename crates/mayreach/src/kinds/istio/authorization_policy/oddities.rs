//! What istiod accepts and its author hardly meant: notes, with the effect on verdicts.

use crate::{
    error::{Note, NoteCode},
    model::authz::{Attribute, AuthzAction, AuthzPolicy, AuthzRule, Condition, Matcher, TextMatch},
};

/// Every oddity of a policy.
pub(super) fn notes(policy: &AuthzPolicy) -> Vec<Note> {
    let mut out = Vec::new();
    for rule in &policy.rules {
        contradiction(rule, &mut out);
        let conditions = rule.from.iter().chain(&rule.to).flatten().chain(&rule.when);
        conditions.for_each(|condition| one(policy, condition, &mut out));
        if policy.action == AuthzAction::Deny {
            tcp(rule, &mut out);
        }
    }
    out
}

fn say(out: &mut Vec<Note>, condition: &Condition, message: String) {
    out.push(Note::new(NoteCode::Suspicious, message).at(condition.place));
}

fn one(policy: &AuthzPolicy, condition: &Condition, out: &mut Vec<Note>) {
    let field = &condition.field;
    for (matcher, text) in condition.values.iter().chain(&condition.not_values) {
        let message = match (&condition.attribute, matcher) {
            (Attribute::Principal, _) if text.starts_with("spiffe://") => Some(
                "istiod writes `spiffe://` before it: no identity has it twice, so this never matches",
            ),
            (Attribute::RequestPrincipal, Matcher::RequestPrincipal { issuer, subject }) => {
                never_a_principal(issuer, subject)
            }
            (Attribute::Principal | Attribute::Host | Attribute::Method | Attribute::Path, _)
                if infix(text) =>
            {
                Some("a star in the middle is an ordinary character, not a wildcard")
            }
            (Attribute::Path, Matcher::PathTemplate(_)) if !text.starts_with('/') => {
                Some("a template that does not begin with `/` is refused by Envoy")
            }
            (Attribute::Path, Matcher::Text(_)) if encoded(text) => Some(
                "requests arrive with this character percent-encoded, so it never matches under the default normalization",
            ),
            _ => None,
        };
        if let Some(message) = message {
            say(out, condition, format!("{field} `{text}`: {message}"));
        }
    }
    let only_empty = condition.values.is_empty()
        && condition
            .not_values
            .iter()
            .all(|(m, _)| *m == Matcher::Text(TextMatch::Exact(String::new())))
        && !condition.not_values.is_empty();
    if only_empty && matches!(condition.attribute, Attribute::Header(_)) {
        let effect = match policy.action {
            AuthzAction::Deny => "so this rule refuses every request that lacks the header",
            _ => "so this rule takes every request that lacks the header",
        };
        let webhook = "Istio's webhook refuses the empty value where it runs";
        let message =
            format!("{field}: a header that is not there is not empty, {effect}; {webhook}");
        say(out, condition, message);
    }
}

fn infix(text: &str) -> bool {
    let inner = text.strip_prefix('*').unwrap_or(text);
    let inner = inner.strip_suffix('*').unwrap_or(inner);
    inner.contains('*') && !text.contains("{*}") && !text.contains("{**}")
}

/// Characters that BASE normalization writes as `%xx`.
fn encoded(text: &str) -> bool {
    text.contains(['|', '"', '^', '<', '>', '`', '\\'])
}

/// Splits at the last `/`, so some forms name an issuer no token can have.
fn never_a_principal(issuer: &TextMatch, subject: &TextMatch) -> Option<&'static str> {
    match (issuer, subject) {
        (_, TextMatch::Exact(subject)) if subject == "*" => Some(
            "the subject after a leading star is compared as written: only a subject `*` matches",
        ),
        (_, TextMatch::Exact(subject)) if subject.is_empty() => {
            Some("a request principal is `issuer/subject`: without a subject it never matches")
        }
        (TextMatch::Exact(issuer), _) if issuer.ends_with(":/") => Some(
            "issuer and subject are split at the last `/`, here inside `://`, so it never matches",
        ),
        _ => None,
    }
}

/// An identity of one namespace that must not be of that namespace.
fn contradiction(rule: &AuthzRule, out: &mut Vec<Note>) {
    for from in &rule.from {
        let all: Vec<&Condition> = from.iter().chain(&rule.when).collect();
        let wanted =
            all.iter().filter(|c| c.attribute == Attribute::Principal && !c.values.is_empty());
        for condition in wanted {
            let excluded = |namespace: &str| {
                let not = all.iter().filter(|c| c.attribute == Attribute::Namespace);
                not.flat_map(|c| &c.not_values).any(|(_, text)| text == namespace)
            };
            let never = condition.values.iter().all(|(_, text)| {
                let namespace =
                    text.split_once("/ns/").and_then(|(_, rest)| rest.split('/').next());
                namespace.is_some_and(excluded)
            });
            if never {
                let message = "no caller has a principal of that namespace and is outside it: this rule can never match";
                say(out, condition, format!("{}: {message}", condition.field));
            }
        }
    }
}

/// The webhook's own warning, for a DENY that knows only HTTP.
fn tcp(rule: &AuthzRule, out: &mut Vec<Note>) {
    let tcp = |c: &Condition| !c.attribute.http_only();
    let from_http =
        !rule.from.is_empty() && rule.to.is_empty() && !rule.from.iter().flatten().any(tcp);
    let port = |c: &Condition| c.attribute == Attribute::DestinationPort;
    let to_http = !rule.to.is_empty() && !rule.to.iter().flatten().any(port);
    if from_http || to_http {
        out.push(
            Note::new(
                NoteCode::Suspicious,
                "a DENY rule of HTTP attributes alone denies all traffic to the TCP ports under its scope; name the port",
            )
            .at(rule.place),
        );
    }
}
