//! Flows as columns.

use mayreach::{FlowColumns, WorkloadId};

use crate::{Ask, METHODS};

/// Questions as columns of numbers and bytes.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    source: Vec<u32>,
    destination: Vec<u32>,
    port: Vec<u16>,
    method: Vec<u8>,
    offsets: Vec<u32>,
    paths: Vec<u8>,
}

impl Columns {
    /// `ids` by number of workload.
    ///
    /// # Panics
    /// Paths of more than 4 GiB.
    pub fn new(ids: &[WorkloadId], asks: &[Ask]) -> Self {
        let mut columns = Self { offsets: vec![0], ..Self::default() };
        for ask in asks {
            columns.source.push(ids[ask.source as usize].0);
            columns.destination.push(ids[ask.destination as usize].0);
            columns.port.push(ask.port);
            columns.method.push(ask.method);
            columns.paths.extend_from_slice(ask.path().as_bytes());
            columns.offsets.push(u32::try_from(columns.paths.len()).expect("less than 4 GiB"));
        }
        columns
    }

    /// All rows.
    pub fn all(&self) -> FlowColumns<'_> {
        self.rows(0, self.source.len())
    }

    /// Some rows.
    pub fn rows(&self, from: usize, to: usize) -> FlowColumns<'_> {
        FlowColumns {
            source: &self.source[from..to],
            destination: &self.destination[from..to],
            port: &self.port[from..to],
            methods: &METHODS,
            method: &self.method[from..to],
            path_offsets: &self.offsets[from..=to],
            paths: &self.paths,
        }
    }
}
