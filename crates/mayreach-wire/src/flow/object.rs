//! Objects are read from objects only: serde would also take a list, field by field.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};

/// Reads an object, and calls `read` with it.
pub(super) fn object<'de, D, T, F>(deserializer: D, read: F) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    F: Read<'de, T>,
{
    deserializer.deserialize_map(Object(read, PhantomData))
}

/// A function over any map: what derives make of a struct.
pub(super) trait Read<'de, T> {
    fn read<A: MapAccess<'de>>(self, map: MapAccessDeserializer<A>) -> Result<T, A::Error>;
}

struct Object<F, T>(F, PhantomData<T>);

impl<'de, T, F: Read<'de, T>> Visitor<'de> for Object<F, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        self.0.read(MapAccessDeserializer::new(map))
    }
}

/// Gives types that derive `Deserialize` with `#[serde(remote = "Self")]` their public reading.
macro_rules! objects {
    ($($name:ident),+) => {$(
        const _: () = {
            struct Derived;

            impl<'de> $crate::flow::object::Read<'de, $name> for Derived {
                fn read<A: serde::de::MapAccess<'de>>(
                    self,
                    map: serde::de::value::MapAccessDeserializer<A>,
                ) -> Result<$name, A::Error> {
                    $name::deserialize(map)
                }
            }

            impl<'de> serde::Deserialize<'de> for $name {
                fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                    $crate::flow::object::object(from, Derived)
                }
            }
        };
    )+};
}

pub(super) use objects;
