//! Tenants of a shared cluster as manifests in YAML: what the analyses are asked about.

use std::fmt::Write as _;

/// Which manifests each tenant has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layers {
    /// NetworkPolicy and AuthorizationPolicy.
    Two,
    /// Those, STRICT mTLS, tokens, and an egress policy for everything.
    Five,
}

/// A set of tenants.
#[derive(Clone, Copy, Debug)]
pub struct Tenants {
    /// How many.
    pub tenants: usize,
    /// Workloads of each.
    pub workloads: usize,
    /// What guards them.
    pub layers: Layers,
    /// The tenant whose policy lets in DNS too.
    pub changed: Option<usize>,
}

impl Tenants {
    /// All manifests, one document after the other.
    ///
    /// # Panics
    /// Never: text takes whatever is written.
    pub fn yaml(&self) -> String {
        let mut out = String::from(
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: istio-system\n---\n\
             apiVersion: v1\nkind: Namespace\nmetadata:\n  name: kube-system\n---\n\
             apiVersion: v1\nkind: Pod\nmetadata:\n  name: coredns\n  namespace: kube-system\n  labels:\n    k8s-app: kube-dns\n\
             spec:\n  containers:\n  - name: dns\n    image: dns\n    ports:\n    - containerPort: 53\n      protocol: UDP\n",
        );
        if self.layers == Layers::Five {
            out.push_str(
                "---\napiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata:\n  name: default\n  \
                 namespace: istio-system\nspec:\n  mtls:\n    mode: STRICT\n",
            );
        }
        for tenant in 0..self.tenants {
            self.tenant(&mut out, tenant);
        }
        out
    }

    fn tenant(&self, out: &mut String, tenant: usize) {
        let space = format!("tenant-{tenant:04}");
        let mut add = |text: String| write!(out, "---\n{text}").expect("text");
        add(format!(
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {space}\n  labels:\n    tenant: {space}\n    istio-injection: enabled\n"
        ));
        for workload in 0..self.workloads {
            add(format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: w{workload}\n  namespace: {space}\nspec:\n  selector:\n    \
                 matchLabels:\n      app: w{workload}\n  template:\n    metadata:\n      labels:\n        app: w{workload}\n    spec:\n      \
                 serviceAccountName: w{workload}\n      containers:\n      - name: app\n        image: app\n        ports:\n        - containerPort: 8080\n"
            ));
        }
        let types =
            if self.layers == Layers::Five { "  - Ingress\n  - Egress\n" } else { "  - Ingress\n" };
        add(format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: deny\n  namespace: {space}\nspec:\n  podSelector: {{}}\n  policyTypes:\n{types}"
        ));
        let egress = if self.layers == Layers::Five {
            "  - Egress\n  egress:\n  - to:\n    - podSelector: {}\n  - to:\n    - namespaceSelector:\n        matchLabels:\n          \
             kubernetes.io/metadata.name: kube-system\n    ports:\n    - protocol: UDP\n      port: 53\n"
        } else {
            ""
        };
        let more = if self.changed == Some(tenant) {
            "    - namespaceSelector:\n        matchLabels:\n          kubernetes.io/metadata.name: kube-system\n"
        } else {
            ""
        };
        add(format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: own\n  namespace: {space}\nspec:\n  podSelector: {{}}\n  ingress:\n  - \
             from:\n    - podSelector: {{}}\n{more}  policyTypes:\n  - Ingress\n{egress}"
        ));
        add(format!(
            "apiVersion: security.istio.io/v1beta1\nkind: AuthorizationPolicy\nmetadata:\n  name: own\n  namespace: {space}\nspec:\n  rules:\n  - from:\n    - \
             source:\n        namespaces:\n        - {space}\n    to:\n    - operation:\n        methods:\n        - GET\n        - POST\n"
        ));
        if self.layers == Layers::Two {
            return;
        }
        add(format!(
            "apiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata:\n  name: tokens\n  namespace: {space}\nspec:\n  selector:\n    \
             matchLabels:\n      app: w0\n  jwtRules:\n  - issuer: https://{space}\n    jwksUri: https://{space}/keys\n"
        ));
        add(format!(
            "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata:\n  name: admin\n  namespace: {space}\nspec:\n  action: DENY\n  selector:\n    \
             matchLabels:\n      app: w0\n  rules:\n  - to:\n    - operation:\n        ports:\n        - \"8080\"\n        paths:\n        - /admin/*\n    when:\n    - key: \
             request.auth.claims[role]\n      notValues:\n      - admin\n"
        ));
    }
}
