//! What every object has: a spec, and perhaps a namespace.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::de::DeserializeOwned;

use crate::{
    error::Problem,
    manifest::{Document, IntOrString},
};

/// The namespace of an object of a namespaced kind.
pub(super) fn namespace(document: &Document) -> String {
    document.metadata.namespace.clone().unwrap_or_else(|| "default".to_owned())
}

/// The spec; one that is missing is empty, as Calico reads it.
pub(super) fn spec<T: DeserializeOwned + Default>(document: &Document) -> Result<T, Vec<Problem>> {
    let unknown = document.unknown_top_level(&["spec"]);
    match (document.field::<T>("spec"), unknown) {
        (Ok(spec), None) => Ok(spec.unwrap_or_default()),
        (Ok(_), Some(unknown)) => Err(vec![unknown]),
        (Err(problem), unknown) => Err(std::iter::once(problem).chain(unknown).collect()),
    }
}

/// A CIDR as Go's `net.ParseCIDR` reads it: an octet has no leading zeros.
pub(super) fn cidr(text: &str) -> Option<IpNet> {
    let (address, prefix) = text.split_once('/')?;
    let digits = prefix.bytes().all(|byte| byte.is_ascii_digit());
    let address: IpAddr = address.parse().ok()?;
    IpNet::new(address, prefix.parse().ok().filter(|_| digits)?).ok()
}

/// A number or text as it was written, for messages.
pub(super) fn shown(written: &IntOrString) -> String {
    match written {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(text) => text.clone(),
    }
}
