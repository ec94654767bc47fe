//! A small cluster for tests: every kind of client in front of one server.

use crate::{Decision, Flow, Layer, LayerDecision, Options, Peer, Port, Program, Source};

/// `web` and `api` with sidecars in `foo`, `old` without one in `legacy`, `amb` and `srv` ambient
/// in `bar`.
const FIXTURE: &str = r"
apiVersion: v1
kind: Namespace
metadata: {name: foo, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Namespace
metadata: {name: legacy}
---
apiVersion: v1
kind: Namespace
metadata: {name: bar, labels: {istio.io/dataplane-mode: ambient}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: foo, labels: {app: web}}
spec: {serviceAccountName: web, containers: [{name: c, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: foo, labels: {app: api}}
spec: {serviceAccountName: api, containers: [{name: c, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: old, namespace: legacy, labels: {app: old}}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: amb, namespace: bar, labels: {app: amb}}
spec: {serviceAccountName: amb, containers: [{name: c, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: srv, namespace: bar, labels: {app: srv}}
spec: {serviceAccountName: srv, containers: [{name: c, image: i}]}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: foo}
spec:
  selector: {app: api}
  ports:
  - {name: http, port: 80, targetPort: 8080}
  - {name: tcp-raw, port: 9000, targetPort: 9000}
  - {name: plain, port: 7000, targetPort: 7000}
---
apiVersion: v1
kind: Service
metadata: {name: old, namespace: legacy}
spec: {selector: {app: old}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: srv, namespace: bar}
spec: {selector: {app: srv}, ports: [{name: http, port: 80, targetPort: 8080}]}
";

/// The cluster with more manifests.
pub(crate) fn program(more: &str) -> Program {
    let sources = [Source::new("fixture.yaml", FIXTURE), Source::new("more.yaml", more)];
    let sources = if more.trim().is_empty() { &sources[..1] } else { &sources[..] };
    Program::compile(sources, &Options::default()).unwrap()
}

pub(crate) fn pod(name: &str) -> Peer<'_> {
    let (namespace, name) = name.split_once('/').unwrap();
    Peer::Workload { namespace, name }
}

/// A flow between two pods, changed by `with`.
pub(crate) fn decide<'f>(
    program: &Program,
    from: &'f str,
    to: &'f str,
    port: u16,
    with: impl FnOnce(&mut Flow<'f>),
) -> Decision {
    let mut flow = Flow::new(pod(from), pod(to), Port::Number(port));
    with(&mut flow);
    let reference = program.decide_by_reference(&flow);
    assert_eq!(program.decide(&flow), reference);
    reference
}

pub(crate) fn layer(decision: &Decision, layer: Layer) -> LayerDecision {
    *decision.layers.iter().find(|l| l.layer == layer).unwrap()
}
