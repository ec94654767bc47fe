//! Small things that several kinds of the family read: addresses, ports, booleans, lists of words.

use std::net::IpAddr;

use ipnet::IpNet;

/// An address or a CIDR by Go's netip (pilot/pkg/networking/util/util.go AddrStrToCidrRange): host
/// bits may be set, leading zeros may not. A zone is dropped, as `netip.PrefixFrom` does.
pub(super) fn net(text: &str) -> Result<IpNet, String> {
    if text.contains('/') {
        return text
            .parse::<IpNet>()
            .map(|n| n.trunc())
            .map_err(|_| format!("`{text}` is not a CIDR range"));
    }
    let address = match text.split_once('%') {
        Some((address, zone)) if address.contains(':') && !zone.is_empty() => address,
        _ => text,
    };
    address.parse::<IpAddr>().map(IpNet::from).map_err(|_| format!("`{text}` is not an IP address"))
}

/// A port as the webhook reads it: 0 to 65535.
pub(super) fn port(text: &str) -> Result<u16, String> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = if digits { text.parse().ok() } else { None };
    number.ok_or_else(|| format!("`{text}` is not a port between 0 and 65535"))
}

/// Go's strconv.ParseBool.
pub(super) fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// `a, b or c`.
pub(super) fn words(list: &[&str]) -> String {
    match list.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        Some((only, _)) => (*only).to_owned(),
        None => String::new(),
    }
}
