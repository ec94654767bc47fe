//! What mesh config means for verdicts.

use serde::Deserialize;

use super::manifest::{
    CaCertificate, ConnectionSettings, ExtAuthz, MeshConfig, Number, Operator, Provider as Written,
};
use crate::{
    error::{Note, NoteCode, Problem},
    kinds::{
        Draft,
        istio::{namespace_of, sidecar::Outbound},
        kubernetes::{Checks, Path, Whose},
    },
    manifest::{Document, Limits, Source, read},
    model::{
        LayerSet, Scope, Unevaluated,
        inventory::{Mesh, Normalization, Provider, ProviderKind},
        selector::Selector,
    },
};

#[derive(Clone, Debug, Default, Deserialize)]
struct Data {
    mesh: Option<crate::manifest::Spanned<String>>,
}

/// Whether a ConfigMap is the mesh's: `istio`, in the root namespace.
pub(in crate::kinds::istio) fn is_mesh(document: &Document, draft: &Draft<'_>) -> bool {
    let root = draft.options.root_namespace.as_deref().unwrap_or("istio-system");
    let name = document.metadata.name.as_str();
    namespace_of(document) == root
        && (name == "istio" || name.starts_with("istio-"))
        && document.root.get("data").is_some_and(|d| d.get("mesh").is_some())
}

pub(in crate::kinds::istio) fn lower(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::new(document);
    let Data { mesh } = checks.field("data").unwrap_or_default();
    let Some(mesh) = mesh else { return checks.done() };
    let path = Path::Root("data").field("mesh");
    let config = match parse(&mesh.value, &draft.options.limits) {
        Ok(config) => config,
        Err(message) => {
            checks.invalid(&path, mesh.line, message);
            MeshConfig::default()
        }
    };
    settle(document, draft, checks, (&path, mesh.line), config, &namespace_of(document))
}

/// `spec.meshConfig` of an IstioOperator; `values.meshConfig` where that is left out.
pub(in crate::kinds::istio) fn lower_operator(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::new(document);
    let Operator { namespace, mesh_config, values } = checks.field("spec").unwrap_or_default();
    let values = values.and_then(|v| v.mesh_config);
    by_operator(document, draft, checks, namespace, mesh_config.or(values))
}

/// `spec.values.meshConfig` of the Sail operator's objects.
pub(in crate::kinds::istio) fn lower_sail(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::new(document);
    let Operator { namespace, mesh_config: _, values } = checks.field("spec").unwrap_or_default();
    by_operator(document, draft, checks, namespace, values.and_then(|v| v.mesh_config))
}

fn by_operator(
    document: &Document,
    draft: &mut Draft<'_>,
    checks: Checks<'_>,
    namespace: Option<String>,
    config: Option<MeshConfig>,
) -> Result<(), Vec<Problem>> {
    let Some(config) = config else { return checks.done() };
    if draft.model.inventory.mesh.defined {
        let note = "mesh config was read before: the ConfigMap is what came of this";
        draft.note(Note::new(NoteCode::Ignored, note).about(document.title()).at(document.place));
        return checks.done();
    }
    let path = Path::Root("spec");
    let path = path.field("meshConfig");
    let namespace = namespace.unwrap_or_else(|| "istio-system".into());
    settle(document, draft, checks, (&path, 0), config, &namespace)?;
    draft.model.inventory.mesh.by_operator = true;
    Ok(())
}

