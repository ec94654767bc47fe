//! A flow that a person can send, ask again, and keep as a test.

use mayreach_wire::{
    FlowIn,
    flow::{HttpIn, PeerIn, PortIn, ProtocolIn, Said},
};
use serde::Serialize;

/// One flow, three ways.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Repro {
    /// A request with curl, from inside the client where it is a workload.
    pub curl: Option<String>,
    /// The same question to the command.
    pub check: String,
    /// The test that keeps the answer, for pytest.
    pub test: String,
}

impl Repro {
    /// The flow as commands. `kind` tells the kind of a workload by its `namespace/name`.
    pub fn of(flow: &FlowIn, kind: &dyn Fn(&str) -> Option<&'static str>) -> Self {
        Self { curl: curl(flow, kind), check: check(flow), test: test(flow) }
    }
}

fn http(flow: &FlowIn) -> Option<&HttpIn> {
    match &flow.http {
        Said::Is(http) => Some(http),
        _ => None,
    }
}

fn port(flow: &FlowIn) -> Option<String> {
    flow.port.as_ref().map(|port| match port {
        PortIn::Number(number) => number.to_string(),
        PortIn::Name(name) => name.clone(),
    })
}

/// Words for a shell: quoted unless nothing in them means anything to one.
fn shell(word: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(safe) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn line(words: &[String]) -> String {
    words.iter().map(|word| shell(word)).collect::<Vec<_>>().join(" ")
}

/// Host to call: a Service by its name in the cluster's DNS, an address as it is, and a workload by
/// a variable, since manifests of templates know no address.
fn authority(flow: &FlowIn) -> Option<(String, Option<String>)> {
    let destination = &flow.destination;
    if let Some(ip) = &destination.ip {
        return Some((if ip.contains(':') { format!("[{ip}]") } else { ip.clone() }, None));
    }
    if let Some((namespace, name)) = destination.service.as_deref().and_then(|s| s.split_once('/'))
    {
        return Some((format!("{name}.{namespace}"), None));
    }
    let workload = destination.workload.as_deref()?;
    Some(("$TO".to_owned(), Some(format!("# TO is an address of {}", shell(workload)))))
}

fn protocol(flow: &FlowIn) -> Option<String> {
    flow.protocol.as_ref().map(|protocol| match protocol {
        ProtocolIn::Name(name) => name.clone(),
        ProtocolIn::Number(number) => number.to_string(),
    })
}

/// `kind` tells the kind of a workload, which `kubectl exec` wants to know.
fn curl(flow: &FlowIn, kind: &dyn Fn(&str) -> Option<&'static str>) -> Option<String> {
    if protocol(flow).is_some_and(|name| name != "TCP") || flow.http == Said::Nothing {
        return None;
    }
    let (host, comment) = authority(flow)?;
    let port = port(flow)?;
    let mut words: Vec<String> = Vec::new();
    if let Some(workload) = flow.source.workload.as_deref() {
        let (namespace, name) = workload.split_once('/')?;
        let target = match kind(workload) {
            None | Some("Pod") => name.to_owned(),
            Some(kind) => format!("{}/{name}", kind.to_lowercase()),
        };
        let exec = ["kubectl", "exec", "-n", namespace, target.as_str(), "--"];
        words.extend(exec.map(str::to_owned));
    }
    words.extend(["curl", "-sv", "--path-as-is"].map(str::to_owned));
    words.extend(flow.ip_version.map(|version| format!("-{}", version.number())));
    let request = http(flow);
    if let Some(method) = request.and_then(|r| r.method.as_ref()) {
        words.extend(["-X".to_owned(), method.clone()]);
    }
    if let Some(host) = request.and_then(|r| r.host.as_ref()) {
        words.extend(["-H".to_owned(), format!("Host: {host}")]);
    }
    for (name, value) in request.iter().filter_map(|r| r.headers.as_ref()).flatten() {
        words.extend(["-H".to_owned(), format!("{name}: {value}")]);
    }
    if let Said::Is(token) = &flow.token {
        words.extend(["-H".to_owned(), format!("Authorization: Bearer {token}")]);
    }
    let path = request.and_then(|r| r.path.as_deref()).unwrap_or("/");
    let host = if host == "$TO" { host } else { shell(&host) };
    let asked = format!("{} http://{host}{}", line(&words), shell(&format!(":{port}{path}")));
    Some(comment.into_iter().chain([asked]).collect::<Vec<_>>().join("\n"))
}

fn peer(peer: &PeerIn) -> Option<String> {
    let service = peer.service.as_ref().map(|name| format!("service:{name}"));
    peer.workload.clone().or_else(|| peer.ip.clone()).or(service)
}

fn check(flow: &FlowIn) -> String {
    let (Some(from), Some(to)) = (peer(&flow.source), peer(&flow.destination)) else {
        return String::new();
    };
    let ask = ["mayreach", "explain", "PATHS", "--from", &from, "--to", &to].map(str::to_owned);
    line(&[&ask[..], &flags(flow)].concat())
}

/// What the command must know of a flow beside its ends.
pub(crate) fn flags(flow: &FlowIn) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut say = |flag: &str, value: Option<String>| {
        if let Some(value) = value {
            words.extend([flag.to_owned(), value]);
        }
    };
    say("--port", port(flow));
    say("--protocol", protocol(flow).filter(|name| name != "TCP"));
    say("--ip-version", flow.ip_version.map(|version| version.number().to_string()));
    let request = http(flow);
    say("--method", request.and_then(|r| r.method.clone()));
    say("--path", request.and_then(|r| r.path.clone()));
    say("--host", request.and_then(|r| r.host.clone()));
    for (name, value) in request.iter().filter_map(|r| r.headers.as_ref()).flatten() {
        say("--header", Some(format!("{name}: {value}")));
    }
    say("--sni", flow.tls.as_ref().and_then(|tls| tls.sni.clone()));
    say("--principal", flow.source.principal.clone());
    match flow.source.mtls {
        Some(true) => words.push("--mtls".to_owned()),
        Some(false) => words.push("--plaintext".to_owned()),
        None => {}
    }
    if flow.source.tls_without_certificate == Some(true) {
        words.push("--tls-without-certificate".to_owned());
    }
    if flow.http == Said::Nothing {
        words.push("--no-http".to_owned());
    }
    words
}

