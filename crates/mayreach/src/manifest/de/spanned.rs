//! A deserialized value together with its line.

use std::{fmt, marker::PhantomData};

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IntoDeserializer, SeqAccess, Visitor,
};

use super::{Fault, NodeDeserializer};

/// The name by which [`Spanned`] asks our deserializer for a line.
pub(super) const MARK: &str = "$mayreach::spanned";

/// A deserialized value and the line where it is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Spanned<T> {
    pub(crate) value: T,
    pub(crate) line: u32,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PartsVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for PartsVisitor<T> {
            type Value = Spanned<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value with its line")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Spanned<T>, A::Error> {
                let missing = || A::Error::custom("a value has no line");
                let line = parts.next_element()?.ok_or_else(missing)?;
                let value = parts.next_element()?.ok_or_else(missing)?;
                Ok(Spanned { value, line })
            }
        }

        deserializer.deserialize_newtype_struct(MARK, PartsVisitor(PhantomData))
    }
}

/// The line, then the value.
pub(super) struct Parts<'n> {
    node: NodeDeserializer<'n>,
    line_given: bool,
}

impl<'n> Parts<'n> {
    pub(super) fn new(node: NodeDeserializer<'n>) -> Self {
        Self { node, line_given: false }
    }
}

impl<'n> SeqAccess<'n> for Parts<'n> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'n>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        if self.line_given {
            return seed.deserialize(self.node).map(Some);
        }
        self.line_given = true;
        seed.deserialize(self.node.node.line.into_deserializer()).map(Some)
    }
}
