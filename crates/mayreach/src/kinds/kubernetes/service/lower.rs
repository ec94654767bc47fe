//! What a Service means.

use std::net::IpAddr;

use super::manifest::{Ingress, ServicePort, ServiceSpec, ServiceStatus};
use crate::{
    error::Problem,
    kinds::{
        Draft,
        kubernetes::{Checks, Path, namespace_of, rules, syntax},
    },
    manifest::{Document, IntOrString, Spanned, names},
    model::inventory::{self, Labels, Service, TargetPort},
};

/// Lowers one Service.
pub(in crate::kinds::kubernetes) fn lower(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::new(document);
    checks.name_is_dns_label();
    let spec: ServiceSpec = checks.field("spec").unwrap_or_default();
    let ServiceSpec {
        r#type,
        selector,
        ports,
        cluster_ip,
        cluster_ips,
        external_name,
        external_ips,
        internal_traffic_policy,
        external_traffic_policy,
    } = spec;
    let root = Path::Root("spec");
    let kind = r#type.as_ref().map_or("", |kind| kind.value.as_str());
    let exposed = matches!(kind, "NodePort" | "LoadBalancer");
    let external_ips = outside(external_ips.unwrap_or_default(), exposed, &root, &mut checks);
    let by_name = is_external_name(r#type.as_ref(), &root, &mut checks);
    let (headless, cluster_ips) =
        addresses(cluster_ips.unwrap_or_default(), cluster_ip, &root, &mut checks);
    let ports = lower_ports(&ports.unwrap_or_default(), &root.field("ports"), &mut checks);
    let internal_local =
        is_local(internal_traffic_policy, &root.field("internalTrafficPolicy"), &mut checks);
    let external_local =
        is_local(external_traffic_policy, &root.field("externalTrafficPolicy"), &mut checks);
    let path = root.field("selector");
    let selector = selector.unwrap_or_default();
    let pairs = selector.iter().map(|(k, v)| (k.as_str(), v.value.as_str(), v.line));
    checks.labels(pairs, &path);
    if by_name && external_name.as_deref().is_none_or(str::is_empty) {
        checks.missing(&root.field("externalName"), 0, "type `ExternalName` needs `externalName`");
    }
    checks.done()?;
    let selector = selector.into_iter().map(|(key, value)| (key, value.value));
    draft.model.inventory.services.push(Service {
        entry: false,
        namespace: namespace_of(document),
        name: document.metadata.name.clone(),
        // "Services with Type ExternalName receive no endpoints" (endpointslice controller)
        selector: if by_name { Labels::new() } else { selector.collect() },
        labels: document.metadata.labels.clone(),
        annotations: document.metadata.annotations.clone(),
        cluster_ips,
        headless,
        external_name: external_name.filter(|_| by_name),
        node_ports: exposed,
        load_balancer: kind == "LoadBalancer",
        exposed: exposed || !external_ips.is_empty(),
        external_ips,
        internal_local,
        external_local,
        ports,
        place: document.place,
    });
    Ok(())
}

fn is_external_name(
    kind: Option<&Spanned<String>>,
    root: &Path<'_>,
    checks: &mut Checks<'_>,
) -> bool {
    match kind.map(|kind| (kind.value.as_str(), kind.line)) {
        None | Some(("" | "ClusterIP" | "NodePort" | "LoadBalancer", _)) => false,
        Some(("ExternalName", _)) => true,
        Some((other, line)) => {
            checks.invalid_help(
                &root.field("type"),
                line,
                format!("service type `{other}` is not supported"),
                "write `ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`",
            );
            false
        }
    }
}

fn is_local(policy: Option<Spanned<String>>, path: &Path<'_>, checks: &mut Checks<'_>) -> bool {
    let Some(policy) = policy.filter(|policy| !policy.value.is_empty()) else { return false };
    if !matches!(policy.value.as_str(), "Cluster" | "Local") {
        let message = format!("traffic policy `{}` is not supported", policy.value);
        checks.invalid_help(path, policy.line, message, "write `Cluster` or `Local`");
    }
    policy.value == "Local"
}

/// Whether it is headless, and its addresses otherwise: `clusterIPs`, else `clusterIP`.
fn addresses(
    many: Vec<Spanned<String>>,
    one: Option<Spanned<String>>,
    root: &Path<'_>,
    checks: &mut Checks<'_>,
) -> (bool, Vec<IpAddr>) {
    let (name, all) = if many.is_empty() {
        ("clusterIP", one.into_iter().collect())
    } else {
        ("clusterIPs", many)
    };
    let mut ips = Vec::new();
    let mut headless = false;
    for text in all {
        match text.value.as_str() {
            "None" => headless = true,
            "" => {}
            _ => ips.extend(checks.address(&text, &root.field(name))),
        }
    }
    (headless, ips)
}

/// Addresses by which the Service is called from outside, translated as its ClusterIP is.
fn outside(
    written: Vec<Spanned<String>>,
    exposed: bool,
    root: &Path<'_>,
    checks: &mut Checks<'_>,
) -> Vec<IpAddr> {
    let path = root.field("externalIPs");
    let mut all: Vec<IpAddr> =
        written.iter().filter_map(|text| checks.address(text, &path)).collect();
    let status: ServiceStatus = checks.field("status").unwrap_or_default();
    let given = status.load_balancer.ingress.into_iter().filter(|_| exposed);
    // "`ipMode: Proxy`: traffic is delivered to the load balancer", not translated by nodes.
    let direct = given.filter(|i| i.ip_mode.as_deref() != Some("Proxy"));
    all.extend(direct.filter_map(|Ingress { ip, ip_mode: _ }| ip?.parse::<IpAddr>().ok()));
    all
}

fn lower_ports(
    ports: &[Spanned<ServicePort>],
    path: &Path<'_>,
    checks: &mut Checks<'_>,
) -> Vec<inventory::ServicePort> {
    let mut lowered: Vec<inventory::ServicePort> = Vec::new();
    for (index, written) in ports.iter().enumerate() {
        let at = path.item(index);
        let Some(port) = lower_port(written, &at, checks) else { continue };
        let name = written.value.name.as_ref();
        match (&port.name, name.map_or(written.line, |name| name.line)) {
            (None, line) if ports.len() > 1 => {
                let message = "each port of a Service with several needs a name";
                checks.missing(&at.field("name"), line, message);
            }
            (Some(name), line) if lowered.iter().any(|other| other.name == port.name) => {
                let message = format!("port name `{name}` stands twice");
                checks.conflict(&at.field("name"), line, message);
            }
            _ => {}
        }
        let same = |p: &inventory::ServicePort| (p.port, p.protocol) == (port.port, port.protocol);
        if lowered.iter().any(same) {
            let message = format!("port {} stands twice for one protocol", port.port);
            checks.conflict(&at, written.line, message);
        }
        lowered.push(port);
    }
    lowered
}

fn lower_port(
    written: &Spanned<ServicePort>,
    path: &Path<'_>,
    checks: &mut Checks<'_>,
) -> Option<inventory::ServicePort> {
    let ServicePort { name, port, protocol, node_port, target_port, app_protocol } = &written.value;
    let protocol = rules::protocol(protocol.as_ref(), &path.field("protocol"), checks);
    let at = path.field("port");
    let Some(number) = port else {
        checks.missing(&at, written.line, "`port` is required");
        return None;
    };
    let number = checks.port_number(number, &at)?;
    let name = name.as_ref().filter(|name| !name.value.is_empty());
    if let Some(name) = name
        && !names::is_dns_label(&name.value)
    {
        let message = format!("`{}` is not a valid name of a Service port", name.value);
        checks.invalid(&path.field("name"), name.line, message);
    }
    Some(inventory::ServicePort {
        name: name.map(|name| name.value.clone()),
        port: number,
        protocol,
        target: target(target_port.as_ref(), number, &path.field("targetPort"), checks),
        // 0 stands for none.
        node_port: node_port
            .as_ref()
            .filter(|number| number.value != 0)
            .and_then(|number| checks.port_number(number, &path.field("nodePort"))),
        app_protocol: app_protocol.clone(),
    })
}

/// "targetPort: absent, 0 and the empty name are the port itself" (core/v1 `SetDefaults_Service`)
fn target(
    written: Option<&Spanned<IntOrString>>,
    port: u16,
    path: &Path<'_>,
    checks: &mut Checks<'_>,
) -> TargetPort {
    let Some(written) = written else { return TargetPort::Number(port) };
    match &written.value {
        IntOrString::Int(0) => TargetPort::Number(port),
        IntOrString::String(name) if name.is_empty() => TargetPort::Number(port),
        IntOrString::Int(number) => match syntax::port_number(*number) {
            Ok(number) => TargetPort::Number(number),
            Err(why) => {
                checks.invalid(path, written.line, why);
                TargetPort::Number(port)
            }
        },
        IntOrString::String(name) => {
            if let Err(why) = syntax::port_name(name) {
                checks.invalid_help(path, written.line, why, "a number is written without quotes");
            }
            TargetPort::Name(name.clone())
        }
    }
}
