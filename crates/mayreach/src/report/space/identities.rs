//! Identities of another trust domain, as far as conditions tell them apart.

use super::text::{self, Kind, Pattern, Piece};
use crate::{
    decision::matching,
    model::authz::{Attribute, Condition, Matcher, TextMatch},
};

const SPIFFE: &str = "spiffe://";

/// One identity of each class, as `domain/ns/n/sa/s`: whoever runs that domain may give any.
///
/// `None`: there are more than are looked at.
pub(super) fn classes(domain: &str, conditions: &[&Condition]) -> Option<Vec<String>> {
    use Attribute::{Namespace, Principal, ServiceAccount, TrustDomain};
    let asks = |a: &Attribute| matches!(a, Principal | Namespace | ServiceAccount | TrustDomain);
    let mut matchers: Vec<&Matcher> = Vec::new();
    for condition in conditions.iter().filter(|c| asks(&c.attribute)) {
        for (matcher, _) in condition.values.iter().chain(&condition.not_values) {
            if !matchers.contains(&matcher) {
                matchers.push(matcher);
            }
        }
    }
    let mut wanted: Vec<Pattern> = Vec::new();
    for pattern in matchers.iter().flat_map(|m| patterns(m)) {
        if !wanted.contains(&pattern) {
            wanted.push(pattern);
        }
    }
    // `/ns/` may begin right behind the scheme.
    if domain == "ns" || wanted.iter().any(text::unreadable) {
        return None;
    }
    let found = text::classes_after(&format!("{domain}/"), &wanted, Kind::Any)?;
    let mask = |id: &str| -> Vec<bool> {
        matchers.iter().map(|m| matching::identity(m, &format!("{SPIFFE}{id}"))).collect()
    };
    let mut seen: Vec<Vec<bool>> = Vec::new();
    let plain = format!("{domain}/ns/x/sa/x");
    let all = found.into_iter().map(|class| format!("{domain}/{}", class.witness));
    let mut out = Vec::new();
    for id in std::iter::once(plain).chain(all) {
        let own = mask(&id);
        if !seen.contains(&own) {
            seen.push(own);
            out.push(id);
        }
    }
    Some(out)
}

/// Patterns of what follows the scheme that together tell no less apart than a matcher does.
fn patterns(matcher: &Matcher) -> Vec<Pattern> {
    let text = |t: TextMatch| Pattern::Text(t);
    match matcher {
        Matcher::Identity(of) => vec![text(of.clone())],
        Matcher::Text(of) => match of {
            TextMatch::Exact(v) => v
                .strip_prefix(SPIFFE)
                .map(|v| text(TextMatch::Exact(v.into())))
                .into_iter()
                .collect(),
            TextMatch::Prefix(v) => {
                let rest = v.strip_prefix(SPIFFE);
                rest.map(|v| text(TextMatch::Prefix(v.into()))).into_iter().collect()
            }
            TextMatch::Suffix(v) => {
                let heads = (0..=SPIFFE.len()).filter_map(|n| v.strip_prefix(SPIFFE.get(n..)?));
                let whole = heads.map(|rest| text(TextMatch::Exact(rest.into())));
                std::iter::once(text(of.clone())).chain(whole).collect()
            }
            other => vec![text(other.clone())],
        },
        Matcher::NamespacePattern(parts) => {
            let mut pieces = vec![Piece::Any, Piece::Text("/ns/".into())];
            for (n, part) in parts.iter().enumerate() {
                pieces.extend((n > 0).then_some(Piece::Any));
                pieces.push(Piece::Text(part.clone()));
            }
            pieces.extend([Piece::Text("/".into()), Piece::Any]);
            vec![Pattern::Pieces(pieces)]
        }
        Matcher::ServiceAccount(space, name) => {
            let one = |between: bool, behind: bool| {
                let mut pieces = vec![Piece::Some, Piece::Text(format!("/ns/{space}/"))];
                if between {
                    pieces.extend([Piece::Some, Piece::Text("/".into())]);
                }
                pieces.push(Piece::Text(format!("sa/{name}")));
                if behind {
                    pieces.extend([Piece::Text("/".into()), Piece::Some]);
                }
                Pattern::Pieces(pieces)
            };
            [(false, false), (false, true), (true, false), (true, true)]
                .map(|(between, behind)| one(between, behind))
                .into()
        }
        // One domain is asked: either all of it matches or none.
        Matcher::TrustDomain(_)
        | Matcher::Net(_)
        | Matcher::Port(_)
        | Matcher::PathTemplate(_)
        | Matcher::RequestPrincipal { .. } => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever identities of the domain match together, some class does.
    #[test]
    fn no_class_is_left_out() {
        let account = |space: &str, name: &str| Matcher::ServiceAccount(space.into(), name.into());
        let all = [
            Matcher::NamespacePattern(vec!["q".into()]),
            Matcher::NamespacePattern(vec!["q".into(), "z".into()]),
            account("q", "f"),
            account("r", "sa"),
            Matcher::Identity(TextMatch::Prefix("d.e/ns/q/".into())),
            Matcher::Identity(TextMatch::Suffix("/sa/f".into())),
            Matcher::Text(TextMatch::Suffix("//d.e/ns/q/sa/f".into())),
            Matcher::Text(TextMatch::Exact("spiffe://d.e/x".into())),
            Matcher::TrustDomain(TextMatch::Exact("d.e".into())),
        ];
        let condition = Condition {
            attribute: Attribute::Principal,
            field: "principals".into(),
            values: all.iter().map(|m| (m.clone(), String::new())).collect(),
            not_values: Vec::new(),
            place: crate::error::Place::default(),
        };
        let mask = |id: &str| -> Vec<bool> {
            all.iter().map(|m| matching::identity(m, &format!("{SPIFFE}{id}"))).collect()
        };
        let classes = classes("d.e", &[&condition]).unwrap_or_default();
        let seen: Vec<Vec<bool>> = classes.iter().map(|id| mask(id)).collect();
        let pieces = ["/ns/", "ns/", "q", "r", "z", "/", "sa/", "/sa/", "f", "sa", "x", "qz"];
        let mut state = 7_u64;
        for _ in 0..20_000 {
            let mut id = "d.e/".to_owned();
            for _ in 0..state % 8 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let at = usize::try_from(state >> 33).unwrap_or(0) % pieces.len();
                id.push_str(pieces.get(at).copied().unwrap_or_default());
            }
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            assert!(seen.contains(&mask(&id)), "{id}");
        }
        assert!(seen.len() > 12, "{}", seen.len());
    }
}
