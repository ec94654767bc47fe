//! Manifests and how to read them.

use std::{fs, io};

use mayreach_wire::{Engine, OptionsIn, ProblemOut, load, mayreach::ErrorCode};

use super::Stdin;
use crate::failure::Failure;

/// Manifests and how to read them.
#[derive(Debug, clap::Args)]
pub(crate) struct Manifests {
    /// Manifests: files, folders, globs, or `-`; YAML or JSON, also what `kubectl get -o` prints.
    #[arg(value_name = "PATHS", required = true, help_heading = None::<&str>)]
    paths: Vec<String>,
    #[command(flatten)]
    reading: Reading,
}

impl Manifests {
    /// Reads and compiles, and says on the standard error what is worth knowing.
    ///
    /// # Errors
    /// What is wrong with the manifests or the options.
    pub(crate) fn compile(&self, stdin: &mut Stdin) -> Result<Engine, Failure> {
        self.reading.compile(&self.paths, stdin)
    }
}

/// How manifests are read.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "How the manifests are read")]
pub(crate) struct Reading {
    /// Print every note: what a cluster would accept and then ignore, and what is not evaluated.
    #[arg(long)]
    notes: bool,
    /// Count invalid objects as absent, as a cluster that refused them has it.
    #[arg(long)]
    as_cluster: bool,
    /// Where pods live whose manifests give no address; may repeat.
    #[arg(long, value_name = "CIDR")]
    pod_network: Vec<String>,
    /// Root namespace of the mesh.
    #[arg(long, value_name = "NAMESPACE")]
    root_namespace: Option<String>,
    /// `sidecar`, `ambient` or `none`, where neither workload nor namespace says.
    #[arg(long, value_name = "KIND")]
    enrolment: Option<String>,
    /// Who enforces network policy: `calico`, `kubernetes` or `auto`.
    #[arg(long, value_name = "NAME")]
    plugin: Option<String>,
    /// Calico release: `3.32` or `3.31`; by itself what a ClusterInformation says, else 3.32.
    #[arg(long, value_name = "RELEASE")]
    calico_version: Option<String>,
    /// Calico data plane: `iptables` or `ebpf`; by itself what the FelixConfiguration says.
    #[arg(long, value_name = "NAME")]
    calico_data_plane: Option<String>,
    /// How Calico objects were stored: `by_version`, `api_server`, `admission` or `raw`.
    #[arg(long, value_name = "HOW")]
    calico_defaulting: Option<String>,
    /// JSON Web Key Set of an issuer; may repeat.
    #[arg(long, value_name = "ISSUER=FILE")]
    jwks: Vec<String>,
}

impl Reading {
    /// Reads and compiles, and says on the standard error what is worth knowing.
    ///
    /// # Errors
    /// What is wrong with the manifests or the options.
    pub(crate) fn compile(&self, paths: &[String], stdin: &mut Stdin) -> Result<Engine, Failure> {
        let options = self.options()?.build()?;
        let sources = if paths.iter().any(|path| path == "-") {
            load(paths, &mut stdin.take("PATHS")?)
        } else {
            load(paths, &mut io::empty())
        };
        let sources = sources
            .map_err(|problems| Failure::Problems { problems: problems.0, sources: Vec::new() })?;
        let engine = Engine::compile(&sources, &options)
            .map_err(|problems| Failure::Problems { problems: problems.0, sources })?;
        let mut err = anstream::AutoStream::auto(io::stderr().lock());
        crate::text::notes::at_load(&mut err, engine.notes(), self.notes)?;
        Ok(engine)
    }

    fn options(&self) -> Result<OptionsIn, ProblemOut> {
        let mut options = OptionsIn {
            as_cluster: self.as_cluster,
            root_namespace: self.root_namespace.clone(),
            pod_networks: (!self.pod_network.is_empty()).then(|| self.pod_network.clone()),
            enrolment: self.enrolment.clone(),
            plugin: self.plugin.clone(),
            calico_version: self.calico_version.clone(),
            calico_data_plane: self.calico_data_plane.clone(),
            calico_defaulting: self.calico_defaulting.clone(),
            ..OptionsIn::default()
        };
        for keys in &self.jwks {
            // An issuer is a URL and may hold `=`; a file name rarely does.
            let Some((issuer, file)) = keys.rsplit_once('=') else {
                return Err(invalid(format!("`{keys}` is not `issuer=file`")));
            };
            let text = fs::read_to_string(file)
                .map_err(|error| invalid(format!("cannot read `{file}`: {error}")))?;
            options.jwks.insert(issuer.to_owned(), text);
        }
        Ok(options)
    }
}

fn invalid(message: String) -> ProblemOut {
    ProblemOut::new(ErrorCode::InvalidValue, message).field("--jwks")
}
