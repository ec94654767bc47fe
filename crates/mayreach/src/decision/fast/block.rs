//! Many flows at once. A decision is a few look-ups, each of which tells where the next is: one
//! alone waits for memory at each of them. Here each look-up is made for a whole block before the
//! next one is, so that the processor waits for all of them together.

use std::hint::black_box;

use super::{Ends, Fast, Held};

/// So many flows are looked up together: about what is in flight to memory at once.
pub(crate) const BLOCK: usize = 32;

impl<'p> Fast<'p> {
    /// Prepares connections, as [`Fast::between`] does each of them. `None`: it takes another way.
    #[inline]
    pub(crate) fn block(&self, ends: &[Option<Ends>; BLOCK]) -> [Option<Held<'p>>; BLOCK] {
        // Nothing here decides: what is read is in the cache when it is read again.
        let doors = &self.seats.doors;
        let clients = ends.map(|ends| {
            let ends = ends?;
            let (from, to) = (doors.spot(ends.from)?, doors.spot(ends.to)?);
            Some((from.keys, self.authz.pick(to.pick?)?))
        });
        let groups = clients.map(|client| {
            let ([identity, _], pick) = client?;
            Some((pick, pick.groups.known(identity)))
        });
        let rows = groups.map(|group| {
            let (pick, group) = group?;
            Some(pick.groups.rows(&group).first()?.hit.rule)
        });
        black_box(rows.iter().flatten().fold(0_u32, |sum, rule| sum ^ rule));
        ends.map(|ends| self.between(ends?))
    }
}
