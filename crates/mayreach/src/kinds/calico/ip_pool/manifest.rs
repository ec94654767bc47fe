//! `IPPool` as written: only what tells where pods live and how packets get there, all other fields are accepted unread.

use serde::Deserialize;

use crate::manifest::Spanned;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct IpPoolSpec {
    pub(super) cidr: Option<Spanned<String>>,
    pub(super) disabled: bool,
    pub(super) allowed_uses: Vec<String>,
    pub(super) ipip_mode: Option<String>,
    pub(super) vxlan_mode: Option<String>,
    pub(super) nat_outgoing: bool,
}
