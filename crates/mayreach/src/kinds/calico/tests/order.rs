//! The order in which tiers and policies are asked.

use super::{gnp, model, model_with, notes};
use crate::{
    error::NoteCode,
    model::{
        Model,
        network::{Plugin, TierDefault},
    },
    options::{AssumedPlugin, Options},
};

fn tier(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: projectcalico.org/v3\nkind: Tier\nmetadata: {{name: {name}}}\n\
         spec: {{{spec}}}\n---\n"
    )
}

fn policies(list: &[(&str, &str)]) -> String {
    let one = |(name, spec): &(&str, &str)| {
        gnp(spec).replace("name: p}", &format!("name: {name}}}")) + "---\n"
    };
    list.iter().map(one).collect()
}

fn names(model: &Model) -> Vec<(&str, TierDefault)> {
    model.network.tiers.iter().map(|tier| (tier.name.as_str(), tier.default)).collect()
}

/// Names of the policies of a tier, in order.
fn asked<'m>(model: &'m Model, tier: &str) -> Vec<&'m str> {
    let found = model.network.tiers.iter().find(|t| t.name == tier).expect("tier");
    let name = |index: &u32| {
        let policy = &model.network.policies[*index as usize];
        model.policy(policy.id).expect("meta").name.as_str()
    };
    found.policies.iter().map(name).collect()
}

#[test]
fn tiers() {
    let text = tier("late", "order: 2000000")
        + &tier("zzz", "")
        + &tier("aaa", "defaultAction: Pass")
        + &tier("first", "order: -1.5")
        + &policies(&[
            ("a", "tier: nowhere"),
            ("b", "tier: kube-admin"),
            ("c", "tier: kube-baseline"),
        ]);
    let model = model(&text);
    assert_eq!(
        names(&model),
        [
            ("first", TierDefault::Deny),
            ("kube-admin", TierDefault::Pass),
            ("aaa", TierDefault::Pass),
            ("default", TierDefault::Deny),
            ("zzz", TierDefault::Deny),
            ("late", TierDefault::Deny),
            ("kube-baseline", TierDefault::Pass),
            ("nowhere", TierDefault::Deny),
        ]
    );
    let suspicious = notes(&model, NoteCode::Suspicious);
    assert_eq!(suspicious.iter().filter(|n| n.contains("`order`")).count(), 2);
    assert_eq!(suspicious.iter().filter(|n| n.contains("`nowhere`")).count(), 1);
}

#[test]
fn only_the_default_tier_stands_by_itself() {
    assert_eq!(names(&model(&gnp(""))), [("default", TierDefault::Deny)]);
}

#[test]
fn policies_of_a_tier() {
    let text = policies(&[
        ("last", ""),
        ("ten", "order: 10"),
        ("allow", "order: 5"),
        ("allow-all", "order: 5"),
        ("minus", "order: -0.5"),
        ("also-last", ""),
    ]);
    // `-` sorts before `/`: "allow-all//…" comes before "allow//…".
    assert_eq!(
        asked(&model(&text), "default"),
        ["minus", "allow-all", "allow", "ten", "also-last", "last"]
    );
}

#[test]
fn the_plugin() {
    let plugin = |text: &str, plugin: AssumedPlugin| {
        model_with(text, &Options { plugin, ..Options::default() }).network.plugin
    };
    let bare = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n";
    assert_eq!(plugin(&gnp(""), AssumedPlugin::Auto), Plugin::Calico);
    assert_eq!(plugin(bare, AssumedPlugin::Auto), Plugin::Kubernetes);
    assert_eq!(plugin(bare, AssumedPlugin::Calico), Plugin::Calico);
    assert_eq!(plugin(&gnp(""), AssumedPlugin::Kubernetes), Plugin::Kubernetes);
}
