//! PEER: `namespace/workload`, an address, or `service:namespace/name`.

use std::net::IpAddr;

use mayreach_wire::flow::PeerIn;

/// Reads a peer.
pub(super) fn peer(text: &str) -> Result<PeerIn, String> {
    let named = |name: &str| {
        let parts: Vec<&str> = name.split('/').collect();
        matches!(parts.as_slice(), [namespace, name] if !namespace.is_empty() && !name.is_empty())
    };
    if let Some(name) = text.strip_prefix("service:") {
        let named = named(name).then(|| PeerIn::service(name));
        return named.ok_or_else(|| "write a Service as `service:namespace/name`".into());
    }
    if text.parse::<IpAddr>().is_ok() {
        return Ok(PeerIn::ip(text));
    }
    if named(text) && !text.contains(':') {
        let prefix = text.split('/').next().is_some_and(|head| head.parse::<IpAddr>().is_ok());
        let workload = (!prefix).then(|| PeerIn::workload(text));
        return workload.ok_or_else(|| "an end is one address, without a prefix".into());
    }
    Err("write `namespace/workload`, an IP address, or `service:namespace/name`".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_three_kinds() {
        assert_eq!(peer("shop/web"), Ok(PeerIn::workload("shop/web")));
        assert_eq!(peer("service:shop/web"), Ok(PeerIn::service("shop/web")));
        assert_eq!(peer("10.0.0.1"), Ok(PeerIn::ip("10.0.0.1")));
        assert_eq!(peer("2001:db8::1"), Ok(PeerIn::ip("2001:db8::1")));
    }

    #[test]
    fn refuses_the_rest() {
        for wrong in ["", "web", "a/b/c", "/web", "shop/", "service:web", "10.0.0.0/8", "svc:a/b"] {
            assert!(peer(wrong).is_err(), "{wrong}");
        }
    }
}
