//! What a set of networks means: labels that selectors match, for addresses outside.

use std::net::IpAddr;

use ipnet::IpNet;

use super::manifest::NetworkSetSpec;
use crate::{
    error::Problem,
    kinds::{
        Draft,
        calico::{
            findings::Findings,
            object::{cidr, spec},
        },
    },
    manifest::{Document, Spanned},
    model::inventory::NetworkSet,
};

/// Of the Calico API; it is what the real namespace is mapped to.
const NAMESPACE_LABEL: &str = "projectcalico.org/namespace";

pub(in crate::kinds::calico) fn lower(
    document: &Document,
    namespace: Option<String>,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let NetworkSetSpec { nets: written } = spec(document)?;
    let mut findings = Findings::new(document);
    let labels = &document.metadata.labels;
    if labels.contains_key(NAMESPACE_LABEL) {
        findings.invalid(
            0,
            "metadata.labels",
            format!("`{NAMESPACE_LABEL}` is not a valid label name here"),
            "Calico sets it itself",
        );
    }
    let nets = written.iter().enumerate().filter_map(|(i, n)| net(n, i, &mut findings)).collect();
    findings.settle(draft)?;
    draft.model.inventory.network_sets.push(NetworkSet {
        namespace,
        name: document.metadata.name.clone(),
        labels: labels.clone(),
        nets,
        place: document.place,
    });
    Ok(())
}

/// "CIDR or bare IP, host bits allowed".
fn net(written: &Spanned<String>, index: usize, findings: &mut Findings<'_>) -> Option<IpNet> {
    let Spanned { value, line } = written;
    let read: Option<IpNet> = cidr(value).or_else(|| value.parse::<IpAddr>().ok().map(IpNet::from));
    if read.is_none() {
        findings.invalid(
            *line,
            format!("spec.nets[{index}]"),
            format!("`{value}` is neither an address nor a CIDR"),
            "such as `203.0.113.0/24` or `203.0.113.7`",
        );
    }
    read.map(|net| net.trunc())
}
