//! A list of networks as ranges of addresses: one binary search, however many there are.

use std::net::IpAddr;

use ipnet::IpNet;

/// Networks as they are written, and together as ranges that do not touch, ascending.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ranges {
    nets: Vec<IpNet>,
    v4: Vec<(u32, u32)>,
    v6: Vec<(u128, u128)>,
    /// One of them is all addresses of its family.
    pub(crate) all: bool,
}

impl Ranges {
    pub(crate) fn new(nets: impl IntoIterator<Item = IpNet>) -> Self {
        let nets: Vec<IpNet> = nets.into_iter().collect();
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for net in &nets {
            match net {
                IpNet::V4(net) => v4.push((net.network().to_bits(), net.broadcast().to_bits())),
                IpNet::V6(net) => v6.push((net.network().to_bits(), net.broadcast().to_bits())),
            }
        }
        let all = nets.iter().any(|net| net.prefix_len() == 0);
        Self { v4: merged(v4), v6: merged(v6), nets, all }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.nets.is_empty()
    }

    /// First and last addresses of IPv4, ascending.
    pub(crate) fn v4(&self) -> &[(u32, u32)] {
        &self.v4
    }

    pub(crate) fn nets(&self) -> &[IpNet] {
        &self.nets
    }

    /// Whether one of the networks has an address.
    pub(crate) fn has(&self, ip: IpAddr) -> bool {
        match ip {
            IpAddr::V4(ip) => meets(&self.v4, ip.to_bits(), ip.to_bits()),
            IpAddr::V6(ip) => meets(&self.v6, ip.to_bits(), ip.to_bits()),
        }
    }

    /// Whether one of them shares an address with a network.
    pub(crate) fn touches(&self, net: &IpNet) -> bool {
        match net {
            IpNet::V4(net) => meets(&self.v4, net.network().to_bits(), net.broadcast().to_bits()),
            IpNet::V6(net) => meets(&self.v6, net.network().to_bits(), net.broadcast().to_bits()),
        }
    }
}

/// As ranges that do not touch, ascending.
pub(super) fn merged<T: Copy + Ord>(mut ranges: Vec<(T, T)>) -> Vec<(T, T)> {
    ranges.sort_unstable();
    let mut out: Vec<(T, T)> = Vec::new();
    for (low, high) in ranges {
        match out.last_mut() {
            Some((_, end)) if low <= *end => *end = high.max(*end),
            _ => out.push((low, high)),
        }
    }
    out
}

fn meets<T: Copy + Ord>(ranges: &[(T, T)], low: T, high: T) -> bool {
    let next = ranges.partition_point(|(_, end)| *end < low);
    ranges.get(next).is_some_and(|(start, _)| *start <= high)
}

#[cfg(test)]
mod tests {
    use super::Ranges;

    #[test]
    fn ranges_say_what_each_network_says() {
        let texts = [
            "10.0.0.0/8",
            "10.1.0.0/16",
            "10.255.255.255/32",
            "11.0.0.0/32",
            "192.168.0.0/30",
            "fd00::/16",
            "fd00:1::/32",
            "0.0.0.0/32",
            "255.255.255.255/32",
        ];
        let nets: Vec<ipnet::IpNet> = texts.iter().map(|t| t.parse().unwrap()).collect();
        let ranges = Ranges::new(nets.iter().copied());
        for ip in [
            "9.255.255.255",
            "10.0.0.0",
            "10.200.0.1",
            "11.0.0.0",
            "11.0.0.1",
            "192.168.0.3",
            "192.168.0.4",
            "fcff::1",
            "fd00::1",
            "fd01::1",
            "0.0.0.0",
            "0.0.0.1",
            "255.255.255.255",
        ] {
            let ip = ip.parse().unwrap();
            assert_eq!(ranges.has(ip), nets.iter().any(|n| n.contains(&ip)), "{ip}");
        }
        for net in ["0.0.0.0/0", "8.0.0.0/7", "12.0.0.0/8", "192.168.0.2/31", "::/0", "fe00::/8"] {
            let net: ipnet::IpNet = net.parse().unwrap();
            let slow = nets.iter().any(|n| n.contains(&net) || net.contains(n));
            assert_eq!(ranges.touches(&net), slow, "{net}");
        }
        assert!(!ranges.all && !Ranges::default().has("10.0.0.1".parse().unwrap()));
    }
}
