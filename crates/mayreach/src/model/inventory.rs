//! What exists: namespaces, workloads, services and the rest that flows run between.

use std::{collections::BTreeMap, net::IpAddr};

use ipnet::IpNet;

pub(crate) use super::gateways::{
    Entry, Gateway, GatewayClass, GatewayUsers, Onward, Outside, Server, ServerAsks,
};
use super::{PolicyId, Protocol, ServiceId, WorkloadId, network::AfterTiers, selector::Selector};
use crate::error::Place;

pub(crate) type Labels = BTreeMap<String, String>;

/// Everything that flows run between.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inventory {
    /// By name. Namespaces that are named and not defined are here too, with `defined: false`.
    pub(crate) namespaces: BTreeMap<String, Namespace>,
    pub(crate) workloads: Vec<Workload>,
    pub(crate) services: Vec<Service>,
    pub(crate) slices: Vec<EndpointSlice>,
    /// By (namespace, name).
    pub(crate) service_accounts: BTreeMap<(String, String), ServiceAccount>,
    pub(crate) nodes: BTreeMap<String, Node>,
    pub(crate) network_sets: Vec<NetworkSet>,
    pub(crate) host_endpoints: Vec<HostEndpoint>,
    pub(crate) gateways: Vec<Gateway>,
    /// By name.
    pub(crate) gateway_classes: BTreeMap<String, GatewayClass>,
    /// ServiceEntries that select workloads.
    pub(crate) entries: Vec<Entry>,
    pub(crate) outside: Vec<Outside>,
    /// Ports that gateways open.
    pub(crate) servers: Vec<Server>,
    pub(crate) mesh: Mesh,
    /// Workloads with the controller (kind and name) that their `ownerReferences` name; empty once
    /// it is settled in [`Workload::owner`].
    pub(crate) controlled: Vec<(WorkloadId, WorkloadKind, String)>,
    /// Where pods live by Calico's IPPools; empty: the options say.
    pub(crate) pod_networks: Vec<IpNet>,
    pub(crate) tunnels: Tunnels,
    pub(crate) failsafe: Failsafe,
    pub(crate) to_host: ToHost,
    pub(crate) nat: Nat,
}

/// What nodes make of source addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Nat {
    /// Whether packets of pods to what is no pod get their node's address (`IPPool`
    /// `natOutgoing`); `None`: no pool says, or pools differ.
    pub(crate) outgoing: Option<bool>,
    /// Not those to other nodes (`FelixConfiguration` `natOutgoingExclusions`).
    pub(crate) spares_hosts: bool,
    /// Calico's eBPF data plane stands for kube-proxy: it keeps the client's address.
    pub(crate) keeps_client: bool,
}

/// Whether pods of different nodes reach each other through a tunnel, whose device is not the
/// interface that the outside is reached by (`IPPool` `ipipMode`, `vxlanMode`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tunnels {
    /// No pool says, or it depends on subnets.
    #[default]
    Unknown,
    Never,
    Always,
}

/// What becomes of a pod's packets to its own node that its own policy lets out
/// (`FelixConfiguration` `defaultEndpointToHostAction`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ToHost {
    /// What both of Calico's installers set.
    #[default]
    Accept,
    Drop,
    /// The host's other rules decide.
    Return,
}

/// Ports of host endpoints that Calico keeps open whatever policies say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failsafe {
    /// Into the host.
    pub(crate) inbound: Vec<FailsafePort>,
    /// Out of the host.
    pub(crate) outbound: Vec<FailsafePort>,
}

/// One failsafe port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FailsafePort {
    pub(crate) protocol: Protocol,
    pub(crate) port: u16,
    /// Where the other end must be; `None`: anywhere.
    pub(crate) net: Option<IpNet>,
}

