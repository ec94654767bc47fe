//! What can be written on the command line.

mod flow;
mod manifests;
mod stdin;

use clap::{Parser, Subcommand, ValueEnum};

pub(crate) use self::{
    flow::FlowArgs,
    manifests::{Manifests, Reading},
    stdin::Stdin,
};

/// May A reach B, and what decided it? Kubernetes, Calico and Istio policy, decided offline.
#[derive(Debug, Parser)]
#[command(name = "mayreach", version, about, max_term_width = 100, disable_help_subcommand = true)]
#[command(after_help = "Exit status: 0 allowed, 1 denied, 2 bad input or usage, 3 undetermined.")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// May this flow go through, and what decides it?
    Check(Check),
    /// The same, with every tier, policy, rule and condition that is asked.
    Explain(Explain),
    /// What selects a workload, its mTLS for each port, and who may reach it.
    Describe(Describe),
    /// Who may reach whom: every pair of workloads, on all ports, over all requests.
    Matrix(Matrix),
    /// Can any request get from one tenant to another? Proved for all of them, or one that does.
    Isolate(Isolate),
    /// What may one workload do to another, over all requests?
    Can(Can),
    /// Who may reach a workload, over all requests?
    Callers(Reach),
    /// Whom may a workload reach, over all requests?
    Reaches(Reach),
    /// What changed in meaning between two sets of manifests?
    Diff(Diff),
    /// Does a change allow what it is meant to, and nothing else?
    Change(Change),
}

/// The arguments that say one flow.
const FLOW: &[&str] = &[
    "from",
    "to",
    "port",
    "protocol",
    "ip_version",
    "icmp",
    "source_port",
    "method",
    "path",
    "host",
    "header",
    "no_http",
    "sni",
    "token",
    "no_token",
    "claims",
    "now",
    "plaintext",
    "mtls",
    "tls_without_certificate",
    "principal",
    "ext_authz",
];

/// `check`.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "mayreach check <PATHS>... --from <PEER> --to <PEER> [OPTIONS]\n       \
                            mayreach check <PATHS>... --flows <FILE> [OPTIONS]"
)]
pub(crate) struct Check {
    /// Flows as JSON lines instead of one flow, or `-`: one decision a line, in order.
    #[arg(long, value_name = "FILE", conflicts_with_all = FLOW)]
    pub(crate) flows: Option<String>,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) flow: FlowArgs,
    #[command(flatten)]
    pub(crate) manifests: Manifests,
}

/// `explain`.
#[derive(Debug, clap::Args)]
#[command(override_usage = "mayreach explain <PATHS>... --from <PEER> --to <PEER> [OPTIONS]")]
pub(crate) struct Explain {
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) flow: FlowArgs,
    #[command(flatten)]
    pub(crate) manifests: Manifests,
}

/// `describe`.
#[derive(Debug, clap::Args)]
pub(crate) struct Describe {
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) manifests: Manifests,
    /// The workload.
    #[arg(value_name = "NAMESPACE/WORKLOAD", required = true, help_heading = None::<&str>)]
    pub(crate) workload: String,
}

/// `matrix`.
#[derive(Debug, clap::Args)]
pub(crate) struct Matrix {
    /// Roll up by `workload`, `namespace` or `label:KEY`, a label of the pod or its namespace.
    #[arg(long, value_name = "GROUP", default_value = "workload")]
    pub(crate) by: String,
    /// Ask of declared ports alone, and of no request: quicker to read, and "depends" where a
    /// request decides.
    #[arg(long)]
    pub(crate) declared: bool,
    #[command(flatten)]
    pub(crate) output: ReportOutput,
    #[command(flatten)]
    pub(crate) manifests: Manifests,
}

/// `isolate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Isolate {
    /// Tenants by `label:KEY` (of the pod or its namespace), `namespace` or `workload`
    /// [default: `namespace`].
    #[arg(long, value_name = "GROUP", conflicts_with = "tenants")]
    pub(crate) by: Option<String>,
    /// File that names the tenants, and what is meant to pass between them.
    #[arg(long, value_name = "FILE")]
    pub(crate) tenants: Option<String>,
    /// Addresses outside the cluster are no clients.
    #[arg(long)]
    pub(crate) no_outside: bool,
    /// Pods that do not exist yet are no clients.
    #[arg(long)]
    pub(crate) no_new_pods: bool,
    #[command(flatten)]
    pub(crate) output: ReportOutput,
    #[command(flatten)]
    pub(crate) manifests: Manifests,
}

