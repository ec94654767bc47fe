//! Ports: a number, a range `a:b`, or the name of a port of the endpoint.

use super::{lower::At, manifest::EntityRule, protocol::Named};
use crate::{
    kinds::calico::{findings::Findings, names, object::shown},
    manifest::{IntOrString, Spanned},
    model::network::PortMatch,
};

/// Most entries of one list of ports.
const MAX_PORTS: usize = 50;

/// Lowers a list of ports; wrong ones are problems.
pub(super) fn ports(
    written: &[Spanned<IntOrString>],
    field: &str,
    findings: &mut Findings<'_>,
) -> Vec<PortMatch> {
    let first = written.first().map_or(0, |port| port.line);
    findings.at_most(MAX_PORTS, written.len(), first, field);
    let mut lowered = Vec::with_capacity(written.len());
    for (index, Spanned { value, line }) in written.iter().enumerate() {
        match port(value) {
            Ok(port) => lowered.push(port),
            Err(why) => findings.invalid(
                *line,
                format!("{field}[{index}]"),
                format!("`{}` is not a port: {why}", shown(value)),
                "a number from 1 to 65535, a range such as `8000:8999`, or a port's name",
            ),
        }
    }
    lowered
}

/// numorstring.PortFromString: digits, `digits:digits`, else a name.
fn port(written: &IntOrString) -> Result<PortMatch, &'static str> {
    let text = match written {
        IntOrString::Int(number) => {
            let number = port_number(*number).ok_or("outside 1 to 65535")?;
            return Ok(PortMatch::Range(number, number));
        }
        IntOrString::String(text) => text.as_str(),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = |text: &str| text.parse().ok().and_then(port_number).ok_or("outside 1 to 65535");
    if digits(text) {
        let number = number(text)?;
        return Ok(PortMatch::Range(number, number));
    }
    if let Some((low, high)) = text.split_once(':').filter(|(l, h)| digits(l) && digits(h)) {
        let (low, high) = (number(low)?, number(high)?);
        if low > high {
            return Err("the range ends before it begins");
        }
        return Ok(PortMatch::Range(low, high));
    }
    named_port(text).map(PortMatch::Named).ok_or("not a port name")
}

/// A number that a port can have.
pub(in crate::kinds::calico) fn port_number(number: i64) -> Option<u16> {
    u16::try_from(number).ok().filter(|number| *number > 0)
}

/// A name that a port can have.
pub(in crate::kinds::calico) fn named_port(text: &str) -> Option<String> {
    names::is_port(text).then(|| text.to_owned())
}

/// Numbers need a protocol that has ports; names do without a protocol, and then mean the port
/// of that name whatever its protocol (validator.go validateRule).
pub(super) fn check_protocol(
    protocol: Option<Named>,
    sides: [&EntityRule; 2],
    at: At<'_>,
    findings: &mut Findings<'_>,
) {
    for (name, side) in ["source", "destination"].into_iter().zip(sides) {
        for (list, ports) in [("ports", &side.ports), ("notPorts", &side.not_ports)] {
            let Some(first) = ports.first() else { continue };
            let wrong = match protocol {
                Some(protocol) if protocol.supports_ports() => continue,
                Some(_) => "rules that specify ports must set protocol to TCP, UDP or SCTP",
                None if ports.iter().all(|p| matches!(port(&p.value), Ok(PortMatch::Named(_)))) => {
                    continue;
                }
                None => {
                    "rules with a numeric port or port range must set protocol to TCP, UDP or SCTP"
                }
            };
            let field = format!("{}.{name}.{list}", at.field);
            findings.conflict(first.line, field, wrong, "add `protocol: TCP`, `UDP` or `SCTP`");
        }
    }
}
