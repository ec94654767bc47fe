//! Lua scripts of EnvoyFilters: run for real, on what is known of the request.
//!
//! A script sees what Envoy shows it, and its changes are what the filters after it see. Where it
//! reads what is not known, or calls what is not provided, the answer is undetermined.

#[cfg(not(feature = "lua"))]
mod absent;
#[cfg(feature = "lua")]
mod sandbox;
#[cfg(all(test, feature = "lua"))]
mod tests;

#[cfg(not(feature = "lua"))]
use self::absent::run;
#[cfg(feature = "lua")]
use self::sandbox::run;
use crate::{
    decision::{
        Body, ClientSees, Outcome, Reason, Step, StepKind, Verdict,
        authorization::Authorization,
        jwt::Jwt,
        mesh::{Identity, Proxy, spiffe},
        mtls::Connection,
        request::Seen,
        trace::Trace,
    },
    model::{
        Attributes, Model, PolicyId,
        inventory::Workload,
        lua::{LuaFilter, LuaPlace},
    },
};

/// What a script is shown beside the request.
#[derive(Clone, Debug)]
#[cfg_attr(
    not(feature = "lua"),
    allow(dead_code, reason = "without an interpreter nobody reads it")
)]
struct Facts {
    identity: Identity,
    /// The client speaks some TLS; `None`: not known.
    tls: Option<bool>,
    sni: Option<String>,
    /// The proxy's own identity.
    own: String,
}

/// How a script came out.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ran {
    /// The request as it is now.
    seen: Seen,
    end: End,
    /// What it did to the request, for people.
    told: Vec<String>,
}

/// Why it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "lua"),
    allow(dead_code, reason = "without an interpreter no script comes to an end")
)]
enum End {
    /// The request goes on.
    Done,
    /// "Script errors are logged" and the request goes on as it is by then (lua_filter.cc
    /// scriptError).
    Failed(String),
    /// `respond`: the request ends here. The body is known to be empty, or not.
    Responded { status: u16, bare: bool },
    /// It reads what the flow leaves out.
    Missing(Attributes),
    /// It is or does what is not evaluated.
    Unsupported(String),
}

/// What a script that ends the walk leaves to say.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    verdict: Verdict,
    reason: Reason,
    sees: Option<ClientSees>,
}

impl Ended {
    /// The layers when a script ended the walk before them.
    pub(crate) fn layers(self) -> (Jwt, Authorization) {
        let Self { verdict, reason, sees } = self;
        let jwt = match verdict {
            Verdict::Deny => Jwt::plain(Verdict::Allow, Reason::NotReached),
            _ => Jwt::plain(verdict, reason),
        };
        (jwt, Authorization { sees, ..Authorization::plain(verdict, reason) })
    }
}

/// The scripts of one proxy for one connection.
pub(crate) struct Scripts<'m> {
    model: &'m Model,
    facts: Facts,
    /// In the order in which they run.
    front: Vec<&'m LuaFilter>,
    back: Vec<&'m LuaFilter>,
    /// What makes it unsure how scripts run.
    doubt: Option<PolicyId>,
    /// One of them runs on answers too, Envoy's own included, and may change what the client sees.
    pub(crate) answers: bool,
    /// How scripts came out, where that is not plain.
    pub(crate) remarks: Vec<String>,
}

