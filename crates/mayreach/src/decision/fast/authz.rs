//! The authorization layer from a compiled pick: the few rules that the client and its path may
//! find, else, where the flow leaves something out, every rule.

use super::{client::Client, conditions::Scene};
use crate::{
    compiled::authz::{Group, Pick, Rule},
    decision::{ClientSees, Reason, Verdict},
    model::{Attributes, Model, PolicyId, Tri, authz::AuthzRule},
};

/// Verdict, reason, and what the client sees.
pub(crate) type Answer = (Verdict, Reason, Option<ClientSees>);

/// Asks the layer. The pick has no CUSTOM policies.
#[inline]
pub(crate) fn ask(
    model: &Model,
    pick: &Pick,
    scene: &Scene<'_>,
    indexed: bool,
    found: Option<&Found<'_>>,
) -> Answer {
    let search = if indexed { Search::new(model, pick, scene) } else { None };
    let found = search.and_then(|search| match found {
        Some(found) => search.run(found),
        None => search.run(&Found::new(pick, scene.client)),
    });
    let (verdict, reason) = match found {
        Some(first) => settled(pick, first),
        None => every(model, pick, scene),
    };
    (verdict, reason, (verdict == Verdict::Deny).then(|| sees(scene)))
}

/// "any DENY match ⇒ deny; else no enforced ALLOW policy ⇒ allow; any ALLOW match ⇒ allow; else
/// deny." DENY rules come before ALLOW rules.
#[inline]
fn settled(pick: &Pick, first: Option<u32>) -> (Verdict, Reason) {
    let rule = first.and_then(|n| Some((n, pick.rules.get(n as usize)?)));
    match (rule, pick.allows) {
        (Some((number, rule)), _) => {
            let verdict = if number < pick.denies { Verdict::Deny } else { Verdict::Allow };
            (verdict, Reason::Rule { policy: rule.id, rule: rule.rule })
        }
        (None, Some(policy)) => (Verdict::Deny, Reason::NoAllowMatch { policy }),
        (None, None) if pick.none => (Verdict::Allow, Reason::NoPolicy),
        (None, None) => (Verdict::Allow, Reason::DefaultAllow),
    }
}

/// "HTTP denial = 403 body `RBAC: access denied`; TCP = connection close"; an answer to HEAD has
/// no body.
fn sees(scene: &Scene<'_>) -> ClientSees {
    match scene.view {
        None => ClientSees::Closed,
        Some(view) if view.method == Some("HEAD") => ClientSees::Response { status: 403, body: "" },
        Some(_) => ClientSees::Response { status: 403, body: "RBAC: access denied" },
    }
}

fn written<'m>(model: &'m Model, rule: &Rule) -> Option<&'m AuthzRule> {
    model.authz.get(rule.policy as usize)?.rules.get(rule.rule as usize)
}

/// The groups of rules that a client has, beside those that may mean anyone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'a> {
    groups: [Option<&'a Group>; 2],
}

impl<'a> Found<'a> {
    #[inline]
    pub(crate) fn new(pick: &'a Pick, client: Option<Client<'_>>) -> Self {
        let Some(client) = client else { return Self { groups: [None; 2] } };
        let (all, keys) = (&pick.groups, &client.keys);
        let named = client.namespace();
        let of_namespace = named.and_then(|name| all.find(keys.namespace_hash, name, true));
        Self { groups: [all.find(keys.hash, client.rest, false), of_namespace] }
    }
}

/// Looks for the first rule that matches among those that may.
struct Search<'a> {
    model: &'a Model,
    pick: &'a Pick,
    scene: &'a Scene<'a>,
    method: u64,
    path: &'a str,
    /// The first found so far.
    best: u32,
    /// Some rule is neither yes nor no.
    open: bool,
}

impl<'a> Search<'a> {
    /// `None`: what the look-ups go by is not all known.
    #[inline]
    fn new(model: &'a Model, pick: &'a Pick, scene: &'a Scene<'a>) -> Option<Self> {
        let view = scene.view?;
        if scene.client.is_some_and(|client| !client.keys.regular) {
            return None;
        }
        let (method, path) = (1 << view.bit?, view.path?);
        Some(Self { model, pick, scene, method, path, best: u32::MAX, open: false })
    }

