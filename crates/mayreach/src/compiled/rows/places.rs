//! Where workloads are, so that rules about addresses where none is are not asked of any.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::{
    compiled::ranges::merged,
    model::inventory::{Addresses, Workload},
};

/// Every address that a workload has or may have.
#[derive(Debug)]
pub(super) struct Places {
    /// Ranges that do not touch, ascending, each with how many addresses lie in those before it.
    ranges: Vec<(u32, u32, u64)>,
    all: u64,
}

impl Places {
    /// Of workloads that rows are asked about. `None`: some may have an address of IPv6, of which rules
    /// may say something else.
    pub(super) fn new<'w>(
        workloads: impl Iterator<Item = &'w Workload>,
        pod_networks: &[IpNet],
    ) -> Option<Self> {
        let mut all = Vec::new();
        let mut somewhere = false;
        for workload in workloads {
            match &workload.addresses {
                Addresses::Exact(ips) | Addresses::OneOf(ips) if !ips.is_empty() => {
                    for ip in ips {
                        let IpAddr::V4(ip) = ip else { return None };
                        all.push((ip.to_bits(), ip.to_bits()));
                    }
                }
                _ => somewhere = true,
            }
        }
        if somewhere {
            if pod_networks.is_empty() {
                return None;
            }
            for net in pod_networks {
                let IpNet::V4(net) = net else { return None };
                all.push((net.network().to_bits(), net.broadcast().to_bits()));
            }
        }
        let mut out = Self { ranges: Vec::new(), all: 0 };
        for (start, end) in merged(all) {
            out.ranges.push((start, end, out.all));
            out.all += u64::from(end - start) + 1;
        }
        Some(out)
    }

    /// Whether all or none of them pass: inside some ranges (`None`: all addresses) and outside
    /// others, which ascend and do not touch. `None`: some do, some do not.
    pub(super) fn pass(
        &self,
        inside: Option<&[(u32, u32)]>,
        outside: &[(u32, u32)],
    ) -> Option<bool> {
        let passing = without(inside.unwrap_or(&[(0, u32::MAX)]), outside);
        let met = passing
            .iter()
            .map(|(low, high)| self.below(u64::from(*high) + 1) - self.below(u64::from(*low)));
        match met.sum::<u64>() {
            0 => Some(false),
            met if met == self.all => Some(true),
            _ => None,
        }
    }

    /// How many of them are lower.
    fn below(&self, address: u64) -> u64 {
        let past = self.ranges.partition_point(|(start, ..)| u64::from(*start) < address);
        let last = past.checked_sub(1).and_then(|last| self.ranges.get(last));
        last.map_or(0, |(start, end, before)| {
            before + address.min(u64::from(*end) + 1) - u64::from(*start)
        })
    }
}

/// Ranges without others; all ascend and do not touch.
fn without(ranges: &[(u32, u32)], others: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut out = Vec::new();
    for (low, high) in ranges {
        let (mut low, high) = (*low, *high);
        let first = others.partition_point(|(_, end)| *end < low);
        let mut whole = true;
        for (start, end) in others.iter().skip(first).take_while(|(start, _)| *start <= high) {
            if low < *start {
                out.push((low, start - 1));
            }
            whole = *end < high;
            low = end.saturating_add(1);
        }
        if whole {
            out.push((low, high));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Places, without};

    #[test]
    fn ranges_lose_what_others_hold() {
        let all = [(0, u32::MAX)];
        assert_eq!(without(&all, &[]), all);
        assert_eq!(without(&all, &all), []);
        assert_eq!(without(&all, &[(0, 9)]), [(10, u32::MAX)]);
        assert_eq!(without(&all, &[(9, u32::MAX)]), [(0, 8)]);
        let some = [(10, 19), (30, 39), (50, 50)];
        assert_eq!(without(&some, &[(0, 10), (15, 31), (39, 60)]), [(11, 14), (32, 38)]);
        assert_eq!(
            without(&some, &[(12, 12), (14, 15)]),
            [(10, 11), (13, 13), (16, 19), (30, 39), (50, 50)]
        );
    }

    #[test]
    fn all_some_or_none_pass() {
        let ranges = vec![(10, 19, 0), (30, 30, 10), (u32::MAX, u32::MAX, 11)];
        let places = Places { ranges, all: 12 };
        for (inside, outside, expected) in [
            (None, vec![], Some(true)),
            (Some(vec![]), vec![], Some(false)),
            (None, vec![(0, u32::MAX)], Some(false)),
            (Some(vec![(20, 29)]), vec![], Some(false)),
            (Some(vec![(19, 29)]), vec![], None),
            (Some(vec![(19, 29)]), vec![(18, 19)], Some(false)),
            (Some(vec![(10, 19), (30, u32::MAX)]), vec![(0, 9), (20, 29)], Some(true)),
            (Some(vec![(10, 19), (30, u32::MAX)]), vec![(30, 30)], None),
            (Some(vec![(10, 19), (30, u32::MAX - 1)]), vec![], None),
            (None, vec![(31, u32::MAX - 1)], Some(true)),
        ] {
            assert_eq!(
                places.pass(inside.as_deref(), &outside),
                expected,
                "{inside:?} {outside:?}"
            );
        }
    }
}
