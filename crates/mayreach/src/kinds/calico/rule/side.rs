//! One side of a rule: which addresses and ports it names.

use super::{
    lower::{At, Context, Direction, surprise},
    manifest::{EntityRule, ServiceAccounts, Services},
    nets::nets,
    port::ports,
};
use crate::{
    error::ErrorCode,
    kinds::calico::{
        findings::{Findings, line_of},
        flatten::{self, Side},
        names,
        selectors::{self, Dropped},
    },
    manifest::Spanned,
    model::network::PeerMatch,
};

/// Which side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Source,
    Destination,
}

impl End {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Destination => "destination",
        }
    }
}

pub(super) fn lower(
    written: EntityRule,
    end: End,
    at: At<'_>,
    context: Context<'_>,
    findings: &mut Findings<'_>,
) -> Result<PeerMatch, Dropped> {
    let field = format!("{}.{}", at.field, end.as_str());
    check_services(&written, end, &field, context, findings);
    let EntityRule {
        nets: written_nets,
        not_nets,
        selector,
        not_selector,
        namespace_selector,
        ports: written_ports,
        not_ports,
        service_accounts,
        services,
    } = written;
    let accounts = service_accounts.map(|accounts| accounts.value).unwrap_or_default();
    let selectors = Selectors { selector, not_selector, namespace_selector, accounts };
    let (selector, not_selector) =
        selectors.lower(end, At { field: &field, ..at }, context, findings)?;
    Ok(PeerMatch {
        selector,
        not_selector,
        nodes: None,
        nets: nets(&written_nets, &format!("{field}.nets"), false, findings),
        not_nets: nets(&not_nets, &format!("{field}.notNets"), true, findings),
        ports: ports(&written_ports, &format!("{field}.ports"), findings),
        not_ports: ports(&not_ports, &format!("{field}.notPorts"), findings),
        service: services.and_then(|services| service(services, &field, context, findings)),
        domains: Vec::new(),
    })
}

type Flat = Option<crate::model::selector::Selector>;

struct Selectors {
    selector: Option<Spanned<String>>,
    not_selector: Option<Spanned<String>>,
    namespace_selector: Option<Spanned<String>>,
    accounts: ServiceAccounts,
}

impl Selectors {
    fn lower(
        self,
        end: End,
        at: At<'_>,
        context: Context<'_>,
        findings: &mut Findings<'_>,
    ) -> Result<(Flat, Flat), Dropped> {
        self.check(end, at, context, findings);
        if !findings.clean() {
            return Ok((None, None));
        }
        let Self { selector, not_selector, namespace_selector, accounts } = self;
        let ServiceAccounts { names, selector: account_selector } = accounts;
        let side = Side {
            selector: selectors::text(selector.as_ref()),
            not_selector: selectors::text(not_selector.as_ref()),
            namespace_selector: selectors::text(namespace_selector.as_ref()),
            account_selector: selectors::text(account_selector.as_ref()),
            account_names: &names,
        };
        let endpoints = flatten::endpoints(context.namespace, side);
        let (positive, negative) = flatten::combine(endpoints, side.not_selector);
        Ok((selectors::flat(&positive)?, selectors::flat(&negative)?))
    }

    /// Every selector parses, and `global()` stands where it may.
    fn check(&self, end: End, at: At<'_>, context: Context<'_>, findings: &mut Findings<'_>) {
        let name = |field: &str| format!("{}.{field}", at.field);
        let plain = [
            (self.selector.as_ref(), name("selector")),
            (self.namespace_selector.as_ref(), name("namespaceSelector")),
            (self.accounts.selector.as_ref(), name("serviceAccounts.selector")),
        ];
        for (written, field) in plain {
            let parsed = selectors::check(written, &field, findings);
            if field.ends_with(".namespaceSelector") {
                selectors::only_global(written, parsed.as_ref(), &field, findings);
            }
            selectors::remark(parsed.as_ref(), line_of(written), &field, findings);
        }
        selectors::forbid_global(self.selector.as_ref(), &name("selector"), findings);
        let field = name("notSelector");
        let written = self.not_selector.as_ref();
        let parsed = selectors::check(written, &field, findings);
        let everyone = self.everyone(end, context);
        selectors::remark_negated(parsed.as_ref(), line_of(written), &field, &everyone, findings);
        for name in self.accounts.names.iter().filter(|name| !names::is_subdomain(name)) {
            let message = format!("no service account can have the name `{name}`");
            surprise(findings, at, message);
        }
    }

