//! The layer as a whole: manifests and a request in, the answer out. What is expected was seen on
//! Envoy 1.39.3 with the filter that istiod makes.

mod claims;
mod forge;
mod partial;
mod places;
mod providers;
mod tokens;

use self::forge::{Key, jwks};
use crate::{Flow, Http, Layer, Options, Peer, Port, Program, Reason, Request, Source, Token};

const NOW: i64 = 1_800_000_000;

/// A rule of `jwtRules` in YAML's flow style: an issuer with its key, and more fields.
fn rule(issuer: &str, key: Key, more: &str) -> String {
    format!("{{issuer: {issuer}, jwks: '{}', {more}}}", jwks(&[key.jwk()]))
}

/// A sidecar with these rules, and more documents.
fn cluster_with(rules: &[String], more: &str) -> Program {
    let text = format!(
        "
apiVersion: v1
kind: Namespace
metadata: {{name: foo, labels: {{istio-injection: enabled}}}}
---
apiVersion: v1
kind: Pod
metadata: {{name: api, namespace: foo, labels: {{app: api}}}}
---
apiVersion: v1
kind: Pod
metadata: {{name: web, namespace: foo}}
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {{name: tokens, namespace: foo}}
spec: {{jwtRules: [{}]}}
{more}",
        rules.join(", ")
    );
    Program::compile(&[Source::new("a.yaml", text)], &Options::default()).unwrap()
}

fn cluster(rules: &[String]) -> Program {
    cluster_with(rules, "")
}

/// A request, whole unless said otherwise.
#[derive(Clone)]
struct Ask {
    method: Option<String>,
    path: Option<String>,
    headers: Option<Vec<(String, String)>>,
    token: Option<String>,
    verified: Option<String>,
    no_token: bool,
    now: Option<i64>,
}

impl Ask {
    fn get() -> Self {
        Self {
            method: Some("GET".into()),
            path: Some("/".into()),
            headers: Some(Vec::new()),
            token: None,
            verified: None,
            no_token: false,
            now: Some(NOW),
        }
    }

    fn bearer(token: &str) -> Self {
        Self::get().header("Authorization", &format!("Bearer {token}"))
    }

    fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.get_or_insert_default().push((name.into(), value.into()));
        self
    }

    fn path(mut self, path: &str) -> Self {
        self.path = Some(path.into());
        self
    }
}

/// What two layers say of a request.
struct Said {
    jwt: String,
    authorization: crate::Verdict,
}

fn ask(program: &Program, ask: &Ask) -> Said {
    let headers: Option<Vec<(&str, &str)>> =
        ask.headers.as_ref().map(|all| all.iter().map(|(n, v)| (&**n, &**v)).collect());
    let pod = |name| Peer::Workload { namespace: "foo", name };
    let mut flow = Flow::new(pod("web"), pod("api"), Port::Number(8080));
    flow.http = Http::Request(Request {
        method: ask.method.as_deref(),
        path: ask.path.as_deref(),
        host: Some("api"),
        headers: headers.as_deref(),
    });
    flow.now = ask.now;
    flow.token = match (&ask.token, &ask.verified) {
        (Some(token), _) => Token::Raw(token),
        (_, Some(payload)) => Token::Verified(payload),
        _ if ask.no_token => Token::Absent,
        _ => Token::Unknown,
    };
    let decision = program.decide(&flow);
    assert_eq!(decision, program.decide_by_reference(&flow));
    let layer = |wanted| decision.layers.iter().find(|l| l.layer == wanted).unwrap();
    let jwt = layer(Layer::Jwt);
    let jwt = match jwt.reason {
        Reason::JwtVerified { rule, .. } => format!("{} rule {rule}", jwt.verdict.as_str()),
        Reason::JwtMissing { .. } => format!("{} no token", jwt.verdict.as_str()),
        Reason::JwtRejected { status, body, .. } => format!("{status} {body}"),
        Reason::Missing { attributes, .. } => {
            let names: Vec<_> = attributes.names().collect();
            format!("{} {}", jwt.verdict.as_str(), names.join(" "))
        }
        reason => format!("{} {reason:?}", jwt.verdict.as_str()),
    };
    Said { jwt, authorization: layer(Layer::Authorization).verdict }
}

/// Asks and compares the answer of the JWT layer.
#[track_caller]
fn says(program: &Program, asked: &Ask, expected: &str) {
    assert_eq!(ask(program, asked).jwt, expected);
}

/// An ALLOW policy on one attribute: does the request pass it?
fn passes(rules: &[String], when: &str, asked: &Ask) -> crate::Verdict {
    let policy = format!(
        "---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: p, namespace: foo}}
spec: {{rules: [{when}]}}
"
    );
    ask(&cluster_with(rules, &policy), asked).authorization
}
