//! Protocols, by name or by number.

use super::lower::{At, Context, surprise};
use crate::{
    kinds::calico::{findings::Findings, object::shown},
    manifest::{IntOrString, Spanned},
    model::Protocol,
};

/// A protocol and how it was written: names and numbers differ in what they imply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::kinds::calico) struct Named {
    pub(in crate::kinds::calico) protocol: Protocol,
    pub(super) by_name: bool,
}

impl Named {
    /// "In BPF mode names other than tcp/udp/icmp/sctp map to protocol 0: `ICMPv6` and `UDPLite` by
    /// name never match" (`pol_prog_builder.go` protocolToNumber).
    pub(super) fn effective(self, ebpf: bool) -> Protocol {
        if ebpf && self.lost_in_ebpf() { Protocol::Other(0) } else { self.protocol }
    }

    fn lost_in_ebpf(self) -> bool {
        self.by_name && matches!(self.protocol, Protocol::Icmpv6 | Protocol::UdpLite)
    }

    /// TCP, UDP and SCTP, by name or number; `UDPLite` not (numorstring `SupportsPorts`).
    pub(in crate::kinds::calico) fn supports_ports(self) -> bool {
        matches!(self.protocol, Protocol::Tcp | Protocol::Udp | Protocol::Sctp)
    }
}

/// Reads a protocol: one of six names, spelled exactly, or 1 to 255, in quotes too.
pub(in crate::kinds::calico) fn protocol(written: &IntOrString) -> Option<Named> {
    let by_number = |number: Option<u8>| {
        let protocol = Protocol::from_number(number.filter(|number| *number > 0)?);
        Some(Named { protocol, by_name: false })
    };
    let text = match written {
        IntOrString::Int(number) => return by_number(u8::try_from(*number).ok()),
        IntOrString::String(text) => text,
    };
    let protocol = match text.as_str() {
        "TCP" => Protocol::Tcp,
        "UDP" => Protocol::Udp,
        "SCTP" => Protocol::Sctp,
        "ICMP" => Protocol::Icmp,
        "ICMPv6" => Protocol::Icmpv6,
        "UDPLite" => Protocol::UdpLite,
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            return by_number(digits.parse().ok());
        }
        _ => return None,
    };
    Some(Named { protocol, by_name: true })
}

/// Reads the `protocol` or `notProtocol` of a rule.
pub(super) fn field(
    written: Option<&Spanned<IntOrString>>,
    at: At<'_>,
    name: &str,
    context: Context<'_>,
    findings: &mut Findings<'_>,
) -> Option<Named> {
    let Spanned { value, line } = written?;
    let found = protocol(value);
    match found {
        None => findings.invalid(
            *line,
            format!("{}.{name}", at.field),
            format!("`{}` is not a protocol", shown(value)),
            "`TCP`, `UDP`, `ICMP`, `ICMPv6`, `SCTP`, `UDPLite`, or a number from 1 to 255",
        ),
        Some(named) if context.ebpf && named.lost_in_ebpf() => surprise(
            findings,
            at,
            format!(
                "the eBPF data plane never matches protocol `{}` by name; write its number",
                shown(value)
            ),
        ),
        Some(_) => {}
    }
    found
}
