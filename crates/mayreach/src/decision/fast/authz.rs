//! The authorization layer from a compiled pick: the few rules that the client and its path may
//! find, else, where the flow leaves something out, every rule.

use super::conditions::Scene;
use crate::{
    compiled::{
        authz::{
            Asks, Desk, Group, Head, Hit, METHODS_OF_ROWS, Path, Paths, Pick, Row, Rule, method_bit,
        },
        client::Client,
    },
    decision::{Body, ClientSees, Reason, Verdict},
    model::{Attributes, Model, PolicyId, Tri, authz::AuthzRule},
};

/// Verdict, reason, and what the client sees.
pub(crate) type Answer = (Verdict, Reason, Option<ClientSees>);

/// Asks the layer. The pick has no CUSTOM policies.
#[inline]
pub(crate) fn ask(
    model: &Model,
    (pick, desk): (&Pick, Desk<'_>),
    scene: &Scene<'_>,
    indexed: bool,
    found: Option<&Found>,
) -> Answer {
    let known = scene.view.and_then(|view| Some((view.bit?, Path::new(view.path?))));
    let regular = scene.client.is_none_or(|client| client.keys.regular);
    let by_rule = |rule: &Rule| written(model, rule).map_or(Tri::No, |rule| scene.matches(rule));
    let found = known.filter(|_| indexed && regular).and_then(|(method, path)| match found {
        Some(found) => first((pick, desk), found, method, &path, by_rule),
        None => first((pick, desk), &Found::new(pick, scene.client), method, &path, by_rule),
    });
    let (verdict, reason) = match found {
        Some(first) => settled(desk.head, &first),
        None => every(model, pick, scene),
    };
    (verdict, reason, (verdict == Verdict::Deny).then(|| sees(scene)))
}

/// "any DENY match ⇒ deny; else no enforced ALLOW policy ⇒ allow; any ALLOW match ⇒ allow; else
/// deny." DENY rules come before ALLOW rules.
#[inline]
pub(super) fn settled(head: &Head, first: &Hit) -> (Verdict, Reason) {
    if first.number == Hit::NONE.number {
        return unmatched(head);
    }
    matched(first.number < head.denies, first)
}

#[inline]
const fn matched(denies: bool, first: &Hit) -> (Verdict, Reason) {
    let verdict = if denies { Verdict::Deny } else { Verdict::Allow };
    (verdict, Reason::Rule { policy: first.policy, rule: first.rule })
}

/// Where no rule matches.
#[inline]
fn unmatched(head: &Head) -> (Verdict, Reason) {
    match head.allows {
        Some(policy) => (Verdict::Deny, Reason::NoAllowMatch { policy }),
        None if head.none => (Verdict::Allow, Reason::NoPolicy),
        None => (Verdict::Allow, Reason::DefaultAllow),
    }
}

/// "HTTP denial = 403 body `RBAC: access denied`; TCP = connection close"; an answer to HEAD has
/// no body.
fn sees(scene: &Scene<'_>) -> ClientSees {
    match scene.view {
        None => ClientSees::Closed,
        Some(view) if view.method == Some("HEAD") => {
            ClientSees::Response { status: 403, body: Body::EMPTY }
        }
        Some(_) => ClientSees::Response { status: 403, body: Body::DENIED },
    }
}

pub(super) fn written<'m>(model: &'m Model, rule: &Rule) -> Option<&'m AuthzRule> {
    model.authz.get(rule.policy as usize)?.rules.get(rule.rule as usize)
}

/// The groups of rules of a client and of its namespace, beside those that may mean anyone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    own: Group,
    of_namespace: Group,
}

impl Found {
    /// Of nobody.
    pub(crate) const NONE: Self = Self { own: Group::NONE, of_namespace: Group::NONE };

    pub(crate) fn new(pick: &Pick, client: Option<Client<'_>>) -> Self {
        let Some(client) = client else { return Self::NONE };
        let keys = &client.keys;
        let named = client.namespace();
        let of_namespace =
            named.map_or(Group::NONE, |name| pick.keys.find(keys.namespace_hash, name, true));
        Self { own: pick.keys.find(keys.hash, client.rest, false), of_namespace }
    }

    /// Of a workload, by the keys of its identity and namespace.
    pub(crate) fn of(desk: Desk<'_>, [identity, namespace]: [u32; 2]) -> Self {
        let shared = desk.head.shared;
        let of_namespace = if shared { desk.known(namespace) } else { Group::NONE };
        Self { own: desk.known(identity), of_namespace }
    }
}

