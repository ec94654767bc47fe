//! Traffic of a node's own processes: Calico host endpoints (network-policy.md §3.9;
//! felix/rules/endpoints.go, static.go).

use crate::{
    decision::{
        Reason, Verdict,
        reference::network::{Found, Walk, local, matches},
        resolve::{Address, Asked, End},
        trace::Trace,
    },
    model::{
        Attributes, Model, Tri,
        inventory::{Failsafe, HostEndpoint, ToHost},
        network::{Action, AfterTiers, NetworkPolicy, PolicyClass, Profile},
    },
};

/// Which host endpoint stands for an address.
enum Host<'m> {
    None,
    One(&'m HostEndpoint),
    /// It hangs on the interface that the packet takes.
    Unknown,
}

/// "name match, or expectedIPs match if interfaceName is empty; several match: alphabetically
/// first; `*` = all other interfaces" (endpoint_mgr.go)
fn host<'m>(model: &'m Model, end: &End<'m>) -> Host<'m> {
    let all = &model.inventory.host_endpoints;
    let by_name = |a: &&HostEndpoint, b: &&HostEndpoint| a.name.cmp(&b.name);
    if let Some(found) = end.hosts.iter().copied().min_by(by_name) {
        return Host::One(found);
    }
    let node = match end.node {
        None => return Host::None,
        Some(None) if all.is_empty() => return Host::None,
        Some(None) => return Host::Unknown,
        Some(Some(node)) => node,
    };
    let here: Vec<&HostEndpoint> = all.iter().filter(|h| h.node == node).collect();
    let wildcard = |h: &&&HostEndpoint| h.interface.as_deref() == Some("*");
    // An endpoint with expected addresses that are not this one may still be on this interface.
    if here.iter().any(|h| h.interface.as_deref().is_some_and(|i| i != "*")) {
        return Host::Unknown;
    }
    here.iter().filter(wildcard).copied().min_by(by_name).map_or(Host::None, Host::One)
}

/// Whether the packet goes through a port that Calico keeps open on hosts.
pub(super) fn failsafe(model: &Model, asked: &Asked<'_>, egress: bool) -> Tri {
    let Failsafe { inbound, outbound } = &model.inventory.failsafe;
    let (listed, other, missing) = if egress {
        (outbound, &asked.destination, Attributes::DESTINATION_ADDRESS)
    } else {
        (inbound, &asked.source, Attributes::SOURCE_ADDRESS)
    };
    Tri::any(listed.iter().filter(|open| open.protocol == asked.flow.protocol).map(|open| {
        let port = match asked.network_port {
            Some(port) => Tri::of(port == open.port),
            None => Tri::Unknown(Attributes::PORT),
        };
        port.and(open.net.map_or(Tri::Yes, |net| other.address.within(&net, missing)))
    }))
}

/// One direction of a node's own traffic; `None` where nothing governs it.
///
/// Between a node and its own pods no host endpoint is asked: the packet takes the pod's
/// interface. "Host to local pod is never policed; pod to local host goes through
/// `DefaultEndpointToHostAction`" (felix/rules/static.go).
pub(crate) fn ask(
    model: &Model,
    asked: &Asked<'_>,
    egress: bool,
    trace: &mut Trace,
) -> Option<Found> {
    let (own, other) = if egress {
        (&asked.source, &asked.destination)
    } else {
        (&asked.destination, &asked.source)
    };
    let pod = other.workload.is_some_and(|w| !w.host_network);
    let to_host = if egress { ToHost::Accept } else { model.inventory.to_host };
    let here = || match to_host {
        ToHost::Accept => None,
        ToHost::Drop => Some(Found::new(Verdict::Deny, Reason::EndpointToHost)),
        // What else the host has in its chains is not known here.
        ToHost::Return => Some(undetermined(Attributes::INTERFACE)),
    };
    match if pod { local(other, own) } else { Tri::No } {
        Tri::Yes => here(),
        Tri::No => governed(model, asked, egress, trace),
        Tri::Unknown(missing) => {
            let there = governed(model, asked, egress, trace);
            let allows = |found: &Option<Found>| {
                found.as_ref().is_none_or(|found| found.verdict == Verdict::Allow)
            };
            if allows(&there) && allows(&here()) { there } else { Some(undetermined(missing)) }
        }
    }
}

pub(super) fn undetermined(attributes: Attributes) -> Found {
    Found::new(Verdict::Undetermined, Reason::Missing { attributes, policy: None })
}