fn test(flow: &FlowIn) -> String {
    let (Some(from), Some(to)) = (peer(&flow.source), peer(&flow.destination)) else {
        return String::new();
    };
    let text = |raw: &str| serde_json::Value::from(raw).to_string();
    let mut arguments =
        vec![format!("source={}", text(&from)), format!("destination={}", text(&to))];
    let mut say = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            arguments.push(format!("{name}={value}"));
        }
    };
    say(
        "port",
        flow.port.as_ref().map(|port| match port {
            PortIn::Number(number) => number.to_string(),
            PortIn::Name(name) => text(name),
        }),
    );
    let request = http(flow);
    say("method", request.and_then(|r| r.method.as_deref()).map(text));
    say("path", request.and_then(|r| r.path.as_deref()).map(text));
    say("host", request.and_then(|r| r.host.as_deref()).map(text));
    let headers: Vec<String> = request
        .iter()
        .filter_map(|r| r.headers.as_ref())
        .flatten()
        .map(|(name, value)| format!("({}, {})", text(name), text(value)))
        .collect();
    say("headers", (!headers.is_empty()).then(|| format!("[{}]", headers.join(", "))));
    format!(
        "def test_stays_closed(mayreach):\n    mayreach.assert_denied({})\n",
        arguments.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow() -> FlowIn {
        FlowIn {
            source: PeerIn::workload("a/web"),
            destination: PeerIn::service("b/api"),
            port: Some(PortIn::Number(80)),
            http: Said::Is(HttpIn {
                method: Some("GET".to_owned()),
                path: Some("/v1/it's?x=1".to_owned()),
                host: None,
                headers: Some(vec![("x-tenant".to_owned(), "$(id)".to_owned())]),
            }),
            ..FlowIn::default()
        }
    }

    #[test]
    fn curl_runs_in_the_client_and_quotes_what_a_shell_reads() {
        let made = Repro::of(&flow(), &|_| Some("Deployment"));
        assert_eq!(
            made.curl.unwrap_or_default(),
            r"kubectl exec -n a deployment/web -- curl -sv --path-as-is -X GET -H 'x-tenant: $(id)' http://api.b':80/v1/it'\''s?x=1'",
        );
    }

    #[test]
    fn the_command_asks_the_same() {
        let made = Repro::of(&flow(), &|_| None);
        assert_eq!(
            made.check,
            r"mayreach explain PATHS --from a/web --to service:b/api --port 80 --method GET --path '/v1/it'\''s?x=1' --header 'x-tenant: $(id)'",
        );
        assert!(made.test.contains(r#"headers=[("x-tenant", "$(id)")]"#), "{}", made.test);
    }

    #[test]
    fn a_workload_is_called_by_its_address() {
        let to = FlowIn { destination: PeerIn::workload("b/api"), ..flow() };
        let made = Repro::of(&to, &|_| None).curl.unwrap_or_default();
        assert!(made.starts_with("# TO is an address of b/api\n"), "{made}");
        assert!(made.contains("http://$TO"), "{made}");
    }
}
