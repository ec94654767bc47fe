//! One end of a flow: a name, an address, or a pod that no manifest holds.

use std::net::IpAddr;

use mayreach::{InlineWorkload, Peer, Protocol};
use serde::Deserialize;

use super::{Labels, ProtocolIn, SourcePort, object::objects};
use crate::problem::ProblemOut;

/// Who asks, or whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct PeerIn {
    /// `namespace/name` of a workload of the manifests.
    #[serde(default)]
    pub workload: Option<String>,
    /// `namespace/name` of a Service (destination only).
    #[serde(default)]
    pub service: Option<String>,
    /// An address; with `namespace`, that of the pod.
    #[serde(default)]
    pub ip: Option<String>,
    /// A pod that no manifest holds: its namespace.
    #[serde(default)]
    pub namespace: Option<String>,
    /// Its labels.
    #[serde(default)]
    pub labels: Option<Labels>,
    /// Its annotations.
    #[serde(default)]
    pub annotations: Option<Labels>,
    /// Its service account; `default` if left out.
    #[serde(default)]
    pub service_account: Option<String>,
    /// Its named ports.
    #[serde(default)]
    pub ports: Option<Vec<PodPortIn>>,
    /// `false`: plaintext although in the mesh; `true`: mTLS whatever the mesh would choose.
    #[serde(default)]
    pub mtls: Option<bool>,
    /// The identity that it presents, instead of its own.
    #[serde(default)]
    pub principal: Option<String>,
    /// It speaks TLS of its own, without a client certificate.
    #[serde(default)]
    pub tls_without_certificate: Option<bool>,
}

/// A named port of a pod that no manifest holds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct PodPortIn {
    /// Name.
    pub name: String,
    /// Number.
    pub port: SourcePort,
    /// `TCP` unless said otherwise.
    #[serde(default)]
    pub protocol: Option<ProtocolIn>,
}

objects!(PeerIn, PodPortIn);

/// A checked end, with room for what the engine borrows.
pub(super) enum Checked<'a> {
    Workload(&'a str, &'a str),
    Service(&'a str, &'a str),
    Ip(IpAddr),
    Pod(Pod<'a>),
}

pub(super) struct Pod<'a> {
    namespace: &'a str,
    labels: Vec<(&'a str, &'a str)>,
    annotations: Vec<(&'a str, &'a str)>,
    service_account: Option<&'a str>,
    ip: Option<IpAddr>,
    ports: Vec<(&'a str, u16, Protocol)>,
}

impl PeerIn {
    /// A workload by name.
    pub fn workload(name: impl Into<String>) -> Self {
        Self { workload: Some(name.into()), ..Self::default() }
    }

    /// A Service by name.
    pub fn service(name: impl Into<String>) -> Self {
        Self { service: Some(name.into()), ..Self::default() }
    }

    /// An address.
    pub fn ip(address: impl Into<String>) -> Self {
        Self { ip: Some(address.into()), ..Self::default() }
    }

