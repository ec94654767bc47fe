//! EnvoyFilter: what it means.

use serde_json::{Map, Value};

use super::{
    harmless,
    manifest::{Patch, Selector, Spec},
};
use crate::{
    error::Problem,
    kinds::{
        Draft,
        istio::{created, namespace_of, recognised::report},
    },
    manifest::Document,
    model::{
        LayerSet, Proxies,
        authz::{Target, TargetKind},
        lua::{LuaFilter, LuaPlace, Reach},
    },
};

const LUA: &str = "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua";
const CONNECTION_MANAGER: &str = "envoy.filters.network.http_connection_manager";
const ROUTER: &str = "envoy.filters.http.router";
const INBOUND: &str = "virtualInbound";

/// What one patch is to this engine.
enum Meaning {
    /// It comes after the request was let in, or is about outbound traffic.
    Harmless,
    /// It changes inbound routes, which scripts can read.
    Route,
    Script {
        place: LuaPlace,
        any: bool,
        script: String,
    },
    /// It may do anything to these layers.
    Other(LayerSet, &'static str),
}

/// A patch may put anything before the authorization filters. Patches of outbound listeners,
/// routes and clusters come after the request was let in.
pub(in crate::kinds::istio) fn lower(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let spec: Spec = document.field("spec").map(Option::unwrap_or_default).map_err(|p| vec![p])?;
    let Spec { workload_selector, target_refs, config_patches, priority } = spec;
    let Selector { labels } = workload_selector.unwrap_or_default();
    let labels: Vec<(String, String)> = labels.unwrap_or_default().into_iter().collect();
    let refs = target_refs.unwrap_or_default();
    let targeted = !refs.is_empty();
    let patches = config_patches.unwrap_or_default();
    let proxies = if targeted { targets(&refs) } else { proxies(&patches) };
    let meanings: Vec<Meaning> = patches
        .into_iter()
        .map(|patch| match meaning(patch) {
            Meaning::Script { .. } if targeted => Meaning::Other(HTTP, "it has target references"),
            Meaning::Script { .. } if !cfg!(feature = "lua") => {
                Meaning::Other(HTTP, "this build runs no Lua")
            }
            other => other,
        })
        .collect();
    let reach = Reach { namespace: namespace_of(document), labels: labels.clone() };
    let others = meanings.iter().filter_map(|m| match m {
        Meaning::Other(layers, why) => Some((*layers, *why)),
        _ => None,
    });
    if let Some((layers, why)) = others.reduce(|(a, why), (b, _)| (both(a, b), why)) {
        report(document, draft, "EnvoyFilter", layers, labels, proxies, why);
        return Ok(());
    }
    if meanings.iter().all(|m| matches!(m, Meaning::Harmless)) {
        return Ok(());
    }
    let namespace = Some(reach.namespace.clone());
    let id = draft.policy("EnvoyFilter", document, namespace, Vec::new(), Vec::new());
    for meaning in meanings {
        match meaning {
            Meaning::Route => draft.model.lua.routes.push((id, reach.clone())),
            Meaning::Script { place, any, script } => draft.model.lua.filters.push(LuaFilter {
                id,
                reach: reach.clone(),
                name: document.metadata.name.clone(),
                created: created(document),
                priority: priority.unwrap_or_default(),
                place,
                any,
                script,
            }),
            Meaning::Harmless | Meaning::Other(..) => {}
        }
    }
    Ok(())
}

/// The proxies whose own listeners some patch may change.
fn proxies(patches: &[Patch]) -> Proxies {
    let contexts: Vec<&str> =
        patches.iter().map(context).filter(|c| *c != "SIDECAR_OUTBOUND").collect();
    if contexts.iter().all(|c| *c == "GATEWAY") {
        Proxies::Gateways
    } else if contexts.iter().all(|c| *c == "SIDECAR_INBOUND") {
        Proxies::Sidecars
    } else {
        // "Waypoints take a patch by its targets only" (policyattachment.go).
        Proxies::SidecarsAndGateways
    }
}

fn context(patch: &Patch) -> &str {
    patch.matching.as_ref().and_then(|m| text(m, "context")).unwrap_or("ANY")
}

fn targets(refs: &[Value]) -> Proxies {
    let one = |value: &Value| {
        let map = value.as_object()?;
        let kind = match text(map, "kind")? {
            "Gateway" => TargetKind::Gateway,
            "GatewayClass" => TargetKind::GatewayClass,
            "Service" => TargetKind::Service,
            "ServiceEntry" => TargetKind::ServiceEntry,
            _ => return None,
        };
        Some(Target { kind, name: text(map, "name")?.to_owned() })
    };
    let all: Option<Vec<Target>> = refs.iter().map(one).collect();
    all.map_or(Proxies::Any, Proxies::Targets)
}

const HTTP: LayerSet =
    LayerSet { egress: false, ingress: false, mtls: false, jwt: true, authorization: true };
const CONNECTION: LayerSet = LayerSet { mtls: true, ..HTTP };

fn both(a: LayerSet, b: LayerSet) -> LayerSet {
    LayerSet { mtls: a.mtls || b.mtls, ..HTTP }
}

fn meaning(patch: Patch) -> Meaning {
    let context = context(&patch).to_owned();
    let context = context.as_str();
    let Patch { apply_to, matching, patch } = patch;
    if context == "SIDECAR_OUTBOUND" {
        return Meaning::Harmless;
    }
    let why = "it changes the proxy's own filters";
    let value = patch.as_ref().and_then(|p| object(p, "value")).unwrap_or_default();
    let operation = patch.as_ref().and_then(|p| text(p, "operation")).unwrap_or_default();
    if harmless::is(apply_to.as_deref().unwrap_or_default(), operation, &value) {
        return Meaning::Harmless;
    }
    match apply_to.as_deref().unwrap_or_default() {
        "VIRTUAL_HOST" | "HTTP_ROUTE" | "ROUTE_CONFIGURATION" => match context {
            "SIDECAR_INBOUND" | "ANY" => Meaning::Route,
            _ => Meaning::Harmless,
        },
        "CLUSTER" | "BOOTSTRAP" => Meaning::Harmless,
        "HTTP_FILTER" => {
            let any = match context {
                "ANY" => Some(true),
                "SIDECAR_INBOUND" => Some(false),
                _ => None,
            };
            let found = any.zip(patch.as_ref()).and_then(|(any, patch)| {
                let place = place(matching.as_ref(), text(patch, "operation")?)?;
                let script = script(patch)?;
                Some(Meaning::Script { place, any, script })
            });
            found.unwrap_or(Meaning::Other(HTTP, why))
        }
        _ => Meaning::Other(CONNECTION, why),
    }
}

/// Where the patch inserts; `None` where that is not one of the places that are evaluated.
///
/// What stands behind the router is no place: "terminal filter must be the last filter", so Envoy
/// refuses the listener after `ADD`, and after `INSERT_AFTER` without a filter to match.
fn place(matching: Option<&Map<String, Value>>, operation: &str) -> Option<LuaPlace> {
    let nothing = Map::new();
    let matching = matching.unwrap_or(&nothing);
    only(matching, &["context", "listener"])?;
    let listener = object(matching, "listener")?;
    only(&listener, &["name", "filterChain"])?;
    let chain = object(&listener, "filterChain")?;
    only(&chain, &["filter"])?;
    let filter = object(&chain, "filter")?;
    only(&filter, &["name", "subFilter"])?;
    let is = |map: &Map<String, Value>, wanted: &str| {
        !map.contains_key("name") || text(map, "name") == Some(wanted)
    };
    if !is(&listener, INBOUND) || !is(&filter, CONNECTION_MANAGER) {
        return None;
    }
    match (operation, filter.get("subFilter")) {
        // "append([]*hcm.HttpFilter{…}, httpconn.HttpFilters...)", whatever filter is named.
        ("INSERT_FIRST", _) | ("INSERT_BEFORE", None) => Some(LuaPlace::Front),
        ("INSERT_BEFORE", Some(Value::Object(sub))) if text(sub, "name") == Some(ROUTER) => {
            Some(LuaPlace::BeforeRouter)
        }
        _ => None,
    }
}

/// The script of a patch's value, if that is all it holds.
fn script(patch: &Map<String, Value>) -> Option<String> {
    only(patch, &["operation", "value"])?;
    let value = object(patch, "value")?;
    only(&value, &["name", "typed_config", "typedConfig"])?;
    let config = value.get("typed_config").or(value.get("typedConfig"))?.as_object()?;
    // These two change statistics and the choice of a route.
    let quiet = ["stat_prefix", "statPrefix", "clear_route_cache", "clearRouteCache"];
    let code = ["inline_code", "inlineCode", "default_source_code", "defaultSourceCode"];
    only(config, &[&["@type"], &quiet[..], &code[..]].concat())?;
    if text(config, "@type") != Some(LUA) {
        return None;
    }
    let mut codes = code.iter().filter_map(|field| config.get(*field));
    let found = match (codes.next()?, codes.next()) {
        (Value::String(script), None) => script,
        (Value::Object(source), None) => {
            only(source, &["inline_string", "inlineString"])?;
            text(source, "inline_string").or(text(source, "inlineString"))?
        }
        _ => return None,
    };
    Some(found.to_owned())
}

/// `None` if the map holds any other field.
fn only(map: &Map<String, Value>, fields: &[&str]) -> Option<()> {
    map.keys().all(|key| fields.contains(&key.as_str())).then_some(())
}

fn text<'m>(map: &'m Map<String, Value>, field: &str) -> Option<&'m str> {
    map.get(field).and_then(Value::as_str)
}

/// An object, empty where nothing is written.
fn object(map: &Map<String, Value>, field: &str) -> Option<Map<String, Value>> {
    match map.get(field) {
        None | Some(Value::Null) => Some(Map::new()),
        Some(Value::Object(found)) => Some(found.clone()),
        Some(_) => None,
    }
}
