//! A field that is left out, said to be nothing, or said.

use serde::{Deserialize, Deserializer};

/// `null` and "left out" mean different things where this stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Said<T> {
    /// Left out: not known.
    #[default]
    Unknown,
    /// `null`: there is none.
    Nothing,
    /// This.
    Is(T),
}

impl<T> Said<T> {
    /// The value, if one was said.
    pub const fn get(&self) -> Option<&T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Unknown | Self::Nothing => None,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Said<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Nothing, Self::Is))
    }
}
