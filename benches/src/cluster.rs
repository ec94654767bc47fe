//! A cluster as plain values: what manifests are written from, and what peers are given.

use crate::{Dice, manifest};

/// What a cluster is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// AuthorizationPolicies only, four a workload, five workloads a namespace.
    Mesh,
    /// AuthorizationPolicies only, all of them on one workload.
    Hot,
    /// As `Hot`, and every rule has its own path.
    Paths,
    /// NetworkPolicies only, selectors and ports, a namespace's own and others' pods.
    Selectors,
    /// NetworkPolicies only, most peers are CIDRs with exceptions.
    Cidrs,
    /// All five layers: of four policies one is a NetworkPolicy, three are AuthorizationPolicies;
    /// strict mTLS and a JWT issuer in every namespace.
    Layers,
}

/// A pod.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Its namespace.
    pub namespace: String,
    /// Its name, the value of its label `app`, and the name of its service account.
    pub name: String,
    /// Its address.
    pub ip: [u8; 4],
}

/// One AuthorizationPolicy.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Which workload its selector selects.
    pub workload: usize,
    /// DENY rather than ALLOW.
    pub deny: bool,
    /// The workloads whose identities it names.
    pub clients: [usize; 2],
    /// Places in [`METHODS`].
    pub methods: [usize; 2],
    /// Prefixes of paths, without the `*`.
    pub prefixes: [String; 2],
}

/// Every method that rules name.
pub const METHODS: [&str; 5] = ["GET", "POST", "PUT", "DELETE", "PATCH"];

/// A generated cluster.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// What it is like.
    pub shape: Shape,
    /// Policies that say whom they let in; strict mTLS and JWT issuers of `Layers` come on top.
    pub policies: usize,
    /// Its pods.
    pub workloads: Vec<Workload>,
    /// Its AuthorizationPolicies.
    pub rules: Vec<Rule>,
    /// One YAML text a family of objects: pods, policies.
    pub manifests: Vec<(String, String)>,
}

const WORDS: [&str; 20] = [
    "order", "cart", "user", "item", "stock", "bill", "auth", "mail", "ship", "rate", "quote",
    "event", "audit", "token", "price", "track", "offer", "claim", "asset", "media",
];
const TAILS: [&str; 10] =
    ["s", "-svc", "-info", "-list", "-meta", "-stats", "-v2", "-admin", "-batch", "-feed"];

fn word(d: &mut Dice) -> String {
    format!("{}{}", d.pick(&WORDS), d.pick(&TAILS))
}

pub(crate) fn prefix(d: &mut Dice) -> String {
    let version = 1 + d.roll(3);
    let first = word(d);
    match d.roll(3) {
        0 => format!("/api/v{version}/{first}/"),
        1 => format!("/api/v{version}/{first}/{}/", word(d)),
        _ => format!("/{first}/{}", word(d)),
    }
}

impl Workload {
    fn new(number: usize, namespaces: usize) -> Self {
        let byte = |shift: usize| u8::try_from((number >> shift) & 0xff).unwrap_or_default();
        // Pods live in 10.16.0.0 to 10.31.255.255.
        let ip = [10, 16 + (byte(16) & 15), byte(8), byte(0)];
        let namespace = format!("team-{:04}", number % namespaces);
        Self { namespace, name: format!("svc-{number:06}"), ip }
    }

    /// Its identity as rules spell it.
    pub fn principal(&self) -> String {
        format!("cluster.local/ns/{}/sa/{}", self.namespace, self.name)
    }
}

impl Cluster {
    /// A cluster of so many policies and workloads (at least two).
    pub fn new(shape: Shape, policies: usize, workloads: usize, seed: u64) -> Self {
        let mut d = Dice(seed ^ policies as u64);
        let count = workloads.max(2);
        let namespaces = (count / 5).max(1);
        let workloads: Vec<Workload> =
            (0..count).map(|number| Workload::new(number, namespaces)).collect();
        let network = match shape {
            Shape::Mesh | Shape::Hot | Shape::Paths => 0,
            Shape::Selectors | Shape::Cidrs => policies,
            Shape::Layers => policies.div_ceil(4),
        };
        let rules: Vec<Rule> =
            (network..policies).map(|n| rule(&mut d, shape, n - network, count)).collect();
        let mut cluster = Self { shape, policies, workloads, rules, manifests: Vec::new() };
        cluster.manifests = vec![
            ("pods.yaml".to_owned(), manifest::pods(&cluster, namespaces)),
            ("network.yaml".to_owned(), manifest::network(&cluster, network, namespaces, &mut d)),
            ("mesh.yaml".to_owned(), manifest::mesh(&cluster, namespaces)),
        ];
        cluster.manifests.retain(|(_, text)| !text.is_empty());
        cluster
    }

    /// Its manifests, to compile.
    pub fn sources(&self) -> Vec<mayreach::Source> {
        let all = self.manifests.iter();
        all.map(|(name, text)| mayreach::Source::new(name, text.as_str())).collect()
    }

    /// Compiles it, with the addresses of its pods as the pod network.
    ///
    /// # Panics
    /// Its own manifests are refused: a mistake of the suite.
    pub fn compile(&self) -> mayreach::Program {
        mayreach::Program::compile(&self.sources(), &self.options()).expect("its own manifests")
    }

    /// How it is compiled.
    ///
    /// # Panics
    /// Never: the network is written here.
    pub fn options(&self) -> mayreach::Options {
        let mut options = mayreach::Options::default();
        options.pod_networks = vec!["10.16.0.0/12".parse().expect("a network")];
        options
    }

    /// The text of one of its AuthorizationPolicies, as it is (form 0) or with other methods.
    pub fn one_policy(&self, number: usize, form: usize) -> String {
        let mut rule = self.rules[number].clone();
        rule.methods = rule.methods.map(|method| (method + form) % METHODS.len());
        let mut out = String::new();
        manifest::policy(&mut out, &manifest::name(number), self, &rule);
        out
    }

    /// Bytes of manifest text.
    pub fn bytes(&self) -> usize {
        self.manifests.iter().map(|(_, text)| text.len()).sum()
    }
}

fn rule(d: &mut Dice, shape: Shape, number: usize, workloads: usize) -> Rule {
    let one = matches!(shape, Shape::Hot | Shape::Paths);
    // About twenty rules a client on a hot workload.
    let clients = if one { (workloads / 2).clamp(2, 100_000) } else { workloads };
    let client = d.roll(clients);
    let method = d.roll(METHODS.len());
    let own = |d: &mut Dice| match shape {
        Shape::Paths => format!("/{}/{number:06}/{}/", word(d), d.roll(1000)),
        _ => prefix(d),
    };
    Rule {
        workload: if one { 0 } else { (number / 4) % workloads },
        deny: number % 10 == 9,
        clients: [client, (client + 1 + d.roll(clients - 1)) % clients],
        methods: [method, (method + 1 + d.roll(METHODS.len() - 1)) % METHODS.len()],
        prefixes: [own(d), own(d)],
    }
}
