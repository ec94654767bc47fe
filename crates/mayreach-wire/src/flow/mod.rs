//! A flow as JSON, Python and Node write it: every field checked, nothing guessed.

mod http;
mod lend;
mod number;
mod object;
mod out;
mod peer;
mod said;
#[cfg(test)]
mod tests;
mod text;
mod when;
mod words;
mod write;

use std::collections::BTreeMap;

use mayreach::AuthorizerAnswer;
use serde::{Deserialize, Serialize};

pub use self::number::protocol_name;
use self::object::objects;
pub use self::{
    http::{HttpIn, TlsIn},
    number::{IcmpIn, IpVersionIn, PortIn, ProtocolIn, SourcePort},
    out::FlowOut,
    peer::{PeerIn, PodPortIn},
    said::Said,
    when::Now,
    words::Words,
    write::to_json,
};
#[cfg(feature = "table")]
pub(crate) use self::{lend::Fits, words::request};
pub(crate) use self::{peer::parts, text::peer};
use crate::{pairs::Pairs, problem::ProblemOut};

/// One attempted connection or request: the question.
///
/// What is left out is not known. Where it matters the verdict is `undetermined` and names it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct FlowIn {
    /// Comes back in the decision.
    #[serde(default)]
    pub id: Option<Id>,
    /// Who asks.
    pub source: PeerIn,
    /// Whom.
    pub destination: PeerIn,
    /// The port that is called: a Service's own, or the workload's; number or name.
    #[serde(default)]
    pub port: Option<PortIn>,
    /// `TCP` unless said otherwise.
    #[serde(default)]
    pub protocol: Option<ProtocolIn>,
    /// 4 or 6: which of their addresses the ends use, where they have both.
    #[serde(default)]
    pub ip_version: Option<IpVersionIn>,
    /// Type and code, for ICMP.
    #[serde(default)]
    pub icmp: Option<IcmpIn>,
    /// The port that the client sends from.
    #[serde(default)]
    pub source_port: Option<SourcePort>,
    /// The request; `null` says that the connection is not HTTP.
    #[serde(default)]
    pub http: Said<HttpIn>,
    /// What the client says in its TLS handshake.
    #[serde(default)]
    pub tls: Option<TlsIn>,
    /// The bearer token; `null` says that none is sent.
    #[serde(default)]
    pub token: Said<String>,
    /// The payload of a token that is verified already, instead of `token`.
    #[serde(default)]
    pub claims: Option<serde_json::Map<String, serde_json::Value>>,
    /// Time of the request, for the times in a token.
    #[serde(default)]
    pub now: Option<Now>,
    /// What external authorizers answered, by provider.
    #[serde(default)]
    pub ext_authz: Option<BTreeMap<String, Answer>>,
}

objects!(FlowIn);

/// The asker's name for a flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Id {
    /// Text.
    Text(String),
    /// A number.
    Number(i64),
}

/// What an external authorizer answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It let the request in.
    Allow,
    /// It refused the request.
    Deny,
    /// It could not be asked, or failed: the provider's `failOpen` decides.
    Error,
}

impl From<Answer> for AuthorizerAnswer {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Allow => Self::Allow,
            Answer::Deny => Self::Deny,
            Answer::Error => Self::Error,
        }
    }
}

/// Labels or annotations.
pub type Labels = Pairs;

impl FlowIn {
    /// Reads one flow of JSON text.
    ///
    /// # Errors
    /// What is wrong, with the field.
    pub fn from_json(text: &str) -> Result<Self, ProblemOut> {
        // The plain reading is twice as fast; only a wrong flow pays for the path of its field.
        if let Ok(flow) = serde_json::from_str(text) {
            return Ok(flow);
        }
        let mut reader = serde_json::Deserializer::from_str(text);
        let flow = serde_path_to_error::deserialize(&mut reader)
            .map_err(|error| ProblemOut::of_json(&error))?;
        reader.end().map_err(|error| ProblemOut::of_json_text(&error))?;
        Ok(flow)
    }

    /// Reads one flow from any other form: a Python object, a JavaScript value.
    ///
    /// # Errors
    /// What is wrong, with the field.
    pub fn from_value<'de, D>(value: D) -> Result<Self, ProblemOut>
    where
        D: serde::Deserializer<'de>,
        D::Error: std::fmt::Display,
    {
        serde_path_to_error::deserialize(value).map_err(|error| ProblemOut::of_value(&error))
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Id;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("text or a whole number")
            }

            fn visit_str<E>(self, text: &str) -> Result<Id, E> {
                Ok(Id::Text(text.to_owned()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Id, E> {
                Ok(Id::Number(number))
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Id, E> {
                let small = i64::try_from(number);
                small.map(Id::Number).map_err(|_| E::custom("a number this large loses digits"))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Answer;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("`allow`, `deny` or `error`")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Answer, E> {
                match text {
                    "allow" => Ok(Answer::Allow),
                    "deny" => Ok(Answer::Deny),
                    "error" => Ok(Answer::Error),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)),
                }
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}