/// What rows tell if they are all that may mean the client; `None`: they do not, see [`first`].
#[inline(always)]
#[expect(clippy::inline_always, reason = "a call costs more than what most groups hold")]
pub(super) fn quick(
    desk: Desk<'_>,
    rows: &[Row],
    method: u8,
    path: &Path<'_>,
) -> Option<(Verdict, Reason)> {
    if method >= METHODS_OF_ROWS {
        return None;
    }
    let bit = method_bit(method);
    for row in rows {
        if row.takes(bit) && row.may(path) {
            if row.asks == Asks::Rule {
                return None;
            }
            if row.rest(path, &desk.shelf.text) {
                return Some(matched(row.denies, &row.hit));
            }
        }
    }
    Some(unmatched(desk.head))
}

/// The same of all groups; `None`: it takes the long way to tell. Rules that ask for more than
/// their row says are asked as they are written.
pub(crate) fn first(
    (pick, desk): (&Pick, Desk<'_>),
    found: &Found,
    method: u8,
    path: &Path<'_>,
    written: impl Fn(&Rule) -> Tri,
) -> Option<Hit> {
    let search = Search { pick, text: &desk.shelf.text, path, method, written };
    let (bit, common) = (method_bit(method), method < METHODS_OF_ROWS);
    let mut best = Hit::NONE;
    for group in [&found.own, &found.of_namespace, &pick.keys.anyone] {
        for row in desk.rows(group) {
            if row.hit.number >= best.number {
                break;
            }
            if !(row.takes(bit) && row.may(path)) {
                continue;
            }
            let matched = if common && row.asks != Asks::Rule {
                row.rest(path, search.text)
            } else {
                search.rule(row.hit.number, false)?
            };
            if matched {
                best = row.hit;
                break;
            }
        }
        if let Some(paths) = pick.keys.by_path(group) {
            best = search.by_path(paths, best)?;
        }
    }
    Some(best)
}

/// What takes more than a row to tell. `None`: it is neither yes nor no.
struct Search<'a, W> {
    pick: &'a Pick,
    /// Of its paths.
    text: &'a str,
    path: &'a Path<'a>,
    method: u8,
    written: W,
}

impl<W: Fn(&Rule) -> Tri> Search<'_, W> {
    /// The first rule found under a path that matches, or what was found before.
    #[inline(never)]
    fn by_path(&self, paths: &Paths, mut best: Hit) -> Option<Hit> {
        let mut open = false;
        paths.each(self.path.text, |list| {
            for number in list {
                if *number >= best.number {
                    return;
                }
                match self.rule(*number, true) {
                    Some(false) => {}
                    Some(true) => best = self.hit(*number).unwrap_or(best),
                    None => open = true,
                }
            }
        });
        (!open).then_some(best)
    }

    fn hit(&self, number: u32) -> Option<Hit> {
        let rule = self.pick.rules.get(number as usize)?;
        Some(Hit { number, policy: rule.id, rule: rule.rule })
    }

    /// A rule that is found under a key of its sources, or has none; `by_path`: under one of its
    /// paths too.
    #[inline(never)]
    fn rule(&self, number: u32, by_path: bool) -> Option<bool> {
        let Some(rule) = self.pick.rules.get(number as usize) else { return Some(false) };
        if rule.methods >> self.method & 1 == 0 {
            return Some(false);
        }
        let matched = if rule.plain && rule.sources_by_key {
            Tri::of(by_path || self.has_path(rule))
        } else {
            (self.written)(rule)
        };
        match matched {
            Tri::Unknown(_) => None,
            known => Some(known.is_yes()),
        }
    }

    fn has_path(&self, rule: &Rule) -> bool {
        let (from, to) = rule.paths;
        let tests = self.pick.paths.get(from as usize..to as usize).unwrap_or_default();
        tests.is_empty() || tests.iter().any(|test| test.matches(self.path.text, self.text))
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
    let (deny, allow) = pick.rules.split_at_checked(pick.head.denies as usize).unwrap_or_default();
    let deny = one_by_one(model, deny, scene, false);
    let allow = one_by_one(model, allow, scene, true);
    let allowed = if pick.head.allows.is_none() { Tri::Yes } else { allow.matched };
    let rule = |(policy, rule): (PolicyId, u32)| Reason::Rule { policy, rule };
    match deny.matched.not().and(allowed) {
        Tri::Yes if pick.head.none => (Verdict::Allow, Reason::NoPolicy),
        Tri::Yes => (Verdict::Allow, allow.sure.map_or(Reason::DefaultAllow, rule)),
        Tri::No => {
            let nothing = || match pick.head.allows {
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
