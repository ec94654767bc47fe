//! What an `IPPool` means: pods without a known address have one of it.

use ipnet::IpNet;

use super::manifest::IpPoolSpec;
use crate::{
    error::{ErrorCode, Problem},
    kinds::{
        Draft,
        calico::{
            findings::Findings,
            object::{self, spec},
        },
    },
    manifest::Document,
    model::inventory::Tunnels,
};

pub(in crate::kinds::calico) fn lower(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let IpPoolSpec { cidr, disabled, allowed_uses, ipip_mode, vxlan_mode, nat_outgoing } =
        spec(document)?;
    let mut findings = Findings::new(document);
    let field = "spec.cidr";
    let help = "such as `10.244.0.0/16`";
    let net: Option<IpNet> = match cidr {
        None => {
            findings.report(ErrorCode::MissingField, 0, field, "`cidr` must be specified", help);
            None
        }
        Some(written) => {
            let net = object::cidr(&written.value).filter(|net: &IpNet| net.trunc() == *net);
            if net.is_none() {
                let message = format!("`{}` is not a strictly masked CIDR", written.value);
                findings.invalid(written.line, field, message, help);
            }
            net
        }
    };
    findings.settle(draft)?;
    // Without `allowedUses` a pool is for workloads (and tunnels).
    let for_pods = allowed_uses.is_empty() || allowed_uses.iter().any(|using| using == "Workload");
    if let Some(net) = net.filter(|_| !disabled && for_pods) {
        let inventory = &mut draft.model.inventory;
        let tunnels = tunnels([ipip_mode.as_deref(), vxlan_mode.as_deref()]);
        // Pools that differ leave it open.
        let first = inventory.pod_networks.is_empty();
        let agrees = first || inventory.tunnels == tunnels;
        inventory.tunnels = if agrees { tunnels } else { Tunnels::Unknown };
        let same = first || inventory.nat.outgoing == Some(nat_outgoing);
        inventory.nat.outgoing = same.then_some(nat_outgoing);
        inventory.pod_networks.push(net);
    }
    Ok(())
}

/// "`ipipMode`, `vxlanMode`: if not specified, Never"; `CrossSubnet` depends on the nodes.
fn tunnels(modes: [Option<&str>; 2]) -> Tunnels {
    let mode = |wanted: &str| modes.iter().flatten().any(|mode| *mode == wanted);
    match (mode("Always"), mode("CrossSubnet")) {
        (true, _) => Tunnels::Always,
        (false, true) => Tunnels::Unknown,
        (false, false) => Tunnels::Never,
    }
}
