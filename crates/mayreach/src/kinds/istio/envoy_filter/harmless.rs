//! Patches that change how a proxy works and not whom it lets in.

use serde_json::{Map, Value};

/// Filters that judge no caller and change nothing of a request that policies read. Rate limits
/// and the like refuse by amount, whoever asks.
const FILTERS: &[&str] = &[
    "envoy.filters.http.adaptive_concurrency",
    "envoy.filters.http.admission_control",
    "envoy.filters.http.bandwidth_limit",
    "envoy.filters.http.buffer",
    "envoy.filters.http.compressor",
    "envoy.filters.http.decompressor",
    "envoy.filters.http.grpc_stats",
    "envoy.filters.http.local_ratelimit",
    "envoy.filters.http.ratelimit",
    "envoy.filters.http.tap",
    "istio.stats",
];

/// Settings of the connection manager about time, amount and logs.
const MANAGER: &[&str] = &[
    "@type",
    "access_log",
    "access_log_options",
    "delayed_close_timeout",
    "drain_timeout",
    "http2_protocol_options",
    "max_request_headers_kb",
    "request_headers_timeout",
    "request_timeout",
    "server_header_transformation",
    "server_name",
    "stream_idle_timeout",
    "tracing",
];

const LISTENER: &[&str] = &[
    "access_log",
    "connection_balance_config",
    "per_connection_buffer_limit_bytes",
    "socket_options",
    "tcp_backlog_size",
];

fn snake(key: &str) -> String {
    let mut out = String::new();
    for c in key.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn within(value: &Map<String, Value>, known: &[&str]) -> bool {
    value.keys().all(|key| known.contains(&snake(key).as_str()))
}

fn config(value: &Map<String, Value>) -> Option<&Map<String, Value>> {
    value.get("typed_config").or(value.get("typedConfig"))?.as_object()
}

/// Whether a patch of that `applyTo` surely lets in whom it would be without it.
pub(super) fn is(apply_to: &str, operation: &str, value: &Map<String, Value>) -> bool {
    let name = value.get("name").and_then(Value::as_str).unwrap_or_default();
    match (apply_to, operation) {
        ("HTTP_FILTER", "INSERT_BEFORE" | "INSERT_AFTER" | "INSERT_FIRST" | "ADD") => {
            let extension = |url: &str| {
                let kind = url.rsplit('/').next().unwrap_or_default();
                let parts = kind.strip_prefix("envoy.extensions.filters.http.");
                let filter = parts.and_then(|p| p.split('.').next()).unwrap_or_default();
                FILTERS.contains(&format!("envoy.filters.http.{filter}").as_str())
            };
            let url = config(value).and_then(|c| c.get("@type")).and_then(Value::as_str);
            // Envoy goes by the type; the name is free.
            match url {
                Some("type.googleapis.com/udpa.type.v1.TypedStruct") | None => {
                    url.is_none() && FILTERS.contains(&name)
                }
                Some(url) => extension(url),
            }
        }
        ("NETWORK_FILTER", "MERGE") => {
            let manager = matches!(name, "" | "envoy.filters.network.http_connection_manager");
            let outer = within(value, &["name", "typed_config"]);
            manager && outer && config(value).is_some_and(|c| within(c, MANAGER))
        }
        ("LISTENER", "MERGE") => within(value, LISTENER),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::is;

    fn ask(apply_to: &str, operation: &str, value: Value) -> bool {
        let Value::Object(value) = value else { unreachable!("a map") };
        is(apply_to, operation, &value)
    }

    #[test]
    fn amounts_and_times_are_harmless_and_callers_are_not() {
        let limit =
            "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit";
        let authz = "type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz";
        let filter =
            |url: &str| json!({"name": "envoy.filters.http.tap", "typed_config": {"@type": url}});
        assert!(ask("HTTP_FILTER", "INSERT_BEFORE", filter(limit)));
        assert!(!ask("HTTP_FILTER", "INSERT_BEFORE", filter(authz)));
        assert!(!ask("HTTP_FILTER", "REMOVE", filter(limit)));
        let manager = |settings: Value| json!({"name": "envoy.filters.network.http_connection_manager", "typed_config": settings});
        assert!(ask("NETWORK_FILTER", "MERGE", manager(json!({"stream_idle_timeout": "1s"}))));
        assert!(!ask("NETWORK_FILTER", "MERGE", manager(json!({"xff_num_trusted_hops": 1}))));
        assert!(ask("LISTENER", "MERGE", json!({"perConnectionBufferLimitBytes": 1})));
        assert!(!ask("LISTENER", "MERGE", json!({"use_original_dst": true})));
    }
}
