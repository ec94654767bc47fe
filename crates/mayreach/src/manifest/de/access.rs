//! Items of a list, entries of a map and words of an enumeration, as serde asks for them.

use serde::de::{
    DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, Unexpected, VariantAccess,
    Visitor, value::BorrowedStrDeserializer,
};

use super::{Fault, NodeDeserializer, Nulls};
use crate::manifest::{Node, Value, node::Entry};

/// The items of a list.
pub(super) struct Items<'n> {
    parent: NodeDeserializer<'n>,
    items: std::iter::Enumerate<std::slice::Iter<'n, Node>>,
}

impl<'n> Items<'n> {
    pub(super) fn new(parent: NodeDeserializer<'n>, items: &'n [Node]) -> Self {
        Self { parent, items: items.iter().enumerate() }
    }
}

impl<'n> SeqAccess<'n> for Items<'n> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'n>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        let Some((index, node)) = self.items.next() else { return Ok(None) };
        seed.deserialize(self.parent.child(node))
            .map(Some)
            .map_err(|fault| fault.locate(node).inside_index(index))
    }

    fn size_hint(&self) -> Option<usize> {
        self.items.size_hint().1
    }
}

/// The entries of a map.
pub(super) struct MapEntries<'n> {
    parent: NodeDeserializer<'n>,
    entries: std::slice::Iter<'n, Entry>,
    /// Fields of the struct that is read, if one is.
    fields: &'static [&'static str],
    current: Option<&'n Entry>,
}

impl<'n> MapEntries<'n> {
    pub(super) fn new(
        parent: NodeDeserializer<'n>,
        entries: &'n [Entry],
        fields: &'static [&'static str],
    ) -> Self {
        Self { parent, entries: entries.iter(), fields, current: None }
    }

    /// Whether a null under a key is a key that is not there: of a known field always, and in the
    /// maps of a custom resource, from which the API server drops it before it validates
    /// (apiextensions `PruneNonNullableNullsWithoutDefaults`).
    fn dropped(&self, entry: &Entry) -> bool {
        let map = self.fields.is_empty() && self.parent.nulls == Nulls::Refused;
        map || self.fields.contains(&entry.key.as_str())
    }
}

impl<'n> MapAccess<'n> for MapEntries<'n> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'n>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        while let Some(entry) = self.entries.next() {
            if entry.value.value == Value::Null && self.dropped(entry) {
                continue;
            }
            self.current = Some(entry);
            let key = BorrowedStrDeserializer::new(&entry.key);
            return seed
                .deserialize(key)
                .map(Some)
                .map_err(|fault: Fault| fault.at(entry.at()).inside_key(&entry.key));
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'n>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some(entry) = self.current.take() else {
            return Err(serde::de::Error::custom("a value was asked for before its key"));
        };
        seed.deserialize(self.parent.child(&entry.value))
            .map_err(|fault| fault.locate(&entry.value).inside_key(&entry.key))
    }

    fn size_hint(&self) -> Option<usize> {
        self.entries.size_hint().1
    }
}

/// A word of an enumeration.
pub(super) struct Variant<'n>(pub(super) &'n str);

impl<'n> EnumAccess<'n> for Variant<'n> {
    type Error = Fault;
    type Variant = Unit;

    fn variant_seed<V: DeserializeSeed<'n>>(self, seed: V) -> Result<(V::Value, Unit), Fault> {
        let word: BorrowedStrDeserializer<'n, Fault> = BorrowedStrDeserializer::new(self.0);
        seed.deserialize(word).map(|value| (value, Unit))
    }
}

/// Nothing comes with the word.
pub(super) struct Unit;

impl<'n> VariantAccess<'n> for Unit {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'n>>(self, seed: T) -> Result<T::Value, Fault> {
        seed.deserialize(().into_deserializer())
    }

    fn tuple_variant<V: Visitor<'n>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        Err(serde::de::Error::invalid_type(Unexpected::UnitVariant, &visitor))
    }

    fn struct_variant<V: Visitor<'n>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        Err(serde::de::Error::invalid_type(Unexpected::UnitVariant, &visitor))
    }
}
