//! Flows that the same rules let through, as JSON and in one line.

use mayreach::{Asks, Can, Client, Layer, PolicyId, Program, Target, Wanted, Way, WorkloadId};
use serde::Serialize;

use crate::{
    DecisionOut,
    decision::{LayerOut, PolicyOut},
    flow::{FlowOut, IpVersionIn, protocol_name},
    isolation::let_in_by,
    sentence,
};

/// Ports of the mesh's own agent, which no policy of the mesh guards.
const AGENT: [(u16, u16); 4] = [(15020, 15021), (15020, 15020), (15021, 15021), (15090, 15090)];

/// Flows that the same rules let through.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WayOut {
    /// The protocol.
    pub protocol: String,
    /// Other protocols with ports of which the same holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// Whether the same holds of every protocol without ports that no rule names.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub others: bool,
    /// Ports: inclusive ranges; empty where the protocol has none.
    pub ports: Vec<(u16, u16)>,
    /// Ports that the client sends from; left out where none counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub source_ports: Vec<(u16, u16)>,
    /// ICMP types and codes in words; left out where none counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub icmp: Vec<String>,
    /// The family of the addresses that they use (4 or 6), where that counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_version: Option<u8>,
    /// The Service that is called, where that counts; ports are then its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Whether bytes that are not HTTP pass.
    pub raw: bool,
    /// Methods, one of each class; empty: any.
    pub methods: Vec<String>,
    /// Paths, one of each class; empty: any.
    pub paths: Vec<String>,
    /// The rule that lets them in.
    pub let_in_by: LayerOut,
    /// What that rule asks of a request, as written.
    #[serde(flatten)]
    pub asks: AsksOut,
    /// What the client needs beside network access.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<&'static str>,
    /// The plainest of them in one line.
    pub request: String,
    /// The same as a flow.
    pub flow: FlowOut,
    /// Its decision.
    pub decision: DecisionOut,
}

/// What a rule asks of a request, beside who the client is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AsksOut {
    /// All of these.
    pub conditions: Vec<ConditionOut>,
    /// And one of these lists; left out where there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub any_of: Vec<Vec<ConditionOut>>,
}

/// One field of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConditionOut {
    /// The field as written.
    pub field: String,
    /// Any of these.
    pub values: Vec<String>,
    /// None of these.
    pub not_values: Vec<String>,
}

/// A rule that denies some of what ways say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ButOut {
    /// The policy.
    pub policy: PolicyOut,
    /// Its rule, from 0.
    pub rule: u32,
    /// `file:line`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// What it asks, as written.
    #[serde(flatten)]
    pub asks: AsksOut,
}

impl WayOut {
    /// With every name spelled out.
    pub fn new(program: &Program, way: &Way) -> Self {
        let asks = match (way.rule(), &way.example.client) {
            (Some((Layer::Authorization, policy, rule)), Client::Workload(id)) => {
                AsksOut::new(program, policy, rule, *id)
            }
            _ => AsksOut::default(),
        };
        way.example.with_flow(|flow| Self {
            protocol: protocol_name(way.protocol),
            also: way.also.iter().map(|p| protocol_name(*p)).collect(),
            others: way.others,
            ports: way.ports.clone(),
            source_ports: way.source_ports.clone(),
            icmp: way.icmp.clone(),
            ip_version: way.ip_version.map(|version| IpVersionIn(version).number()),
            service: match way.example.target {
                Target::Service(id) => Some(program.service_name(id)),
                Target::Workload(_) => None,
            },
            raw: way.raw,
            methods: way.methods.clone(),
            paths: way.paths.clone(),
            let_in_by: let_in_by(program, flow, &way.decision),
            asks,
            needs: sentence::needs(&way.example),
            request: sentence::request(program, &way.example),
            flow: FlowOut::new(program, &way.example),
            decision: DecisionOut::new(program, flow, &way.decision),
        })
    }

    /// Ports and protocol: `80,8080-8090/TCP`.
    pub fn on(&self) -> String {
        let names = [std::slice::from_ref(&self.protocol), &self.also].concat().join(",");
        let mut out = match self.ports.as_slice() {
            [] => names,
            ranges => format!("{}/{names}", ports(ranges)),
        };
        if self.ports.iter().all(|ports| AGENT.contains(ports)) && !self.ports.is_empty() {
            out = format!("{out} (the sidecar's own)");
        }
        if !self.icmp.is_empty() {
            out = format!("{out} {}", self.icmp.join(" or "));
        }
        if self.others {
            out = format!("{out} and other protocols without ports");
        }
        if let Some(service) = &self.service {
            out = format!("{out} of service {service}");
        }
        if let Some(version) = self.ip_version {
            out = format!("{out} over IPv{version}");
        }
        if !self.source_ports.is_empty() && self.source_ports != [(1, u16::MAX)] {
            out = format!("{out} from port {}", ports(&self.source_ports));
        }
        out
    }

