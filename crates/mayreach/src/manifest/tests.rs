use serde::Deserialize;

use super::*;
use crate::error::{ErrorCode, Problem};

fn read_text(text: &str) -> Result<Vec<Document>, Vec<Problem>> {
    read(&[Source::new("a.yaml", text)], &Limits::default())
}

fn problems(text: &str) -> Vec<String> {
    read_text(text).unwrap_err().iter().map(ToString::to_string).collect()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Spec {
    #[serde(default)]
    pod_selector: Option<Selector>,
    #[serde(default)]
    ingress: Vec<Spanned<Rule>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Selector {
    match_labels: std::collections::BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Rule {
    ports: Vec<Port>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Port {
    protocol: Option<Protocol>,
    port: Option<Spanned<Option<IntOrString>>>,
}

#[derive(Debug, Deserialize)]
enum Protocol {
    #[serde(rename = "TCP")]
    Tcp,
    #[serde(rename = "UDP")]
    Udp,
}

const POLICY: &str = "\
# a comment
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: a
  namespace: shop
spec:
  podSelector: {}
  ingress:
    - ports:
        - port: 80
          protocol: TCP
        - port: web
";

#[test]
fn a_policy_is_read() {
    let documents = read_text(POLICY).unwrap();
    let spec: Spec = documents[0].field("spec").unwrap().unwrap();
    assert_eq!(documents[0].place.line, 2);
    assert!(spec.pod_selector.unwrap().match_labels.is_empty());
    assert_eq!(spec.ingress[0].line, 10);
    let ports = &spec.ingress[0].value.ports;
    assert!(matches!(ports[0].protocol, Some(Protocol::Tcp)));
    assert_eq!(ports[0].port.as_ref().unwrap().line, 11);
    assert_eq!(ports[1].port.as_ref().unwrap().value, Some(IntOrString::String("web".into())));
}
