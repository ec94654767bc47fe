//! Isolation of tenants as JSON.

mod ask;

pub use self::ask::{ExceptionIn, IsolateIn, TenantIn};

use mayreach::{
    DeadRule, Decision, Finding, Flow, Hole, Isolated, Isolation, Layer, LayerDecision, Program,
    Reason, Unproved, Verdict, Witness,
};
use serde::Serialize;

use crate::{
    DecisionOut,
    decision::{LayerOut, PolicyOut},
    flow::FlowOut,
};

/// Whether any request can get from one tenant to another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IsolationOut {
    /// `isolated`, `open` or `not_proved`: the worst of all pairs.
    pub verdict: &'static str,
    /// How tenants are told: `label:KEY`, `namespace`, `workload` or the name of a file.
    pub by: String,
    /// Who must not be reached by others.
    pub tenants: Vec<TenantOut>,
    /// How many pairs there are of each kind.
    pub counts: CountsOut,
    /// Every ordered pair, row by row; `from` may be `(outside)`.
    pub pairs: Vec<PairOut>,
    /// What was found, each once: pairs name it by its place here.
    pub findings: Vec<FindingOut>,
    /// Rules of AuthorizationPolicies that no request can match.
    pub dead_rules: Vec<DeadRuleOut>,
    /// How large the question was.
    pub size: SizeOut,
}

/// A rule that no request can match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeadRuleOut {
    /// The policy.
    pub policy: PolicyOut,
    /// The rule, from 0.
    pub rule: u32,
    /// `file:line`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// What contradicts what.
    pub why: String,
}

impl DeadRuleOut {
    fn new(program: &Program, dead: &DeadRule) -> Self {
        let info = program.policy(dead.policy);
        let at = info.and_then(|i| i.rule_at(Layer::Authorization, dead.rule));
        Self {
            policy: PolicyOut::new(program, dead.policy),
            rule: dead.rule,
            at: at.map(|at| at.to_string()),
            why: dead.why.clone(),
        }
    }
}

/// One tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TenantOut {
    /// Its name.
    pub name: String,
    /// Namespaces in which it can create pods.
    pub namespaces: Vec<String>,
    /// Its workloads.
    pub workloads: Vec<String>,
}

/// How many pairs there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CountsOut {
    /// Proved.
    pub isolated: usize,
    /// Of those, held by two layers or sides of which each alone would do.
    pub twice: usize,
    /// Neither proved nor refuted.
    pub not_proved: usize,
    /// Some request gets through.
    pub open: usize,
}

/// How large the question was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SizeOut {
    /// Clients, pods that do not exist yet and addresses outside included.
    pub clients: usize,
    /// Classes of destinations.
    pub destinations: usize,
    /// Flows that were decided.
    pub decisions: u64,
}

/// One ordered pair of tenants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PairOut {
    /// Who asks.
    pub from: String,
    /// Whom.
    pub to: String,
    /// `isolated`, `open` or `not_proved`.
    pub verdict: &'static str,
    /// Its place in `findings`.
    pub finding: u32,
}

/// What holds one tenant from another, or does not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FindingOut {
    /// `isolated`, `open` or `not_proved`.
    pub verdict: &'static str,
    /// Layers of which each alone denies everything; those of the mesh are asked of TCP only, and
    /// not of the proxy's own ports.
    pub alone: Vec<&'static str>,
    /// What if the mesh were gone: network policy alone denies everything.
    pub network_alone: bool,
    /// What if network policy were gone: the mesh alone denies all TCP but the proxy's own ports.
    pub mesh_alone: bool,
    /// What denies: by layer, the rule or default that does.
    pub held_by: Vec<LayerOut>,
    /// Requests that get through, the plainest first, one for each way.
    pub holes: Vec<HoleOut>,
    /// Why it is not proved.
    pub not_proved: Vec<UnprovedOut>,
}

/// A request that gets through.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HoleOut {
    /// The request in one line.
    pub request: String,
    /// The layer and rule that let it in: the last that names one, else the last default.
    pub let_in_by: LayerOut,
    /// What the client needs beside network access.
    pub needs: Vec<&'static str>,
    /// The flow, as `check --flows` takes it.
    pub flow: FlowOut,
    /// The whole decision.
    pub decision: DecisionOut,
}

/// Why something is not proved.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UnprovedOut {
    /// In words.
    pub why: String,
    /// What is missing, if that is it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<&'static str>,
    /// The object that is not evaluated, if that is it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyOut>,
    /// The widest flow of which it is so.
    pub flow: FlowOut,
}

