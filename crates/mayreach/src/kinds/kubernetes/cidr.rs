//! CIDRs and addresses as the API server reads them.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

/// A CIDR that was accepted, and what is odd about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cidr {
    /// Masked.
    pub(super) net: IpNet,
    /// The length of its prefix as written, which counts for an IPv4 network in IPv6 form.
    pub(super) written: u8,
    /// Bits beyond the prefix were set; they do not count.
    pub(super) host_bits: bool,
    /// An octet was written with leading zeros: readers disagree whether that is octal, decimal
    /// or an error.
    pub(super) leading_zeros: bool,
}

/// Reads a CIDR of a legacy field, such as `ipBlock.cidr`: leading zeros count as decimal, host
/// bits are masked (k8s.io/utils/net `ParseCIDRSloppy`).
pub(super) fn sloppy(text: &str) -> Option<Cidr> {
    let (address, prefix) = text.split_once('/')?;
    let plain = without_leading_zeros(address);
    let mut cidr = parse(plain.as_deref().unwrap_or(address), prefix)?;
    cidr.leading_zeros = plain.is_some();
    // Go's net.IPNet holds ::ffff:a.b.c.d/96+n as the IPv4 network a.b.c.d/n.
    if let IpNet::V6(v6) = cidr.net
        && let (Some(v4), Some(length)) =
            (v6.addr().to_ipv4_mapped(), v6.prefix_len().checked_sub(96))
    {
        cidr.net = IpNet::new(IpAddr::V4(v4), length).ok()?;
    }
    Some(cidr)
}

/// Reads a CIDR as CEL's `isCIDR` does (Go netip.ParsePrefix): no leading zeros, no IPv4 address
/// inside an IPv6 one; host bits are masked.
pub(super) fn strict(text: &str) -> Option<Cidr> {
    let (address, prefix) = text.split_once('/')?;
    if prefix.len() > 1 && prefix.starts_with('0') {
        return None;
    }
    let cidr = parse(address, prefix)?;
    let mapped = matches!(cidr.net, IpNet::V6(v6) if v6.addr().to_ipv4_mapped().is_some());
    (!mapped).then_some(cidr)
}

fn parse(address: &str, prefix: &str) -> Option<Cidr> {
    let address: IpAddr = address.parse().ok()?;
    if prefix.is_empty() || prefix.len() > 3 || !prefix.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let net = IpNet::new(address, prefix.parse().ok()?).ok()?;
    let masked = net.trunc();
    let written = net.prefix_len();
    Some(Cidr { net: masked, written, host_bits: masked.addr() != address, leading_zeros: false })
}

/// An address of a legacy field (k8s.io/utils/net `ParseIPSloppy`).
pub(super) fn address(text: &str) -> Option<IpAddr> {
    let plain = without_leading_zeros(text);
    let ip: IpAddr = plain.as_deref().unwrap_or(text).parse().ok()?;
    Some(ip.to_canonical())
}

/// An IPv4 address with its leading zeros taken off, if it has any.
fn without_leading_zeros(text: &str) -> Option<String> {
    let octet = |part: &str| -> Option<u8> {
        let digits = !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
        if digits { part.parse().ok() } else { None }
    };
    let zeros = text.split('.').any(|part| part.len() > 1 && part.starts_with('0'));
    if !zeros {
        return None;
    }
    let octets: Vec<u8> = text.split('.').map(octet).collect::<Option<_>>()?;
    let octets: [u8; 4] = octets.try_into().ok()?;
    Some(Ipv4Addr::from(octets).to_string())
}
