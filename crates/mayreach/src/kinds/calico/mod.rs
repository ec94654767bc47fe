//! The `calico` family.

use super::{Draft, Lowered};
use crate::manifest::Document;

/// Lowers a document of this family.
pub(crate) fn lower(_document: &Document, _draft: &mut Draft<'_>) -> Lowered {
    None
}

/// Settles what needs every document.
pub(crate) fn finish(_draft: &mut Draft<'_>) {}
