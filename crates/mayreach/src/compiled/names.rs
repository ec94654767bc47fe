//! Names and addresses to numbers.

use std::net::IpAddr;

use super::table::{LAST, MIX, SEED, Table, fold, hash, hash_pair, word};

/// Numbers of things that have a namespace and a name: open addressing, at most half full. A slot holds
/// the text itself where that is short, so that a look-up reads one line of memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    slots: Box<[Slot]>,
    /// Each namespace with its name behind it.
    text: String,
}

#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Slot {
    letters: Letters,
    /// Where the text is.
    at: u32,
    /// [`Slot::EMPTY`]: no name.
    id: u32,
}

const _: () = assert!(size_of::<Slot>() == 64, "a line of memory");

impl Slot {
    const EMPTY: u32 = u32::MAX;
    const NONE: Self = {
        let letters = Letters { words: [[0; 2]; 3], lens: [u16::MAX; 2] };
        Self { letters, at: 0, id: Self::EMPTY }
    };
}

/// The first and last letters of a namespace and of a name: all of them, of 16 and of 32 at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Letters {
    words: [[u64; 2]; 3],
    lens: [u16; 2],
}

/// The first and the last eight letters, which meet or overlap; fewer than eight as one number.
#[inline]
fn ends(bytes: &[u8]) -> [u64; 2] {
    match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(head), Some(tail)) => [u64::from_le_bytes(*head), u64::from_le_bytes(*tail)],
        _ => [word(bytes), 0],
    }
}

/// Zero, if they are the same.
const fn apart([a, b]: [u64; 2], [c, d]: [u64; 2]) -> u64 {
    (a ^ c) | (b ^ d)
}

impl Letters {
    /// Names longer than 65,535 bytes are none of a cluster's ("at most 253").
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "its numbers stay in registers")]
    fn of(namespace: &str, name: &str) -> Option<Self> {
        let (space, own) = (namespace.as_bytes(), name.as_bytes());
        let lens = [u16::try_from(space.len()).ok()?, u16::try_from(own.len()).ok()?];
        // What lies between them of a name of up to 32 letters, some of it perhaps twice.
        let inner = match own.first_chunk::<16>().zip(own.last_chunk::<16>()) {
            Some((head, tail)) => [ends(head)[1], ends(tail)[0]],
            None => [0, 0],
        };
        Some(Self { words: [ends(space), ends(own), inner], lens })
    }

    /// Whether these are all letters there are.
    #[inline]
    const fn whole(&self) -> bool {
        let [space, own] = self.lens;
        space <= 16 && own <= 32
    }

    /// Number by number: what was just put together is not read from memory again as a whole.
    #[inline]
    const fn is(&self, other: &Self) -> bool {
        let ([one, two, three], [first, second, third]) = (self.words, other.words);
        let same = apart(one, first) | apart(two, second) | apart(three, third) == 0;
        same && self.lens[0] == other.lens[0] && self.lens[1] == other.lens[1]
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "its numbers stay in registers")]
    fn hash(&self, namespace: &str, name: &str) -> u64 {
        if !self.whole() {
            return long_hash(namespace, name);
        }
        let ([first, second, inner], [space, own]) = (self.words, self.lens.map(u64::from));
        // None of the products waits for another.
        let first = fold(first[0] ^ SEED, first[1] ^ LAST ^ space);
        let second = fold(second[0] ^ MIX, second[1] ^ SEED ^ own);
        first ^ second ^ fold(inner[0] ^ LAST, inner[1] ^ MIX)
    }
}

#[cold]
#[inline(never)]
fn long_hash(namespace: &str, name: &str) -> u64 {
    hash_pair(namespace, name)
}