    /// What a `notSelector` that excludes nobody leaves, for its note.
    fn everyone(&self, end: End, context: Context<'_>) -> String {
        let end = end.as_str();
        let others = self.selector.is_some()
            || self.namespace_selector.is_some()
            || self.accounts.selector.is_some()
            || !self.accounts.names.is_empty();
        match context.namespace {
            _ if others => format!("every {end} that its other selectors select"),
            Some(namespace) => {
                format!("every {end} in namespace `{namespace}`, and none outside it")
            }
            None => format!("every {end}, also outside the cluster"),
        }
    }
}

/// A Service's endpoints. "Namespace empty means the policy's" is documented and not implemented:
/// the set stays empty (rules.go, `rule_scanner.go`).
fn service(
    written: Spanned<Services>,
    field: &str,
    context: Context<'_>,
    findings: &mut Findings<'_>,
) -> Option<(String, String)> {
    let Spanned { value: Services { name, namespace }, line } = written;
    let field = format!("{field}.services");
    let help = "Services have DNS names";
    if name.is_empty() {
        let message = "a service must be named";
        findings.report(ErrorCode::MissingField, line, format!("{field}.name"), message, help);
        return None;
    }
    for (part, text) in [("name", &name), ("namespace", &namespace)] {
        if !text.is_empty() && !names::is_subdomain(text) {
            let message = format!("`{text}` is not a {part}");
            findings.invalid(line, format!("{field}.{part}"), message, help);
        }
    }
    match (namespace.as_str(), context.namespace) {
        ("", None) => findings.report(
            ErrorCode::MissingField,
            line,
            format!("{field}.namespace"),
            "a policy of the cluster must specify the service's namespace",
            "add `namespace`",
        ),
        ("", Some(own)) => surprise(
            findings,
            At { line, field: &field },
            format!(
                "without `namespace` Calico looks for the service nowhere, not in `{own}`: the \
                 rule never matches"
            ),
        ),
        _ => {}
    }
    Some((namespace, name))
}

/// Services exclude all that says who or where, and stand only where a rule looks outwards.
fn check_services(
    written: &EntityRule,
    end: End,
    field: &str,
    context: Context<'_>,
    findings: &mut Findings<'_>,
) {
    let Some(services) = &written.services else { return };
    let given = |text: &Option<Spanned<String>>| !selectors::text(text.as_ref()).is_empty();
    let others = [
        (given(&written.selector), "selector"),
        (given(&written.not_selector), "notSelector"),
        (given(&written.namespace_selector), "namespaceSelector"),
        (written.service_accounts.is_some(), "serviceAccounts"),
        (!written.nets.is_empty(), "nets"),
        (!written.not_nets.is_empty(), "notNets"),
        (end == End::Destination && !written.ports.is_empty(), "ports"),
        (end == End::Destination && !written.not_ports.is_empty(), "notPorts"),
    ];
    for (_, other) in others.iter().filter(|(set, _)| *set) {
        findings.conflict(
            services.line,
            format!("{field}.{other}"),
            format!("`{other}` cannot be specified with `services`"),
            format!("remove `{other}`, or `services`"),
        );
    }
    let misplaced = match (context.direction, end) {
        (Direction::Egress, End::Source) => "not allowed in an egress rule's source",
        (Direction::Ingress, End::Destination) => "not allowed in an ingress rule's destination",
        _ => return,
    };
    let help = "services are the destination of egress rules and the source of ingress rules";
    findings.conflict(services.line, format!("{field}.services"), misplaced, help);
}
