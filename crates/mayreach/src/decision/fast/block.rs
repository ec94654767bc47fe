//! Many flows at once. A decision is a few look-ups, each of which tells where the next is: one
//! alone waits for memory at each of them. Here each is made for a whole block of flows before the
//! next one is, so that the processor waits for all of them together.

use std::hint::black_box;

use super::{Ends, Fast};

/// So many flows are looked up together: about what is in flight to memory at once.
pub(crate) const BLOCK: usize = 32;

impl Fast<'_> {
    /// Reads what [`Fast::between`] and [`Fast::ask`] will read of at most [`BLOCK`] flows. It decides
    /// nothing: what is read is in the cache when it is read again.
    #[inline]
    pub(crate) fn touch(&self, ends: impl Iterator<Item = Ends>) {
        let doors = &self.seats().doors;
        let mut groups = [None; BLOCK];
        for (place, ends) in groups.iter_mut().zip(ends) {
            let (from, to) = (doors.spot(ends.from), doors.spot(ends.to));
            *place = from.zip(to).and_then(|(from, to)| {
                self.authz().usual(to.pick, to.known(), from.keys[0])
            });
        }
        let mut sum = 0;
        for (desk, group) in groups.iter().flatten() {
            sum ^= desk.rows(group).first().map_or(0, |row| row.hit.number);
        }
        black_box(sum);
    }
}