    /// The first rule, if there is one; `None`: it takes the long way to tell.
    #[inline]
    fn run(mut self, found: &Found<'_>) -> Option<Option<u32>> {
        for group in found.groups.iter().flatten() {
            self.group(group);
        }
        self.group(&self.pick.groups.anyone);
        (!self.open).then_some((self.best != u32::MAX).then_some(self.best))
    }

    #[inline]
    fn group(&mut self, group: &Group) {
        self.list(&group.few, false);
        if let Some(paths) = &group.by_path {
            let path = self.path;
            paths.each(path, |list| self.list(list, true));
        }
    }

    /// Rules in ascending order: the first that matches ends the list.
    #[inline]
    fn list(&mut self, rules: &[u32], by_path: bool) {
        for number in rules {
            if *number >= self.best {
                return;
            }
            let Some(rule) = self.pick.rules.get(*number as usize) else { return };
            if self.method & rule.methods == 0 {
                continue;
            }
            match self.matches(rule, by_path) {
                Tri::No => {}
                Tri::Yes => {
                    self.best = *number;
                    return;
                }
                Tri::Unknown(_) => self.open = true,
            }
        }
    }

    /// Found under a key of its sources, or it has none; `by_path`: under one of its paths too.
    #[inline]
    fn matches(&self, rule: &Rule, by_path: bool) -> Tri {
        if rule.plain && rule.sources_by_key {
            return Tri::of(by_path || self.has_path(rule));
        }
        self.written(rule)
    }

    #[inline]
    fn has_path(&self, rule: &Rule) -> bool {
        let (from, to) = rule.paths;
        let tests = self.pick.paths.get(from as usize..to as usize).unwrap_or_default();
        tests.is_empty() || tests.iter().any(|test| test.matches(self.path, &self.pick.text))
    }

    #[cold]
    #[inline(never)]
    fn written(&self, rule: &Rule) -> Tri {
        written(self.model, rule).map_or(Tri::No, |rule| self.scene.matches(rule))
    }
}

/// What one list of rules comes to.
struct Asked {
    matched: Tri,
    /// The first that surely matches.
    sure: Option<(PolicyId, u32)>,
    /// The first whose match is open.
    open: Option<PolicyId>,
}

/// Asks rules until one is sure, or all of them.
fn one_by_one(model: &Model, rules: &[Rule], scene: &Scene<'_>, allow: bool) -> Asked {
    let mut asked = Asked { matched: Tri::No, sure: None, open: None };
    for rule in rules {
        // "ALLOW: any HTTP attribute anywhere in the rule ⇒ whole rule dropped" (model.go)
        if scene.view.is_none() && allow && rule.http {
            continue;
        }
        let matched = written(model, rule).map_or(Tri::No, |rule| scene.matches(rule));
        asked.matched = asked.matched.or(matched);
        match matched {
            Tri::No => {}
            Tri::Yes => {
                asked.sure = Some((rule.id, rule.rule));
                return asked;
            }
            Tri::Unknown(_) => asked.open = asked.open.or(Some(rule.id)),
        }
    }
    asked
}

/// Every rule, where something is left out (authorization/mod.rs settle).
#[cold]
#[inline(never)]
fn every(model: &Model, pick: &Pick, scene: &Scene<'_>) -> (Verdict, Reason) {
    let (deny, allow) = pick.rules.split_at_checked(pick.denies as usize).unwrap_or_default();
    let deny = one_by_one(model, deny, scene, false);
    let allow = one_by_one(model, allow, scene, true);
    let allowed = if pick.allows.is_none() { Tri::Yes } else { allow.matched };
    let rule = |(policy, rule): (PolicyId, u32)| Reason::Rule { policy, rule };
    match deny.matched.not().and(allowed) {
        Tri::Yes if pick.none => (Verdict::Allow, Reason::NoPolicy),
        Tri::Yes => (Verdict::Allow, allow.sure.map_or(Reason::DefaultAllow, rule)),
        Tri::No => {
            let nothing = || match pick.allows {
                Some(policy) => Reason::NoAllowMatch { policy },
                None => Reason::Missing { attributes: Attributes::NONE, policy: None },
            };
            (Verdict::Deny, deny.sure.map_or_else(nothing, rule))
        }
        Tri::Unknown(attributes) => {
            let policy = deny.open.or(allow.open);
            (Verdict::Undetermined, Reason::Missing { attributes, policy })
        }
    }
}
