//! Tokens that policies tell apart: none, or one that verifies with these claims.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    facets::product,
    in_play::InPlay,
    text::{self, Kind, Pattern},
    witness::Bearer,
};
use crate::model::{
    authz::{Attribute, Condition, Matcher, TextMatch},
    jwt::JwtRule,
};

const PRODUCT_MAX: usize = 2_048;

/// What conditions ask of claims, by path.
type Wanted = BTreeMap<Vec<String>, Vec<Pattern>>;

/// Every class of token, and why some may be missing.
pub(super) fn tokens(
    plays: &[InPlay<'_>],
    conditions: &[&Condition],
) -> (Vec<Bearer>, Option<String>) {
    let mut out = vec![Bearer::Absent];
    let mut doubt = None;
    let rules: Vec<&JwtRule> =
        plays.iter().flat_map(InPlay::tokens).flat_map(|p| &p.rules).collect();
    let wanted = wanted(conditions);
    for rule in &rules {
        let elsewhere = !rule.from_params.is_empty() || !rule.from_cookies.is_empty();
        let header = rule.from_headers.is_empty()
            || rule
                .from_headers
                .iter()
                .any(|(n, p)| n.eq_ignore_ascii_case("authorization") && p.trim() == "Bearer");
        if elsewhere || !header {
            doubt = Some("tokens are taken from other places than `Authorization: Bearer`".into());
        }
        match of_issuer(rule, &wanted) {
            Some(all) => {
                let all = all.into_iter().map(|claims| Bearer::Verified(claims.to_string()));
                out.extend(all);
            }
            None => doubt = Some("too many combinations of claims".into()),
        }
    }
    out.dedup();
    (out, doubt)
}

fn wanted(conditions: &[&Condition]) -> Wanted {
    let mut out = Wanted::new();
    let mut add = |path: &[&str], text: &TextMatch| {
        let path = path.iter().map(|p| (*p).to_owned()).collect();
        let list = out.entry(path).or_default();
        let pattern = Pattern::Text(text.clone());
        if !list.contains(&pattern) {
            list.push(pattern);
        }
    };
    for condition in conditions {
        for (matcher, _) in condition.values.iter().chain(&condition.not_values) {
            match (&condition.attribute, matcher) {
                (Attribute::RequestPrincipal, Matcher::RequestPrincipal { issuer, subject }) => {
                    add(&["iss"], issuer);
                    add(&["sub"], subject);
                }
                (Attribute::Audiences, Matcher::Text(text)) => add(&["aud"], text),
                (Attribute::Presenter, Matcher::Text(text)) => add(&["azp"], text),
                (Attribute::Claim(path), Matcher::Text(text)) => {
                    add(&path.iter().map(String::as_str).collect::<Vec<_>>(), text);
                }
                _ => {}
            }
        }
    }
    out
}

/// The payloads that one issuer's tokens can have, as far as conditions look.
fn of_issuer(rule: &JwtRule, wanted: &Wanted) -> Option<Vec<Value>> {
    let mut choices: Vec<Vec<(Vec<String>, Option<Value>)>> = Vec::new();
    let iss = vec!["iss".to_owned()];
    if rule.issuer.is_empty() {
        let patterns = wanted.get(&iss).cloned().unwrap_or_default();
        let all = text::classes(&patterns, Kind::Any)?.into_iter();
        choices.push(all.map(|c| (iss.clone(), Some(Value::from(c.witness)))).collect());
    } else {
        choices.push(vec![(iss.clone(), Some(Value::from(rule.issuer.clone())))]);
    }
    let aud = vec!["aud".to_owned()];
    if !wanted.contains_key(&aud) && !rule.audiences.is_empty() {
        choices.push(vec![(aud.clone(), rule.audiences.first().cloned().map(Value::from))]);
    }
    for (path, patterns) in wanted {
        if *path == iss {
            continue;
        }
        let needed = if *path == aud { rule.audiences.as_slice() } else { &[] };
        let mut values = vec![];
        if needed.is_empty() {
            values.push((path.clone(), None));
        }
        for value in lists(patterns, needed)? {
            values.push((path.clone(), Some(value)));
        }
        choices.push(values);
    }
    let all = product(&choices, PRODUCT_MAX)?;
    Some(all.into_iter().map(|claims| payload(&claims)).collect())
}

/// A claim is a text or a list of texts, "any string element of a list".
fn lists(patterns: &[Pattern], needed: &[String]) -> Option<Vec<Value>> {
    let classes = text::classes(patterns, Kind::Any)?;
    let mut sets: Vec<(u64, Vec<String>)> =
        classes.iter().map(|c| (c.mask, vec![c.witness.clone()])).collect();
    let mut at = 0;
    while let Some((mask, texts)) = sets.get(at).cloned() {
        for class in &classes {
            let both = mask | class.mask;
            if !sets.iter().any(|(known, _)| *known == both) {
                let mut more = texts.clone();
                more.push(class.witness.clone());
                sets.push((both, more));
                if sets.len() > PRODUCT_MAX {
                    return None;
                }
            }
        }
        at += 1;
    }
    let mut out: Vec<Value> = Vec::new();
    for (_, texts) in sets {
        if needed.is_empty() {
            out.push(if let [one] = texts.as_slice() { json!(one) } else { json!(texts) });
        }
        for one in needed {
            let mut all = texts.clone();
            all.push(one.clone());
            out.push(json!(all));
        }
    }
    // The audience alone.
    out.extend(needed.iter().map(|one| json!(one)));
    Some(out)
}

fn payload(claims: &[(Vec<String>, Option<Value>)]) -> Value {
    let mut out = Map::new();
    for (path, value) in claims {
        let Some(value) = value else { continue };
        put(&mut out, path, value);
    }
    Value::Object(out)
}

fn put(into: &mut Map<String, Value>, path: &[String], value: &Value) {
    match path {
        [] => {}
        [last] => {
            into.insert(last.clone(), value.clone());
        }
        [first, rest @ ..] => {
            let inner = into.entry(first.clone()).or_insert_with(|| json!({}));
            if let Some(inner) = inner.as_object_mut() {
                put(inner, rest, value);
            }
        }
    }
}
