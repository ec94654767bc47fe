//! Names and addresses to numbers.

use std::net::IpAddr;

use super::table::{LAST, MIX, SEED, Table, fold, hash, hash_pair, word};

/// Numbers of things that have a namespace and a name. The table tells a number without a look at the
/// names, which lie by number: whoever goes on with the number does not wait for the comparison.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    table: Table,
    lines: Box<[Line]>,
    /// Each namespace with its name behind it.
    text: String,
}

/// A namespace and a name: a line of memory, which holds the text itself where that is short.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Line {
    letters: Letters,
    /// Where the text is.
    at: u32,
}

const _: () = assert!(size_of::<Line>() == 64, "a line of memory");

impl Line {
    /// No name is that long.
    const NONE: Self = Self { letters: Letters { words: [0; 6], lens: u32::MAX }, at: 0 };
}

/// The first and last letters of a namespace and of a name: all of them, of 16 and of 32 at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Letters {
    /// Both ends of the namespace, both of the name, and what lies between these where the name is longer
    /// than 16 letters.
    words: [u64; 6],
    /// Of the namespace, and above that of the name.
    lens: u32,
}

/// The first and the last eight letters, which meet or overlap; fewer than eight as one number.
#[inline(always)]
#[expect(clippy::inline_always, reason = "its numbers stay in registers")]
fn ends(bytes: &[u8]) -> [u64; 2] {
    match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(head), Some(tail)) => [u64::from_le_bytes(*head), u64::from_le_bytes(*tail)],
        _ => [word(bytes), 0],
    }
}

impl Letters {
    /// Names longer than 32,767 bytes are none of a cluster's ("at most 253").
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "its numbers stay in registers")]
    fn of(namespace: &str, name: &str) -> Option<Self> {
        let (space, own) = (namespace.as_bytes(), name.as_bytes());
        if space.len() | own.len() >= 1 << 15 {
            return None;
        }
        let lens = u32::try_from(space.len() | own.len() << 16).ok()?;
        // Some of it perhaps twice.
        let inner = match own.first_chunk::<16>().zip(own.last_chunk::<16>()) {
            Some((head, tail)) if own.len() > 16 => [ends(head)[1], ends(tail)[0]],
            _ => [0, 0],
        };
        let ([s0, s1], [o0, o1], [i0, i1]) = (ends(space), ends(own), inner);
        Some(Self { words: [s0, s1, o0, o1, i0, i1], lens })
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "its numbers stay in registers")]
    fn hash(&self, namespace: &str, name: &str) -> u64 {
        let [s0, s1, o0, o1, i0, i1] = self.words;
        // None of the products waits for another.
        let ends = fold(s0 ^ SEED, s1 ^ LAST ^ u64::from(self.lens)) ^ fold(o0 ^ MIX, o1 ^ SEED);
        match name.len() {
            _ if namespace.len() > 16 => hash_pair(namespace, name),
            0..=16 => ends,
            17..=32 => ends ^ fold(i0 ^ LAST, i1 ^ MIX),
            _ => hash_pair(namespace, name),
        }
    }
}

impl Names {
    /// The numbers of these names; of one name that is there twice, the last.
    pub(crate) fn new<'m>(all: impl Iterator<Item = (&'m str, &'m str, u32)>) -> Self {
        let all: Vec<_> = all.collect();
        let count = all.iter().map(|(.., id)| *id as usize + 1).max().unwrap_or(0);
        let table = Table::with_capacity(all.len());
        let mut names = Self { table, lines: vec![Line::NONE; count].into(), text: String::new() };
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
        let Some(line) = self.lines.get_mut(id as usize) else { return };
        *line = Line { letters, at };
        self.table.insert(letters.hash(namespace, name), id);
        self.text.extend([namespace, name]);
    }

    /// The number of a name.
    #[inline(never)]
    pub(crate) fn get(&self, namespace: &str, name: &str) -> Option<u32> {
        if namespace.len() > 16 || name.len() > 16 {
            return self.longer(namespace, name);
        }
        let letters = Letters::of(namespace, name)?;
        let Letters { words: [s0, s1, o0, o1, ..], lens } = letters;
        for id in self.table.under(letters.hash(namespace, name)) {
            let Line { letters: Letters { words, lens: known }, .. } =
                self.lines.get(id as usize)?;
            let [space, space_end, own, own_end, ..] = *words;
            if space == s0 && space_end == s1 && own == o0 && own_end == o1 && *known == lens {
                return Some(id);
            }
        }
        None
    }

    #[inline(never)]
    fn longer(&self, namespace: &str, name: &str) -> Option<u32> {
        let letters = Letters::of(namespace, name)?;
        let whole = namespace.len() <= 16 && name.len() <= 32;
        let is = |line: &Line| {
            line.letters == letters && (whole || self.text(line) == Some((namespace, name)))
        };
        let hash = letters.hash(namespace, name);
        self.table.find(hash, |id| self.lines.get(id as usize).is_some_and(is))
    }

    fn text(&self, line: &Line) -> Option<(&str, &str)> {
        let (space, own) = (line.letters.lens & 0xffff, line.letters.lens >> 16);
        let rest = self.text.get(line.at as usize..)?;
        let (namespace, rest) = rest.split_at_checked(space as usize)?;
        Some((namespace, rest.get(..own as usize)?))
    }

    /// Every name, each once, in order of numbers.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        let named = self.lines.iter().filter(|line| line.letters.lens != u32::MAX);
        named.filter_map(|line| self.text(line))
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
