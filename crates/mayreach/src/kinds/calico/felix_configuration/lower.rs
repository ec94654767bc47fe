//! What of Calico's own configuration bears on verdicts: said aloud, and not evaluated.

use super::manifest::{
    AutoHostEndpoint, ClusterInformationSpec, Controllers, FelixConfigurationSpec,
    KubeControllersConfigurationSpec, NodeController, ProtoPort,
};
use crate::{
    error::{NoteCode, Problem},
    kinds::{
        Draft,
        calico::{
            Nodes,
            findings::Findings,
            object::{cidr, spec},
            rule::port_number,
        },
    },
    manifest::{Document, Spanned},
    model::{
        Protocol,
        inventory::{FailsafePort, ToHost},
    },
    options::{CalicoDataPlane, CalicoVersion},
};

pub(in crate::kinds::calico) fn lower(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let FelixConfigurationSpec {
        default_endpoint_to_host_action: to_host,
        failsafe_inbound_host_ports: failsafe_in,
        failsafe_outbound_host_ports: failsafe_out,
        chain_insert_mode,
        iptables_filter_deny_action: iptables_deny,
        nftables_filter_deny_action: nftables_deny,
        allow_vxlan_packets_from_workloads: vxlan,
        allow_ipip_packets_from_workloads: ipip,
        bpf_enabled,
        policy_sync_path_prefix: policy_sync,
        nat_outgoing_exclusions: spared,
    } = spec(document)?;
    let mut findings = Findings::new(document);
    let reject = |action: &Option<String>| action.as_deref() == Some("Reject");
    let ebpf = draft.options.calico_data_plane == CalicoDataPlane::Ebpf;
    let remarks = [
        (
            to_host.is_some() && document.metadata.name != "default",
            "`defaultEndpointToHostAction` of single nodes is not evaluated: that of all nodes \
             counts",
        ),
        (
            chain_insert_mode.as_deref() == Some("Append"),
            "`chainInsertMode: Append`: other rules of the host come before Calico's and are not \
             known here",
        ),
        (
            reject(&iptables_deny) || reject(&nftables_deny),
            "a filter deny action of `Reject`: clients see a refusal where a timeout is reported",
        ),
        (
            vxlan == Some(true) || ipip == Some(true),
            "pods may send tunnelled packets, whose inner destination no policy sees",
        ),
        (
            bpf_enabled.is_some_and(|enabled| enabled != ebpf),
            "`bpfEnabled` differs from the data plane that the options assume; the options decide",
        ),
    ];
    for (_, remark) in remarks.iter().filter(|(applies, _)| *applies) {
        findings.note(NoteCode::NotEvaluated, 0, *remark);
    }
    let inbound =
        failsafe_in.map(|ports| failsafe(ports, "failsafeInboundHostPorts", &mut findings));
    let outbound =
        failsafe_out.map(|ports| failsafe(ports, "failsafeOutboundHostPorts", &mut findings));
    // `node.<name>` speaks for one node.
    let whole = document.metadata.name == "default";
    if !whole && (inbound.is_some() || outbound.is_some()) {
        let text = "failsafe ports of single nodes are not evaluated: those of all nodes count";
        findings.note(NoteCode::NotEvaluated, 0, text);
    }
    // "Drop, Return or Accept", compared without regard to case (felix/config `oneof`).
    let to_host = to_host.map(|action| match action.to_ascii_lowercase().as_str() {
        "accept" => Some(ToHost::Accept),
        "drop" => Some(ToHost::Drop),
        "return" => Some(ToHost::Return),
        _ => {
            let message = format!("`{action}` is not an action");
            let field = "spec.defaultEndpointToHostAction".to_owned();
            findings.invalid(0, field, message, "`Drop`, `Return` or `Accept`");
            None
        }
    });
    findings.settle(draft)?;
    if let Some(to_host) = to_host.flatten().filter(|_| whole) {
        draft.model.inventory.to_host = to_host;
    }
    if whole && spared.as_deref() == Some("IPPoolsAndHostIPs") {
        draft.model.inventory.nat.spares_hosts = true;
    }
    // Without it dikastes has no policy to ask (application layer policy, set-up).
    if whole && policy_sync.is_some_and(|prefix| !prefix.is_empty()) {
        draft.model.network.application_layer = true;
    }
    let open = &mut draft.model.inventory.failsafe;
    if let Some(ports) = inbound.filter(|_| whole) {
        open.inbound = ports;
    }
    if let Some(ports) = outbound.filter(|_| whole) {
        open.outbound = ports;
    }
    Ok(())
}

