//! Where a field stands in its document, written out only when a message needs it.

use std::fmt;

/// A field path such as `spec.ingress[0].ports[1].port`, built from its parent without copying.
#[derive(Clone, Copy, Debug)]
pub(in crate::kinds) enum Path<'a> {
    Root(&'a str),
    Field(&'a Path<'a>, &'a str),
    Item(&'a Path<'a>, usize),
    Key(&'a Path<'a>, &'a str),
}

impl<'a> Path<'a> {
    pub(in crate::kinds) const fn field(&'a self, name: &'a str) -> Path<'a> {
        Path::Field(self, name)
    }

    pub(in crate::kinds) const fn item(&'a self, index: usize) -> Path<'a> {
        Path::Item(self, index)
    }

    pub(in crate::kinds) const fn key(&'a self, key: &'a str) -> Path<'a> {
        Path::Key(self, key)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root(name) => f.write_str(name),
            Self::Field(parent, name) => write!(f, "{parent}.{name}"),
            Self::Item(parent, index) => write!(f, "{parent}[{index}]"),
            Self::Key(parent, key) => write!(f, "{parent}[{key}]"),
        }
    }
}
