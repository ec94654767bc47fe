//! What a RequestAuthentication means: rules for the JWT filter of the proxies it attaches to.

use super::{
    manifest::{ClaimToHeader, FromHeader, Rule, Spec},
    validate,
};
use crate::{
    error::{Note, NoteCode, Problem},
    kinds::{
        Draft,
        istio::{
            attach::{Where, attach},
            created, namespace_of,
        },
        kubernetes::{Checks, Path},
    },
    manifest::{Document, Spanned},
    model::{
        LayerSet, PolicyId, Proxies, Scope, Unevaluated,
        authz::Attach,
        jwt::{JwtRule, RequestAuth, jwks::Jwks},
    },
};

const SPEC: Path<'_> = Path::Root("spec");
const ANNOTATIONS: Path<'_> = Path::Root("metadata.annotations");
/// Most `jwtRules`.
const RULES: usize = 4096;

/// Lowers one RequestAuthentication.
pub(in crate::kinds::istio) fn lower(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::new(document);
    checks.only(&["spec"]);
    let Spec { selector, target_ref, target_refs, jwt_rules } =
        checks.field("spec").unwrap_or_default();
    let given = Where {
        selector: selector.as_ref(),
        target_ref: target_ref.as_ref(),
        target_refs: target_refs.as_ref(),
    };
    let attach = attach(given, &mut checks, &SPEC);
    annotations(document, &mut checks);
    let written = jwt_rules.unwrap_or_default();
    let path = SPEC.field("jwtRules");
    if written.value.len() > RULES {
        checks.invalid(&path, written.line, format!("at most {RULES} rules are accepted"));
    }
    let mut private = Vec::new();
    for (n, rule) in written.value.iter().enumerate() {
        let keys = validate::rule(rule, &mut checks, &path.item(n));
        private.extend(keys.into_iter().map(|key| (rule.line, key)));
    }
    checks.done()?;

    let namespace = namespace_of(document);
    let places = written.value.iter().map(|rule| document.at(rule.line)).collect();
    let kind = "RequestAuthentication";
    let id = draft.policy(kind, document, Some(namespace.clone()), places, Vec::new());
    for (line, key) in private {
        let message = format!("key {key} holds private parts; only public ones are used");
        let note = Note::new(NoteCode::Suspicious, message);
        draft.note(note.about(document.title()).at(document.at(line)));
    }
    let all: Vec<(u32, JwtRule)> =
        written.value.into_iter().map(|rule| (rule.line, meaning(rule.value, draft))).collect();
    for (line, rule) in &all {
        if let Some(why) = refused(rule) {
            refuse(document, draft, id, &attach, *line, &why);
        }
        if let Some(Jwks::Unread(what)) = &rule.keys {
            let message = format!(
                "keys of issuer `{}` are not read ({what}); its tokens are undetermined",
                rule.issuer
            );
            let note = Note::new(NoteCode::NotEvaluated, message);
            draft.note(note.about(document.title()).at(document.at(*line)));
        }
    }
    draft.model.request_auth.push(RequestAuth {
        id,
        namespace,
        name: document.metadata.name.clone(),
        created: created(document),
        attach,
        rules: all.into_iter().map(|(_, rule)| rule).collect(),
    });
    Ok(())
}

/// Annotations that the webhook refuses; only AuthorizationPolicy knows dry-run.
fn annotations(document: &Document, checks: &mut Checks<'_>) {
    for (name, why) in [
        ("istio.io/dry-run", "only AuthorizationPolicy knows dry-run"),
        ("internal.istio.io/parents", "this annotation is istiod's own"),
        ("internal.istio.io/parent-namespace", "this annotation is istiod's own"),
        ("internal.istio.io/webhook-always-reject", "this annotation is istiod's own"),
    ] {
        if document.metadata.annotations.contains_key(name) {
            checks.invalid(&ANNOTATIONS.key(name), 0, why);
        }
    }
}

