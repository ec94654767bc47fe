//! The question of isolation: who the tenants are, and what is meant to pass between them.

use std::collections::BTreeMap;

use mayreach::{
    Exception, IsolationQuestion, Program, Tenant, TextPattern, WorkloadId, WorkloadInfo,
};
use serde::Deserialize;

use crate::{ProblemOut, Problems, matrix::group_by};

/// Who must not reach whom.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IsolateIn {
    /// Tenants by `label:KEY`, `namespace` or `workload`; or `tenants` names them.
    #[serde(default)]
    pub by: Option<String>,
    /// Tenants by name.
    #[serde(default)]
    pub tenants: BTreeMap<String, TenantIn>,
    /// What is meant to pass all the same.
    #[serde(default)]
    pub exceptions: Vec<ExceptionIn>,
    /// Addresses outside the cluster are clients too.
    #[serde(default = "yes")]
    pub outside: bool,
    /// Pods that do not exist yet are clients too.
    #[serde(default = "yes")]
    pub new_pods: bool,
}

/// One tenant: namespaces, and workloads by labels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantIn {
    /// Its namespaces; `x*` is every one that begins so.
    #[serde(default)]
    pub namespaces: Vec<String>,
    /// Labels of its namespaces, or of its pods.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

/// Flows that are meant to pass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExceptionIn {
    /// Tenants by name, `(outside)` among them; left out: everybody.
    #[serde(default)]
    pub from: Vec<String>,
    /// `namespace/workload`, `namespace/*` or the name of a tenant.
    pub to: String,
    /// Ports of the workload; left out: every one.
    #[serde(default)]
    pub ports: Vec<u16>,
    /// HTTP methods; left out: every one.
    #[serde(default)]
    pub methods: Vec<String>,
    /// HTTP paths, `x*` or `*x`; left out: every one.
    #[serde(default)]
    pub paths: Vec<String>,
}

const fn yes() -> bool {
    true
}

impl Default for IsolateIn {
    fn default() -> Self {
        Self {
            by: None,
            tenants: BTreeMap::new(),
            exceptions: Vec::new(),
            outside: true,
            new_pods: true,
        }
    }
}

impl IsolateIn {
    /// Reads the question from YAML or JSON text.
    ///
    /// # Errors
    /// What is wrong with the text, with file, line or field.
    pub fn read(name: &str, text: Vec<u8>) -> Result<Self, Problems> {
        let source = mayreach::Source::new(name, text);
        let values = mayreach::values(&source, &mayreach::Limits::default());
        let values = values.map_err(|error| Problems::from(&error))?;
        let [value] = values.as_slice() else {
            let message = format!("{} documents where one is wanted", values.len());
            return Err(ProblemOut::invalid("tenants", message).at(name, 1).into());
        };
        let read: Result<Self, _> = serde_path_to_error::deserialize(value);
        read.map_err(|error| ProblemOut::of_value(&error).at(name, 1).into())
    }

    /// Reads the question from JSON text that bindings made of their own values.
    ///
    /// # Errors
    /// What is wrong, with the field.
    pub fn from_json(text: &str) -> Result<Self, ProblemOut> {
        let mut reader = serde_json::Deserializer::from_str(text);
        let asked = serde_path_to_error::deserialize(&mut reader)
            .map_err(|error| ProblemOut::of_json(&error))?;
        reader.end().map_err(|error| ProblemOut::of_json_text(&error))?;
        Ok(asked)
    }

    /// The question for the engine, and how tenants are told.
    ///
    /// # Errors
    /// A tenant without workloads or namespaces, a workload in two tenants, an exception that names
    /// nobody.
    pub fn build(&self, program: &Program) -> Result<(String, IsolationQuestion), ProblemOut> {
        let (by, tenants) = match (&self.by, self.tenants.is_empty()) {
            (Some(_), false) => {
                let message = "tenants are told by `by` and by name";
                return Err(ProblemOut::invalid("tenants", message).help("say one of them"));
            }
            (None, false) => ("name".to_owned(), self.named(program)?),
            (by, true) => {
                let by = by.clone().unwrap_or_else(|| "namespace".to_owned());
                let tenants = program.tenants(&group_by(&by)?);
                (by, tenants)
            }
        };
        if tenants.is_empty() {
            return Err(ProblemOut::invalid("tenants", format!("there is no tenant by {by}"))
                .help("tell tenants by a label of pods or namespaces, or by `namespace`"));
        }
        let exceptions = self.exceptions.iter().enumerate();
        let exceptions: Result<Vec<Exception>, ProblemOut> =
            exceptions.map(|(n, e)| e.build(n, program, &tenants)).collect();
        let question = IsolationQuestion {
            exceptions: exceptions?,
            tenants,
            outside: self.outside,
            new_pods: self.new_pods,
            ..IsolationQuestion::default()
        };
        Ok((by, question))
    }

