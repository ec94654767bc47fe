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
    manifest::{BaselineEgressPeer, EgressPeer, IngressPeer, Subject},
    peer::Reading,
    policy::{Policy, Tier, priority, push, subject, tie},
    port::{AdminPort, Named, named, range},
    rule::{Limits, Rule, lower_rules},
    settle::settle,
};