fn settle(
    document: &Document,
    draft: &mut Draft<'_>,
    mut checks: Checks<'_>,
    (path, line): (&Path<'_>, u32),
    config: MeshConfig,
    namespace: &str,
) -> Result<(), Vec<Problem>> {
    let only = config.outbound_traffic_policy.as_ref().and_then(Outbound::registry_only);
    let settings = config.default_config.as_ref().and_then(|d| d.connection_settings.as_ref());
    let touched = settings.and_then(ConnectionSettings::touched);
    let mut found = config_of(config, &mut checks, path, line, namespace);
    checks.done()?;
    let mesh = &draft.model.inventory.mesh;
    if mesh.defined && !mesh.by_operator {
        let note =
            "another mesh ConfigMap was read before; a proxy follows the one of its revision";
        draft.note(Note::new(NoteCode::Ignored, note).about(document.title()).at(document.place));
        return Ok(());
    }
    let mut id = || {
        let namespace = Some(namespace.to_owned());
        draft.policy("MeshConfig", document, namespace, Vec::new(), Vec::new())
    };
    if !found.discovers.is_empty() {
        found.discovery = Some(id());
    }
    let settings = touched.map(|proxies| (id(), proxies));
    if only == Some(true) {
        found.registry_only = Some(id());
        let why = "outboundTrafficPolicy is REGISTRY_ONLY: flows from sidecars to what no Service \
                   leads to are undetermined";
        let note = Note::new(NoteCode::NotEvaluated, why);
        draft.note(note.about(document.title()).at(document.place));
    }
    if let Some((policy, proxies)) = settings {
        let layers = LayerSet { jwt: true, authorization: true, ..LayerSet::default() };
        let scope = Scope::Cluster;
        draft.model.unevaluated.push(Unevaluated { policy, layers, scope, proxies });
        let why = "connectionSettings change how requests are read: they are undetermined";
        let note = Note::new(NoteCode::NotEvaluated, why);
        draft.note(note.about(document.title()).at(document.place));
    }
    draft.model.inventory.mesh = found;
    Ok(())
}

/// The text inside is YAML of its own, without a kind: it is given one to be read by the same
/// reader.
fn parse(text: &str, limits: &Limits) -> Result<MeshConfig, String> {
    if text.trim().is_empty() {
        return Ok(MeshConfig::default());
    }
    let indented: String = text.lines().map(|l| format!("  {l}\n")).collect();
    let whole = format!(
        "apiVersion: mesh.istio.io/v1alpha1\nkind: MeshConfig\nmetadata: {{name: mesh}}\nspec:\n{indented}"
    );
    let documents = read(&[Source::new("mesh", whole)], limits);
    let say =
        |p: &Problem| p.field.as_ref().map_or(p.message.clone(), |f| format!("{f}: {}", p.message));
    let documents = documents.map_err(|all| all.first().map(say).unwrap_or_default())?;
    let document = documents.first().ok_or("mesh config holds nothing")?;
    document.field("spec").map(Option::unwrap_or_default).map_err(|p| say(&p))
}

fn config_of(
    config: MeshConfig,
    checks: &mut Checks<'_>,
    path: &Path<'_>,
    line: u32,
    namespace: &str,
) -> Mesh {
    let MeshConfig {
        trust_domain,
        trust_domain_aliases,
        ca_certificates,
        root_namespace,
        path_normalization,
        extension_providers,
        enable_auto_mtls,
        default_config,
        outbound_traffic_policy: _,
        default_service_export_to,
        default_destination_rule_export_to,
        discovery_selectors,
    } = config;
    let every = || vec!["*".to_owned()];
    let selectors = discovery_selectors.unwrap_or_default();
    let discovers =
        selectors.iter().map(|s| Selector::And(s.lower(Whose::Node, path, checks))).collect();
    let default = Mesh::default();
    let mode = path_normalization.and_then(|p| p.normalization);
    let path_normalization = match mode.as_ref().map_or("DEFAULT", |m| m.value.as_str()) {
        "DEFAULT" | "BASE" => Normalization::Base,
        "NONE" => Normalization::None,
        "MERGE_SLASHES" => Normalization::MergeSlashes,
        "DECODE_AND_MERGE_SLASHES" => Normalization::DecodeAndMergeSlashes,
        other => {
            checks.invalid_help(
                path,
                line,
                format!("path normalization `{other}` is not known"),
                "it is one of DEFAULT, NONE, BASE, MERGE_SLASHES, DECODE_AND_MERGE_SLASHES",
            );
            Normalization::Base
        }
    };
    let certificates = ca_certificates.unwrap_or_default().into_iter();
    let trusted =
        default_config.and_then(|d| d.gateway_topology).and_then(|t| t.num_trusted_proxies);
    if trusted.is_some_and(|Number(n)| u32::try_from(n).is_err()) {
        checks.invalid(path, line, "numTrustedProxies is no number of proxies");
    }
    Mesh {
        trust_domain: trust_domain
            .filter(|t| !t.is_empty())
            .unwrap_or(default.trust_domain.clone()),
        trust_domain_aliases: trust_domain_aliases.unwrap_or_default(),
        ca_trust_domains: certificates
            .flat_map(|CaCertificate { trust_domains }| trust_domains.unwrap_or_default())
            .collect(),
        root_namespace: root_namespace
            .filter(|n| !n.is_empty())
            .unwrap_or_else(|| namespace.into()),
        path_normalization,
        providers: extension_providers.unwrap_or_default().into_iter().map(provider).collect(),
        auto_mtls: enable_auto_mtls.unwrap_or(true),
        trusted_proxies: trusted.and_then(|Number(n)| u32::try_from(n).ok()).unwrap_or(0),
        service_export_to: default_service_export_to.unwrap_or_else(every),
        rule_export_to: default_destination_rule_export_to.unwrap_or_else(every),
        discovers,
        defined: true,
        ..default
    }
}

fn provider(written: Written) -> Provider {
    let Written { name, envoy_ext_authz_http, envoy_ext_authz_grpc } = written;
    let name = name.unwrap_or_default();
    let (kind, authorizer) = match (envoy_ext_authz_http, envoy_ext_authz_grpc) {
        (Some(http), _) => (ProviderKind::ExtAuthzHttp, Some(http)),
        (None, Some(grpc)) => (ProviderKind::ExtAuthzGrpc, Some(grpc)),
        (None, None) => (ProviderKind::Other, None),
    };
    let authorizer = authorizer.unwrap_or_default();
    let invalid = invalid(&name, kind, &authorizer);
    let status = authorizer.status_on_error.as_deref().and_then(|s| s.parse().ok());
    Provider {
        name,
        kind,
        service: authorizer.service.unwrap_or_default(),
        fail_open: authorizer.fail_open.unwrap_or(false),
        invalid,
        status_on_error: status.unwrap_or(0),
    }
}

/// The numbers of Envoy's `type.v3.StatusCode`, as Go's `strconv.ParseInt` reads them.
fn is_status(text: &str) -> bool {
    let known = |code| {
        matches!(code, 0 | 100 | 200..=208 | 226 | 300..=305 | 307 | 308 | 400..=417 | 421..=424)
            || matches!(code, 426 | 428 | 429 | 431 | 500..=508 | 510 | 511)
    };
    text.parse::<u16>().is_ok_and(known)
}

/// What istiod refuses (authz/builder/extauthz.go): matching requests are then denied.
fn invalid(name: &str, kind: ProviderKind, authorizer: &ExtAuthz) -> Option<String> {
    let ExtAuthz { service, port, fail_open: _, path_prefix, status_on_error } = authorizer;
    let lower = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if name.is_empty() || name.len() > 63 || !name.bytes().all(lower) {
        return Some("its name is not a lower-case DNS label".into());
    }
    if kind == ProviderKind::Other {
        return Some("it is not an external authorizer".into());
    }
    if service.as_ref().is_none_or(String::is_empty) {
        return Some("it names no service".into());
    }
    if !port.is_some_and(|Number(p)| (1..=65535).contains(&p)) {
        return Some("its port is not between 1 and 65535".into());
    }
    if path_prefix.as_ref().is_some_and(|p| !p.is_empty() && !p.starts_with('/')) {
        return Some("its pathPrefix does not begin with `/`".into());
    }
    if status_on_error.as_ref().is_some_and(|s| !s.is_empty() && !is_status(s)) {
        return Some("its statusOnError is none that Envoy knows".into());
    }
    None
}
