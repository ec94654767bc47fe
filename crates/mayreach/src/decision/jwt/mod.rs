//! The JWT layer: RequestAuthentication as Envoy's `jwt_authn` filter enforces it.

mod claims;

pub(crate) use self::claims::{ClaimValue, Claims};
use crate::{
    decision::{
        ClientSees, Layer, LayerDecision, Reason, Verdict, authorization::Chooser, mesh::Proxy,
        request::Seen, trace::Trace,
    },
    model::{
        Attributes, Model,
        inventory::{Service, Workload},
    },
};

/// The layer's answer, and the request as the filters after it see it.
#[derive(Clone, Debug)]
pub(crate) struct Jwt {
    pub(crate) decision: LayerDecision,
    pub(crate) sees: Option<ClientSees>,
    pub(crate) claims: Claims,
    /// `None`: as before, or no request at all.
    pub(crate) seen: Option<Seen>,
}

impl Jwt {
    /// An answer that no token gives.
    pub(crate) fn plain(verdict: Verdict, reason: Reason) -> Self {
        Self {
            decision: LayerDecision { layer: Layer::Jwt, verdict, reason },
            sees: None,
            claims: Claims::None,
            seen: None,
        }
    }
}

/// Asks the layer at one proxy.
pub(crate) fn jwt(
    model: &Model,
    proxy: Proxy,
    workload: &Workload,
    service: Option<&Service>,
    seen: Option<&Seen>,
    trace: &mut Trace,
) -> Jwt {
    let chooser = Chooser { mesh: &model.inventory.mesh, proxy, workload, service };
    let mut mine = model.request_auth.iter().filter(|p| chooser.takes(&p.namespace, &p.attach));
    let _ = trace;
    match mine.next() {
        Some(policy) if seen.is_some() && proxy != Proxy::Ztunnel => Jwt {
            claims: Claims::Unknown(Attributes::UNEVALUATED),
            ..Jwt::plain(Verdict::Undetermined, Reason::NotEvaluated { policy: policy.id })
        },
        _ => Jwt::plain(Verdict::Allow, Reason::NoPolicy),
    }
}
