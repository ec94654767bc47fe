//! A port by number or by name.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};

/// `k8s.io/apimachinery/pkg/util/intstr`: a 32-bit integer or text. `"80"` is text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum IntOrString {
    Int(i64),
    String(String),
}

impl<'de> Deserialize<'de> for IntOrString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EitherVisitor;

        impl Visitor<'_> for EitherVisitor {
            type Value = IntOrString;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer or a string")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<IntOrString, E> {
                match i32::try_from(number) {
                    Ok(number) => Ok(IntOrString::Int(i64::from(number))),
                    Err(_) => {
                        Err(E::invalid_value(Unexpected::Signed(number), &"a 32-bit integer"))
                    }
                }
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<IntOrString, E> {
                Ok(IntOrString::String(text.to_owned()))
            }
        }

        deserializer.deserialize_any(EitherVisitor)
    }
}