    /// What it asks, with what the client needs: `GET or POST, paths /v1/*`; empty: nothing.
    pub fn wants(&self) -> String {
        let needs = self.needs.iter().map(|n| format!("with {n}"));
        // Ports are said already.
        let all = [self.asks.words(|c| !matches!(&*c.field, "ports" | "notPorts"))]
            .into_iter()
            .filter(|w| !w.is_empty())
            .chain(needs);
        all.collect::<Vec<_>>().join(", ")
    }

    /// Both in one line.
    pub fn words(&self) -> String {
        let wants = self.wants();
        if wants.is_empty() { self.on() } else { format!("{} {wants}", self.on()) }
    }
}

impl AsksOut {
    fn new(program: &Program, policy: PolicyId, rule: u32, client: WorkloadId) -> Self {
        let Some(Asks { all, any }) = program.asks(policy, rule, client) else {
            return Self::default();
        };
        let list = |all: Vec<Wanted>| all.into_iter().map(ConditionOut::new).collect();
        Self { conditions: list(all), any_of: any.into_iter().map(list).collect() }
    }

    /// `GET or POST, paths /v1/*`; empty: nothing.
    fn words(&self, counts: impl Fn(&&ConditionOut) -> bool) -> String {
        let list = |all: &mut dyn Iterator<Item = &ConditionOut>| {
            all.map(ConditionOut::words).collect::<Vec<_>>().join(", ")
        };
        let any = self.any_of.iter().map(|all| format!("({})", list(&mut all.iter())));
        let any: Vec<String> = any.collect();
        let all = [any.join(" or "), list(&mut self.conditions.iter().filter(counts))];
        all.into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

impl ConditionOut {
    fn new(wanted: Wanted) -> Self {
        let Wanted { field, values, not_values } = wanted;
        Self { field, values, not_values }
    }

    /// `paths /v1/* or /v2/*`; methods go without saying.
    pub fn words(&self) -> String {
        let shown = |texts: &[String]| -> Vec<String> {
            let empty = |t: &String| if t.is_empty() { "\"\"".to_owned() } else { t.clone() };
            texts.iter().map(empty).collect()
        };
        let mut out = shown(&self.values).join(" or ");
        if !self.not_values.is_empty() {
            let none = format!("not {}", shown(&self.not_values).join(", "));
            out = if out.is_empty() { none } else { format!("{out} and {none}") };
        }
        match self.field.as_str() {
            "methods" | "notMethods" => out,
            field => {
                let mut letters = field.strip_prefix("not").unwrap_or_default().chars();
                match letters.next().filter(char::is_ascii_uppercase) {
                    Some(first) => {
                        format!("{}{} {out}", first.to_ascii_lowercase(), letters.as_str())
                    }
                    None => format!("{field} {out}"),
                }
            }
        }
    }
}

impl ButOut {
    pub(crate) fn all(program: &Program, can: &Can) -> Vec<Self> {
        let client = can.ways.first().and_then(|way| way.example.client.workload());
        // Nothing is taken from nothing.
        let Some(client) = client else { return Vec::new() };
        let one = |(policy, rule): &(PolicyId, u32)| {
            let info = program.policy(*policy);
            let at = info.and_then(|i| i.rule_at(Layer::Authorization, *rule));
            Self {
                policy: PolicyOut::new(program, *policy),
                rule: *rule,
                at: at.map(|at| at.to_string()),
                asks: AsksOut::new(program, *policy, *rule, client),
            }
        };
        // Who asks nothing of a request denies whole ports, which no way has then.
        let some = |but: &Self| !but.asks.conditions.is_empty() || !but.asks.any_of.is_empty();
        can.but.iter().map(one).filter(some).collect()
    }

    /// `not paths /admin/* (rule 0 of AuthorizationPolicy a/b)`.
    pub fn words(&self) -> String {
        let asks = self.asks.words(|_| true);
        format!("but not {asks} (rule {} of {})", self.rule, self.policy)
    }
}

/// `any`, `80`, `80,8080-8090`.
fn ports(ranges: &[(u16, u16)]) -> String {
    let one = |(low, high): &(u16, u16)| {
        if low == high { low.to_string() } else { format!("{low}-{high}") }
    };
    match ranges {
        [] => String::new(),
        [(1, u16::MAX)] => "any".to_owned(),
        some => some.iter().map(one).collect::<Vec<_>>().join(","),
    }
}
