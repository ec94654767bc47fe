//! `from` and `to` of a NetworkPolicy rule (`ValidateNetworkPolicyPeer`, `ValidateIPBlock`).

use super::manifest::{IpBlock, Peer};
use crate::{
    kinds::kubernetes::{
        Checks, Path, cidr,
        cidr::Cidr,
        selector::{self, LabelSelector, Whose},
        uncertain::Doubt,
    },
    manifest::Spanned,
    model::network::PeerMatch,
};

/// What a peer's text leaves to chance, for notes.
#[derive(Debug, Default)]
pub(super) struct Oddities {
    /// CIDRs with bits beyond their prefix, with what they mean.
    pub(super) host_bits: Vec<(u32, String)>,
}

/// One peer of a policy in `namespace`.
pub(super) fn lower(
    peer: &Spanned<Peer>,
    namespace: &str,
    path: &Path<'_>,
    checks: &mut Checks<'_>,
    odd: &mut Oddities,
) -> PeerMatch {
    let Peer { pod_selector, namespace_selector, ip_block } = &peer.value;
    let pods = pod_selector.is_some() || namespace_selector.is_some();
    match ip_block {
        None if !pods => {
            checks.missing(
                path,
                peer.line,
                "a peer needs `podSelector`, `namespaceSelector` or `ipBlock`",
            );
            PeerMatch::default()
        }
        None => {
            let (of, pods) = (namespace_selector.as_ref(), pod_selector.as_ref());
            selected(of, pods, namespace, path, checks)
        }
        Some(block) => {
            if pods {
                let message = "`ipBlock` cannot stand beside another selector in one peer";
                checks.conflict(path, peer.line, message);
                // Their own faults are named too.
                let (of, pods) = (namespace_selector.as_ref(), pod_selector.as_ref());
                selected(of, pods, namespace, path, checks);
            }
            ip_block_match(block, &path.field("ipBlock"), checks, odd)
        }
    }
}

/// "nil namespaceSelector = own namespace; `{}` = all namespaces; both in one item = AND". Sets
/// and host endpoints lack the orchestrator label, so a peer never matches them.
fn selected(
    of: Option<&LabelSelector>,
    pods: Option<&LabelSelector>,
    namespace: &str,
    path: &Path<'_>,
    checks: &mut Checks<'_>,
) -> PeerMatch {
    let mut all = match of {
        Some(of) => selector::of_namespaces(of, &path.field("namespaceSelector"), checks),
        None => vec![selector::in_namespace(namespace)],
    };
    all.push(selector::is_pod());
    if let Some(pods) = pods {
        all.extend(pods.lower(Whose::Own, &path.field("podSelector"), checks));
    }
    PeerMatch { selector: Some(selector::all(all)), ..PeerMatch::default() }
}

fn ip_block_match(
    block: &Spanned<IpBlock>,
    path: &Path<'_>,
    checks: &mut Checks<'_>,
    odd: &mut Oddities,
) -> PeerMatch {
    let IpBlock { cidr, except } = &block.value;
    let at = path.field("cidr");
    let Some(cidr) = cidr.as_ref().filter(|cidr| !cidr.value.is_empty()) else {
        checks.missing(&at, block.line, "`cidr` is required");
        return PeerMatch::default();
    };
    let Some(net) = read(cidr, &at, checks, odd) else { return PeerMatch::default() };
    let mut not_nets = Vec::new();
    let at = path.field("except");
    for (index, text) in except.iter().flatten().enumerate() {
        let at = at.item(index);
        let Some(hole) = read(text, &at, checks, odd) else { continue };
        // "except equal to cidr is invalid" too.
        if !net.net.contains(&hole.net) || net.written >= hole.written {
            let message = format!("`{}` is not a strict subset of `{}`", text.value, cidr.value);
            checks.invalid(&at, text.line, message);
        }
        not_nets.push(hole.net);
    }
    PeerMatch { nets: vec![net.net], not_nets, ..PeerMatch::default() }
}

fn read(
    text: &Spanned<String>,
    path: &Path<'_>,
    checks: &mut Checks<'_>,
    odd: &mut Oddities,
) -> Option<Cidr> {
    let Some(cidr) = cidr::sloppy(&text.value) else {
        let message = format!("`{}` is not a CIDR", text.value);
        checks.invalid_help(path, text.line, message, "write it as `10.0.0.0/8` or `fd00::/8`");
        return None;
    };
    if cidr.host_bits {
        odd.host_bits.push((text.line, format!("`{}` means `{}`", text.value, cidr.net)));
    }
    if cidr.leading_zeros {
        checks.doubt(Doubt::LeadingZeros(text.value.clone()));
    }
    Some(cidr)
}