/// `can`.
#[derive(Debug, clap::Args)]
#[command(override_usage = "mayreach can <PATHS>... <FROM> <TO> [OPTIONS]")]
pub(crate) struct Can {
    /// Manifests as elsewhere, then who asks and whom: `namespace/workload` each.
    #[arg(value_name = "PATHS FROM TO", required = true, num_args = 3.., help_heading = None::<&str>)]
    pub(crate) all: Vec<String>,
    #[command(flatten)]
    pub(crate) output: TableOutput,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// `callers` and `reaches`.
#[derive(Debug, clap::Args)]
pub(crate) struct Reach {
    #[command(flatten)]
    pub(crate) output: TableOutput,
    #[command(flatten)]
    pub(crate) manifests: Manifests,
    /// The workload.
    #[arg(value_name = "NAMESPACE/WORKLOAD", required = true, help_heading = None::<&str>)]
    pub(crate) workload: String,
}

/// `diff`.
#[derive(Debug, clap::Args)]
pub(crate) struct Diff {
    /// The manifests before: a file, folder, glob or `-`.
    #[arg(value_name = "OLD")]
    pub(crate) old: String,
    /// The manifests after.
    #[arg(value_name = "NEW")]
    pub(crate) new: String,
    /// Exit with 1 if anything changed in meaning, 3 if that is not known.
    #[arg(long)]
    pub(crate) exit_code: bool,
    #[command(flatten)]
    pub(crate) output: ListOutput,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// `change`.
#[derive(Debug, clap::Args)]
pub(crate) struct Change {
    /// The manifests before; may repeat.
    #[arg(long, value_name = "PATH", required = true)]
    pub(crate) from: Vec<String>,
    /// The manifests after; may repeat.
    #[arg(long, value_name = "PATH", required = true)]
    pub(crate) to: Vec<String>,
    /// What is meant to be allowed, such as `shop/web -> shop/api:8080 GET /v1/*`; may repeat.
    #[arg(long, value_name = "FLOWS", required = true)]
    pub(crate) intend: Vec<String>,
    #[command(flatten)]
    pub(crate) output: ListOutput,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// How to answer.
#[derive(Debug, clap::Args)]
pub(crate) struct Output {
    /// Text for people, or JSON.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Format,
}

/// `text` or `json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs; see docs/src/json.md.
    Json,
}

/// How to answer with a table.
#[derive(Debug, clap::Args)]
pub(crate) struct TableOutput {
    /// Text for people, JSON, or a table.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: TableFormat,
}

/// The forms of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TableFormat {
    /// For people.
    Text,
    /// For programs; see docs/src/json.md.
    Json,
    /// A table for a merge request.
    Markdown,
    /// One line a row.
    Csv,
}

/// How to answer with a list of what holds and what does not.
#[derive(Debug, clap::Args)]
pub(crate) struct ListOutput {
    /// Text for people, JSON, a table, or a test report.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ListFormat,
}

/// The forms of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// For people.
    Text,
    /// For programs; see docs/src/json.md.
    Json,
    /// A table for a merge request.
    Markdown,
    /// One line a row.
    Csv,
    /// JUnit XML: what changed and was not meant to, or a step that does not hold, fails.
    Junit,
}

/// How to answer with a report.
#[derive(Debug, clap::Args)]
pub(crate) struct ReportOutput {
    /// Text for people, JSON, a page, a table, a graph, or a test report.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ReportFormat,
}

/// The forms of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people.
    Text,
    /// For programs; see docs/src/json.md.
    Json,
    /// One self-contained page.
    Html,
    /// Tables for a merge request.
    Markdown,
    /// One line a pair.
    Csv,
    /// A Graphviz digraph of what gets through.
    Dot,
    /// A Mermaid flowchart of what gets through.
    Mermaid,
    /// JUnit XML: one test case a pair.
    Junit,
}
