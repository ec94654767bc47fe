//! What a `HostEndpoint` means: addresses that selectors match. What its own policies do to the
//! host's traffic is not decided here.

use std::net::IpAddr;

use super::manifest::{EndpointPort, HostEndpointSpec};
use crate::{
    error::{ErrorCode, Problem},
    kinds::{
        Draft,
        calico::{
            findings::Findings,
            names,
            object::{shown, spec},
            rule::{named_port, port_number, protocol},
        },
    },
    manifest::{Document, Spanned},
    model::inventory::{ContainerPort, HostEndpoint},
};

pub(in crate::kinds::calico) fn lower(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let HostEndpointSpec { node, interface_name, expected_ips, profiles, ports } = spec(document)?;
    let mut findings = Findings::new(document);
    check_node(&node, &mut findings);
    let interface = interface_name.filter(|name| !name.value.is_empty());
    if interface.is_none() && expected_ips.is_empty() {
        findings.report(
            ErrorCode::MissingField,
            0,
            "spec.interfaceName",
            "at least one of `interfaceName` or `expectedIPs` must be specified",
            "`interfaceName: \"*\"` stands for all interfaces",
        );
    }
    if let Some(Spanned { value, line }) = interface.as_ref().filter(|i| !is_interface(&i.value)) {
        let message = format!("`{value}` is not the name of an interface");
        let help = "`*`, or at most 15 letters, digits and `_ . -`";
        findings.invalid(*line, "spec.interfaceName", message, help);
    }
    let expected_ips = expected_ips
        .iter()
        .enumerate()
        .filter_map(|(index, ip)| address(ip, index, &mut findings))
        .collect();
    let ports =
        ports.into_iter().enumerate().filter_map(|(i, p)| port(p, i, &mut findings)).collect();
    for (index, Spanned { value, line }) in profiles.iter().enumerate() {
        if !names::is_subdomain(value) {
            let message = format!("`{value}` is not the name of a profile");
            let field = format!("spec.profiles[{index}]");
            findings.invalid(*line, field, message, "lower case letters, digits, `-` and `.`");
        }
    }
    findings.settle(draft)?;
    draft.model.inventory.host_endpoints.push(HostEndpoint {
        name: document.metadata.name.clone(),
        labels: document.metadata.labels.clone(),
        node,
        interface: interface.map(|interface| interface.value),
        expected_ips,
        ports,
        profiles: profiles.into_iter().map(|profile| profile.value).collect(),
        after: Vec::new(),
        place: document.place,
    });
    Ok(())
}

fn check_node(node: &str, findings: &mut Findings<'_>) {
    let help = "the name of the node, as Calico knows it";
    if node.is_empty() {
        let message = "`node` must be specified";
        findings.report(ErrorCode::MissingField, 0, "spec.node", message, help);
    } else if !names::is_subdomain(node) {
        findings.invalid(0, "spec.node", format!("`{node}` is not the name of a node"), help);
    }
}

fn is_interface(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    name == "*" || (name.len() <= 15 && name.bytes().all(plain))
}

fn address(ip: &Spanned<String>, index: usize, findings: &mut Findings<'_>) -> Option<IpAddr> {
    let read = ip.value.parse().ok();
    if read.is_none() {
        let message = format!("`{}` is not an IP address", ip.value);
        let field = format!("spec.expectedIPs[{index}]");
        findings.invalid(ip.line, field, message, "an address without a prefix length");
    }
    read
}

fn port(
    written: Spanned<EndpointPort>,
    index: usize,
    findings: &mut Findings<'_>,
) -> Option<ContainerPort> {
    let Spanned { value: EndpointPort { name, protocol: written_protocol, port }, line } = written;
    let mut wrong = |field: &str, message: String, help: &str| {
        findings.invalid(line, format!("spec.ports[{index}].{field}"), message, help);
    };
    if named_port(&name).is_none() {
        let help = "at most 15 lower case letters, digits and `-`";
        wrong("name", format!("`{name}` is not a name for a port"), help);
    }
    let number = port_number(port);
    if number.is_none() {
        wrong("port", format!("`{port}` is not a port"), "1 to 65535");
    }
    let protocol = protocol(&written_protocol).filter(|named| named.supports_ports());
    if protocol.is_none() {
        let message = format!("protocol `{}` does not support ports", shown(&written_protocol));
        wrong("protocol", message, "`TCP`, `UDP` or `SCTP`");
    }
    Some(ContainerPort {
        name: Some(name),
        number: number?,
        protocol: protocol?.protocol,
        host_port: None,
        init: false,
    })
}
