//! What a pod spec means, be it a pod's own or a template's.

use super::manifest::{Container, DeclaredPort, PodSpec};
use crate::{
    kinds::kubernetes::{Checks, Path, rules},
    manifest::Spanned,
    model::inventory,
};

/// The part of a workload that its pod spec tells.
#[derive(Clone, Debug, Default)]
pub(in crate::kinds::kubernetes) struct PodFacts {
    pub(in crate::kinds::kubernetes) service_account: String,
    pub(in crate::kinds::kubernetes) host_network: bool,
    pub(in crate::kinds::kubernetes) node: Option<String>,
    pub(in crate::kinds::kubernetes) ports: Vec<inventory::ContainerPort>,
    pub(in crate::kinds::kubernetes) containers: Vec<inventory::Container>,
}

impl PodFacts {
    /// Reads a pod spec that stands at `path`.
    pub(in crate::kinds::kubernetes) fn new(
        spec: PodSpec,
        path: &Path<'_>,
        checks: &mut Checks<'_>,
    ) -> Self {
        let PodSpec {
            service_account_name,
            service_account,
            host_network,
            node_name,
            containers,
            init_containers,
        } = spec;
        let given = |name: &String| !name.is_empty();
        // core/v1 conversion: the old field is an alias that counts when the new one is empty.
        let account = service_account_name.filter(given).or_else(|| service_account.filter(given));
        let mut facts = Self {
            service_account: account.unwrap_or_else(|| "default".into()),
            host_network: host_network.unwrap_or(false),
            node: node_name.filter(given),
            ports: Vec::new(),
            containers: Vec::new(),
        };
        let at = path.field("containers");
        for (index, container) in containers.into_iter().flatten().enumerate() {
            facts.container(container, false, &at.item(index), checks);
        }
        let at = path.field("initContainers");
        for (index, container) in init_containers.into_iter().flatten().enumerate() {
            // An init container that restarts always is a sidecar and runs as long as the pod.
            let sidecar = container.restart_policy.as_deref() == Some("Always");
            facts.container(container, !sidecar, &at.item(index), checks);
        }
        facts
    }

    fn container(
        &mut self,
        container: Container,
        init: bool,
        path: &Path<'_>,
        checks: &mut Checks<'_>,
    ) {
        let Container { name, args, ports, restart_policy: _ } = container;
        let at = path.field("ports");
        for (index, port) in ports.iter().flatten().enumerate() {
            self.ports.extend(container_port(port, init, &at.item(index), checks));
        }
        let (name, args) = (name.unwrap_or_default(), args.unwrap_or_default());
        self.containers.push(inventory::Container { name, args });
    }
}

fn container_port(
    port: &Spanned<DeclaredPort>,
    init: bool,
    path: &Path<'_>,
    checks: &mut Checks<'_>,
) -> Option<inventory::ContainerPort> {
    let DeclaredPort { name, container_port, protocol, host_port } = &port.value;
    let name = name.as_ref().filter(|name| !name.value.is_empty());
    if let Some(name) = name {
        checks.port_name(name, &path.field("name"));
    }
    let protocol = rules::protocol(protocol.as_ref(), &path.field("protocol"), checks);
    let at = path.field("containerPort");
    let Some(number) = container_port else {
        checks.missing(&at, port.line, "`containerPort` is required");
        return None;
    };
    Some(inventory::ContainerPort {
        name: name.map(|name| name.value.clone()),
        number: checks.port_number(number, &at)?,
        protocol,
        // 0 stands for none.
        host_port: host_port
            .as_ref()
            .filter(|port| port.value != 0)
            .and_then(|port| checks.port_number(port, &path.field("hostPort"))),
        init,
    })
}
