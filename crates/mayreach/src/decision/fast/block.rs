//! Many flows at once. A decision is a few look-ups, each of which tells where the next is: one
//! alone waits for memory at each of them. Here each is made for a whole block of flows before the
//! next one is, so that the processor waits for all of them together.

use std::hint::black_box;

use super::{Ends, Fast, Held};

/// So many flows are looked up together: about what is in flight to memory at once.
pub(crate) const BLOCK: usize = 32;

/// What is known of each flow of a block before its request; `None`: it takes an unusual way.
#[derive(Debug)]
pub(crate) struct Block<'p> {
    ends: [Option<Ends>; BLOCK],
    held: [Option<Held<'p>>; BLOCK],
}

impl<'p> Block<'p> {
    /// Of no flow.
    pub(crate) const fn new() -> Self {
        Self { ends: [None; BLOCK], held: [None; BLOCK] }
    }

    /// Of at most [`BLOCK`] flows.
    #[inline]
    pub(crate) fn fill(&mut self, fast: Fast<'p>, ends: impl Iterator<Item = Option<Ends>>) {
        let doors = &fast.seats().doors;
        let spots = |ends: &Ends| doors.spot(ends.from).zip(doors.spot(ends.to));
        // What is read of each line of memory is for nothing but that it is there when it is read again.
        let mut read = 0;
        for (place, ends) in self.ends.iter_mut().zip(ends.chain(std::iter::repeat(None))) {
            *place = ends;
            let Some((from, to)) = ends.as_ref().and_then(spots) else { continue };
            read ^= from.keys[0] ^ to.pick;
        }
        for (from, to) in self.ends.iter().flatten().filter_map(spots) {
            read ^= fast.authz().touch(to.pick, to.known(), from.keys[0]);
        }
        for (held, ends) in self.held.iter_mut().zip(&self.ends) {
            *held = ends.and_then(|ends| fast.between(ends));
            read ^= held.as_ref().map_or(0, Held::touch_rows);
        }
        for held in self.held.iter().flatten() {
            read ^= held.touch_text();
        }
        black_box(read);
    }

    /// Each flow's ends and what is known of it.
    #[inline]
    pub(crate) fn flows(&self) -> impl Iterator<Item = Option<(Ends, &Held<'p>)>> {
        self.ends.iter().zip(&self.held).map(|(ends, held)| ends.zip(held.as_ref()))
    }
}