/// The defaults of felix/config `config_params.go`.
impl Default for Failsafe {
    fn default() -> Self {
        let port = |protocol, port| FailsafePort { protocol, port, net: None };
        let both = [179, 2379, 2380, 5473, 6443, 6666, 6667].map(|p| port(Protocol::Tcp, p));
        let inbound = [port(Protocol::Tcp, 22), port(Protocol::Udp, 68)];
        let outbound = [port(Protocol::Udp, 53), port(Protocol::Udp, 67)];
        Self {
            inbound: both.into_iter().chain(inbound).collect(),
            outbound: both.into_iter().chain(outbound).collect(),
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Namespace {
    pub(crate) name: String,
    /// With `kubernetes.io/metadata.name` added.
    pub(crate) labels: Labels,
    pub(crate) annotations: Labels,
    /// A manifest defines it.
    pub(crate) defined: bool,
    #[allow(dead_code, reason = "kept for reports")]
    pub(crate) place: Place,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct ServiceAccount {
    pub(crate) labels: Labels,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    pub(crate) labels: Labels,
    pub(crate) addresses: Vec<IpAddr>,
}

/// A pod, or the pods of one controller.
#[derive(Clone, Debug)]
pub(crate) struct Workload {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) kind: WorkloadKind,
    /// Of the pod (template).
    pub(crate) labels: Labels,
    pub(crate) annotations: Labels,
    /// `default` where the manifest does not say.
    pub(crate) service_account: String,
    pub(crate) addresses: Addresses,
    pub(crate) node: Option<String>,
    pub(crate) host_network: bool,
    /// Succeeded or Failed: has no address in any set (conversion.go IsFinished).
    pub(crate) finished: bool,
    pub(crate) ports: Vec<ContainerPort>,
    /// Container (and init container) names with their arguments, for mesh enrolment.
    pub(crate) containers: Vec<Container>,
    pub(crate) mesh: Enrolment,
    /// The controller that stands for this pod in reports.
    pub(crate) owner: Option<WorkloadId>,
    pub(crate) place: Place,
}

#[derive(Clone, Debug)]
pub(crate) struct Container {
    pub(crate) name: String,
    pub(crate) args: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum WorkloadKind {
    Pod,
    Deployment,
    StatefulSet,
    DaemonSet,
    ReplicaSet,
    ReplicationController,
    Job,
    CronJob,
    Rollout,
    DeploymentConfig,
    WorkloadEntry,
}

impl WorkloadKind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Pod => "Pod",
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::ReplicaSet => "ReplicaSet",
            Self::ReplicationController => "ReplicationController",
            Self::Job => "Job",
            Self::CronJob => "CronJob",
            Self::Rollout => "Rollout",
            Self::DeploymentConfig => "DeploymentConfig",
            Self::WorkloadEntry => "WorkloadEntry",
        }
    }
}

/// What is known of a workload's addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Addresses {
    /// The pod's addresses, one or two families; the first is primary.
    Exact(Vec<IpAddr>),
    /// Replicas: each address is some pod's; a condition must hold for all to be sure.
    OneOf(Vec<IpAddr>),
    /// A template: somewhere in the pod network (an option).
    Unknown,
}

#[derive(Clone, Debug)]
pub(crate) struct ContainerPort {
    pub(crate) name: Option<String>,
    pub(crate) number: u16,
    pub(crate) protocol: Protocol,
    /// The port of the node that leads to it, if any.
    pub(crate) host_port: Option<u16>,
    /// On an init container (Calico resolves those too, kube-network-policies does not).
    pub(crate) init: bool,
}

/// How a workload takes part in the mesh.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Enrolment {
    #[default]
    None,
    Sidecar,
    /// Captured by ztunnel; `waypoint` is `(namespace, name)` of the Gateway that its service
    /// or workload traffic goes through.
    Ambient {
        waypoint: Option<(String, String)>,
    },
    /// An ingress or egress gateway proxy (`proxy router`).
    Gateway {
        gateway_api: bool,
    },
    Waypoint,
}

