//! Everything that can happen to a request as far as the flow tells, and the answer that is sure.

use serde_json::{Map, Value};

use super::{
    Claims, Jwt,
    message::Message,
    provider::Provider,
    run::{World, Worlds},
    status::Status,
};
use crate::{
    decision::{Body, ClientSees, Reason, Verdict, request::Seen, trace::Trace},
    model::{Attributes, Model, PolicyId, Tri},
};

/// The cases of one request.
pub(super) struct Cases<'a> {
    providers: &'a [Provider<'a>],
    /// The request as it comes, for the case in which the filter does nothing.
    before: &'a Message<'a>,
    worlds: Vec<World<'a>>,
    /// What would settle which of them happens.
    missing: Attributes,
    /// Something that is not among `worlds` can happen too.
    anything: bool,
}

impl<'a> Cases<'a> {
    pub(super) fn new(providers: &'a [Provider<'a>], before: &'a Message<'a>) -> Self {
        Self { providers, before, worlds: Vec::new(), missing: Attributes::NONE, anything: false }
    }

    /// Adds the walks through the requirement. Tokens that are not seen can only add failures
    /// where there is one provider; where there are more, one of them may accept the request.
    pub(super) fn walked(&mut self, worlds: Worlds<'a>, unseen: Attributes) {
        let refused = worlds.all.iter().all(|world| world.status != Status::Good);
        let one_refuses = self.providers.len() == 1 && refused && !worlds.cut;
        let exact = unseen.is_empty();
        self.missing = self.missing.union(worlds.missing);
        self.anything = worlds.cut;
        if !exact && !one_refuses {
            self.anything = true;
            self.missing = self.missing.union(unseen);
        }
        let inexact = |world: World<'a>| World { exact: world.exact && exact, ..world };
        self.worlds.extend(worlds.all.into_iter().map(inexact));
    }

    /// Adds the case that the filter does nothing, if it can be.
    pub(super) fn passed(&mut self, can: Tri) {
        if can.is_no() {
            return;
        }
        self.missing = self.missing.union(can.missing());
        self.worlds.push(World {
            status: Status::Good,
            provider: 0,
            exact: true,
            verified: None,
            message: self.before.clone(),
            trace: Trace::off(),
        });
    }

    /// Tells the first of them.
    pub(super) fn tell(&mut self, model: &Model, trace: &mut Trace) {
        let Some(world) = self.worlds.first_mut() else { return };
        let mut told = std::mem::take(&mut world.trace);
        for step in &mut told.steps {
            let meta = step.policy.and_then(|id| model.policy(id));
            let rule = step.rule.and_then(|rule| usize::try_from(rule).ok());
            step.place = meta.zip(rule).and_then(|(meta, rule)| meta.rules.get(rule).copied());
        }
        trace.extend(told);
    }

    /// The answer.
    pub(super) fn answer(&self) -> Jwt {
        let refusal = self.worlds.iter().find(|world| world.status != Status::Good);
        let answer = match (self.passing().next(), refusal, self.anything) {
            (Some(world), None, false) => self.allowed(world),
            (None, Some(world), false) => return self.refused(world),
            _ => {
                let policy = Some(self.policy(0));
                let reason = Reason::Missing { attributes: self.missing, policy };
                Jwt::plain(Verdict::Undetermined, reason)
            }
        };
        Jwt { claims: self.claims(), seen: Some(self.seen()), ..answer }
    }

    fn passing(&self) -> impl Iterator<Item = &World<'a>> {
        self.worlds.iter().filter(|world| world.status == Status::Good)
    }

    fn policy(&self, index: usize) -> PolicyId {
        let provider = self.providers.get(index).or(self.providers.first());
        provider.map_or(PolicyId(0), |provider| provider.policy)
    }

    fn allowed(&self, world: &World<'_>) -> Jwt {
        let verified = world.verified.as_ref().and_then(|(index, _)| self.providers.get(*index));
        let reason = match verified {
            Some(Provider { policy, rule, .. }) => {
                Reason::JwtVerified { policy: *policy, rule: *rule }
            }
            None => Reason::JwtMissing { policy: self.policy(0) },
        };
        Jwt::plain(Verdict::Allow, reason)
    }

    fn refused(&self, world: &World<'_>) -> Jwt {
        let (status, body) = (world.status.code(), Body::of_token(world.status));
        let policy = self.policy(world.provider);
        let reason = Reason::JwtRejected { policy, status, body };
        let same = |other: &World<'_>| other.exact && other.status == world.status;
        let sure = self.worlds.iter().all(same);
        Jwt {
            sees: sure.then_some(ClientSees::Response { status, body }),
            ..Jwt::plain(Verdict::Deny, reason)
        }
    }

    /// The claims, if all cases in which the request goes on have the same.
    fn claims(&self) -> Claims {
        fn payload<'w>(world: &'w World<'_>) -> Option<&'w Map<String, Value>> {
            world.verified.as_ref().map(|(_, payload)| payload)
        }
        let mut all = self.passing().map(payload);
        match all.next() {
            Some(first) if !self.anything && all.all(|other| other == first) => {
                first.map_or(Claims::None, |claims| Claims::Known(Value::Object(claims.clone())))
            }
            _ => Claims::Unknown(self.missing),
        }
    }

    /// The request after the filter, as far as all those cases agree.
    fn seen(&self) -> Seen {
        let mut all = self.passing().map(|world| &world.message);
        let first = all.next().unwrap_or(self.before);
        let others: Vec<&Message<'_>> = all.collect();
        let mut message = first.clone();
        for name in self.providers.iter().flat_map(Provider::touches) {
            if self.anything || !others.iter().all(|other| other.agrees(first, &name)) {
                message.doubt(&name);
            }
        }
        let may_change = || self.providers.iter().any(|p| p.may_change_query(self.before));
        if self.anything && may_change() || !others.iter().all(|other| other.same_target(first)) {
            message.doubt_target();
        }
        message.into_seen()
    }
}
