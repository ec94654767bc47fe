//! Conditions on the claims of a verified token (generator.go; Envoy's metadata matchers).

use crate::{
    decision::jwt::{ClaimValue, Claims},
    model::{
        Tri,
        authz::{Attribute, Matcher, TextMatch},
    },
};

/// Whether a condition holds; "missing ⇒ positive false, negative true".
pub(super) fn test(claims: &Claims, attribute: &Attribute, matcher: &Matcher) -> Tri {
    match (attribute, matcher) {
        // "AND of claim `iss` and claim `sub`".
        (Attribute::RequestPrincipal, Matcher::RequestPrincipal { issuer, subject }) => {
            text(&claims.claim(&["iss".into()]), issuer)
                .and(text(&claims.claim(&["sub".into()]), subject))
        }
        (_, Matcher::Text(wanted)) => {
            path(attribute).map_or(Tri::No, |path| any(&claims.claim(&path), wanted))
        }
        _ => Tri::No,
    }
}

fn path(attribute: &Attribute) -> Option<Vec<String>> {
    match attribute {
        Attribute::Audiences => Some(vec!["aud".into()]),
        Attribute::Presenter => Some(vec!["azp".into()]),
        Attribute::Claim(path) => Some(path.clone()),
        _ => None,
    }
}

/// "String matcher matches only JSON strings".
fn text(claim: &ClaimValue<'_>, wanted: &TextMatch) -> Tri {
    match claim {
        ClaimValue::Text(text) => Tri::of(wanted.matches(text)),
        ClaimValue::Unknown(missing) => Tri::Unknown(*missing),
        ClaimValue::Absent | ClaimValue::Texts(_) | ClaimValue::Other => Tri::No,
    }
}

/// "list-or-string matcher = string value or any string element of a list".
fn any(claim: &ClaimValue<'_>, wanted: &TextMatch) -> Tri {
    match claim {
        ClaimValue::Texts(all) => Tri::of(all.iter().any(|text| wanted.matches(text))),
        other => text(other, wanted),
    }
}

/// The actual value, for explanations.
pub(super) fn describe(claims: &Claims, attribute: &Attribute) -> String {
    if *claims == Claims::None {
        return "no verified token".to_owned();
    }
    let show = |value: ClaimValue<'_>| match value {
        ClaimValue::Absent => "absent".to_owned(),
        ClaimValue::Text(text) => format!("`{text}`"),
        ClaimValue::Texts(all) => format!("`{}`", all.join("`, `")),
        ClaimValue::Other => "neither text nor a list of texts".to_owned(),
        ClaimValue::Unknown(_) => "not known".to_owned(),
    };
    if let Some(path) = path(attribute) {
        return show(claims.claim(&path));
    }
    let (iss, sub) = (claims.claim(&["iss".into()]), claims.claim(&["sub".into()]));
    format!("issuer {}, subject {}", show(iss), show(sub))
}
