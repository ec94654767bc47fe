//! What a NetworkPolicy means: its pods are isolated in the directions it has, and each rule is
//! an Allow.

use super::{
    KIND,
    manifest::{EgressRule, IngressRule, NetworkPolicySpec, Peer, RulePort},
    peer::{self, Oddities},
    port,
};
use crate::{
    error::{Note, NoteCode, Place, Problem},
    kinds::{
        Draft,
        kubernetes::{
            Checks, Path, namespace_of,
            rules::{self, Direction},
            selector::{self, Whose},
            uncertain,
        },
    },
    manifest::{Document, Spanned},
    model::{
        network::{Action, NetworkPolicy, NetworkRule, PeerMatch, PolicyClass, TierDefault},
        selector::Selector,
    },
    options::CalicoVersion,
};

/// Order of every NetworkPolicy in tier `default` (conversion.go `K8sNetworkPolicyToCalico`).
const ORDER: f64 = 1000.0;

/// Lowers one NetworkPolicy.
pub(in crate::kinds::kubernetes) fn lower(
    document: &Document,
    draft: &mut Draft<'_>,
) -> Result<(), Vec<Problem>> {
    let mut checks = Checks::new(document);
    checks.only(&["spec"]);
    // An absent spec selects every pod of the namespace and isolates it for ingress.
    let spec: NetworkPolicySpec = checks.field("spec").unwrap_or_default();
    let namespace = namespace_of(document);
    let mut odd = Oddities::default();
    let read = Read::new(&spec, &namespace, &mut checks, &mut odd);
    let doubts = checks.take_doubts();
    checks.done()?;

    let lines = |rules: &[Written<'_>]| rules.iter().map(|r| document.at(r.line)).collect();
    let written = (Written::ingress(&spec), Written::egress(&spec));
    let id =
        draft.policy(KIND, document, Some(namespace.clone()), lines(&written.0), lines(&written.1));
    notes(document, draft, &spec, &read, &odd);
    let governed = (read.ingress_governed, read.egress_governed);
    uncertain::note(document, draft, id, Some(&namespace), governed, doubts);
    rules::tier(&mut draft.model.network.tiers, "default", TierDefault::Deny);
    let name = &document.metadata.name;
    draft.model.network.policies.push(NetworkPolicy {
        id,
        tier: "default".into(),
        order: Some(ORDER),
        // "Equal order: 3.32 compares name/ns/kind, 3.31 ns/name" (policy_sorter.go PolKVLess)
        tie: match draft.options.calico {
            CalicoVersion::Auto | CalicoVersion::V3_32 => {
                format!("{name}/{namespace}/KubernetesNetworkPolicy")
            }
            CalicoVersion::V3_31 => format!("{namespace}/knp.default.{name}"),
        },
        subject: read.subject,
        governs_ingress: read.ingress_governed,
        governs_egress: read.egress_governed,
        ingress: read.ingress,
        egress: read.egress,
        staged: false,
        class: PolicyClass::Normal,
        isolates: true,
    });
    Ok(())
}

/// The spec, checked.
struct Read {
    subject: Selector,
    ingress_governed: bool,
    egress_governed: bool,
    ingress: Vec<NetworkRule>,
    egress: Vec<NetworkRule>,
}

impl Read {
    fn new(
        spec: &NetworkPolicySpec,
        namespace: &str,
        checks: &mut Checks<'_>,
        odd: &mut Oddities,
    ) -> Self {
        let root = Path::Root("spec");
        let NetworkPolicySpec { pod_selector, ingress: _, egress: _, policy_types } = spec;
        let mut subject = vec![selector::is_pod(), selector::in_namespace(namespace)];
        if let Some(pods) = pod_selector {
            subject.extend(pods.lower(Whose::Own, &root.field("podSelector"), checks));
        }
        let mut lower = |direction: Direction, written: &[Written<'_>]| -> Vec<NetworkRule> {
            let path = root.field(direction.rules());
            let each = written.iter().enumerate();
            each.flat_map(|(n, rule)| {
                rule.lower(n, direction, namespace, &path.item(n), checks, odd)
            })
            .collect()
        };
        let ingress = lower(Direction::Ingress, &Written::ingress(spec));
        let egress = lower(Direction::Egress, &Written::egress(spec));
        let (ingress_governed, egress_governed) =
            directions(policy_types.as_ref(), !egress.is_empty(), checks);
        Self { subject: selector::all(subject), ingress_governed, egress_governed, ingress, egress }
    }
}

/// Which directions a policy has. Without `policyTypes`: Ingress, and Egress only if there are
/// egress rules (`SetDefaults_NetworkPolicy`); twice the same is fine.
fn directions(
    types: Option<&Spanned<Vec<Spanned<String>>>>,
    has_egress_rules: bool,
    checks: &mut Checks<'_>,
) -> (bool, bool) {
    let Some(types) = types.filter(|types| !types.value.is_empty()) else {
        return (true, has_egress_rules);
    };
    let root = Path::Root("spec");
    let path = root.field("policyTypes");
    if types.value.len() > 2 {
        checks.invalid(&path, types.line, "`policyTypes` holds more than two entries");
    }
    let (mut ingress, mut egress) = (false, false);
    for (n, kind) in types.value.iter().enumerate() {
        match kind.value.as_str() {
            "Ingress" => ingress = true,
            "Egress" => egress = true,
            other => checks.invalid_help(
                &path.item(n),
                kind.line,
                format!("policy type `{other}` is not supported"),
                "write `Ingress` or `Egress`",
            ),
        }
    }
    (ingress, egress)
}

/// A rule of either direction: they differ only in the name of a field.
struct Written<'s> {
    line: u32,
    peers: &'s [Spanned<Peer>],
    ports: &'s [Spanned<RulePort>],
}

