//! Requests that were looked at before: a table has many rows, and few methods and paths.

use mayreach::{PreparedRequest, Request};

use super::{
    column::Text,
    input::Input,
    memo::{TRIAL, mix, slot},
};

/// So many requests are kept at most.
const SLOTS: usize = 1 << 13;

/// Method, path and host of rows, each combination looked at once as long as they come back.
pub(super) struct Requests<'a> {
    columns: [Option<&'a Text<'a>>; 3],
    /// Of few words all combinations have a slot of their own; `None`: slots go by a hash.
    steps: Option<[usize; 3]>,
    /// The end of a hash, and a place in `met` and one.
    slots: Vec<(u32, u32)>,
    /// The row that brought it.
    met: Vec<(usize, PreparedRequest<'a>)>,
    asked: usize,
    hits: usize,
}

impl<'a> Requests<'a> {
    pub(super) fn new(input: &'a Input<'a>) -> Self {
        let columns = [input.method.as_ref(), input.path.as_ref(), input.host.as_ref()];
        let steps = steps(&columns);
        Self { columns, steps, slots: vec![(0, 0); SLOTS], met: Vec::new(), asked: 0, hits: 0 }
    }

    /// The request of a row, if it was met before.
    #[inline]
    pub(super) fn met(&mut self, row: usize) -> Option<&PreparedRequest<'a>> {
        let (place, tag) = self.place(row)?;
        self.asked += 1;
        let (known, at) = *self.slots.get(place)?;
        let (before, request) = self.met.get((at as usize).wrapping_sub(1))?;
        let same = |column: &&Text<'a>| column.same(*before, row);
        if known != tag || (self.steps.is_none() && !self.columns.iter().flatten().all(same)) {
            return None;
        }
        self.hits += 1;
        Some(request)
    }

    /// The same of a row whose request was not; nothing if method or path is not said.
    #[inline(never)]
    pub(super) fn fresh(&mut self, row: usize) -> Option<PreparedRequest<'a>> {
        let [method, path, host] = self.columns.map(|column| column.and_then(|text| text.get(row)));
        method.and(path)?;
        let request = PreparedRequest::new(Request { method, path, host, headers: None });
        let Some((place, tag)) = self.place(row) else { return Some(request) };
        if self.met.len() >= SLOTS {
            self.met.clear();
            self.slots.fill((0, 0));
        }
        self.met.push((row, request));
        let at = u32::try_from(self.met.len()).unwrap_or(0);
        if let Some(slot) = self.slots.get_mut(place) {
            *slot = (tag, at);
        }
        Some(request)
    }

    /// A row's slot, and what tells it from others there; nothing where keeping does not pay.
    #[inline]
    fn place(&self, row: usize) -> Option<(usize, u32)> {
        let columns = self.columns.iter().flatten();
        if let Some(steps) = self.steps {
            let codes = columns.zip(steps).map(|(column, step)| step * column.code_or_end(row));
            return Some((codes.sum(), 0));
        }
        // Keeping requests that never come back costs more than it saves.
        if self.asked >= TRIAL && self.hits * 4 < self.asked {
            return None;
        }
        let hash = columns.fold(0, |state, column| mix(state, column.hash(row)));
        Some((slot(hash, SLOTS), u32::try_from(hash & 0xffff_ffff).unwrap_or(0)))
    }
}

/// How far apart the slots of a column's words are, if all combinations fit.
fn steps(columns: &[Option<&Text<'_>>; 3]) -> Option<[usize; 3]> {
    let (mut steps, mut all) = ([0; 3], 1_usize);
    for (step, column) in steps.iter_mut().zip(columns.iter().flatten()) {
        *step = all;
        // One more for none.
        all = all.checked_mul(column.values()? + 1).filter(|all| *all <= SLOTS)?;
    }
    Some(steps)
}
