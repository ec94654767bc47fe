//! What the cluster-wide policies of `policy.networking.k8s.io` share: subjects, peers, the two
//! tiers around NetworkPolicy, and what Calico makes of them.

mod manifest;
mod peer;
mod policy;
mod port;
mod rule;
mod settle;
#[cfg(test)]
mod tests;

pub(super) use self::{
    manifest::{
        AdminEgressRule, AdminIngressRule, BaselineEgressPeer, EgressPeer, IngressPeer, Subject,
        from, to,
    },
    peer::Reading,
    policy::{Head, Tier, lower, priority},
    port::{AdminPort, Named, named, range},
    rule::{Limits, Rule},
    settle::settle,
};