impl<'m> Scripts<'m> {
    /// "Priority, root namespace first, creation time, name and namespace"; each is inserted at
    /// the front, or right before the router.
    pub(crate) fn of(
        model: &'m Model,
        proxy: Proxy,
        workload: &Workload,
        connection: &Connection,
        sni: Option<&str>,
    ) -> Option<Self> {
        let root = &model.inventory.mesh.root_namespace;
        let runs = |f: &&LuaFilter| match proxy {
            Proxy::Sidecar => f.reach.covers(workload, root),
            Proxy::Gateway => f.any && f.reach.covers(workload, root),
            // "waypoint ⇒ ignored" without target references.
            Proxy::Waypoint | Proxy::None | Proxy::Ztunnel => false,
        };
        let mut mine: Vec<&LuaFilter> = model.lua.filters.iter().filter(runs).collect();
        let any = mine.first()?.id;
        mine.sort_by_cached_key(|f| {
            let place = format!("{}.{}", f.name, f.reach.namespace);
            (f.priority, f.reach.namespace != *root, f.created.clone(), place)
        });
        let mut routes = model.lua.routes.iter();
        let doubt = match proxy {
            Proxy::Sidecar => routes.find(|(_, r)| r.covers(workload, root)).map(|(id, _)| *id),
            _ => Some(any),
        };
        let answers = mine.iter().any(|f| f.script.contains("envoy_on_response"));
        let (mut front, back): (Vec<_>, Vec<_>) =
            mine.into_iter().partition(|f| f.place == LuaPlace::Front);
        front.reverse();
        let facts = Facts {
            identity: connection.identity.clone(),
            tls: connection.tls,
            sni: sni.map(str::to_owned),
            own: spiffe(&model.inventory.mesh, workload),
        };
        Some(Self { model, facts, front, back, doubt, answers, remarks: Vec::new() })
    }

    /// The scripts before every other filter.
    pub(crate) fn front(&mut self, seen: &mut Seen, trace: &mut Trace) -> Option<Ended> {
        let front = std::mem::take(&mut self.front);
        front.into_iter().find_map(|filter| self.run(filter, seen, trace))
    }

    /// The scripts behind authorization, which only an allowed request reaches.
    pub(crate) fn back(
        &mut self,
        seen: &Seen,
        mut authz: Authorization,
        trace: &mut Trace,
    ) -> Authorization {
        if authz.decision.verdict != Verdict::Deny {
            let mut seen = seen.clone();
            let back = std::mem::take(&mut self.back);
            let ended = back.into_iter().find_map(|filter| self.run(filter, &mut seen, trace));
            if let Some(Ended { verdict, reason, sees }) = ended
                && authz.decision.verdict == Verdict::Allow
            {
                authz.decision.verdict = verdict;
                authz.decision.reason = reason;
                authz.sees = sees;
            }
        }
        if self.answers {
            authz.sees = None;
        }
        authz
    }

    fn run(&mut self, filter: &LuaFilter, seen: &mut Seen, trace: &mut Trace) -> Option<Ended> {
        let undetermined = |reason| Ended { verdict: Verdict::Undetermined, reason, sees: None };
        if let Some(policy) = self.doubt {
            self.tell(trace, policy, "is not evaluated here".to_owned());
            return Some(undetermined(Reason::NotEvaluated { policy }));
        }
        let policy = filter.id;
        let Ran { seen: after, end, told } = run(&filter.script, seen, &self.facts);
        for text in told {
            step(trace, policy, format!("script of `{}`: {text}", filter.name));
        }
        match end {
            End::Done => {}
            End::Failed(why) => {
                self.tell(trace, policy, format!("fails and the request goes on: {why}"));
            }
            End::Responded { status, bare } => {
                self.tell(trace, policy, format!("answers {status} itself"));
                let sees = (bare && !self.answers)
                    .then_some(ClientSees::Response { status, body: Body::EMPTY });
                let reason = Reason::Script { policy, status };
                return Some(Ended { verdict: Verdict::Deny, reason, sees });
            }
            End::Missing(attributes) => {
                let names: Vec<&str> = attributes.names().collect();
                let text = format!("reads what the flow leaves out: {}", names.join(", "));
                self.tell(trace, policy, text);
                return Some(undetermined(Reason::Missing { attributes, policy: Some(policy) }));
            }
            End::Unsupported(what) => {
                self.tell(trace, policy, format!("is not evaluated: {what}"));
                return Some(undetermined(Reason::NotEvaluated { policy }));
            }
        }
        *seen = after;
        None
    }

    fn tell(&mut self, trace: &mut Trace, policy: PolicyId, text: String) {
        let name = self.model.policy(policy).map_or("", |p| p.name.as_str());
        let text = format!("the script of `{name}` {text}");
        step(trace, policy, text.clone());
        self.remarks.push(text);
    }
}

fn step(trace: &mut Trace, policy: PolicyId, text: String) {
    trace.step(|| Step {
        kind: StepKind::Remark,
        outcome: Outcome::Info,
        text,
        policy: Some(policy),
        rule: None,
        place: None,
    });
}