    fn named(&self, program: &Program) -> Result<Vec<Tenant>, ProblemOut> {
        let mut out: Vec<Tenant> = Vec::new();
        for (name, tenant) in &self.tenants {
            let made = tenant.build(name, program);
            if made.workloads.is_empty() && made.namespaces.is_empty() {
                let field = format!("tenants.{name}");
                return Err(ProblemOut::invalid(
                    field,
                    "no namespace or workload is this tenant's",
                ));
            }
            for other in &out {
                if let Some(id) = made.workloads.iter().find(|id| other.workloads.contains(id)) {
                    let what =
                        program.workload_info(*id).map_or_else(String::new, |w| w.to_string());
                    let message = format!("`{what}` is also of tenant `{}`", other.name);
                    return Err(ProblemOut::invalid(format!("tenants.{name}"), message));
                }
            }
            out.push(made);
        }
        Ok(out)
    }
}

impl TenantIn {
    fn build(&self, name: &str, program: &Program) -> Tenant {
        let mut out = Tenant { name: name.to_owned(), ..Tenant::default() };
        let named = |space: &str| self.namespaces.iter().any(|n| fits(n, space));
        let labelled = |space: &str| {
            !self.labels.is_empty()
                && self.labels.iter().all(|(k, v)| program.namespace_label(space, k) == Some(v))
        };
        for space in program.namespaces() {
            if named(space) || labelled(space) {
                out.namespaces.push((space.to_owned(), Vec::new()));
            }
        }
        let all = program.workloads().filter(|w| w.owner().is_none());
        for workload in all {
            let space = workload.namespace();
            let own = |k: &String| workload.labels().find(|(key, _)| key == k).map(|(_, v)| v);
            let by_pod = !self.labels.is_empty()
                && self.labels.iter().all(|(k, v)| own(k) == Some(v.as_str()));
            if named(space) || labelled(space) {
                out.workloads.push(workload.id());
            } else if by_pod {
                out.workloads.push(workload.id());
                let fixed = self.labels.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
                let entry = (space.to_owned(), fixed);
                if !out.namespaces.contains(&entry) {
                    out.namespaces.push(entry);
                }
            }
        }
        out
    }
}

fn fits(pattern: &str, text: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => text.starts_with(prefix),
        None => text == pattern,
    }
}

impl ExceptionIn {
    fn build(
        &self,
        index: usize,
        program: &Program,
        tenants: &[Tenant],
    ) -> Result<Exception, ProblemOut> {
        let field = |name: &str| format!("exceptions[{index}].{name}");
        for from in &self.from {
            let known = from == mayreach::OUTSIDE || tenants.iter().any(|t| t.name == *from);
            if !known {
                return Err(ProblemOut::invalid(field("from"), format!("no tenant `{from}`")));
            }
        }
        let to: Vec<WorkloadId> = match self.to.split_once('/') {
            None => tenants
                .iter()
                .filter(|t| t.name == self.to)
                .flat_map(|t| t.workloads.iter().copied())
                .collect(),
            Some((space, name)) => {
                let is = |w: &WorkloadInfo<'_>| {
                    fits(space, w.namespace()) && (name == "*" || fits(name, w.name()))
                };
                program.workloads().filter(is).map(|w| w.id()).collect()
            }
        };
        if to.is_empty() {
            let message = format!("`{}` is no workload and no tenant", self.to);
            return Err(ProblemOut::invalid(field("to"), message)
                .help("write `namespace/workload`, `namespace/*` or the name of a tenant"));
        }
        Ok(Exception {
            from: self.from.clone(),
            to,
            ports: self.ports.clone(),
            methods: self.methods.clone(),
            paths: self.paths.iter().map(|p| TextPattern::new(p)).collect(),
        })
    }
}
