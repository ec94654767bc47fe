//! What a workload is in the mesh, as the injector, the CNI agent and its own manifest make it.

#[cfg(test)]
mod tests;

use super::inventory::{
    Enrolment, Gateway, GatewayClass, Inventory, Labels, Namespace, Workload, WorkloadKind,
};

/// The injector never touches these (pkg/kube/inject `IgnoredNamespaces`).
const IGNORED: &[&str] = &["kube-system", "kube-public", "kube-node-lease", "local-path-storage"];

const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";
const WAYPOINT_CLASS: &str = "istio-waypoint";

/// What labels and annotations say about injection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Injection {
    Yes,
    No,
    /// Nobody says anything.
    Unsaid,
}

impl Inventory {
    /// How a pod takes part in the mesh.
    pub(crate) fn enrol(&self, workload: &Workload) -> Enrolment {
        if workload.kind == WorkloadKind::WorkloadEntry {
            // A machine's proxy registers it with this label.
            let proxied = workload.labels.get("security.istio.io/tlsMode").map(String::as_str);
            return if proxied == Some("istio") { Enrolment::Sidecar } else { Enrolment::None };
        }
        let namespace = self.namespaces.get(&workload.namespace);
        let injected = injection(workload, namespace);
        if let Some(found) = self.own_proxy(workload, injected) {
            return found;
        }
        if injected == Injection::Yes {
            return Enrolment::Sidecar;
        }
        if ambient(workload, namespace) {
            return Enrolment::Ambient { waypoint: self.waypoint(workload, namespace) };
        }
        if injected == Injection::Unsaid
            && says_nothing(workload, namespace)
            && !workload.host_network
            && !IGNORED.contains(&workload.namespace.as_str())
        {
            return match &self.mesh.assumed {
                Enrolment::Ambient { .. } => {
                    Enrolment::Ambient { waypoint: self.waypoint(workload, namespace) }
                }
                other => other.clone(),
            };
        }
        Enrolment::None
    }

    /// The proxy that the pod itself is or has.
    fn own_proxy(&self, workload: &Workload, injected: Injection) -> Option<Enrolment> {
        let gateway_api = workload.labels.get(GATEWAY_NAME);
        let proxy = workload.containers.iter().find(|c| c.name == "istio-proxy");
        let runs = |role: &str| proxy.is_some_and(|p| p.args.iter().any(|a| a == role));
        if runs("sidecar") {
            return Some(Enrolment::Sidecar);
        }
        if runs("waypoint") || gateway_api.is_some_and(|name| self.is_waypoint(workload, name)) {
            return Some(Enrolment::Waypoint);
        }
        if runs("router") || gateway_api.is_some() {
            return Some(Enrolment::Gateway { gateway_api: gateway_api.is_some() });
        }
        let template = workload.annotations.get("inject.istio.io/templates");
        let gateway = template.is_some_and(|t| t.split(',').any(|name| name.trim() == "gateway"));
        if gateway && injected == Injection::Yes {
            return Some(Enrolment::Gateway { gateway_api: false });
        }
        proxy.map(|_| Enrolment::Sidecar)
    }

    /// Whether istiod runs a Gateway of that class as a waypoint: its own class, or another of the
    /// same controller (`deploymentcontroller.go`).
    pub(crate) fn runs_waypoints(&self, class: &str) -> bool {
        let ours = |c: &GatewayClass| c.controller == "istio.io/mesh-controller";
        class == WAYPOINT_CLASS || self.gateway_classes.get(class).is_some_and(ours)
    }

    /// The Gateways that are waypoints.
    pub(crate) fn waypoints(&self) -> impl Iterator<Item = &Gateway> {
        self.gateways.iter().filter(|gateway| self.runs_waypoints(&gateway.class))
    }

    /// Whether the gateway of that name, or the pod's own label, says that it is a waypoint.
    fn is_waypoint(&self, workload: &Workload, gateway: &str) -> bool {
        let defined =
            self.gateways.iter().find(|g| g.namespace == workload.namespace && g.name == gateway);
        if let Some(found) = defined {
            return self.runs_waypoints(&found.class);
        }
        let managed = workload.labels.get("gateway.istio.io/managed");
        managed.is_some_and(|by| by == "istio.io-mesh-controller")
    }

    /// `istio.io/use-waypoint` of the pod, else of its namespace (ambient/waypoints.go
    /// fetchWaypointForWorkload), else of a Service that selects it.
    fn waypoint(
        &self,
        workload: &Workload,
        namespace: Option<&Namespace>,
    ) -> Option<(String, String)> {
        let services = self.services.iter().filter(|s| {
            s.namespace == workload.namespace
                && !s.selector.is_empty()
                && s.selector.iter().all(|(k, v)| workload.labels.get(k) == Some(v))
        });
        let mut sources: Vec<&Labels> = vec![&workload.labels];
        sources.extend(services.map(|s| &s.labels));
        sources.extend(namespace.map(|n| &n.labels));
        let labels = sources.into_iter().find(|l| l.contains_key("istio.io/use-waypoint"))?;
        let name = labels.get("istio.io/use-waypoint").filter(|n| *n != "none")?;
        let space = labels.get("istio.io/use-waypoint-namespace").unwrap_or(&workload.namespace);
        Some((space.clone(), name.clone()))
    }
}

/// What the injector's webhooks decide: which of them a pod reaches is the matter of selectors
/// (istio-discovery mutatingwebhook.yaml), what it then does of `injectRequired` (inject.go).
fn injection(workload: &Workload, namespace: Option<&Namespace>) -> Injection {
    // "Skip injection when host networking is enabled", "skip special kubernetes namespaces".
    if workload.host_network || IGNORED.contains(&workload.namespace.as_str()) {
        return Injection::No;
    }
    let of_namespace = |key: &str| namespace.and_then(|n| n.labels.get(key)).map(String::as_str);
    let pod_label = workload.labels.get("sidecar.istio.io/inject").map(String::as_str);
    let annotation = workload.annotations.get("sidecar.istio.io/inject").map(String::as_str);
    // "The label is the new API; if both are present we prefer the label"; anything but `true`
    // and `false` falls back to the default policy, which is enabled.
    let refused = pod_label.or(annotation) == Some("false");
    let reached = match (of_namespace("istio-injection"), of_namespace("istio.io/rev")) {
        (Some("enabled"), _) | (None, Some(_)) => true,
        (Some(_), _) => false,
        (None, None) => {
            let revision = workload.labels.contains_key("istio.io/rev");
            if !revision && pod_label.is_none() {
                return Injection::Unsaid;
            }
            revision || pod_label == Some("true")
        }
    };
    if reached && !refused { Injection::Yes } else { Injection::No }
}

/// `istio.io/dataplane-mode: ambient` on the pod, else on its namespace (cni/pkg/util/podutil.go).
fn ambient(workload: &Workload, namespace: Option<&Namespace>) -> bool {
    if workload.host_network {
        return false;
    }
    let key = "istio.io/dataplane-mode";
    let mode = workload.labels.get(key).or_else(|| namespace.and_then(|n| n.labels.get(key)));
    mode.is_some_and(|m| m == "ambient")
}

fn says_nothing(workload: &Workload, namespace: Option<&Namespace>) -> bool {
    let mode = "istio.io/dataplane-mode";
    !workload.labels.contains_key(mode)
        && !workload.annotations.contains_key("sidecar.istio.io/inject")
        && !namespace.is_some_and(|n| n.labels.contains_key(mode))
}
