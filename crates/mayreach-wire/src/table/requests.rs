//! Requests that were looked at before: a table has many rows, and few methods and paths.

use mayreach::{PreparedRequest, Request};

use super::{
    column::Text,
    input::Input,
    memo::{TRIAL, mix, of_text, slot},
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
    met: Vec<PreparedRequest<'a>>,
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
        if let Some(place) = self.own_place(row) {
            let (_, at) = *self.slots.get(place)?;
            return self.met.get((at as usize).wrapping_sub(1));
        }
        if !self.pays() {
            return None;
        }
        self.asked += 1;
        let said = self.said(row);
        let (place, tag) = place(said);
        let (known, at) = *self.slots.get(place)?;
        let met = self.met.get((at as usize).wrapping_sub(1)).filter(|_| known == tag)?;
        let Request { method, path, host, .. } = *met.request();
        let same = said == [method, path, host];
        self.hits += usize::from(same);
        same.then_some(met)
    }

    /// The same of a row whose request was not; nothing if method or path is not said.
    #[inline(never)]
    pub(super) fn fresh(&mut self, row: usize) -> Option<PreparedRequest<'a>> {
        let said = self.said(row);
        let [method, path, host] = said;
        method.and(path)?;
        let request = PreparedRequest::new(Request { method, path, host, headers: None });
        let (place, tag) = match self.own_place(row) {
            Some(place) => (place, 0),
            None if self.pays() => place(said),
            None => return Some(request),
        };
        if self.met.len() >= SLOTS {
            self.met.clear();
            self.slots.fill((0, 0));
        }
        self.met.push(request);
        let at = u32::try_from(self.met.len()).unwrap_or(0);
        if let Some(slot) = self.slots.get_mut(place) {
            *slot = (tag, at);
        }
        Some(request)
    }

    /// Keeping requests that never come back costs more than it saves.
    const fn pays(&self) -> bool {
        self.asked < TRIAL || self.hits * 4 >= self.asked
    }

    #[inline]
    fn said(&self, row: usize) -> [Option<&'a str>; 3] {
        self.columns.map(|column| column.and_then(|text| text.get(row)))
    }

    /// The slot of a row's combination, where each has its own.
    #[inline]
    fn own_place(&self, row: usize) -> Option<usize> {
        let columns = self.columns.iter().flatten().zip(self.steps?);
        Some(columns.map(|(column, step)| step * column.code_or_end(row)).sum())
    }
}

/// The slot of a request by its hash, and the hash's end.
#[inline]
fn place(said: [Option<&str>; 3]) -> (usize, u32) {
    let hash = said.iter().fold(0, |state, text| mix(state, text.map_or(u64::MAX, of_text)));
    (slot(hash, SLOTS), u32::try_from(hash & 0xffff_ffff).unwrap_or(0))
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
