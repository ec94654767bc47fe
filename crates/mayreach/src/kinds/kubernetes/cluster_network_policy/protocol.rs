//! `protocols` of a rule.

use super::manifest::{Port, PortRange, Protocol, Transport};
use crate::{
    kinds::kubernetes::{
        Checks, Path,
        sig_network::{self, Named},
    },
    manifest::Spanned,
    model::{self, network::PortMatch},
};

impl Named for Protocol {
    const LIST: &'static str = "protocols";

    fn port_name(&self) -> Option<&Spanned<String>> {
        self.destination_named_port.as_ref()
    }

    fn lower(
        &self,
        line: u32,
        path: &Path<'_>,
        checks: &mut Checks<'_>,
    ) -> Option<(Option<model::Protocol>, Option<PortMatch>)> {
        let Self { tcp, udp, sctp, destination_named_port: name } = self;
        let (protocol, key, transport) = match (tcp, udp, sctp, name) {
            (Some(tcp), None, None, None) => (model::Protocol::Tcp, "tcp", tcp),
            (None, Some(udp), None, None) => (model::Protocol::Udp, "udp", udp),
            (None, None, Some(sctp), None) => (model::Protocol::Sctp, "sctp", sctp),
            // "destinationNamedPort: the name only, of any protocol"
            (None, None, None, Some(name)) => {
                let at = path.field("destinationNamedPort");
                return Some((None, Some(sig_network::named(name, &at, checks)?)));
            }
            _ => {
                let message =
                    "exactly one of `tcp`, `udp`, `sctp` and `destinationNamedPort` must be set";
                checks.conflict(path, line, message);
                return None;
            }
        };
        Some((Some(protocol), Some(port(transport, &path.field(key), checks)?)))
    }
}

fn port(
    transport: &Spanned<Transport>,
    path: &Path<'_>,
    checks: &mut Checks<'_>,
) -> Option<PortMatch> {
    let path = path.field("destinationPort");
    let Transport { destination_port } = &transport.value;
    let Some(written) = destination_port else {
        // MinProperties=1: a whole protocol cannot be written without ports.
        checks.missing(&path, transport.line, "`destinationPort` is required");
        return None;
    };
    let Port { number, range } = &written.value;
    match (number, range) {
        (Some(number), None) => {
            let port = checks.port_number(number, &path.field("number"))?;
            Some(PortMatch::Range(port, port))
        }
        (None, Some(PortRange { start, end })) => {
            sig_network::range(start, end, false, &path.field("range"), checks)
        }
        _ => {
            let message = "exactly one of `number` and `range` must be set";
            checks.conflict(&path, written.line, message);
            None
        }
    }
}
