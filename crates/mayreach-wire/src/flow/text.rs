//! One end of a flow in one word: what the command line, tables and keyword arguments write.

use std::net::IpAddr;

use mayreach::Peer;

use super::{PeerIn, peer::parts};

/// Reads `namespace/workload`, an address, or `service:namespace/name`.
///
/// # Errors
/// What to write instead.
pub(crate) fn peer(text: &str) -> Result<Peer<'_>, &'static str> {
    if let Some(service) = text.strip_prefix("service:") {
        let named = parts(service).filter(|_| !service.contains(':'));
        let named = named.map(|(namespace, name)| Peer::Service { namespace, name });
        return named.ok_or("write a Service as `service:namespace/name`");
    }
    match parts(text) {
        Some((namespace, _)) if is_address(namespace) => {
            Err("an end is one address, without a prefix")
        }
        Some((namespace, name)) if !text.contains(':') => Ok(Peer::Workload { namespace, name }),
        _ => text
            .parse()
            .map(Peer::Ip)
            .map_err(|_| "write `namespace/workload`, an IP address, or `service:namespace/name`"),
    }
}

/// Most namespaces are told from addresses by their first letter.
fn is_address(text: &str) -> bool {
    let may = text.starts_with(|c: char| c.is_ascii_digit()) || text.contains(':');
    may && text.parse::<IpAddr>().is_ok()
}

impl PeerIn {
    /// Reads `namespace/workload`, an address, or `service:namespace/name`.
    ///
    /// # Errors
    /// What to write instead.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        Ok(match peer(text)? {
            Peer::Service { .. } => Self::service(text.strip_prefix("service:").unwrap_or(text)),
            Peer::Ip(_) => Self::ip(text),
            _ => Self::workload(text),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::PeerIn;

    #[test]
    fn reads_three_kinds() {
        assert_eq!(PeerIn::parse("shop/web"), Ok(PeerIn::workload("shop/web")));
        assert_eq!(PeerIn::parse("service:shop/web"), Ok(PeerIn::service("shop/web")));
        assert_eq!(PeerIn::parse("10.0.0.1"), Ok(PeerIn::ip("10.0.0.1")));
        assert_eq!(PeerIn::parse("2001:db8::1"), Ok(PeerIn::ip("2001:db8::1")));
    }

    #[test]
    fn refuses_the_rest() {
        let wrong = [
            "",
            "web",
            "a/b/c",
            "/web",
            "shop/",
            "service:web",
            "service:service:a/b",
            "10.0.0.0/8",
            "svc:a/b",
            "2001:db8::/32",
            "service:",
            "/",
        ];
        for wrong in wrong {
            assert!(PeerIn::parse(wrong).is_err(), "{wrong}");
        }
    }
}
