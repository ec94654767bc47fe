//! A flow written down again: what reading it gives back.

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::{
    Answer, FlowIn, HttpIn, IcmpIn, Labels, Now, PeerIn, PodPortIn, PortIn, ProtocolIn, Said,
};

/// JSON whose fields stand in the order written.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Written {
    /// An object.
    #[serde(serialize_with = "object")]
    Object(Vec<(String, Written)>),
    /// A list.
    List(Vec<Written>),
    /// Anything else.
    Value(Value),
}

fn object<S: Serializer>(fields: &[(String, Written)], to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(fields.iter().map(|(name, value)| (name, value)))
}

impl<T: Into<Value>> From<T> for Written {
    fn from(value: T) -> Self {
        Self::Value(value.into())
    }
}

/// The JSON of a flow: read again, it is the same flow.
pub fn to_json(flow: &FlowIn) -> Written {
    fields([
        ("id", flow.id.as_ref().map(|id| json!(id).into())),
        ("source", Some(peer(&flow.source))),
        ("destination", Some(peer(&flow.destination))),
        ("port", flow.port.as_ref().map(port)),
        ("protocol", flow.protocol.as_ref().map(protocol)),
        ("ip_version", flow.ip_version.map(|version| version.number().into())),
        ("icmp", flow.icmp.map(icmp)),
        ("source_port", flow.source_port.map(|port| port.0.into())),
        ("http", said(&flow.http, http)),
        ("tls", flow.tls.as_ref().map(|tls| fields([("sni", text(tls.sni.as_ref()))]))),
        ("token", said(&flow.token, |token| token.as_str().into())),
        ("claims", flow.claims.clone().map(|claims| Value::Object(claims).into())),
        ("now", flow.now.as_ref().map(now)),
        ("ext_authz", flow.ext_authz.as_ref().map(answers)),
    ])
}

fn fields<const N: usize>(all: [(&str, Option<Written>); N]) -> Written {
    let said = all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Written::Object(said.collect())
}

fn text(said: Option<&String>) -> Option<Written> {
    said.map(|text| text.as_str().into())
}

fn said<T>(said: &Said<T>, write: impl Fn(&T) -> Written) -> Option<Written> {
    match said {
        Said::Unknown => None,
        Said::Nothing => Some(Value::Null.into()),
        Said::Is(value) => Some(write(value)),
    }
}

fn labels(labels: &Labels) -> Written {
    let pairs = labels.0.iter().map(|(name, value)| (name.clone(), value.as_str().into()));
    Written::Object(pairs.collect())
}

fn peer(peer: &PeerIn) -> Written {
    fields([
        ("workload", text(peer.workload.as_ref())),
        ("service", text(peer.service.as_ref())),
        ("ip", text(peer.ip.as_ref())),
        ("namespace", text(peer.namespace.as_ref())),
        ("labels", peer.labels.as_ref().map(labels)),
        ("annotations", peer.annotations.as_ref().map(labels)),
        ("service_account", text(peer.service_account.as_ref())),
        (
            "ports",
            peer.ports.as_ref().map(|ports| Written::List(ports.iter().map(pod_port).collect())),
        ),
        ("mtls", peer.mtls.map(Written::from)),
        ("principal", text(peer.principal.as_ref())),
        ("tls_without_certificate", peer.tls_without_certificate.map(Written::from)),
    ])
}

fn pod_port(port: &PodPortIn) -> Written {
    fields([
        ("name", Some(port.name.as_str().into())),
        ("port", Some(port.port.0.into())),
        ("protocol", port.protocol.as_ref().map(protocol)),
    ])
}

fn port(port: &PortIn) -> Written {
    match port {
        PortIn::Number(number) => (*number).into(),
        PortIn::Name(name) => name.as_str().into(),
    }
}

fn protocol(protocol: &ProtocolIn) -> Written {
    match protocol {
        ProtocolIn::Number(number) => (*number).into(),
        ProtocolIn::Name(name) => name.as_str().into(),
    }
}

fn icmp(icmp: IcmpIn) -> Written {
    fields([("type", Some(icmp.kind.into())), ("code", icmp.code.map(Written::from))])
}

fn http(http: &HttpIn) -> Written {
    fields([
        ("method", text(http.method.as_ref())),
        ("path", text(http.path.as_ref())),
        ("host", text(http.host.as_ref())),
        ("headers", http.headers.as_ref().map(|headers| json!(headers).into())),
    ])
}

fn now(now: &Now) -> Written {
    match now {
        Now::Text(text) => text.as_str().into(),
        Now::Seconds(seconds) => (*seconds).into(),
    }
}

fn answers(answers: &std::collections::BTreeMap<String, Answer>) -> Written {
    let word = |answer: &Answer| match answer {
        Answer::Allow => "allow",
        Answer::Deny => "deny",
        Answer::Error => "error",
    };
    let said = answers.iter().map(|(provider, answer)| (provider.clone(), word(answer).into()));
    Written::Object(said.collect())
}

#[cfg(test)]
mod tests {
    use super::to_json;
    use crate::FlowIn;

    #[test]
    fn what_is_written_reads_as_it_was() {
        let flows = [
            r#"{"source": {"workload": "a/b"}, "destination": {"service": "a/c"}}"#,
            r#"{"id": 7, "source": {"namespace": "a", "labels": {"z": "1", "b": ""}, "annotations": {},
                "ip": "10.0.0.1", "service_account": "s", "mtls": false, "principal": "p",
                "tls_without_certificate": true}, "destination": {"namespace": "b", "ports":
                [{"name": "http", "port": 80, "protocol": "TCP"}]}, "port": "http", "protocol": 6,
                "ip_version": 4,
                "source_port": 1, "http": {"method": "GET", "path": "/", "host": "h",
                "headers": [["a", "b"], ["a", "c"]]}, "tls": {"sni": "s"}, "claims": {"a": [1]},
                "now": "2026-01-01T00:00:00Z", "ext_authz": {"p": "deny", "q": "allow"}}"#,
            r#"{"id": "x", "source": {"ip": "::1"}, "destination": {"ip": "::2"}, "http": null,
                "token": null, "tls": {}, "now": 5}"#,
            r#"{"source": {"ip": "::1"}, "destination": {"ip": "::2"}, "protocol": "ICMPv6",
                "icmp": {"type": 128}, "token": "t"}"#,
        ];
        for text in flows {
            let flow = FlowIn::from_json(text).unwrap();
            let again =
                FlowIn::from_json(&serde_json::to_string(&to_json(&flow)).unwrap()).unwrap();
            assert_eq!(again, flow, "{text}");
        }
    }
}
