//! Whom a proxy takes the client for, with what look-ups need of it ready.

use super::{authz::namespace_hash, table::hash};

/// An identity, without `spiffe://`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Client<'a> {
    pub(crate) rest: &'a str,
    pub(crate) keys: Keys,
}

/// Hashes of an identity, and where its namespace stands in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Keys {
    pub(crate) hash: u64,
    pub(crate) namespace_hash: u64,
    at: u32,
    len: u32,
    /// `/ns/` stands in it once or never, so that one namespace at most is its.
    pub(crate) regular: bool,
}

impl Keys {
    pub(crate) fn of(rest: &str) -> Self {
        const MARK: &[u8] = b"/ns/";
        let bytes = rest.as_bytes();
        let mut places = bytes.windows(MARK.len()).enumerate().filter(|(_, w)| *w == MARK);
        let first = places.next().map(|(at, _)| at + MARK.len());
        // The scheme ends with a slash too.
        let regular = places.next().is_none() && !bytes.starts_with(b"ns/");
        let named = first.and_then(|at| {
            let (name, _) = rest.get(at..)?.split_once('/')?;
            Some((at, name))
        });
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let (at, name) = named.unwrap_or((usize::MAX, ""));
        Self {
            hash: hash(bytes),
            namespace_hash: namespace_hash(name),
            at: number(at),
            len: number(name.len()),
            regular,
        }
    }
}

impl<'a> Client<'a> {
    /// An identity as a flow writes it, with its scheme or without.
    pub(crate) fn new(principal: &'a str) -> Self {
        let rest = principal.strip_prefix("spiffe://").unwrap_or(principal);
        Self { rest, keys: Keys::of(rest) }
    }

    /// Its namespace: what stands behind `/ns/`, up to the next slash.
    pub(crate) fn namespace(&self) -> Option<&'a str> {
        let (at, len) = (self.keys.at as usize, self.keys.len as usize);
        self.rest.get(at..at.checked_add(len)?)
    }
}

#[cfg(test)]
mod tests {
    use super::Client;

    #[test]
    fn the_namespace_is_behind_its_mark() {
        let client = Client::new("spiffe://cluster.local/ns/shop/sa/web");
        assert_eq!((client.namespace(), client.keys.regular), (Some("shop"), true));
        let odd = Client::new("cluster.local/ns/ns/sa/web");
        assert_eq!((odd.namespace(), odd.keys.regular), (Some("ns"), false));
        // `/ns/ns/` holds `/ns/` twice, as the slash between counts for both.
        assert!(!Client::new("td/ns/ns/ns/x").keys.regular);
        assert!(!Client::new("ns/a/sa/b").keys.regular);
        assert_eq!(Client::new("td/ns/open").namespace(), None);
        assert_eq!(Client::new("nothing").namespace(), None);
    }
}