impl Enrolment {
    pub(crate) const fn in_mesh(&self) -> bool {
        !matches!(self, Self::None)
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Service {
    /// A ServiceEntry, as a waypoint has it.
    pub(crate) entry: bool,
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// Empty: no selector, endpoints come from slices.
    pub(crate) selector: Labels,
    pub(crate) labels: Labels,
    pub(crate) annotations: Labels,
    pub(crate) cluster_ips: Vec<IpAddr>,
    pub(crate) headless: bool,
    pub(crate) external_name: Option<String>,
    /// It has addresses or ports beside its ClusterIPs: node ports, a load balancer, `externalIPs`.
    pub(crate) exposed: bool,
    /// Its type gives it node ports, written or not.
    pub(crate) node_ports: bool,
    /// Its type gives it a load balancer.
    pub(crate) load_balancer: bool,
    /// `externalIPs` and those of its load balancer.
    pub(crate) external_ips: Vec<IpAddr>,
    /// `internalTrafficPolicy: Local`: a ClusterIP leads to backends on the client's node.
    pub(crate) internal_local: bool,
    /// `externalTrafficPolicy: Local`: other addresses lead to backends on the node called.
    pub(crate) external_local: bool,
    pub(crate) ports: Vec<ServicePort>,
    pub(crate) place: Place,
}

impl Service {
    /// Whether the proxies of a namespace know it: its annotation `networking.istio.io/exportTo`, else the
    /// mesh's default (`push_context.go` initServiceRegistry).
    pub(crate) fn exported(&self, mesh: &Mesh, to: &str) -> bool {
        let own = self.annotations.get("networking.istio.io/exportTo").filter(|v| !v.is_empty());
        let takes = |space: &str| match space {
            "*" => true,
            "." => to == self.namespace,
            other => to == other,
        };
        let mut spaces: Vec<&str> = match own {
            Some(list) => list.split(',').map(str::trim).collect(),
            None => mesh.service_export_to.iter().map(String::as_str).collect(),
        };
        // "not visible to anyone, ignore all exportTos".
        if spaces.contains(&"~") {
            spaces.retain(|space| *space == "*");
        }
        spaces.into_iter().any(takes)
    }

    /// Whether every proxy knows it.
    pub(crate) fn exported_to_all(&self, mesh: &Mesh) -> bool {
        // No namespace has this name.
        self.exported(mesh, "*")
    }

    /// Whether its selector picks a workload; one without a selector picks none.
    pub(crate) fn selects(&self, workload: &Workload) -> bool {
        !self.selector.is_empty()
            && workload.namespace == self.namespace
            && self.selector.iter().all(|(k, v)| workload.labels.get(k) == Some(v))
    }
}

#[derive(Clone, Debug)]
pub(crate) struct ServicePort {
    pub(crate) name: Option<String>,
    pub(crate) port: u16,
    pub(crate) protocol: Protocol,
    /// On every node, if the manifest says.
    pub(crate) node_port: Option<u16>,
    pub(crate) target: TargetPort,
    pub(crate) app_protocol: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TargetPort {
    Number(u16),
    Name(String),
}

/// One EndpointSlice (or Endpoints object) of a service.
#[derive(Clone, Debug)]
pub(crate) struct EndpointSlice {
    pub(crate) namespace: String,
    pub(crate) service: String,
    pub(crate) ports: Vec<SlicePort>,
    pub(crate) addresses: Vec<IpAddr>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SlicePort {
    pub(crate) name: Option<String>,
    pub(crate) port: Option<u16>,
    pub(crate) protocol: Protocol,
}

/// A NetworkSet (with a namespace) or GlobalNetworkSet (without).
#[derive(Clone, Debug)]
pub(crate) struct NetworkSet {
    pub(crate) namespace: Option<String>,
    pub(crate) name: String,
    pub(crate) labels: Labels,
    pub(crate) nets: Vec<IpNet>,
    pub(crate) place: Place,
}

#[derive(Clone, Debug)]
pub(crate) struct HostEndpoint {
    pub(crate) name: String,
    pub(crate) labels: Labels,
    pub(crate) node: String,
    pub(crate) interface: Option<String>,
    pub(crate) expected_ips: Vec<IpAddr>,
    pub(crate) ports: Vec<ContainerPort>,
    /// As written; settled in `after`.
    pub(crate) profiles: Vec<String>,
    /// What its profiles say, in order.
    pub(crate) after: Vec<AfterTiers>,
    pub(crate) place: Place,
}

/// Mesh-wide settings: ConfigMap `istio`, key `mesh`, of the root namespace.
#[derive(Clone, Debug)]
pub(crate) struct Mesh {
    pub(crate) trust_domain: String,
    pub(crate) trust_domain_aliases: Vec<String>,
    /// Trust domains of `caCertificates`.
    pub(crate) ca_trust_domains: Vec<String>,
    pub(crate) root_namespace: String,
    pub(crate) path_normalization: Normalization,
    pub(crate) providers: Vec<Provider>,
    pub(crate) auto_mtls: bool,
    /// `outboundTrafficPolicy.mode: REGISTRY_ONLY`, and who says so.
    pub(crate) registry_only: Option<PolicyId>,
    /// `defaultConfig.gatewayTopology.numTrustedProxies`.
    pub(crate) trusted_proxies: u32,
    /// `defaultServiceExportTo`.
    pub(crate) service_export_to: Vec<String>,
    /// `defaultDestinationRuleExportTo`.
    pub(crate) rule_export_to: Vec<String>,
    /// `discoverySelectors`: istiod reads namespaces that one of them selects, all if there is none.
    pub(crate) discovers: Vec<Selector>,
    /// Who says so.
    pub(crate) discovery: Option<PolicyId>,
    /// Somebody defined it.
    pub(crate) defined: bool,
    /// An operator's object did, which makes the ConfigMap.
    pub(crate) by_operator: bool,
    /// Enrolment of pods of which neither they nor their namespace says anything.
    pub(crate) assumed: Enrolment,
}

impl Default for Mesh {
    fn default() -> Self {
        Self {
            trust_domain: "cluster.local".into(),
            trust_domain_aliases: Vec::new(),
            ca_trust_domains: Vec::new(),
            root_namespace: "istio-system".into(),
            path_normalization: Normalization::Base,
            providers: Vec::new(),
            auto_mtls: true,
            registry_only: None,
            trusted_proxies: 0,
            service_export_to: vec!["*".to_owned()],
            rule_export_to: vec!["*".to_owned()],
            discovers: Vec::new(),
            discovery: None,
            defined: false,
            by_operator: false,
            assumed: Enrolment::None,
        }
    }
}

/// `meshConfig.pathNormalization.normalization`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Normalization {
    None,
    /// Also `DEFAULT`.
    Base,
    MergeSlashes,
    DecodeAndMergeSlashes,
}

/// An external authorizer of `meshConfig.extensionProviders`.
#[derive(Clone, Debug)]
pub(crate) struct Provider {
    pub(crate) name: String,
    pub(crate) kind: ProviderKind,
    /// Host of the authorizer's service, perhaps with `namespace/` before it.
    pub(crate) service: String,
    /// What it does not answer passes.
    pub(crate) fail_open: bool,
    /// Why istiod refuses it, if it does: matching requests are then denied.
    pub(crate) invalid: Option<String>,
    /// `statusOnError` (0: the default 403).
    pub(crate) status_on_error: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProviderKind {
    ExtAuthzHttp,
    ExtAuthzGrpc,
    Other,
}

impl Inventory {
    pub(crate) fn workload(&self, id: WorkloadId) -> Option<&Workload> {
        self.workloads.get(usize::try_from(id.0).ok()?)
    }

    pub(crate) fn service(&self, id: ServiceId) -> Option<&Service> {
        self.services.get(usize::try_from(id.0).ok()?)
    }

    /// The label of a workload as a flat selector sees it: own labels, `pcns.`, `pcsa.`, and the
    /// three that Calico adds. Own labels that begin `pcns.`/`pcsa.` are stripped
    /// (workloadendpointprocessor.go), so nobody forges an inherited one.
    pub(crate) fn workload_label<'a>(
        &'a self,
        workload: &'a Workload,
        key: &str,
    ) -> Option<&'a str> {
        match key {
            "projectcalico.org/namespace" => return Some(&workload.namespace),
            "projectcalico.org/orchestrator" => return Some("k8s"),
            "projectcalico.org/serviceaccount" => return Some(&workload.service_account),
            _ => {}
        }
        if let Some(inner) = key.strip_prefix("pcns.") {
            return self.namespace_label(&workload.namespace, inner);
        }
        if let Some(inner) = key.strip_prefix("pcsa.") {
            if inner == "projectcalico.org/name" {
                return Some(&workload.service_account);
            }
            let account = (workload.namespace.clone(), workload.service_account.clone());
            return self.service_accounts.get(&account)?.labels.get(inner).map(String::as_str);
        }
        workload.labels.get(key).map(String::as_str)
    }

    /// A label of a namespace, `projectcalico.org/name` included.
    pub(crate) fn namespace_label<'a>(&'a self, name: &'a str, key: &str) -> Option<&'a str> {
        let Some(namespace) = self.namespaces.get(name) else {
            // A pod that only a flow describes may be in a namespace that no manifest names: "the
            // API server sets this label on every namespace" (`SetDefaults_Namespace`).
            let own = matches!(key, "kubernetes.io/metadata.name" | "projectcalico.org/name");
            return own.then_some(name);
        };
        if key == "projectcalico.org/name" {
            return Some(&namespace.name);
        }
        namespace.labels.get(key).map(String::as_str)
    }

    /// The label of a network set as a flat selector sees it (networksetprocessor.go).
    pub(crate) fn network_set_label<'a>(
        &'a self,
        set: &'a NetworkSet,
        key: &str,
    ) -> Option<&'a str> {
        if let Some(namespace) = &set.namespace {
            if key == "projectcalico.org/namespace" {
                return Some(namespace);
            }
            if let Some(inner) = key.strip_prefix("pcns.") {
                return self.namespace_label(namespace, inner);
            }
        }
        set.labels.get(key).map(String::as_str)
    }
}

/// The identity that a workload's certificate says.
pub(crate) fn spiffe(mesh: &Mesh, workload: &Workload) -> String {
    format!(
        "spiffe://{}/ns/{}/sa/{}",
        mesh.trust_domain, workload.namespace, workload.service_account
    )
}
