//! Reasons in plain words: one clause each, for a line of text.

use super::{LayerOut, PolicyOut, ReasonOut};

impl LayerOut {
    /// What decided this layer, as a clause: small letter, no full stop.
    pub fn words(&self) -> String {
        let words = self.on_its_way();
        match self.hop {
            Some("to_waypoint") => format!("{words} (client to waypoint)"),
            Some(_) => format!("{words} (waypoint to destination)"),
            None => words,
        }
    }

    fn on_its_way(&self) -> String {
        let reason = &self.reason;
        let policy = || reason.policy.as_ref().map_or_else(String::new, ToString::to_string);
        let rule = || match reason.rule {
            Some(rule) => format!("rule {rule} of {}", policy()),
            None => policy(),
        };
        match reason.code {
            "rule" => match self.verdict {
                "allow" => format!("allowed by {}", rule()),
                _ => format!("denied by {}", rule()),
            },
            "isolated" => {
                format!("isolated by {}: no {} rule matches", several(reason), self.layer)
            }
            "end_of_tier" => format!(
                "end of tier `{}`: no {} rule of {} decides",
                reason.tier.as_deref().unwrap_or_default(),
                self.layer,
                several(reason),
            ),
            "default_allow" => format!("no {} policy decides: allowed by default", self.layer),
            "undefined_namespace" => {
                "the pod's namespace is not defined, and Calico denies what has no profile".into()
            }
            "no_profile" => {
                "no policy decides, and a host endpoint without a profile denies".into()
            }
            "endpoint_to_host" => {
                "Calico drops what a pod sends to its own node (`defaultEndpointToHostAction`)"
                    .into()
            }
            "failsafe" => "a failsafe port, which Calico keeps open".into(),
            "not_policed" => "this end is no pod of the pod network: no policy governs it".into(),
            "local_traffic" => "a pod's own and its node's traffic is not policed".into(),
            "not_in_mesh" => "the destination is not in the mesh".into(),
            "mtls_accepted" => self.accepted(),
            "mtls_refused" => self.refused(),
            "no_policy" => "no policy selects the destination".into(),
            "no_allow_match" => format!("no ALLOW rule of {} matches", several(reason)),
            "provider" => self.provider(&rule()),
            "provider_failed" => {
                let provider = reason.provider.as_deref().unwrap_or("its provider");
                let end = if self.verdict == "allow" {
                    "fails open, so what it matches passes"
                } else {
                    "fails closed, so what it matches is denied"
                };
                format!("{} asks `{provider}`, which {end}", rule())
            }
            "bad_provider" => {
                format!(
                    "{} asks a provider that istiod refuses, so what it matches is denied",
                    rule()
                )
            }
            "jwt_verified" => format!("token verified by {}", rule()),
            "jwt_missing" => "no token is sent, and that alone passes".into(),
            "jwt_rejected" => {
                format!("token refused by {}: `{}`", policy(), reason.body.unwrap_or_default())
            }
            "script" => {
                format!(
                    "the script of {} answers {} itself",
                    policy(),
                    reason.status.unwrap_or_default()
                )
            }
            "bad_request" => "no HTTP that the proxy takes: it answers 400 itself".into(),
            "not_evaluated" => format!("{} may change this and is not evaluated", policy()),
            "missing" => self.depends(),
            "unknown_peer" => "the flow names what no manifest holds".into(),
            "not_reached" => "not asked: the connection is refused before".into(),
            other => other.to_owned(),
        }
    }

    /// `set by PeerAuthentication a/b`, or the mesh's default.
    fn mode(&self) -> String {
        let mode = self.reason.mode.unwrap_or_default();
        match &self.reason.policy {
            Some(policy) => format!("mTLS {mode} of {policy}"),
            None => format!("mTLS {mode}, the mesh default,"),
        }
    }

    fn accepted(&self) -> String {
        let identity = match self.reason.identity {
            Some(true) => "the client's identity is known",
            _ => "the client's identity is not known",
        };
        format!("{} accepts it; {identity}", self.mode())
    }

    fn refused(&self) -> String {
        let client = match self.reason.client {
            Some("plaintext") => "plaintext",
            Some("no_certificate") => "TLS without a certificate of the mesh",
            Some("foreign_trust_domain") => "a certificate of a foreign trust domain",
            Some("unexpected_tls") => "TLS, which this port does not terminate",
            _ => "the connection",
        };
        format!("{} refuses {client}", self.mode())
    }

    fn provider(&self, rule: &str) -> String {
        let provider = self.reason.provider.as_deref().unwrap_or("its provider");
        match self.verdict {
            "allow" => format!("{rule} asked `{provider}`, which allowed it"),
            "deny" => format!("{rule} asked `{provider}`, which denied it"),
            _ => format!("{rule} asks `{provider}`, whose answer is not given"),
        }
    }

    fn depends(&self) -> String {
        let missing = self.reason.missing.join(", ");
        match &self.reason.policy {
            Some(policy) => format!("{policy} depends on {missing}"),
            None => format!("depends on {missing}"),
        }
    }
}

/// One policy by name, or how many there are of its kind.
fn several(reason: &ReasonOut) -> String {
    match reason.policies.as_slice() {
        [] => reason.policy.as_ref().map_or_else(|| "any policy".into(), PolicyOut::to_string),
        [only] => only.to_string(),
        [first, rest @ ..] if rest.iter().all(|policy| policy.kind == first.kind) => {
            format!("{} {}", rest.len() + 1, plural(&first.kind))
        }
        all => format!("{} policies", all.len()),
    }
}

/// `NetworkPolicies`.
fn plural(kind: &str) -> String {
    match kind.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{kind}s"),
    }
}
