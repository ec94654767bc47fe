//! Options as JSON, Python and Node write them.

use std::collections::BTreeMap;

use mayreach::{
    AssumedEnrolment, AssumedPlugin, CalicoDataPlane, CalicoDefaulting, CalicoVersion, ErrorCode,
    Options,
};
use serde::Deserialize;

use crate::problem::{ProblemOut, closest};

/// Choices for reading and compiling; what is left out is the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OptionsIn {
    /// Invalid objects count as absent, as a cluster has it.
    pub as_cluster: bool,
    /// Root namespace of the mesh.
    pub root_namespace: Option<String>,
    /// Where pods live whose manifests give no address.
    pub pod_networks: Option<Vec<String>>,
    /// `none`, `sidecar` or `ambient`, where neither workload nor namespace says.
    pub enrolment: Option<String>,
    /// `auto`, `kubernetes` or `calico`.
    pub plugin: Option<String>,
    /// `auto`, `3.31` or `3.32`.
    pub calico_version: Option<String>,
    /// `auto`, `iptables` or `ebpf`.
    pub calico_data_plane: Option<String>,
    /// `by_version`, `api_server`, `admission` or `raw`.
    pub calico_defaulting: Option<String>,
    /// JSON Web Key Sets by issuer.
    pub jwks: BTreeMap<String, String>,
}

const ENROLMENT: &[(&str, AssumedEnrolment)] = &[
    ("none", AssumedEnrolment::None),
    ("sidecar", AssumedEnrolment::Sidecar),
    ("ambient", AssumedEnrolment::Ambient),
];

const PLUGIN: &[(&str, AssumedPlugin)] = &[
    ("auto", AssumedPlugin::Auto),
    ("kubernetes", AssumedPlugin::Kubernetes),
    ("calico", AssumedPlugin::Calico),
];

const VERSION: &[(&str, CalicoVersion)] = &[
    ("auto", CalicoVersion::Auto),
    ("3.31", CalicoVersion::V3_31),
    ("3.32", CalicoVersion::V3_32),
];

const DATA_PLANE: &[(&str, CalicoDataPlane)] = &[
    ("auto", CalicoDataPlane::Auto),
    ("iptables", CalicoDataPlane::Iptables),
    ("ebpf", CalicoDataPlane::Ebpf),
];

const DEFAULTING: &[(&str, CalicoDefaulting)] = &[
    ("by_version", CalicoDefaulting::ByVersion),
    ("api_server", CalicoDefaulting::ApiServer),
    ("admission", CalicoDefaulting::Admission),
    ("raw", CalicoDefaulting::Raw),
];

impl OptionsIn {
    /// Reads options of JSON text.
    ///
    /// # Errors
    /// What is wrong, with the field.
    pub fn from_json(text: &str) -> Result<Self, ProblemOut> {
        let mut reader = serde_json::Deserializer::from_str(text);
        let options = serde_path_to_error::deserialize(&mut reader)
            .map_err(|error| ProblemOut::of_json(&error))?;
        reader.end().map_err(|error| ProblemOut::of_json_text(&error))?;
        Ok(options)
    }

    /// The engine's options.
    ///
    /// # Errors
    /// A value that an option does not have.
    pub fn build(&self) -> Result<Options, ProblemOut> {
        let mut options = Options::default();
        options.as_cluster = self.as_cluster;
        options.root_namespace.clone_from(&self.root_namespace);
        if let Some(networks) = &self.pod_networks {
            options.pod_networks =
                networks.iter().map(|net| network(net)).collect::<Result<_, _>>()?;
            if networks.is_empty() {
                return Err(invalid("pod_networks", "no network is left for pods"));
            }
        }
        choose("enrolment", self.enrolment.as_deref(), ENROLMENT, &mut options.enrolment)?;
        choose("plugin", self.plugin.as_deref(), PLUGIN, &mut options.plugin)?;
        choose("calico_version", self.calico_version.as_deref(), VERSION, &mut options.calico)?;
        let plane = self.calico_data_plane.as_deref();
        choose("calico_data_plane", plane, DATA_PLANE, &mut options.calico_data_plane)?;
        let defaulting = self.calico_defaulting.as_deref();
        choose("calico_defaulting", defaulting, DEFAULTING, &mut options.calico_defaulting)?;
        options.jwks = self.jwks.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        Ok(options)
    }
}

fn invalid(field: &str, message: impl Into<String>) -> ProblemOut {
    ProblemOut::new(ErrorCode::InvalidValue, message).field(field)
}

fn network(text: &str) -> Result<ipnet::IpNet, ProblemOut> {
    text.parse().map_err(|_| {
        invalid("pod_networks", format!("`{text}` is not a network"))
            .help("write it like `10.244.0.0/16`")
    })
}

fn choose<T: Copy>(
    field: &str,
    said: Option<&str>,
    choices: &[(&str, T)],
    into: &mut T,
) -> Result<(), ProblemOut> {
    let Some(said) = said else { return Ok(()) };
    if let Some((_, value)) = choices.iter().find(|(name, _)| *name == said) {
        *into = *value;
        return Ok(());
    }
    let names = choices.iter().map(|(name, _)| *name);
    let help = closest(said, names.clone()).map_or_else(
        || format!("it is one of {}", names.collect::<Vec<_>>().join(", ")),
        |near| format!("did you mean `{near}`?"),
    );
    Err(invalid(field, format!("unknown value `{said}`")).help(help))
}
