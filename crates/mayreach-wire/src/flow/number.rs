//! Numbers of a flow, strict: no rounding, no wrapping, no numbers in quotes.

use std::fmt;

use mayreach::{Icmp, IpVersion, Port, Protocol};
use serde::{
    Deserialize, Deserializer,
    de::{Error, Unexpected, Visitor},
};

use super::object::objects;
use crate::problem::{ProblemOut, closest};

/// A port by number or by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortIn {
    /// 1-65535.
    Number(u16),
    /// Name of a container port or, to a Service, of a service port.
    Name(String),
}

/// A port that is only ever a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourcePort(pub u16);

/// 4 or 6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpVersionIn(pub IpVersion);

impl IpVersionIn {
    /// 4 or 6.
    pub const fn number(self) -> u8 {
        match self.0 {
            IpVersion::V4 => 4,
            IpVersion::V6 => 6,
        }
    }

    /// From 4 or 6.
    pub const fn new(number: u8) -> Option<Self> {
        match number {
            4 => Some(Self(IpVersion::V4)),
            6 => Some(Self(IpVersion::V6)),
            _ => None,
        }
    }
}

/// A protocol by name or IANA number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProtocolIn {
    /// `TCP`, `UDP`, `SCTP`, `ICMP`, `ICMPv6` or `UDPLite`.
    Name(String),
    /// 1-255.
    Number(u8),
}

/// ICMP type and code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct IcmpIn {
    /// Type.
    #[serde(rename = "type", deserialize_with = "byte")]
    pub kind: u8,
    /// Code, if known.
    #[serde(default, deserialize_with = "maybe_byte")]
    pub code: Option<u8>,
}

objects!(IcmpIn);

const PROTOCOLS: [(&str, Protocol); 6] = [
    ("TCP", Protocol::Tcp),
    ("UDP", Protocol::Udp),
    ("SCTP", Protocol::Sctp),
    ("ICMP", Protocol::Icmp),
    ("ICMPv6", Protocol::Icmpv6),
    ("UDPLite", Protocol::UdpLite),
];

impl PortIn {
    pub(super) fn port(&self) -> Port<'_> {
        match self {
            Self::Number(number) => Port::Number(*number),
            Self::Name(name) => Port::Name(name),
        }
    }
}

impl ProtocolIn {
    /// # Errors
    /// A name that no protocol has.
    pub fn check(&self, field: &str) -> Result<Protocol, ProblemOut> {
        let name = match self {
            Self::Number(number) => return Ok(Protocol::from_number(*number)),
            Self::Name(name) => name,
        };
        let known = PROTOCOLS.iter().find(|(known, _)| known == name);
        known.map(|(_, protocol)| *protocol).ok_or_else(|| {
            let names = PROTOCOLS.iter().map(|(name, _)| *name);
            let help = closest(name, names.clone()).map_or_else(
                || format!("write {} or a number", names.collect::<Vec<_>>().join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            ProblemOut::invalid(field, format!("unknown protocol `{name}`")).help(help)
        })
    }
}

impl From<IcmpIn> for Icmp {
    fn from(icmp: IcmpIn) -> Self {
        Self { kind: icmp.kind, code: icmp.code }
    }
}

/// The name of a protocol, as flows spell it.
pub fn protocol_name(protocol: Protocol) -> String {
    let known = PROTOCOLS.iter().find(|(_, known)| *known == protocol);
    known.map_or_else(|| protocol.number().to_string(), |(name, _)| (*name).to_owned())
}

/// Reads whole numbers of a range, and text where `text` says so.
struct Number {
    what: &'static str,
    low: u64,
    high: u64,
    text: bool,
}

enum Read {
    Number(u64),
    Text(String),
}

impl Visitor<'_> for Number {
    type Value = Read;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Read, E> {
        if (self.low..=self.high).contains(&number) {
            Ok(Read::Number(number))
        } else {
            Err(E::invalid_value(Unexpected::Unsigned(number), &self))
        }
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Read, E> {
        match u64::try_from(number) {
            Ok(positive) => self.visit_u64(positive),
            Err(_) => Err(E::invalid_value(Unexpected::Signed(number), &self)),
        }
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Read, E> {
        Err(E::invalid_value(Unexpected::Float(number), &self))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Read, E> {
        // A name has a letter (IANA service names): digits in quotes are a slip.
        if self.text && text.bytes().any(|b| b.is_ascii_alphabetic()) {
            Ok(Read::Text(text.to_owned()))
        } else {
            Err(E::invalid_value(Unexpected::Str(text), &self))
        }
    }
}

fn whole<'de, D: Deserializer<'de>>(from: D, number: Number) -> Result<u64, D::Error> {
    match from.deserialize_any(number)? {
        Read::Number(number) => Ok(number),
        Read::Text(text) => Err(D::Error::invalid_type(Unexpected::Str(&text), &"a number")),
    }
}

const NO_ROOM: &str = "a number out of its range";

impl<'de> Deserialize<'de> for PortIn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let what = "a port number from 1 to 65535 or the name of a port";
        match deserializer.deserialize_any(Number { what, low: 1, high: 65_535, text: true })? {
            Read::Text(name) => Ok(Self::Name(name)),
            Read::Number(n) => {
                u16::try_from(n).map(Self::Number).map_err(|_| D::Error::custom(NO_ROOM))
            }
        }
    }
}

impl<'de> Deserialize<'de> for SourcePort {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let what = "a port number from 1 to 65535";
        let n = whole(deserializer, Number { what, low: 1, high: 65_535, text: false })?;
        u16::try_from(n).map(Self).map_err(|_| D::Error::custom(NO_ROOM))
    }
}

impl<'de> Deserialize<'de> for IpVersionIn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let what = "4 or 6";
        let n = whole(deserializer, Number { what, low: 4, high: 6, text: false })?;
        let known = u8::try_from(n).ok().and_then(Self::new);
        known.ok_or_else(|| D::Error::custom("expected 4 or 6"))
    }
}

impl<'de> Deserialize<'de> for ProtocolIn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let what = "a protocol's name or its number from 1 to 255";
        match deserializer.deserialize_any(Number { what, low: 1, high: 255, text: true })? {
            Read::Text(name) => Ok(Self::Name(name)),
            Read::Number(n) => {
                u8::try_from(n).map(Self::Number).map_err(|_| D::Error::custom(NO_ROOM))
            }
        }
    }
}

fn byte<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let what = "a number from 0 to 255";
    let n = whole(deserializer, Number { what, low: 0, high: 255, text: false })?;
    u8::try_from(n).map_err(|_| D::Error::custom(NO_ROOM))
}

fn maybe_byte<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u8>, D::Error> {
    struct Byte(u8);
    impl<'de> Deserialize<'de> for Byte {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            byte(deserializer).map(Self)
        }
    }
    Ok(Option::<Byte>::deserialize(deserializer)?.map(|Byte(n)| n))
}
