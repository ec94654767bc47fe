//! Names and addresses to numbers.

use std::net::IpAddr;

use super::table::{Table, hash, hash_pair, same};

/// Numbers of things that have a namespace and a name: a table like [`Table`] whose slots say where
/// the text is, so that a look-up reads one of them and one piece of text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// Half empty. Four lie in a line of memory.
    slots: Box<[Slot]>,
    /// Each namespace with its name behind it.
    text: String,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    /// Half of the hash.
    tag: u32,
    at: u32,
    /// Lengths of the namespace and of the name.
    len: [u16; 2],
    /// [`Slot::EMPTY`]: no name.
    id: u32,
}

impl Slot {
    const EMPTY: u32 = u32::MAX;
}

impl Names {
    /// The numbers of these names; of one name that is there twice, the last.
    pub(crate) fn new<'m>(all: impl Iterator<Item = (&'m str, &'m str, u32)>) -> Self {
        let all: Vec<_> = all.collect();
        let size = if all.is_empty() { 0 } else { (all.len() * 2).next_power_of_two() };
        let empty = Slot { tag: 0, at: 0, len: [0, 0], id: Slot::EMPTY };
        let mut names = Self { slots: vec![empty; size].into(), text: String::new() };
        // From the last, so that an earlier one of the same name is not put in.
        for (namespace, name, id) in all.into_iter().rev() {
            if names.get(namespace, name).is_none() {
                names.insert(namespace, name, id);
            }
        }
        names
    }

    /// Names longer than 65,535 bytes are none of a cluster's ("at most 253"), and not found.
    fn insert(&mut self, namespace: &str, name: &str, id: u32) {
        let [Ok(a), Ok(b)] = [namespace, name].map(|text| u16::try_from(text.len())) else {
            return;
        };
        let Ok(at) = u32::try_from(self.text.len()) else { return };
        let (mut place, tag) = self.start(namespace, name);
        while let Some(slot) = self.slots.get_mut(place) {
            if slot.id == Slot::EMPTY {
                *slot = Slot { tag, at, len: [a, b], id };
                break;
            }
            place = (place + 1) & (self.slots.len() - 1);
        }
        self.text.extend([namespace, name]);
    }

    /// Where a name is looked for first, and its tag.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the two halves of a hash")]
    fn start(&self, namespace: &str, name: &str) -> (usize, u32) {
        let hash = hash_pair(namespace, name);
        (hash as u32 as usize & self.slots.len().wrapping_sub(1), (hash >> 32) as u32)
    }

    /// The number of a name.
    #[inline]
    pub(crate) fn get(&self, namespace: &str, name: &str) -> Option<u32> {
        let (mut place, tag) = self.start(namespace, name);
        loop {
            let slot = self.slots.get(place)?;
            if slot.id == Slot::EMPTY {
                return None;
            }
            if slot.tag == tag && self.is(slot, namespace, name) {
                return Some(slot.id);
            }
            place = (place + 1) & (self.slots.len() - 1);
        }
    }

    #[inline(never)]
    fn is(&self, slot: &Slot, namespace: &str, name: &str) -> bool {
        let [first, second] = slot.len.map(usize::from);
        let text = self.text.as_bytes().get(slot.at as usize..).unwrap_or_default();
        let Some((one, rest)) = text.split_at_checked(first) else { return false };
        rest.get(..second).is_some_and(|two| same(two, name.as_bytes()))
            && same(one, namespace.as_bytes())
    }

    /// Every name, each once, in no order.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.slots.iter().filter(|slot| slot.id != Slot::EMPTY).filter_map(|slot| {
            let [first, second] = slot.len.map(usize::from);
            let (namespace, rest) = self.text.get(slot.at as usize..)?.split_at_checked(first)?;
            Some((namespace, rest.get(..second)?))
        })
    }
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