impl Names {
    /// The numbers of these names; of one name that is there twice, the last.
    pub(crate) fn new<'m>(all: impl Iterator<Item = (&'m str, &'m str, u32)>) -> Self {
        let all: Vec<_> = all.collect();
        let size = if all.is_empty() { 0 } else { (all.len() * 2).next_power_of_two() };
        let mut names = Self { slots: vec![Slot::NONE; size].into(), text: String::new() };
        // From the last, so that an earlier one of the same name is not put in.
        for (namespace, name, id) in all.into_iter().rev() {
            if names.get(namespace, name).is_none() {
                names.insert(namespace, name, id);
            }
        }
        names
    }

    fn insert(&mut self, namespace: &str, name: &str, id: u32) {
        let Some(letters) = Letters::of(namespace, name) else { return };
        let Ok(at) = u32::try_from(self.text.len()) else { return };
        let mut place = self.start(letters.hash(namespace, name));
        while let Some(slot) = self.slots.get_mut(place) {
            if slot.id == Slot::EMPTY {
                *slot = Slot { letters, at, id };
                break;
            }
            place = (place + 1) & (self.slots.len() - 1);
        }
        self.text.extend([namespace, name]);
    }

    /// Where a name is looked for first.
    #[inline]
    const fn start(&self, hash: u64) -> usize {
        (hash >> 16) as usize & self.slots.len().wrapping_sub(1)
    }

    /// The number of a name.
    #[inline]
    pub(crate) fn get(&self, namespace: &str, name: &str) -> Option<u32> {
        let letters = Letters::of(namespace, name)?;
        let mut place = self.start(letters.hash(namespace, name));
        loop {
            let slot = self.slots.get(place)?;
            if slot.letters.is(&letters)
                && (letters.whole() || self.text(slot) == Some((namespace, name)))
            {
                return Some(slot.id);
            }
            if slot.id == Slot::EMPTY {
                return None;
            }
            place = (place + 1) & (self.slots.len() - 1);
        }
    }

    #[inline(never)]
    fn text(&self, slot: &Slot) -> Option<(&str, &str)> {
        let [first, second] = slot.letters.lens.map(usize::from);
        let (namespace, rest) = self.text.get(slot.at as usize..)?.split_at_checked(first)?;
        Some((namespace, rest.get(..second)?))
    }

    /// Every name, each once, in no order.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.slots.iter().filter(|slot| slot.id != Slot::EMPTY).filter_map(|slot| self.text(slot))
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
    fn every_letter_counts_at_any_length() {
        for (space, own) in [
            (0, 0),
            (1, 7),
            (7, 8),
            (8, 9),
            (15, 15),
            (16, 16),
            (9, 17),
            (16, 31),
            (16, 32),
            (16, 33),
            (17, 5),
            (40, 70),
        ] {
            let text = |len: usize| {
                (0..len)
                    .map(|n| char::from(b"abcdefghijklmnopqrstuvwxyz"[n % 26]))
                    .collect::<String>()
            };
            let (space, own) = (text(space), text(own));
            let other = |text: &str, at: usize| format!("{}_{}", &text[..at], &text[at + 1..]);
            let mut all = vec![(space.clone(), own.clone())];
            all.extend((0..space.len()).map(|at| (other(&space, at), own.clone())));
            all.extend((0..own.len()).map(|at| (space.clone(), other(&own, at))));
            // A letter that goes from one to the other.
            all.extend(
                own.chars().next().map(|first| (format!("{space}{first}"), own[1..].to_owned())),
            );
            all.push((format!("{space}x"), own.clone()));
            all.push((space, format!("{own}x")));
            for (left_out, (space, own)) in all.iter().enumerate() {
                let known = all.iter().zip(0..).filter(|(_, n)| *n as usize != left_out);
                let names = Names::new(known.map(|((s, o), n)| (s.as_str(), o.as_str(), n)));
                assert_eq!(names.get(space, own), None, "{space} {own}");
                let whole =
                    Names::new(all.iter().zip(0..).map(|((s, o), n)| (s.as_str(), o.as_str(), n)));
                assert_eq!(whole.get(space, own), u32::try_from(left_out).ok(), "{space} {own}");
            }
        }
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
