//! The time of a request: RFC 3339 text or seconds.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, Unexpected, Visitor},
};

use crate::problem::ProblemOut;

/// A point in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Now {
    /// RFC 3339, such as `2026-11-22T00:00:00Z`.
    Text(String),
    /// Seconds since 1970.
    Seconds(i64),
}

impl Now {
    /// Seconds since 1970.
    ///
    /// # Errors
    /// Text that is no time.
    pub fn seconds(&self) -> Result<i64, ProblemOut> {
        match self {
            Self::Seconds(seconds) => Ok(*seconds),
            Self::Text(text) => {
                let time = text.parse::<jiff::Timestamp>();
                time.map(jiff::Timestamp::as_second).map_err(|_| {
                    ProblemOut::invalid("now", format!("`{text}` is not a time"))
                        .help("write it like `2026-11-22T00:00:00Z`, or as seconds since 1970")
                })
            }
        }
    }
}

impl<'de> Deserialize<'de> for Now {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Time;
        impl Visitor<'_> for Time {
            type Value = Now;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time like `2026-11-22T00:00:00Z` or whole seconds since 1970")
            }

            fn visit_str<E>(self, text: &str) -> Result<Now, E> {
                Ok(Now::Text(text.to_owned()))
            }

            fn visit_i64<E>(self, seconds: i64) -> Result<Now, E> {
                Ok(Now::Seconds(seconds))
            }

            fn visit_u64<E: Error>(self, seconds: u64) -> Result<Now, E> {
                let small = i64::try_from(seconds);
                small
                    .map(Now::Seconds)
                    .map_err(|_| E::invalid_value(Unexpected::Unsigned(seconds), &self))
            }
        }
        deserializer.deserialize_any(Time)
    }
}
