//! Ports of v1alpha1, and port ranges of both versions.

use serde::Deserialize;

use crate::{
    kinds::kubernetes::{Checks, Path, rules},
    manifest::Spanned,
    model::{Protocol, network::PortMatch},
};

/// `AdminNetworkPolicyPort`: exactly one field is set.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::kinds::kubernetes) struct AdminPort {
    port_number: Option<PortNumber>,
    named_port: Option<Spanned<String>>,
    port_range: Option<PortRange>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct PortNumber {
    /// TCP, if it is not written (`kubebuilder:default`).
    protocol: Option<Spanned<String>>,
    port: Spanned<i64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct PortRange {
    protocol: Option<Spanned<String>>,
    start: Spanned<i64>,
    end: Spanned<i64>,
}

/// What a rule's list of ports or protocols holds.
pub(in crate::kinds::kubernetes) trait Named {
    /// Name of the list.
    const LIST: &'static str;
    /// The name of a container port, if the item is one.
    fn port_name(&self) -> Option<&Spanned<String>>;
    /// Protocol and port; a named port is of any protocol.
    fn lower(
        &self,
        line: u32,
        path: &Path<'_>,
        checks: &mut Checks<'_>,
    ) -> Option<(Option<Protocol>, Option<PortMatch>)>;
}

impl Named for AdminPort {
    const LIST: &'static str = "ports";

    fn port_name(&self) -> Option<&Spanned<String>> {
        self.named_port.as_ref()
    }

    fn lower(
        &self,
        line: u32,
        path: &Path<'_>,
        checks: &mut Checks<'_>,
    ) -> Option<(Option<Protocol>, Option<PortMatch>)> {
        let Self { port_number, named_port, port_range } = self;
        match (port_number, named_port, port_range) {
            (Some(PortNumber { protocol, port }), None, None) => {
                let path = path.field("portNumber");
                let protocol = rules::protocol(protocol.as_ref(), &path.field("protocol"), checks);
                let port = checks.port_number(port, &path.field("port"))?;
                Some((Some(protocol), Some(PortMatch::Range(port, port))))
            }
            (None, Some(name), None) => Some((None, named(name, &path.field("namedPort"), checks))),
            (None, None, Some(PortRange { protocol, start, end })) => {
                let path = path.field("portRange");
                let protocol = rules::protocol(protocol.as_ref(), &path.field("protocol"), checks);
                Some((Some(protocol), range(start, end, true, &path, checks)))
            }
            _ => {
                let message =
                    "exactly one of `portNumber`, `namedPort` and `portRange` must be set";
                checks.conflict(path, line, message);
                None
            }
        }
    }
}

/// A range of ports. v1alpha2 wants its start to be less than its end (CEL); v1alpha1 only says
/// so, and one that begins and ends at one port is that port.
pub(in crate::kinds::kubernetes) fn range(
    start: &Spanned<i64>,
    end: &Spanned<i64>,
    one_port: bool,
    path: &Path<'_>,
    checks: &mut Checks<'_>,
) -> Option<PortMatch> {
    let first = checks.port_number(start, &path.field("start"));
    let last = checks.port_number(end, &path.field("end"));
    let (first, last) = (first?, last?);
    if first > last || (first == last && !one_port) {
        let message = format!("the range ends at {last}, not after its start {first}");
        checks.invalid(&path.field("end"), end.line, message);
    }
    Some(PortMatch::Range(first, last))
}

/// The name of a container port. The CRDs take any text; no port is called by an empty one, and
/// implementations take it for no condition at all.
pub(in crate::kinds::kubernetes) fn named(
    name: &Spanned<String>,
    path: &Path<'_>,
    checks: &mut Checks<'_>,
) -> Option<PortMatch> {
    if name.value.is_empty() {
        checks.invalid(path, name.line, "the name is empty");
        return None;
    }
    Some(PortMatch::Named(name.value.clone()))
}