/// The release that a `ClusterInformation` names, `v3.28.0` or `v3.32.1-0.dev-…`.
pub(in crate::kinds::calico) fn version(document: &Document) -> CalicoVersion {
    let read: Option<ClusterInformationSpec> = document.field("spec").ok().flatten();
    let text = read.and_then(|spec| spec.calico_version).unwrap_or_default();
    let mut parts = text.trim_start_matches('v').split('.').map(str::parse::<u32>);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) if (major, minor) < (3, 32) => CalicoVersion::V3_31,
        (Some(Ok(_)), Some(Ok(_))) => CalicoVersion::V3_32,
        _ => CalicoVersion::Auto,
    }
}

/// The data plane of every node, if this says it.
pub(in crate::kinds::calico) fn data_plane(document: &Document) -> CalicoDataPlane {
    let read: Option<FelixConfigurationSpec> = document.field("spec").ok().flatten();
    match read.and_then(|spec| spec.bpf_enabled).filter(|_| document.metadata.name == "default") {
        Some(true) => CalicoDataPlane::Ebpf,
        Some(false) => CalicoDataPlane::Iptables,
        None => CalicoDataPlane::Auto,
    }
}

/// Ports that stay open on hosts. An empty list closes them all.
fn failsafe(
    written: Vec<Spanned<ProtoPort>>,
    list: &str,
    findings: &mut Findings<'_>,
) -> Vec<FailsafePort> {
    let mut lowered = Vec::with_capacity(written.len());
    for (index, Spanned { value, line }) in written.into_iter().enumerate() {
        let ProtoPort { protocol, port, net } = value;
        let mut wrong = |field: &str, message: String, help: &str| {
            findings.invalid(line, format!("spec.{list}[{index}].{field}"), message, help);
        };
        // "Protocol, defaults to TCP", and is compared without regard to case.
        let protocol = match protocol.as_deref().map(str::to_ascii_lowercase).as_deref() {
            None | Some("" | "tcp") => Some(Protocol::Tcp),
            Some("udp") => Some(Protocol::Udp),
            Some("sctp") => Some(Protocol::Sctp),
            Some(other) => {
                let message = format!("protocol `{other}` has no ports");
                wrong("protocol", message, "`TCP`, `UDP` or `SCTP`");
                None
            }
        };
        let number = port_number(port);
        if number.is_none() {
            wrong("port", format!("`{port}` is not a port"), "1 to 65535");
        }
        let read = net.as_deref().map(cidr);
        if let (Some(None), Some(net)) = (&read, &net) {
            wrong("net", format!("`{net}` is not a CIDR"), "such as `10.0.0.0/8`");
        }
        if let (Some(protocol), Some(port)) = (protocol, number) {
            lowered.push(FailsafePort { protocol, port, net: read.flatten() });
        }
    }
    lowered
}

/// `controllers.node.hostEndpoint.autoCreate` makes a host endpoint of every node.
pub(in crate::kinds::calico) fn lower_controllers(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let KubeControllersConfigurationSpec { controllers: Controllers { node } } = spec(document)?;
    let NodeController { host_endpoint } = node;
    let AutoHostEndpoint { auto_create, create_default_host_endpoint, templates } = host_endpoint;
    if auto_create.as_deref() != Some("Enabled") {
        return Ok(());
    }
    draft.calico.nodes_place = document.place;
    let default = create_default_host_endpoint.as_deref() != Some("Disabled");
    draft.calico.nodes =
        if default && templates.is_empty() { Nodes::HostEndpoints } else { Nodes::Hidden };
    if draft.calico.nodes == Nodes::Hidden {
        let mut findings = Findings::new(document);
        findings.note(
            NoteCode::NotEvaluated,
            0,
            "host endpoints are made by templates that are not evaluated: what nodes may send or \
             receive, and selectors that match their addresses, are not known here",
        );
        return findings.settle(draft);
    }
    Ok(())
}