/// What host endpoints say of a node's traffic with what is not on it.
fn governed(model: &Model, asked: &Asked<'_>, egress: bool, trace: &mut Trace) -> Option<Found> {
    let own = if egress { &asked.source } else { &asked.destination };
    if matches!(own.address, Address::Within(_)) {
        return None;
    }
    let endpoint = match host(model, own) {
        Host::None => return None,
        Host::Unknown => return Some(undetermined(Attributes::INTERFACE)),
        Host::One(endpoint) => endpoint,
    };
    let failsafe = failsafe(model, asked, egress);
    if failsafe.is_yes() {
        return Some(Found::new(Verdict::Allow, Reason::Failsafe));
    }
    let stages = Stages { model, asked, egress, endpoint };
    let mut profiles = trace.fresh();
    let after = stages.profiles(&mut profiles);
    let mut late = trace.fresh();
    let own = [PolicyClass::Normal, PolicyClass::Forward];
    let normal = stages.walk(&own, after, &mut late);
    let found = stages.early(normal, trace);
    trace.extend(late);
    if matches!(normal.reason, Reason::DefaultAllow | Reason::NoProfile) {
        trace.extend(profiles);
    }
    match failsafe {
        Tri::Unknown(missing) if found.verdict != Verdict::Allow => Some(undetermined(missing)),
        _ => Some(found),
    }
}

/// What one host endpoint asks of a packet, stage by stage.
#[derive(Clone, Copy)]
pub(super) struct Stages<'a> {
    pub(super) model: &'a Model,
    pub(super) asked: &'a Asked<'a>,
    pub(super) egress: bool,
    pub(super) endpoint: &'a HostEndpoint,
}

impl Stages<'_> {
    pub(super) fn governs(&self, policy: &NetworkPolicy, classes: &[PolicyClass]) -> bool {
        let direction = if self.egress { policy.governs_egress } else { policy.governs_ingress };
        let label = |key: &str| self.endpoint.labels.get(key).map(String::as_str);
        direction && classes.contains(&policy.class) && policy.subject.matches(&label)
    }

    /// The tiers of some classes of policy; `after` is what comes where they decide nothing.
    pub(super) fn walk(&self, classes: &[PolicyClass], after: Found, trace: &mut Trace) -> Found {
        let Self { model, asked, egress, .. } = *self;
        let governs = |policy: &NetworkPolicy| self.governs(policy, classes);
        // "Tier defaultAction is forced to Pass for untracked and preDNAT" (event_sequencer.go)
        let forced_pass =
            classes.iter().all(|c| matches!(c, PolicyClass::Untracked | PolicyClass::PreDnat));
        Walk { model, asked, egress, governs: &governs, forced_pass, after, staged: None }
            .tiers(trace)
    }

    /// What comes before connection tracking and translation, where an Allow skips `after`, the
    /// host endpoint's later stages. "preDNAT: ingress only"; "doNotTrack ignored on `*`".
    pub(super) fn early(&self, after: Found, trace: &mut Trace) -> Found {
        let mut second = trace.fresh();
        let pre = if self.egress {
            after
        } else {
            self.walk(&[PolicyClass::PreDnat], after, &mut second)
        };
        let wildcard = self.endpoint.interface.as_deref() == Some("*");
        let found = if wildcard { pre } else { self.walk(&[PolicyClass::Untracked], pre, trace) };
        trace.extend(second);
        found
    }

    /// "profiles in order: first Allow or Deny; then drop"
    fn profiles(&self, trace: &mut Trace) -> Found {
        let dropped = Found::new(Verdict::Deny, Reason::NoProfile);
        let mut found = dropped;
        let mut walked = Vec::new();
        for step in self.endpoint.after.iter().rev() {
            let mut steps = trace.fresh();
            found = match step {
                AfterTiers::AllowAll => Found::new(Verdict::Allow, Reason::DefaultAllow),
                AfterTiers::DenyAll => dropped,
                AfterTiers::Profile(index) => {
                    match self.model.network.profiles.get(*index as usize) {
                        Some(profile) => self.profile(profile, found, &mut steps),
                        None => found,
                    }
                }
            };
            walked.push(steps);
        }
        for steps in walked.into_iter().rev() {
            trace.extend(steps);
        }
        found
    }

    /// One profile; where none of its rules decides, or one passes, the next is asked.
    fn profile(&self, profile: &Profile, next: Found, trace: &mut Trace) -> Found {
        let Self { model, asked, egress, .. } = *self;
        let rules = if egress { &profile.egress } else { &profile.ingress };
        let (id, mut possible, mut sure) = (profile.id, Vec::new(), None);
        for rule in rules {
            let tri = matches(model, asked, egress, id, rule, trace);
            let reason = Reason::Rule { policy: id, rule: rule.index };
            let outcome = match rule.action {
                Action::Allow => Found::new(Verdict::Allow, reason),
                Action::Deny => Found::new(Verdict::Deny, reason),
                Action::Pass => next,
                Action::Log => continue,
            };
            match tri {
                Tri::No => {}
                Tri::Unknown(missing) => possible.push((missing, outcome)),
                Tri::Yes => {
                    sure = Some(outcome);
                    break;
                }
            }
        }
        let decided = sure.unwrap_or(next);
        possible
            .iter()
            .rev()
            .fold(decided, |otherwise, (missing, found)| found.unless(otherwise, *missing, id))
    }
}
