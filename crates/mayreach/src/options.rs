//! What the caller chooses: limits, the versions and data planes that decide where real systems
//! differ, and what to assume where manifests do not say.

use ipnet::IpNet;

/// Choices for reading and compiling. The default is the newest release of each system.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Limits on what is read.
    pub limits: crate::Limits,
    /// Invalid objects count as absent, as the cluster has it, and become notes.
    pub as_cluster: bool,
    /// Root namespace of the mesh; `None`: the namespace of the mesh ConfigMap, else
    /// `istio-system`.
    pub root_namespace: Option<String>,
    /// Where pods live whose manifests give no address. A CIDR of a policy that covers all of
    /// them matches, one that is disjoint from all of them does not, any other is undetermined.
    pub pod_networks: Vec<IpNet>,
    /// Mesh enrolment of workloads of which neither the manifest nor the namespace says anything.
    pub enrolment: AssumedEnrolment,
    /// Who enforces network policy.
    pub plugin: AssumedPlugin,
    /// Calico release.
    pub calico: CalicoVersion,
    /// Calico data plane.
    pub calico_data_plane: CalicoDataPlane,
    /// How `types` of Calico policies that lack it is filled in.
    pub calico_defaulting: CalicoDefaulting,
    /// JSON Web Key Sets by issuer, for `jwksUri` that nothing here fetches.
    pub jwks: Vec<(String, String)>,
    /// What the compiled evaluator does without: for tests, which hold it equal to the reference
    /// with each part switched off.
    #[doc(hidden)]
    pub without: Without,
}

/// Parts of the compiled evaluator to do without. No answer depends on them.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Without {
    /// The mesh layers' short way.
    pub mesh: bool,
    /// Rules looked up by client and path.
    pub groups: bool,
    /// The short way between two known workloads.
    pub pairs: bool,
    /// Network policy looked up by classes of workloads.
    pub rows: bool,
    /// The shortest way, of flows that say nothing odd.
    pub direct: bool,
}

impl Without {
    /// Whether there is anything to do without.
    pub(crate) const fn any(self) -> bool {
        self.mesh || self.groups || self.pairs || self.rows || self.direct
    }
}

/// Mesh enrolment to assume.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AssumedEnrolment {
    /// Outside the mesh, as the cluster has it without labels.
    #[default]
    None,
    /// A sidecar.
    Sidecar,
    /// Ambient.
    Ambient,
}

/// Who enforces network policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AssumedPlugin {
    /// Calico if any Calico object is among the manifests, else Kubernetes' own rules.
    #[default]
    Auto,
    /// Kubernetes' own rules.
    Kubernetes,
    /// Calico.
    Calico,
}

/// Calico release line, where behaviour differs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CalicoVersion {
    /// What a `ClusterInformation` among the manifests says, else 3.32.
    #[default]
    Auto,
    /// 3.31 and before.
    V3_31,
    /// 3.32 and later.
    V3_32,
}

/// Calico data plane, where behaviour differs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CalicoDataPlane {
    /// What the `FelixConfiguration` `default` among the manifests says, else iptables.
    #[default]
    Auto,
    /// iptables or nftables.
    Iptables,
    /// eBPF.
    Ebpf,
}

/// How Calico objects were stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CalicoDefaulting {
    /// `crd.projectcalico.org/v1` documents as raw CRDs, `projectcalico.org/v3` ones through the
    /// API server.
    #[default]
    ByVersion,
    /// All through the Calico API server or calicoctl.
    ApiServer,
    /// All through the native v3 CRDs' admission policy.
    Admission,
    /// All written past Calico, as raw CRDs.
    Raw,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limits: crate::Limits::default(),
            as_cluster: false,
            root_namespace: None,
            pod_networks: default_pod_networks(),
            enrolment: AssumedEnrolment::default(),
            plugin: AssumedPlugin::default(),
            calico: CalicoVersion::default(),
            calico_data_plane: CalicoDataPlane::default(),
            calico_defaulting: CalicoDefaulting::default(),
            jwks: Vec::new(),
            without: Without::default(),
        }
    }
}

/// The pod networks of the usual installers: kubeadm with flannel and kind, Calico, k3s.
fn default_pod_networks() -> Vec<IpNet> {
    ["10.244.0.0/16", "192.168.0.0/16", "10.42.0.0/16"]
        .iter()
        .filter_map(|net| net.parse().ok())
        .collect()
}