impl<'s> Written<'s> {
    fn ingress(spec: &'s NetworkPolicySpec) -> Vec<Self> {
        let rules = spec.ingress.iter().flat_map(|rules| &rules.value);
        let each = rules.map(|Spanned { value: IngressRule { from, ports }, line }| Self {
            line: *line,
            peers: from.as_deref().unwrap_or_default(),
            ports: ports.as_deref().unwrap_or_default(),
        });
        each.collect()
    }

    fn egress(spec: &'s NetworkPolicySpec) -> Vec<Self> {
        let rules = spec.egress.iter().flat_map(|rules| &rules.value);
        let each = rules.map(|Spanned { value: EgressRule { to, ports }, line }| Self {
            line: *line,
            peers: to.as_deref().unwrap_or_default(),
            ports: ports.as_deref().unwrap_or_default(),
        });
        each.collect()
    }

    /// "`from`/`to` nil or empty = any peer, external ones included. Non-empty = OR of items."
    fn lower(
        &self,
        index: usize,
        direction: Direction,
        namespace: &str,
        path: &Path<'_>,
        checks: &mut Checks<'_>,
        odd: &mut Oddities,
    ) -> Vec<NetworkRule> {
        let at = path.field("ports");
        let ports = self.ports.iter().enumerate();
        let ports: Vec<_> =
            ports.map(|(n, port)| port::lower(&port.value, &at.item(n), checks)).collect();
        let at = path.field(direction.peers());
        let peers = self.peers.iter().enumerate();
        let mut peers: Vec<PeerMatch> =
            peers.map(|(n, peer)| peer::lower(peer, namespace, &at.item(n), checks, odd)).collect();
        if peers.is_empty() {
            peers.push(PeerMatch::default());
        }
        rules::combine(index, Action::Allow, direction, &peers, &rules::groups(ports))
    }
}

/// What the API server accepts and what then has no effect, or another than it seems.
fn notes(
    document: &Document,
    draft: &mut Draft<'_>,
    spec: &NetworkPolicySpec,
    read: &Read,
    odd: &Oddities,
) {
    let mut note = |code: NoteCode, place: Place, message: String| {
        draft.note(Note::new(code, message).about(document.title()).at(place));
    };
    let inert = |what: &str, missing: &str| {
        format!("the {what} rules have no effect: `policyTypes` does not have `{missing}`")
    };
    if let Some(rules) = spec.ingress.as_ref().filter(|_| !read.ingress_governed)
        && !rules.value.is_empty()
    {
        note(NoteCode::Ignored, document.at(rules.line), inert("ingress", "Ingress"));
    }
    if let Some(rules) = spec.egress.as_ref().filter(|_| !read.egress_governed) {
        let place = document.at(rules.line);
        if !rules.value.is_empty() {
            note(NoteCode::Ignored, place, inert("egress", "Egress"));
        } else if spec.policy_types.as_ref().is_none_or(|types| types.value.is_empty()) {
            let message = "an empty `egress` without `policyTypes` isolates nothing for egress: \
                           every destination stays allowed";
            note(NoteCode::Suspicious, place, message.into());
        }
    }
    for (line, text) in &odd.host_bits {
        let message = format!("{text}: the bits beyond the prefix do not count");
        note(NoteCode::Suspicious, document.at(*line), message);
    }
}
