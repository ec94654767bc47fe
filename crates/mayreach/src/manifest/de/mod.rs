//! From a [`Node`] to the fields of a kind, through serde, with the strictness of Kubernetes.
//!
//! Text is never made from numbers nor numbers from text; `null` is what the API server makes of
//! it; an unknown field is an error with its place, path and the name that was probably meant.

mod access;
mod fault;
mod int_or_string;
mod spanned;
#[cfg(test)]
mod tests;

use serde::de::{self, Deserialize, Visitor};

use self::{
    access::{Items, MapEntries, Variant},
    fault::Fault,
};
pub(crate) use self::{int_or_string::IntOrString, spanned::Spanned};
use super::{Node, Value, node::Entry};
use crate::error::{ErrorCode, Place, Problem, SourceId};

/// What `null` is where a value must stand: an item of a list, a value of a map. In a map of a custom
/// resource it is not there at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nulls {
    /// The empty value of the type, as Go's JSON decoder leaves it (kinds built into Kubernetes).
    Empty,
    /// An error, as the schema of a custom resource says.
    Refused,
}

/// Deserializes the value under `entry`, which stands at the top of an object.
pub(super) fn field<'n, T: Deserialize<'n>>(
    entry: &'n Entry,
    nulls: Nulls,
    source: SourceId,
) -> Result<T, Problem> {
    let deserializer = NodeDeserializer { node: &entry.value, nulls };
    T::deserialize(deserializer)
        .map_err(|fault| fault.locate(&entry.value).inside_key(&entry.key).into_problem(source))
}

/// A problem at a node, for checks that serde does not make.
pub(super) fn problem_at(
    code: ErrorCode,
    message: String,
    node: &Node,
    source: SourceId,
) -> Problem {
    Problem::new(code, message).at(Place { source, line: node.line }).column(node.column)
}

#[derive(Clone, Copy)]
struct NodeDeserializer<'n> {
    node: &'n Node,
    nulls: Nulls,
}

impl<'n> NodeDeserializer<'n> {
    fn child(self, node: &'n Node) -> Self {
        Self { node, nulls: self.nulls }
    }

    /// Whether this is a `null` that counts as the empty value.
    fn is_empty(self) -> bool {
        self.node.value == Value::Null && self.nulls == Nulls::Empty
    }

    fn wrong(self, expected: &str) -> Fault {
        let fault = Fault::wrong_type(expected, self.node);
        match (&self.node.value, expected) {
            (Value::Bool(_), "a string") => fault.help(
                "put it in quotes; unquoted `yes`, `no`, `on`, `off`, `y` and `n` are booleans",
            ),
            (Value::Int(_) | Value::Float(_), "a string") => fault.help("put it in quotes"),
            (Value::String(text), "an integer" | "a number") if text.parse::<f64>().is_ok() => {
                fault.help("remove the quotes")
            }
            (Value::String(text), "a boolean") if text == "true" || text == "false" => {
                fault.help("remove the quotes")
            }
            (Value::String(_) | Value::Int(_) | Value::Map(_), "a list") => {
                fault.help("write it as an item of a list, behind `- `")
            }
            _ => fault,
        }
    }

    /// An integer within the range of the field's type.
    fn integer(self, least: i64, most: i64) -> Result<i64, Fault> {
        match self.node.value {
            Value::Int(value) if (least..=most).contains(&value) => Ok(value),
            Value::Int(value) => {
                let message = format!("`{value}` is outside {least} to {most}");
                Err(Fault::new(ErrorCode::InvalidValue, message).locate(self.node))
            }
            Value::Null if self.is_empty() => Ok(0),
            _ => Err(self.wrong("an integer")),
        }
    }
}

macro_rules! integers {
    ($($method:ident $type:ty,)*) => {
        $(fn $method<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Fault> {
            let least = i64::try_from(<$type>::MIN).unwrap_or(i64::MIN);
            let most = i64::try_from(<$type>::MAX).unwrap_or(i64::MAX);
            visitor.visit_i64(self.integer(least, most)?)
        })*
    };
}

impl<'n> de::Deserializer<'n> for NodeDeserializer<'n> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Int(value) => visitor.visit_i64(*value),
            Value::Float(value) => visitor.visit_f64(*value),
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::List(items) => visitor.visit_seq(Items::new(self, items)),
            Value::Map(entries) => visitor.visit_map(MapEntries::new(self, entries, &[])),
        }
    }

    fn deserialize_bool<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.node.value {
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Null if self.is_empty() => visitor.visit_bool(false),
            _ => Err(self.wrong("a boolean")),
        }
    }

    integers! {
        deserialize_i8 i8,
        deserialize_i16 i16,
        deserialize_i32 i32,
        deserialize_i64 i64,
        deserialize_u8 u8,
        deserialize_u16 u16,
        deserialize_u32 u32,
        deserialize_u64 u64,
    }

    fn deserialize_f32<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.node.value {
            Value::Int(value) => visitor.visit_i64(value),
            Value::Float(value) => visitor.visit_f64(value),
            Value::Null if self.is_empty() => visitor.visit_f64(0.0),
            _ => Err(self.wrong("a number")),
        }
    }

    fn deserialize_str<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.value {
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Null if self.is_empty() => visitor.visit_borrowed_str(""),
            _ => Err(self.wrong("a string")),
        }
    }

    fn deserialize_string<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.node.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'n>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        if name == spanned::MARK {
            return visitor.visit_seq(spanned::Parts::new(self));
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.value {
            Value::List(items) => visitor.visit_seq(Items::new(self, items)),
            Value::Null if self.is_empty() => visitor.visit_seq(Items::new(self, &[])),
            _ => Err(self.wrong("a list")),
        }
    }

    fn deserialize_tuple<V: Visitor<'n>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'n>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_struct("", &[], visitor)
    }

    fn deserialize_struct<V: Visitor<'n>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let entries: &[Entry] = match &self.node.value {
            Value::Map(entries) => entries,
            Value::Null if self.is_empty() => &[],
            _ => return Err(self.wrong("a map")),
        };
        // A missing field has no place of its own: it is reported where the map begins.
        visitor
            .visit_map(MapEntries::new(self, entries, fields))
            .map_err(|fault| fault.locate(self.node))
    }

    fn deserialize_enum<V: Visitor<'n>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match &self.node.value {
            Value::String(text) => {
                visitor.visit_enum(Variant(text)).map_err(|fault| fault.locate(self.node))
            }
            Value::Null if self.is_empty() => {
                visitor.visit_enum(Variant("")).map_err(|fault| fault.locate(self.node))
            }
            _ => Err(self.wrong("a string")),
        }
    }

    fn deserialize_identifier<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        <V: Visitor<'n>>
        bytes byte_buf unit unit_struct
    }
}
