//! A machine as a workload: labels, address, identity. It has no pod network policy.

use std::net::IpAddr;

use super::manifest::Spec;
use crate::{
    error::Problem,
    kinds::{
        Draft,
        istio::namespace_of,
        kubernetes::{Checks, Path},
    },
    manifest::Document,
    model::{
        Protocol,
        inventory::{Addresses, ContainerPort, Enrolment, Workload, WorkloadKind},
    },
};

pub(in crate::kinds::istio) fn lower(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::new(document);
    checks.only(&["spec"]);
    let Spec { address, ports, labels, service_account } =
        checks.required("spec").unwrap_or_default();
    let path = Path::Root("spec").field("ports");
    let mut declared = Vec::new();
    for (name, number) in ports.unwrap_or_default() {
        match u16::try_from(number.value) {
            Ok(number) if number > 0 => declared.push(ContainerPort {
                name: Some(name),
                number,
                protocol: Protocol::Tcp,
                host_port: None,
                init: false,
            }),
            _ => checks.invalid(
                &path.key(&name),
                number.line,
                format!("{} is not a port", number.value),
            ),
        }
    }
    checks.done()?;
    // The address may be a name, which nothing here resolves.
    let ip = address.and_then(|a| a.parse::<IpAddr>().ok());
    draft.model.inventory.workloads.push(Workload {
        namespace: namespace_of(document),
        name: document.metadata.name.clone(),
        kind: WorkloadKind::WorkloadEntry,
        labels: labels.unwrap_or_default(),
        annotations: document.metadata.annotations.clone(),
        service_account: service_account.unwrap_or_else(|| "default".into()),
        addresses: ip.map_or(Addresses::Unknown, |ip| Addresses::Exact(vec![ip])),
        node: None,
        host_network: true,
        finished: false,
        ports: declared,
        containers: Vec::new(),
        mesh: Enrolment::None,
        owner: None,
        place: document.place,
    });
    Ok(())
}
