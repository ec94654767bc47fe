//! The authorization layer: `AuthorizationPolicies` as the destination's proxies enforce them.

mod claims;
mod custom;
mod picked;
mod rules;
mod scene;
mod select;
#[cfg(test)]
mod tests;
mod ztunnel;

pub(crate) use self::{rules::RuleRef, select::Chooser};
use self::{
    rules::{Asked as AskedRule, any, ask, first, first_open},
    scene::Scene,
};
use crate::{
    compiled::authz::Pick,
    decision::{
        Body, ClientSees, Layer, LayerDecision, Outcome, Reason, Step, StepKind, Verdict,
        jwt::{Claims, Jwt},
        mesh::Proxy,
        mtls::Connection,
        request::Seen,
        resolve::Asked,
        trace::Trace,
    },
    model::{
        Attributes, Model, PolicyId, Tri,
        authz::{AuthzAction, AuthzPolicy},
        inventory::{Service, Workload},
    },
};

/// The body of Envoy's RBAC denial.
const DENIED: ClientSees = ClientSees::Response { status: 403, body: Body::DENIED };

/// What reaches the filters of one proxy.
pub(crate) struct Arrived<'a> {
    pub(crate) proxy: Proxy,
    /// The workload that runs the proxy.
    pub(crate) workload: &'a Workload,
    /// At a waypoint: the Service that was called.
    pub(crate) service: Option<&'a Service>,
    pub(crate) port: Option<u16>,
    pub(crate) connection: &'a Connection,
    /// Before the JWT filter; `None` on a TCP chain.
    pub(crate) before: Option<&'a Seen>,
    pub(crate) jwt: &'a Jwt,
    /// The policies that compiling picked; `None`: choose them here, and explain.
    pub(crate) pick: Option<&'a Pick>,
}

/// The layer's answer.
#[derive(Clone, Debug)]
pub(crate) struct Authorization {
    pub(crate) decision: LayerDecision,
    pub(crate) sees: Option<ClientSees>,
    /// Rules of AUDIT policies that match.
    pub(crate) audited_by: Vec<RuleRef>,
    /// Rules of dry-run policies that match, and what they would do.
    pub(crate) dry_run: Vec<(RuleRef, Verdict)>,
}

impl Authorization {
    /// An answer that no policy gives.
    pub(crate) fn plain(verdict: Verdict, reason: Reason) -> Self {
        Self {
            decision: LayerDecision::new(Layer::Authorization, verdict, reason),
            sees: None,
            audited_by: Vec::new(),
            dry_run: Vec::new(),
        }
    }
}

/// Asks the layer at one proxy.
pub(crate) fn authorization(
    model: &Model,
    asked: &Asked<'_>,
    arrived: &Arrived<'_>,
    trace: &mut Trace,
) -> Authorization {
    let scene = |seen, claims| Scene {
        asked,
        mesh: &model.inventory.mesh,
        proxy: arrived.proxy,
        connection: arrived.connection,
        seen,
        claims,
        port: arrived.port,
        service: arrived.service,
    };
    // "CUSTOM cannot see JWT claims."
    let early = scene(arrived.before, &Claims::None);
    let late = scene(arrived.jwt.seen.as_ref().or(arrived.before), &arrived.jwt.claims);
    if arrived.proxy == Proxy::Ztunnel {
        return ztunnel::authorization(model, arrived.workload, &late, trace);
    }
    if let Some(pick) = arrived.pick {
        return picked::authorization(model, pick, &early, &late);
    }
    let mine = Policies::of(model, arrived);
    let custom = custom::ask(model, &mine.custom, &early, trace);
    let audit = ask(&late, &mine.audit, "AUDIT policies mark and never deny", trace);
    let deny = ask(&late, &mine.deny, "DENY policies: any match denies", trace);
    let allow = ask(&late, &mine.allow, "ALLOW policies: one must match", trace);
    let shadow_deny = ask(&late, &mine.shadow_deny, "dry-run DENY policies", trace);
    let shadow_allow = ask(&late, &mine.shadow_allow, "dry-run ALLOW policies", trace);

    let mut answer = settle(&mine, &custom, &deny, &allow);
    if mine.none {
        remark(trace, "no AuthorizationPolicy selects the workload: allowed");
    }
    answer.audited_by = certain(&audit);
    answer.dry_run = certain(&shadow_deny)
        .into_iter()
        .map(|r| (r, Verdict::Deny))
        .chain(certain(&shadow_allow).into_iter().map(|r| (r, Verdict::Allow)))
        .collect();
    answer.sees = (answer.decision.verdict == Verdict::Deny)
        .then(|| sees(&answer.decision.reason, arrived.before));
    answer
}

