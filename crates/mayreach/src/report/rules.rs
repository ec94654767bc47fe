//! What a rule of an AuthorizationPolicy asks of a request, as it is written; and rules that ask
//! what no request can be.

use super::space::contradiction;
use crate::{
    PolicyId, Program, WorkloadId,
    decision::{matching, mesh::spiffe},
    model::authz::{Attribute, Condition, Matcher},
};

/// What a rule asks of a request of one client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asks {
    /// All of these hold.
    pub all: Vec<Wanted>,
    /// And one of these lists does; empty: nothing more is asked.
    pub any: Vec<Vec<Wanted>>,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// As written, such as `methods` or `request.headers[x-id]`.
    pub field: String,
    /// One of these, as written.
    pub values: Vec<String>,
    /// None of these.
    pub not_values: Vec<String>,
}

/// A rule that no request can match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadRule {
    /// The AuthorizationPolicy.
    pub policy: PolicyId,
    /// The rule.
    pub rule: u32,
    /// What contradicts what.
    pub why: String,
}

impl Program {
    /// What a rule of an AuthorizationPolicy asks of the requests of a workload, beside who it is.
    /// `None`: there is no such rule.
    pub fn asks(&self, policy: PolicyId, rule: u32, client: WorkloadId) -> Option<Asks> {
        let model = &self.inner.model;
        let policy = model.authz.iter().find(|p| p.id == policy)?;
        let rule = policy.rules.get(rule as usize)?;
        let id = model.inventory.workload(client).map(|w| spiffe(&model.inventory.mesh, w));
        let is_client = |source: &&Vec<Condition>| {
            id.as_ref().is_some_and(|id| source.iter().all(|c| !who(c) || holds(c, id)))
        };
        let mut sources: Vec<&Vec<Condition>> = rule.from.iter().filter(is_client).collect();
        if sources.is_empty() {
            sources = rule.from.iter().collect();
        }
        let rest = |list: &[Condition]| -> Vec<Wanted> {
            list.iter().filter(|c| !who(c)).map(wanted).collect()
        };
        let mut froms: Vec<Vec<Wanted>> = sources.into_iter().map(|s| rest(s)).collect();
        if froms.is_empty() || froms.iter().any(Vec::is_empty) {
            froms = vec![Vec::new()];
        }
        let mut tos: Vec<Vec<Wanted>> = rule.to.iter().map(|o| rest(o)).collect();
        if tos.is_empty() {
            tos = vec![Vec::new()];
        }
        let mut any: Vec<Vec<Wanted>> = Vec::new();
        for from in &froms {
            any.extend(tos.iter().map(|to| [to.as_slice(), from].concat()));
        }
        let mut out = Asks { all: Vec::new(), any };
        if out.any.iter().any(Vec::is_empty) {
            out.any.clear();
        }
        if let [_] = out.any.as_slice() {
            out.all = out.any.pop().unwrap_or_default();
        }
        out.all.extend(rest(&rule.when));
        Some(out)
    }

    /// Rules of AuthorizationPolicies whose conditions can never hold together.
    pub fn dead_rules(&self) -> Vec<DeadRule> {
        let model = &self.inner.model;
        let rules = model.authz.iter().flat_map(|p| (0_u32..).zip(&p.rules).map(|r| (p.id, r)));
        rules
            .filter_map(|(policy, (rule, written))| {
                let why = contradiction::of_rule(model, written)?;
                Some(DeadRule { policy, rule, why })
            })
            .collect()
    }
}

/// Whether a condition asks who the client is.
fn who(condition: &Condition) -> bool {
    use Attribute::{Namespace, Principal, ServiceAccount, TrustDomain};
    matches!(condition.attribute, Principal | Namespace | ServiceAccount | TrustDomain)
}

fn holds(condition: &Condition, id: &str) -> bool {
    let any = |list: &[(Matcher, String)]| list.iter().any(|(m, _)| matching::identity(m, id));
    (condition.values.is_empty() || any(&condition.values)) && !any(&condition.not_values)
}

fn wanted(condition: &Condition) -> Wanted {
    let texts = |list: &[(Matcher, String)]| {
        let mut out: Vec<String> = Vec::new();
        for (_, text) in list {
            if !out.contains(text) {
                out.push(text.clone());
            }
        }
        out
    };
    Wanted {
        field: condition.field.clone(),
        values: texts(&condition.values),
        not_values: texts(&condition.not_values),
    }
}