impl IsolationOut {
    /// The answer with every name spelled out.
    pub fn new(
        program: &Program,
        by: &str,
        tenants: &[mayreach::Tenant],
        isolation: &Isolation,
    ) -> Self {
        let findings: Vec<FindingOut> =
            isolation.findings.iter().map(|f| FindingOut::new(program, f)).collect();
        let mut out = Self {
            verdict: Isolated::Proved.as_str(),
            by: by.to_owned(),
            tenants: tenants.iter().map(|t| TenantOut::new(program, t)).collect(),
            counts: CountsOut::default(),
            pairs: Vec::new(),
            findings,
            dead_rules: program.dead_rules().iter().map(|d| DeadRuleOut::new(program, d)).collect(),
            size: SizeOut {
                clients: isolation.size.clients,
                destinations: isolation.size.destinations,
                decisions: isolation.size.decisions,
            },
        };
        let names = isolation
            .rows
            .iter()
            .flat_map(|from| isolation.columns.iter().map(move |to| (from, to)));
        let mut worst = Isolated::Proved;
        for ((from, to), cell) in names.zip(&isolation.cells) {
            let Some(index) = cell else { continue };
            let Some(finding) = isolation.findings.get(*index as usize) else { continue };
            worst = worst.max(finding.verdict);
            match finding.verdict {
                Isolated::Proved => {
                    out.counts.isolated += 1;
                    let twice =
                        finding.alone.len() > 1 || (finding.network_alone && finding.mesh_alone);
                    out.counts.twice += usize::from(twice);
                }
                Isolated::NotProved => out.counts.not_proved += 1,
                Isolated::Open => out.counts.open += 1,
            }
            out.pairs.push(PairOut {
                from: from.clone(),
                to: to.clone(),
                verdict: finding.verdict.as_str(),
                finding: *index,
            });
        }
        out.verdict = worst.as_str();
        out
    }
}

impl TenantOut {
    fn new(program: &Program, tenant: &mayreach::Tenant) -> Self {
        let names = tenant.workloads.iter().filter_map(|id| program.workload_info(*id));
        Self {
            name: tenant.name.clone(),
            namespaces: tenant.namespaces.iter().map(|(name, _)| name.clone()).collect(),
            workloads: names.map(|w| w.to_string()).collect(),
        }
    }
}

impl FindingOut {
    fn new(program: &Program, finding: &Finding) -> Self {
        let held = finding.held_by.iter().map(|(layer, reason)| held(program, *layer, *reason));
        Self {
            verdict: finding.verdict.as_str(),
            alone: finding.alone.iter().map(|l| l.as_str()).collect(),
            network_alone: finding.network_alone,
            mesh_alone: finding.mesh_alone,
            held_by: held.collect(),
            holes: finding.holes.iter().map(|h| HoleOut::new(program, h)).collect(),
            not_proved: finding
                .unproved
                .iter()
                .map(|(why, witness)| UnprovedOut::new(program, why, witness))
                .collect(),
        }
    }
}

fn held(program: &Program, layer: Layer, reason: Reason) -> LayerOut {
    let decision =
        LayerDecision { layer, verdict: Verdict::Deny, reason, hop: mayreach::Hop::Direct };
    let nobody = mayreach::InlineWorkload::default();
    let peer = mayreach::Peer::Inline(&nobody);
    LayerOut::new(program, &Flow::new(peer, peer, mayreach::Port::Unknown), &decision)
}

impl HoleOut {
    pub(crate) fn new(program: &Program, hole: &Hole) -> Self {
        let Hole { witness, decision } = hole;
        witness.with_flow(|flow| Self {
            request: crate::sentence::request(program, witness),
            let_in_by: let_in_by(program, flow, decision),
            needs: crate::sentence::needs(witness),
            flow: FlowOut::new(program, witness),
            decision: DecisionOut::new(program, flow, decision),
        })
    }
}

/// The layer and rule that let a flow in: the last that names one, else the last default.
pub(crate) fn let_in_by(program: &Program, flow: &Flow<'_>, decision: &Decision) -> LayerOut {
    let named = |reason: &Reason| {
        matches!(reason, Reason::Rule { .. } | Reason::Provider { .. } | Reason::Failsafe)
    };
    let layers = &decision.layers;
    let by = layers.iter().rev().find(|l| named(&l.reason));
    let open = |l: &&LayerDecision| {
        !matches!(l.reason, Reason::NotInMesh | Reason::NotPoliced | Reason::NotReached)
    };
    let by = by.or_else(|| layers.iter().rev().find(open));
    LayerOut::new(program, flow, by.unwrap_or(&layers[0]))
}

impl UnprovedOut {
    pub(crate) fn new(program: &Program, why: &Unproved, witness: &Witness) -> Self {
        let (text, missing, policy) = match why {
            Unproved::Missing(attributes) => {
                let names: Vec<&'static str> = attributes.names().collect();
                (format!("it depends on {}", names.join(", ")), names, None)
            }
            Unproved::NotEvaluated(id) => {
                let policy = PolicyOut::placed(program, *id);
                (format!("{policy} is not evaluated"), Vec::new(), Some(policy))
            }
            Unproved::Classes(why) => (why.clone(), Vec::new(), None),
            Unproved::Bound => ("there are more cases than are looked at".into(), Vec::new(), None),
        };
        Self { why: text, missing, policy, flow: FlowOut::new(program, witness) }
    }
}
