//! The authorization layer from a compiled pick: the few rules that the client and its path may
//! find, else, where the flow leaves something out, every rule.

use super::conditions::Scene;
use crate::{
    compiled::{
        authz::{Asks, Group, METHODS_OF_ROWS, Path, Paths, Pick, Row, Rule},
        client::Client,
    },
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
    let known = scene.view.and_then(|view| Some((view.bit?, Path::new(view.path?))));
    let regular = scene.client.is_none_or(|client| client.keys.regular);
    let by_rule = |rule: &Rule| written(model, rule).map_or(Tri::No, |rule| scene.matches(rule));
    let found = known.filter(|_| indexed && regular).and_then(|(method, path)| match found {
        Some(found) => first(pick, found, method, &path, by_rule),
        None => first(pick, &Found::new(pick, scene.client), method, &path, by_rule),
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
pub(super) fn settled(pick: &Pick, first: Option<u32>) -> (Verdict, Reason) {
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

pub(super) fn written<'m>(model: &'m Model, rule: &Rule) -> Option<&'m AuthzRule> {
    model.authz.get(rule.policy as usize)?.rules.get(rule.rule as usize)
}

/// The groups of rules that a client has, beside those that may mean anyone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'a> {
    groups: [Option<&'a Group>; 2],
}

impl<'a> Found<'a> {
    /// Of nobody.
    pub(crate) const NONE: Self = Self { groups: [None; 2] };

    #[inline]
    pub(crate) fn new(pick: &'a Pick, client: Option<Client<'_>>) -> Self {
        let Some(client) = client else { return Self::NONE };
        let (all, keys) = (&pick.groups, &client.keys);
        let named = client.namespace();
        let of_namespace = named.and_then(|name| all.find(keys.namespace_hash, name, true));
        Self { groups: [all.find(keys.hash, client.rest, false), of_namespace] }
    }

    /// Of a workload, by the keys of its identity and namespace.
    #[inline]
    pub(crate) fn of(pick: &'a Pick, [identity, namespace]: [u32; 2]) -> Self {
        let all = &pick.groups;
        let of_namespace = if all.namespaces { all.known(namespace) } else { None };
        Self { groups: [all.known(identity), of_namespace] }
    }
}

/// The first rule that matches, if one does; `None`: it takes the long way to tell. Rules that ask
/// for more than their row says are asked as they are written.
#[inline]
pub(crate) fn first(
    pick: &Pick,
    found: &Found<'_>,
    method: u8,
    path: &Path<'_>,
    written: impl Fn(&Rule) -> Tri,
) -> Option<Option<u32>> {
    let mut search = Search { pick, path, method, written, best: u32::MAX, open: false };
    for group in found.groups.iter().flatten() {
        search.group(group);
    }
    search.group(&pick.groups.anyone);
    (!search.open).then_some((search.best != u32::MAX).then_some(search.best))
}

/// Looks for the first rule that matches among those that may.
struct Search<'a, W> {
    pick: &'a Pick,
    path: &'a Path<'a>,
    method: u8,
    written: W,
    /// The first found so far.
    best: u32,
    /// Some rule is neither yes nor no.
    open: bool,
}

impl<W: Fn(&Rule) -> Tri> Search<'_, W> {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "two calls, whose frames cost more than their loops")]
    fn group(&mut self, group: &Group) {
        for row in self.pick.groups.rows(group) {
            if row.rule >= self.best {
                break;
            }
            if row.takes(self.method) && row.may(self.path) && self.row(row) {
                self.best = row.rule;
                break;
            }
        }
        if let Some(paths) = &group.by_path {
            self.by_path(paths);
        }
    }

    /// Whether a row matches whose method and first letters do.
    #[inline(never)]
    fn row(&mut self, row: &Row) -> bool {
        let common = self.method < METHODS_OF_ROWS;
        match row.asks {
            Asks::Nothing | Asks::Exact | Asks::Prefix if common => {
                row.rest(self.path, &self.pick.text)
            }
            _ => self.rule(row.rule, false),
        }
    }

    #[inline(never)]
    fn by_path(&mut self, paths: &Paths) {
        paths.each(self.path.text, |list| {
            for number in list {
                if *number >= self.best {
                    return;
                }
                if self.rule(*number, true) {
                    self.best = *number;
                    return;
                }
            }
        });
    }

    /// A rule that is found under a key of its sources, or has none; `by_path`: under one of its
    /// paths too.
    #[inline(never)]
    fn rule(&mut self, number: u32, by_path: bool) -> bool {
        let Some(rule) = self.pick.rules.get(number as usize) else { return false };
        if rule.methods >> self.method & 1 == 0 {
            return false;
        }
        let matched = if rule.plain && rule.sources_by_key {
            Tri::of(by_path || self.has_path(rule))
        } else {
            (self.written)(rule)
        };
        self.open |= matches!(matched, Tri::Unknown(_));
        matched.is_yes()
    }

    fn has_path(&self, rule: &Rule) -> bool {
        let (from, to) = rule.paths;
        let tests = self.pick.paths.get(from as usize..to as usize).unwrap_or_default();
        tests.is_empty() || tests.iter().any(|test| test.matches(self.path.text, &self.pick.text))
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
