//! What to add to the question when the answer depends on something.

/// The argument that settles a missing attribute, or what to do instead.
pub(super) fn hint(missing: &str) -> Option<&'static str> {
    Some(match missing {
        "port" => "--port",
        "source.ip" => "a source with an address (a Pod with `status.podIP`, or an IP)",
        "destination.ip" => "a destination with an address (a Pod with `status.podIP`, or an IP)",
        "http" => "--method and --path, or --no-http",
        "http.method" => "--method",
        "http.path" => "--path",
        "http.host" => "--host",
        "http.headers" => "--header, or --method and --path where there are none",
        "tls.sni" => "--sni",
        "source.principal" => "--principal",
        "source.mtls" => "--mtls or --plaintext",
        "token" => "--token, --claims or --no-token",
        "now" => "--now",
        "ext_authz" => "--ext-authz",
        "icmp" => "--icmp",
        "source.port" => "--source-port",
        "jwks" => "--jwks",
        "node" => "the Nodes, and `spec.nodeName` of the pods",
        "namespace" => "the Namespace",
        "backend" => "one backend instead of the Service",
        _ => return None,
    })
}
