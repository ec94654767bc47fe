//! HTTP conditions of Calico's rules, as its application layer policy asks them beside a sidecar
//! (app-policy/checker/match.go).

use crate::{
    decision::{Body, ClientSees, Layer, LayerDecision, Verdict, resolve::Asked},
    model::{Attributes, Flow, Http, Model, Tri, inventory::Enrolment, network::HttpMatch},
};

/// Whether the destination's proxy asks Calico about HTTP.
pub(super) fn asked(model: &Model, asked: &Asked<'_>) -> bool {
    model.network.application_layer && beside_sidecar(asked)
}

/// What the client sees of a denial by network policy: nothing, or the answer of the sidecar whose
/// external authorizer is Calico's where packets alone would pass. "Status PERMISSION_DENIED" and no
/// response of its own (app-policy/checker/server.go): Envoy answers 403 without a body. `again`
/// asks without the request, which rules with HTTP conditions then match.
pub(crate) fn sees(
    model: &Model,
    asked: &Asked<'_>,
    denied: LayerDecision,
    mtls: (LayerDecision, Option<ClientSees>),
    again: impl FnOnce(&Asked<'_>) -> Verdict,
) -> Option<ClientSees> {
    let by_request = denied.layer == Layer::Ingress
        && denied.verdict == Verdict::Deny
        && self::asked(model, asked)
        && !matches!(asked.flow.http, Http::Raw);
    if !by_request {
        return Some(ClientSees::Timeout);
    }
    let flow = Flow { http: Http::Raw, ..asked.flow.clone() };
    match (again(&Asked { flow: &flow, ..asked.clone() }), mtls.0.verdict) {
        (Verdict::Deny, _) => Some(ClientSees::Timeout),
        // The connection ends before a request is read.
        (Verdict::Allow, Verdict::Deny) => mtls.1,
        (Verdict::Allow, Verdict::Allow) => {
            Some(ClientSees::Response { status: 403, body: Body::EMPTY })
        }
        _ => None,
    }
}

/// Whether the destination has a sidecar.
pub(crate) fn beside_sidecar(asked: &Asked<'_>) -> bool {
    asked.destination.workload.is_some_and(|w| w.mesh == Enrolment::Sidecar)
}

/// "Methods and paths are ANDed, the entries of each ORed"; a connection that is not HTTP has
/// neither, and matches.
pub(crate) fn matches(flow: &Flow<'_>, wanted: &HttpMatch) -> Tri {
    let HttpMatch { methods, paths } = wanted;
    let (method, path) = match flow.http {
        Http::Raw => return Tri::Yes,
        Http::Unknown => (None, None),
        Http::Request(request) => (request.method, request.path),
    };
    let method_matches = match method {
        _ if methods.is_empty() || methods.iter().any(|m| m == "*") => Tri::Yes,
        None => Tri::Unknown(Attributes::METHOD),
        Some(method) => Tri::of(methods.iter().any(|m| m == method)),
    };
    let path_matches = match path {
        _ if paths.is_empty() => Tri::Yes,
        None => Tri::Unknown(Attributes::PATH),
        Some(path) => Tri::of(normal(path).is_some_and(|path| {
            paths
                .iter()
                .any(|(exact, text)| if *exact { path == *text } else { below(&path, text) })
        })),
    };
    method_matches.and(path_matches)
}

/// "Prefix on segment boundary": `/pub` is no prefix of `/public`.
fn below(path: &str, prefix: &str) -> bool {
    let prefix = prefix.trim_end_matches('/');
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// "Query and fragment stripped, one percent-decode, `;params` stripped, `\\` is `/`, `path.Clean`;
/// what is encoded twice, or has a NUL, matches nothing" (from 3.31.6 and 3.32 on).
fn normal(path: &str) -> Option<String> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let decoded = decoded(path)?;
    let lower = decoded.to_ascii_lowercase();
    let twice = |code: &&str| lower.contains(*code);
    if decoded.contains('\0') || ["%2e", "%2f", "%5c"].iter().any(twice) {
        return None;
    }
    let mut kept: Vec<&str> = Vec::new();
    let slashes = decoded.replace('\\', "/");
    for segment in slashes.split('/') {
        match segment.split(';').next().unwrap_or_default() {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            segment => kept.push(segment),
        }
    }
    Some(format!("/{}", kept.join("/")))
}

/// Percent codes decoded once; `None` for one that is broken, or text that is none then.
fn decoded(path: &str) -> Option<String> {
    let mut bytes = path.bytes();
    let mut out = Vec::with_capacity(path.len());
    while let Some(byte) = bytes.next() {
        let byte = if byte == b'%' {
            let digit = |b: u8| char::from(b).to_digit(16);
            let (high, low) = (digit(bytes.next()?)?, digit(bytes.next()?)?);
            u8::try_from(high * 16 + low).ok()?
        } else {
            byte
        };
        out.push(byte);
    }
    String::from_utf8(out).ok()
}

/// The condition for a reader.
pub(super) fn text(wanted: &HttpMatch) -> String {
    let path = |(exact, text): &(bool, String)| {
        if *exact { format!("exactly {text}") } else { format!("below {text}") }
    };
    let methods = if wanted.methods.is_empty() { "any".into() } else { wanted.methods.join(", ") };
    let paths: Vec<String> = wanted.paths.iter().map(path).collect();
    let paths = if paths.is_empty() { "any".into() } else { paths.join(", ") };
    format!("HTTP method {methods}, path {paths}")
}