/// "CUSTOM deny | any DENY match ⇒ deny; else no enforced ALLOW policy ⇒ allow; any ALLOW match ⇒
/// allow; else deny."
fn settle(
    mine: &Policies<'_>,
    custom: &custom::Custom,
    deny: &[AskedRule],
    allow: &[AskedRule],
) -> Authorization {
    let denied = any(deny);
    let allowed = if mine.allows.is_none() { Tri::Yes } else { any(allow) };
    let passes = custom.denies.not().and(denied.not()).and(allowed);
    match passes {
        Tri::Yes => {
            let reason = match (first(allow), custom.asked) {
                (Some(at), _) => Reason::Rule { policy: at.policy, rule: at.rule },
                (None, Some(asked)) => asked,
                (None, None) if mine.none => Reason::NoPolicy,
                (None, None) => Reason::DefaultAllow,
            };
            Authorization::plain(Verdict::Allow, reason)
        }
        Tri::No => {
            let reason = custom.reason().or_else(|| {
                first(deny).map(|at| Reason::Rule { policy: at.policy, rule: at.rule })
            });
            Authorization::plain(Verdict::Deny, reason.unwrap_or_else(|| mine.nothing_allows()))
        }
        Tri::Unknown(attributes) => {
            let policy = custom
                .open
                .or_else(|| first_open(deny))
                .or_else(|| first_open(allow))
                .map(|at| at.policy);
            Authorization::plain(Verdict::Undetermined, Reason::Missing { attributes, policy })
        }
    }
}

/// "HTTP denial = 403 body `RBAC: access denied`; TCP = connection close."
fn sees(reason: &Reason, request: Option<&Seen>) -> ClientSees {
    let Some(seen) = request else { return ClientSees::Closed };
    match reason {
        Reason::ProviderFailed { status, .. } => {
            ClientSees::Response { status: *status, body: Body::EMPTY }
        }
        // An answer to HEAD has no body.
        _ if seen.method.as_deref() == Some("HEAD") => {
            ClientSees::Response { status: 403, body: Body::EMPTY }
        }
        Reason::Provider { .. } => ClientSees::Response { status: 403, body: Body::EMPTY },
        _ => DENIED,
    }
}

/// One engine reports one rule: the first that matches.
fn certain(asked: &[AskedRule]) -> Vec<RuleRef> {
    first(asked).into_iter().collect()
}

fn remark(trace: &mut Trace, text: &str) {
    trace.step(|| Step {
        kind: StepKind::Remark,
        outcome: Outcome::Info,
        text: text.to_owned(),
        policy: None,
        rule: None,
        place: None,
    });
}

/// The policies of one proxy, by action.
#[derive(Default)]
struct Policies<'m> {
    custom: Vec<&'m AuthzPolicy>,
    audit: Vec<&'m AuthzPolicy>,
    deny: Vec<&'m AuthzPolicy>,
    allow: Vec<&'m AuthzPolicy>,
    shadow_deny: Vec<&'m AuthzPolicy>,
    shadow_allow: Vec<&'m AuthzPolicy>,
    /// No policy selects the workload.
    none: bool,
    /// The ALLOW policy that is named where none matched: the first by namespace and name.
    allows: Option<PolicyId>,
}

impl<'m> Policies<'m> {
    fn of(model: &'m Model, arrived: &Arrived<'_>) -> Self {
        let chooser = Chooser {
            mesh: &model.inventory.mesh,
            proxy: arrived.proxy,
            workload: arrived.workload,
            service: arrived.service,
        };
        let mut mine = Self { none: true, ..Self::default() };
        for policy in model.authz.iter() {
            if !chooser.takes(&policy.namespace, &policy.attach) {
                continue;
            }
            mine.none = false;
            match (&policy.action, policy.dry_run) {
                (AuthzAction::Custom(_), _) => mine.custom.push(policy),
                (AuthzAction::Audit, _) => mine.audit.push(policy),
                (AuthzAction::Deny, false) => mine.deny.push(policy),
                (AuthzAction::Allow, false) => mine.allow.push(policy),
                (AuthzAction::Deny, true) => mine.shadow_deny.push(policy),
                (AuthzAction::Allow, true) => mine.shadow_allow.push(policy),
            }
        }
        let first = mine.allow.iter().min_by_key(|p| (&p.namespace, &p.name));
        mine.allows = first.map(|p| p.id);
        mine
    }

    /// "an ALLOW engine exists, nothing matches".
    fn nothing_allows(&self) -> Reason {
        match self.allows {
            Some(policy) => Reason::NoAllowMatch { policy },
            None => Reason::Missing { attributes: Attributes::NONE, policy: None },
        }
    }
}

/// The ALLOW policy that is named where none matched: the first by namespace and name.
fn nothing_allows(allow: &[&AuthzPolicy]) -> Reason {
    let first = allow.iter().min_by_key(|p| (&p.namespace, &p.name)).map(|p| p.id);
    match first {
        Some(policy) => Reason::NoAllowMatch { policy },
        None => Reason::Missing { attributes: Attributes::NONE, policy: None::<PolicyId> },
    }
}
