//! How much the reader takes in before it stops, so that hostile input costs bounded memory.

/// What reading may cost. Every limit that is reached is an error with the code `limit`; nothing
/// is cut off silently.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one source. Default: 256 MiB.
    pub source_bytes: usize,
    /// Bytes of all sources together. Default: 1 GiB.
    pub total_bytes: usize,
    /// Objects, list items counted one by one, of all sources together. Default: 1,000,000.
    pub objects: usize,
    /// How deep maps and lists may nest in one document. Default: 100; more than
    /// [`Limits::MAX_DEPTH`] counts as that.
    pub depth: usize,
    /// Values (maps, lists and scalars) of one document. Default: 20,000,000.
    pub nodes: usize,
    /// Bytes of memory that aliases (`*name`, `<<`) may copy, of all sources together.
    /// Default: 64 MiB.
    pub alias_bytes: usize,
}

impl Limits {
    /// The deepest nesting that `depth` can allow.
    pub const MAX_DEPTH: usize = 500;

    /// The effective depth.
    pub(crate) fn depth(&self) -> usize {
        self.depth.min(Self::MAX_DEPTH)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            source_bytes: 256 << 20,
            total_bytes: 1 << 30,
            objects: 1_000_000,
            depth: 100,
            nodes: 20_000_000,
            alias_bytes: 64 << 20,
        }
    }
}