    pub(super) fn check_source(&self) -> Result<Checked<'_>, ProblemOut> {
        if self.service.is_some() {
            let problem = ProblemOut::invalid("source.service", "a Service opens no connections");
            return Err(problem.help("name the workload or the address that does"));
        }
        self.check("source")
    }

    pub(super) fn check_destination(&self) -> Result<Checked<'_>, ProblemOut> {
        let client = [
            ("mtls", self.mtls.is_some()),
            ("principal", self.principal.is_some()),
            ("tls_without_certificate", self.tls_without_certificate.is_some()),
        ];
        if let Some((field, _)) = client.iter().find(|(_, said)| *said) {
            let field = format!("destination.{field}");
            let problem = ProblemOut::invalid(field, "only the source says how it connects");
            return Err(problem.help("move it to `source`"));
        }
        self.check("destination")
    }

    fn check(&self, end: &str) -> Result<Checked<'_>, ProblemOut> {
        if let Some((namespace, name)) = self.plain() {
            return Ok(Checked::Workload(namespace, name));
        }
        let ways = [
            ("workload", self.workload.is_some()),
            ("service", self.service.is_some()),
            ("namespace", self.namespace.is_some()),
            ("ip", self.ip.is_some() && self.namespace.is_none()),
        ];
        let said: Vec<&str> = ways.iter().filter(|(_, said)| *said).map(|(way, _)| *way).collect();
        if let [one, other, ..] = said.as_slice() {
            return Err(ProblemOut::invalid(end, format!("`{one}` and `{other}` are both given"))
                .help("an end is a workload, a service, an address, or a pod with a namespace"));
        }
        if self.namespace.is_none() {
            self.no_pod_fields(end)?;
        }
        if let Some(name) = &self.workload {
            return name_of(name, &format!("{end}.workload"))
                .map(|(namespace, name)| Checked::Workload(namespace, name));
        }
        if let Some(name) = &self.service {
            return name_of(name, &format!("{end}.service"))
                .map(|(namespace, name)| Checked::Service(namespace, name));
        }
        let ip = self.ip.as_deref().map(|text| address(text, &format!("{end}.ip"))).transpose()?;
        match (&self.namespace, ip) {
            (Some(namespace), ip) => Ok(Checked::Pod(self.pod(namespace, ip, end)?)),
            (None, Some(ip)) => Ok(Checked::Ip(ip)),
            (None, None) => {
                let problem = ProblemOut::invalid(end, "nothing says who this is");
                Err(problem.help("give `workload`, `ip`, `service`, or `namespace` and `labels`"))
            }
        }
    }

    /// The workload, if nothing else is said of this end.
    pub(super) fn word(&self) -> Option<&str> {
        let alone = self.mtls.is_none()
            && self.principal.is_none()
            && self.tls_without_certificate.is_none()
            && self.plain().is_some();
        // In one word a colon means something else.
        self.workload.as_deref().filter(|text| alone && !text.contains(':'))
    }

    /// A workload's name and nothing else about who it is: what most flows say.
    fn plain(&self) -> Option<(&str, &str)> {
        let Self {
            workload: Some(text),
            service: None,
            ip: None,
            namespace: None,
            labels: None,
            annotations: None,
            service_account: None,
            ports: None,
            mtls: _,
            principal: _,
            tls_without_certificate: _,
        } = self
        else {
            return None;
        };
        parts(text)
    }

    fn no_pod_fields(&self, end: &str) -> Result<(), ProblemOut> {
        let fields = [
            ("labels", self.labels.is_some()),
            ("annotations", self.annotations.is_some()),
            ("service_account", self.service_account.is_some()),
            ("ports", self.ports.is_some()),
        ];
        match fields.iter().find(|(_, said)| *said) {
            None => Ok(()),
            Some((field, _)) => {
                let message = "only a pod that no manifest holds has this";
                Err(ProblemOut::invalid(format!("{end}.{field}"), message)
                    .help("give its `namespace`, and no `workload`"))
            }
        }
    }

    fn pod<'a>(
        &'a self,
        namespace: &'a str,
        ip: Option<IpAddr>,
        end: &str,
    ) -> Result<Pod<'a>, ProblemOut> {
        if namespace.is_empty() {
            let field = format!("{end}.namespace");
            return Err(ProblemOut::invalid(field, "a namespace has a name"));
        }
        let lend = |labels: &'a Option<Labels>| labels.as_ref().map(Labels::lend);
        let mut ports = Vec::new();
        for (index, port) in self.ports.iter().flatten().enumerate() {
            let field = format!("{end}.ports[{index}].protocol");
            let protocol = port.protocol.as_ref().map(|p| p.check(&field)).transpose()?;
            ports.push((port.name.as_str(), port.port.0, protocol.unwrap_or_default()));
        }
        Ok(Pod {
            namespace,
            labels: lend(&self.labels).unwrap_or_default(),
            annotations: lend(&self.annotations).unwrap_or_default(),
            service_account: self.service_account.as_deref(),
            ip,
            ports,
        })
    }
}

impl Checked<'_> {
    pub(super) fn inline(&self) -> Option<InlineWorkload<'_>> {
        let Self::Pod(pod) = self else { return None };
        Some(InlineWorkload {
            namespace: pod.namespace,
            labels: &pod.labels,
            annotations: &pod.annotations,
            service_account: pod.service_account,
            ip: pod.ip,
            ports: &pod.ports,
        })
    }

    pub(super) fn peer<'a>(&'a self, inline: Option<&'a InlineWorkload<'a>>) -> Peer<'a> {
        match (self, inline) {
            (_, Some(pod)) => Peer::Inline(pod),
            (Self::Service(namespace, name), _) => Peer::Service { namespace, name },
            (Self::Ip(ip), _) => Peer::Ip(*ip),
            (Self::Workload(namespace, name), _) => Peer::Workload { namespace, name },
            (Self::Pod(pod), None) => Peer::Workload { namespace: pod.namespace, name: "" },
        }
    }
}

/// The two parts of `namespace/name`.
pub(crate) fn parts(text: &str) -> Option<(&str, &str)> {
    let (namespace, name) = text.split_once('/')?;
    (!namespace.is_empty() && !name.is_empty() && !name.contains('/')).then_some((namespace, name))
}

fn name_of<'a>(text: &'a str, field: &str) -> Result<(&'a str, &'a str), ProblemOut> {
    parts(text).ok_or_else(|| {
        ProblemOut::invalid(field, format!("`{text}` is not `namespace/name`"))
            .help("write the namespace, a slash and the name, such as `shop/web`")
    })
}

fn address(text: &str, field: &str) -> Result<IpAddr, ProblemOut> {
    text.parse().map_err(|_| {
        ProblemOut::invalid(field, format!("`{text}` is not an IP address"))
            .help("write one address such as `203.0.113.7` or `2001:db8::7`, without a prefix")
    })
}
