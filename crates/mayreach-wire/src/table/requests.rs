//! Requests that were looked at before: a table has many rows, and few methods and paths.

use mayreach::{PreparedRequest, Request};

use super::{
    column::Text,
    input::Input,
    memo::{TRIAL, mix, slot},
};

/// Slots for requests; half as many are kept.
const SLOTS: usize = 1 << 13;

/// Method, path and host of rows, each combination looked at once as long as they come back.
pub(super) struct Requests<'a> {
    columns: [Option<&'a Text<'a>>; 3],
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
        Self { columns, slots: vec![(0, 0); SLOTS], met: Vec::new(), asked: 0, hits: 0 }
    }

    /// The request of a row.
    pub(super) fn get(&mut self, row: usize) -> PreparedRequest<'a> {
        // Keeping requests that never come back costs more than it saves.
        if self.asked >= TRIAL && self.hits * 4 < self.asked {
            return self.fresh(row);
        }
        let columns = self.columns.iter().flatten();
        let hash = columns.fold(0, |state, column| mix(state, column.hash(row)));
        let (place, tag) = (slot(hash, SLOTS), u32::try_from(hash & 0xffff_ffff).unwrap_or(0));
        self.asked += 1;
        if let Some((known, at)) = self.slots.get(place).copied()
            && known == tag
            && let Some((before, request)) = self.met.get((at as usize).wrapping_sub(1))
            && self.columns.iter().flatten().all(|column| column.same(*before, row))
        {
            self.hits += 1;
            return *request;
        }
        let request = self.fresh(row);
        self.keep(place, tag, row, request);
        request
    }

    #[inline(never)]
    fn fresh(&self, row: usize) -> PreparedRequest<'a> {
        let [method, path, host] = self.columns.map(|column| column.and_then(|text| text.get(row)));
        PreparedRequest::new(Request { method, path, host, headers: None })
    }

    #[inline(never)]
    fn keep(&mut self, place: usize, tag: u32, row: usize, request: PreparedRequest<'a>) {
        if self.met.len() >= SLOTS / 2 {
            self.met.clear();
            self.slots.fill((0, 0));
        }
        self.met.push((row, request));
        let at = u32::try_from(self.met.len()).unwrap_or(0);
        if let Some(slot) = self.slots.get_mut(place) {
            *slot = (tag, at);
        }
    }
}
