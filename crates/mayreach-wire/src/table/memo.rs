//! Rows that were asked before: a row's hash finds an earlier one, and its values are compared.

use super::{
    column::Text,
    input::{Either, Input},
};

/// How many rows are remembered.
const SLOTS: usize = 1 << 15;
/// Columns that make a key.
const KEYS: usize = 8;
/// Rows after which it is clear whether rows come back.
pub(super) const TRIAL: usize = 1 << 12;

/// Mixes one more part into a hash. Who makes rows collide gains nothing: a slot holds one row.
pub(super) const fn mix(state: u64, part: u64) -> u64 {
    (state.rotate_left(23) ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// A hash of a text, for tables whose slots hold one value each.
pub(super) fn of_text(text: &str) -> u64 {
    let (whole, rest) = text.as_bytes().as_chunks::<8>();
    let mut state =
        whole.iter().fold(rest.len() as u64, |state, part| mix(state, u64::from_le_bytes(*part)));
    if !rest.is_empty() {
        let mut last = [0; 8];
        last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        state = mix(state, u64::from_le_bytes(last));
    }
    state
}

/// The slot of a hash among a power of two.
pub(super) fn slot(hash: u64, slots: usize) -> usize {
    usize::try_from(hash >> 32).unwrap_or(0) & (slots - 1)
}

/// A column that is part of the key.
#[derive(Clone, Copy)]
enum Part<'a> {
    Text(&'a Text<'a>),
    Either(&'a Either<'a>),
}

impl Part<'_> {
    fn hash(self, row: usize) -> u64 {
        match self {
            Self::Text(text) | Self::Either(Either::Text(text)) => text.hash(row),
            Self::Either(Either::Number(numbers)) => {
                numbers.get(row).map_or(u64::MAX, i64::cast_unsigned)
            }
        }
    }

    fn same(self, row: usize, other: usize) -> bool {
        match self {
            Self::Text(text) | Self::Either(Either::Text(text)) => text.same(row, other),
            Self::Either(Either::Number(numbers)) => numbers.get(row) == numbers.get(other),
        }
    }
}

/// A cache of one size, where a row takes the place of an older one.
pub(super) struct Memo<'a> {
    columns: [Option<Part<'a>>; KEYS],
    /// A row and one; 0 is none.
    slots: Vec<u32>,
    asked: usize,
    hits: usize,
}

impl<'a> Memo<'a> {
    /// Nothing where a column stands that is no part of the key.
    pub(super) fn new(input: &'a Input<'a>) -> Option<Self> {
        let others = input.ip_version.is_some()
            || input.source_port.is_some()
            || input.icmp_type.is_some()
            || input.icmp_code.is_some()
            || input.http.is_some()
            || input.headers.is_some()
            || input.token.is_some()
            || input.claims.is_some()
            || input.mtls.is_some()
            || input.tls_without_certificate.is_some()
            || input.now.is_some()
            || input.ext_authz.is_some()
            || input.sni.is_some();
        if others {
            return None;
        }
        let text = |column: &'a Option<Text<'a>>| column.as_ref().map(Part::Text);
        let either = |column: &'a Option<Either<'a>>| column.as_ref().map(Part::Either);
        let columns = [
            Some(Part::Text(&input.source)),
            Some(Part::Text(&input.destination)),
            either(&input.port),
            either(&input.protocol),
            text(&input.method),
            text(&input.path),
            text(&input.host),
            text(&input.principal),
        ];
        Some(Self { columns, slots: vec![0; SLOTS], asked: 0, hits: 0 })
    }

    pub(super) fn hash(&self, row: usize) -> u64 {
        self.columns.iter().flatten().fold(0, |state, column| mix(state, column.hash(row)))
    }

    /// An earlier row with the same values.
    pub(super) fn find(&mut self, hash: u64, row: usize) -> Option<usize> {
        self.asked += 1;
        let known = self.slots.get(slot(hash, SLOTS)).copied()?.checked_sub(1)? as usize;
        let same = self.columns.iter().flatten().all(|column| column.same(known, row));
        self.hits += usize::from(same);
        same.then_some(known)
    }

    pub(super) fn put(&mut self, hash: u64, row: usize) {
        if let Some(place) = self.slots.get_mut(slot(hash, SLOTS)) {
            *place = u32::try_from(row + 1).unwrap_or(0);
        }
    }

    /// Looking up rows that never come back costs more than it saves.
    pub(super) const fn pays(&self) -> bool {
        self.asked < TRIAL || self.hits * 6 > self.asked
    }
}
