//! Names and addresses to numbers.

use std::net::IpAddr;

use super::table::{Table, hash, hash_pair, same};

/// Numbers of things that have a namespace and a name. All text lies in one piece.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    table: Table,
    text: String,
    /// Where a namespace begins, where its name does, where that ends; and the number.
    spans: Vec<(u32, u32, u32, u32)>,
}

impl Names {
    /// The numbers of these names; of one name that is there twice, the last.
    pub(crate) fn new<'m>(all: impl Iterator<Item = (&'m str, &'m str, u32)>) -> Self {
        let mut names = Self::default();
        let mut hashes = Vec::new();
        for (namespace, name, id) in all {
            let start = len(&names.text);
            names.text.push_str(namespace);
            let middle = len(&names.text);
            names.text.push_str(name);
            names.spans.push((start, middle, len(&names.text), id));
            hashes.push(hash_pair(namespace, name));
        }
        names.table = Table::with_capacity(hashes.len());
        // From the last, so that an earlier one of the same name is not put in.
        for (number, hash) in (0_u32..).zip(hashes).collect::<Vec<_>>().into_iter().rev() {
            let (namespace, name) = names.name(number).unwrap_or_default();
            let (text, spans) = (&names.text, &names.spans);
            let is = |other: u32| name_of(text, spans, other) == Some((namespace, name));
            if names.table.find(hash, is).is_none() {
                names.table.insert(hash, number);
            }
        }
        names
    }

    fn name(&self, number: u32) -> Option<(&str, &str)> {
        name_of(&self.text, &self.spans, number)
    }

    /// The number of a name.
    #[inline]
    pub(crate) fn get(&self, namespace: &str, name: &str) -> Option<u32> {
        let text = self.text.as_bytes();
        let is = |number: u32| {
            let Some((start, middle, end, _)) = self.spans.get(number as usize) else {
                return false;
            };
            let is = |from: u32, to: u32, wanted: &str| {
                text.get(from as usize..to as usize).is_some_and(|t| same(t, wanted.as_bytes()))
            };
            is(*middle, *end, name) && is(*start, *middle, namespace)
        };
        let found = self.table.find(hash_pair(namespace, name), is)?;
        self.spans.get(found as usize).map(|span| span.3)
    }

    /// Every name, each once.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        (0_u32..).zip(&self.spans).filter_map(|(number, _)| self.name(number))
    }
}

fn len(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

fn name_of<'t>(
    text: &'t str,
    spans: &[(u32, u32, u32, u32)],
    number: u32,
) -> Option<(&'t str, &'t str)> {
    let (start, middle, end, _) = *spans.get(number as usize)?;
    let part = |from: u32, to: u32| text.get(from as usize..to as usize);
    Some((part(start, middle)?, part(middle, end)?))
}

/// Something for each of many addresses.
#[derive(Clone, Debug)]
pub(crate) struct ByIp<T> {
    table: Table,
    all: Vec<(IpAddr, T)>,
}

fn hash_ip(ip: IpAddr) -> u64 {
    match ip {
        IpAddr::V4(ip) => hash(&ip.octets()),
        IpAddr::V6(ip) => hash(&ip.octets()),
    }
}

impl<T> ByIp<T> {
    /// A table of so many addresses, each of which is there once.
    pub(crate) fn new(all: Vec<(IpAddr, T)>) -> Self {
        let mut table = Table::with_capacity(all.len());
        for (number, (ip, _)) in (0_u32..).zip(&all) {
            table.insert(hash_ip(*ip), number);
        }
        Self { table, all }
    }

    pub(crate) fn get(&self, ip: IpAddr) -> Option<&T> {
        if self.all.is_empty() {
            return None;
        }
        let is = |number: u32| self.all.get(number as usize).is_some_and(|(other, _)| *other == ip);
        let found = self.table.find(hash_ip(ip), is)?;
        self.all.get(found as usize).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::{ByIp, Names};

    #[test]
    fn of_one_name_twice_the_last_counts() {
        let names = Names::new([("a", "x", 0), ("a", "y", 1), ("a", "x", 2)].into_iter());
        assert_eq!(names.get("a", "x"), Some(2));
        assert_eq!(names.get("a", "y"), Some(1));
        assert_eq!(names.get("ax", ""), None);
    }

    #[test]
    fn addresses_of_both_families() {
        let ips = ["10.0.0.1", "fd00::1"].map(|ip| ip.parse().unwrap());
        let by = ByIp::new(ips.into_iter().zip(0..).collect());
        assert_eq!(by.get(ips[0]), Some(&0));
        assert_eq!(by.get(ips[1]), Some(&1));
        assert_eq!(by.get("10.0.0.2".parse().unwrap()), None);
        assert_eq!(ByIp::<u8>::new(Vec::new()).get(ips[0]), None);
    }
}