fn meaning(rule: Rule, draft: &Draft<'_>) -> JwtRule {
    let Rule {
        issuer,
        audiences,
        jwks_uri,
        jwks_uri_protobuf,
        jwks,
        from_headers,
        from_params,
        from_cookies,
        output_payload_to_header,
        output_claim_to_headers,
        forward_original_token,
        // How long istiod waits for keys, which are given here.
        timeout: _,
        space_delimited_claims,
    } = rule;
    let issuer = issuer.map(|text| text.value).unwrap_or_default();
    let uri = jwks_uri.or(jwks_uri_protobuf).map(|uri| uri.value).unwrap_or_default();
    // "If empty, istiod fetches them" (jwks_resolver.go BuildLocalJwks).
    let inline = jwks.map(|set| set.value).filter(|set| !set.is_empty());
    let given = |name: &str| {
        let pair = draft.options.jwks.iter().find(|(n, _)| !n.is_empty() && n == name);
        pair.map(|(_, set)| set.clone())
    };
    let keys = inline.or_else(|| given(&issuer)).or_else(|| given(&uri));
    let header = |Spanned { value: FromHeader { name, prefix }, .. }| {
        (name.unwrap_or_default(), prefix.unwrap_or_default())
    };
    let output = |Spanned { value: ClaimToHeader { header, claim }, .. }| {
        (header.unwrap_or_default(), claim.unwrap_or_default())
    };
    JwtRule {
        issuer,
        audiences: texts(audiences),
        keys: keys.map(|set| Jwks::read(&set)),
        from_headers: from_headers.into_iter().flatten().map(header).collect(),
        from_params: texts(from_params),
        from_cookies: texts(from_cookies),
        output_payload_to_header: output_payload_to_header
            .map(|text| text.value)
            .filter(|name| !name.is_empty()),
        output_claims: output_claim_to_headers.into_iter().flatten().map(output).collect(),
        forward_original_token: forward_original_token.unwrap_or_default(),
        space_delimited_claims: texts(space_delimited_claims.map(|list| list.value)),
    }
}

fn texts(list: Option<Vec<Spanned<String>>>) -> Vec<String> {
    list.into_iter().flatten().map(|text| text.value).collect()
}

/// Why Envoy refuses the filter, and with it the whole listener (tried on Envoy 1.39).
fn refused(rule: &JwtRule) -> Option<String> {
    let broken = |text: &str| text.contains(['\0', '\r', '\n']);
    let names = rule.from_headers.iter().flat_map(|(name, prefix)| [name, prefix]);
    if names.chain(&rule.output_payload_to_header).any(|text| broken(text)) {
        return Some("a header name or prefix holds a line break".to_owned());
    }
    match &rule.keys {
        Some(Jwks::Refused(why)) => Some(format!("the key set has no key it can use: {why}")),
        Some(Jwks::Keys(_) | Jwks::Unread(_)) | None => None,
    }
}

/// The webhook takes what Envoy refuses: proxies keep what they had, or have no listener at all.
fn refuse(
    document: &Document,
    draft: &mut Draft<'_>,
    policy: PolicyId,
    attach: &Attach,
    line: u32,
    why: &str,
) {
    let layers = LayerSet { mtls: true, jwt: true, authorization: true, ..LayerSet::default() };
    let labels = match attach {
        Attach::Labels(labels) => labels.clone(),
        Attach::Namespace | Attach::Targets(_) => Vec::new(),
    };
    let scope = Scope::Istio(namespace_of(document), labels);
    draft.model.unevaluated.push(Unevaluated {
        policy,
        layers,
        scope,
        proxies: match attach {
            Attach::Targets(targets) => Proxies::Targets(targets.clone()),
            Attach::Labels(_) | Attach::Namespace => Proxies::SidecarsAndGateways,
        },
    });
    let message = format!(
        "the webhook accepts this and Envoy refuses the listener it is part of: {why}; flows it \
         may touch are undetermined"
    );
    let note = Note::new(NoteCode::NotEvaluated, message);
    draft.note(note.about(document.title()).at(document.at(line)));
}
