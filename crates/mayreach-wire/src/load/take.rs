//! Bytes, and never more of them than the limits allow: endless files such as `/dev/zero` too.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use mayreach::{ErrorCode, Limits};

use super::find::unreadable;
use crate::problem::ProblemOut;

/// How much may still be read.
pub(super) struct Quota {
    source_bytes: usize,
    total_bytes: usize,
    read: usize,
    exceeded: bool,
}

impl Quota {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            source_bytes: limits.source_bytes,
            total_bytes: limits.total_bytes,
            read: 0,
            exceeded: false,
        }
    }

    /// Whether all sources together are too large, so that going on is of no use.
    pub(super) fn is_exceeded(&self) -> bool {
        self.exceeded
    }

    /// A file, whose size is looked at before it is read.
    pub(super) fn file(&mut self, path: &Path) -> Result<Vec<u8>, ProblemOut> {
        let open = || -> io::Result<(File, u64)> {
            let file = File::open(path)?;
            let size = file.metadata()?.len();
            Ok((file, size))
        };
        let (mut file, size) = open().map_err(|error| unreadable(path, &error))?;
        self.check(usize::try_from(size).unwrap_or(usize::MAX))?;
        self.bytes(&mut file).map_err(|error| unreadable(path, &error))?
    }

    /// A stream whose size nobody knows.
    pub(super) fn stream(&mut self, stream: &mut dyn Read) -> Result<Vec<u8>, ProblemOut> {
        self.bytes(stream).map_err(|error| {
            let message = format!("cannot read the standard input: {error}");
            ProblemOut::new(ErrorCode::Unreadable, message)
        })?
    }

    fn bytes(&mut self, stream: &mut dyn Read) -> io::Result<Result<Vec<u8>, ProblemOut>> {
        const FIRST: u64 = 8192;
        let mut bytes = Vec::new();
        stream.take(FIRST).read_to_end(&mut bytes)?;
        if bytes.contains(&0) && !is_utf_16(&bytes) {
            return Ok(Err(ProblemOut::new(
                ErrorCode::Syntax,
                "the text holds a NUL byte; it looks like a binary file",
            )));
        }
        // One byte more than allowed tells that there is more.
        let most = self.source_bytes.min(self.total_bytes.saturating_sub(self.read));
        let rest = most.saturating_add(1).saturating_sub(bytes.len());
        stream.take(u64::try_from(rest).unwrap_or(u64::MAX)).read_to_end(&mut bytes)?;
        Ok(self.check(bytes.len()).map(|()| {
            self.read = self.read.saturating_add(bytes.len());
            bytes
        }))
    }

    fn check(&mut self, size: usize) -> Result<(), ProblemOut> {
        if size > self.source_bytes {
            let message = format!("the text has more than {} bytes", self.source_bytes);
            return Err(limit(message, "source_bytes"));
        }
        if self.read.saturating_add(size) > self.total_bytes {
            self.exceeded = true;
            let message = format!("all texts together have more than {} bytes", self.total_bytes);
            return Err(limit(message, "total_bytes"));
        }
        Ok(())
    }
}

/// The reader has a better word for this than "binary".
fn is_utf_16(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF])
}

fn limit(message: String, name: &str) -> ProblemOut {
    ProblemOut::new(ErrorCode::Limit, message)
        .help(format!("raise the limit `{name}` if the input is meant to be this large"))
}
