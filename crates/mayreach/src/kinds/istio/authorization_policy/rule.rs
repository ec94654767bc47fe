//! One rule: `OR(from) AND OR(to) AND all(when)`.

use super::{
    manifest::{From, Operation, Rule, Source, Texts, To, When},
    value, when,
};
use crate::{
    kinds::kubernetes::{Checks, Path},
    manifest::{Document, Spanned},
    model::authz::{Attribute, AuthzRule, Condition},
};

/// Reads rules of one policy.
pub(super) struct Reader<'c, 'd> {
    pub(super) document: &'d Document,
    pub(super) checks: &'c mut Checks<'d>,
    pub(super) namespace: &'d str,
    /// CUSTOM rules may not use what only later filters know.
    pub(super) custom: bool,
}

/// Field names and values of an attribute and of its negation.
type Pair<'a> = (Attribute, (&'static str, &'a Texts), (&'static str, &'a Texts));

impl Reader<'_, '_> {
    pub(super) fn rule(&mut self, rule: &Spanned<Rule>, path: &Path<'_>) -> AuthzRule {
        let Rule { from, to, when } = &rule.value;
        let from_path = path.field("from");
        let to_path = path.field("to");
        AuthzRule {
            place: self.document.at(rule.line),
            from: self.alternatives(from.as_ref(), &from_path, |me, from, path| {
                let From { source } = &from.value;
                let path = path.field("source");
                match source {
                    Some(source) => me.source(source, &path),
                    None => me.empty(
                        &path,
                        from.line,
                        "`from` needs a `source` with at least one field",
                    ),
                }
            }),
            to: self.alternatives(to.as_ref(), &to_path, |me, to, path| {
                let To { operation } = &to.value;
                let path = path.field("operation");
                match operation {
                    Some(operation) => me.operation(operation, &path),
                    None => me.empty(
                        &path,
                        to.line,
                        "`to` needs an `operation` with at least one field",
                    ),
                }
            }),
            when: self.when(when.as_deref().unwrap_or_default(), &path.field("when")),
        }
    }

    fn alternatives<T>(
        &mut self,
        given: Option<&Spanned<Vec<Spanned<T>>>>,
        path: &Path<'_>,
        mut read: impl FnMut(&mut Self, &Spanned<T>, &Path<'_>) -> Vec<Condition>,
    ) -> Vec<Vec<Condition>> {
        let Some(given) = given else { return Vec::new() };
        let items = given.value.iter().enumerate();
        items.map(|(n, item)| read(self, item, &path.item(n))).collect()
    }

    fn empty(&mut self, path: &Path<'_>, line: u32, message: &str) -> Vec<Condition> {
        self.checks.missing(path, line, message);
        Vec::new()
    }

    fn source(&mut self, source: &Spanned<Source>, path: &Path<'_>) -> Vec<Condition> {
        let Source {
            principals,
            not_principals,
            request_principals,
            not_request_principals,
            namespaces,
            not_namespaces,
            service_accounts,
            not_service_accounts,
            ip_blocks,
            not_ip_blocks,
            remote_ip_blocks,
            not_remote_ip_blocks,
            trust_domains,
            not_trust_domains,
        } = &source.value;
        let given = |texts: &Texts| texts.as_ref().is_some_and(|t| !t.is_empty());
        let accounts = given(service_accounts) || given(not_service_accounts);
        let others = [principals, not_principals, namespaces, not_namespaces];
        if accounts && others.into_iter().any(given) {
            self.checks.conflict(
                path,
                source.line,
                "`serviceAccounts` cannot stand beside `principals` or `namespaces`",
            );
        }
        for texts in [service_accounts, not_service_accounts] {
            if texts.as_ref().is_some_and(|t| t.len() > 16) {
                self.checks.invalid(path, source.line, "at most 16 service accounts are accepted");
            }
        }
        let pairs: [Pair<'_>; 7] = [
            (Attribute::Principal, ("principals", principals), ("notPrincipals", not_principals)),
            (
                Attribute::RequestPrincipal,
                ("requestPrincipals", request_principals),
                ("notRequestPrincipals", not_request_principals),
            ),
            (Attribute::Namespace, ("namespaces", namespaces), ("notNamespaces", not_namespaces)),
            (
                Attribute::ServiceAccount,
                ("serviceAccounts", service_accounts),
                ("notServiceAccounts", not_service_accounts),
            ),
            (Attribute::SourceIp, ("ipBlocks", ip_blocks), ("notIpBlocks", not_ip_blocks)),
            (
                Attribute::RemoteIp,
                ("remoteIpBlocks", remote_ip_blocks),
                ("notRemoteIpBlocks", not_remote_ip_blocks),
            ),
            (
                Attribute::TrustDomain,
                ("trustDomains", trust_domains),
                ("notTrustDomains", not_trust_domains),
            ),
        ];
        self.pairs(&pairs, path, source.line)
    }

    fn operation(&mut self, operation: &Spanned<Operation>, path: &Path<'_>) -> Vec<Condition> {
        let Operation {
            hosts,
            not_hosts,
            ports,
            not_ports,
            methods,
            not_methods,
            paths,
            not_paths,
        } = &operation.value;
        let pairs: [Pair<'_>; 4] = [
            (Attribute::Host, ("hosts", hosts), ("notHosts", not_hosts)),
            (Attribute::DestinationPort, ("ports", ports), ("notPorts", not_ports)),
            (Attribute::Method, ("methods", methods), ("notMethods", not_methods)),
            (Attribute::Path, ("paths", paths), ("notPaths", not_paths)),
        ];
        self.pairs(&pairs, path, operation.line)
    }

    /// "from.source / to.operation nil or empty" is refused (validation.go).
    fn pairs(&mut self, pairs: &[Pair<'_>], path: &Path<'_>, line: u32) -> Vec<Condition> {
        let mut out = Vec::new();
        for (attribute, positive, negative) in pairs {
            for ((field, texts), negated) in [(positive, false), (negative, true)] {
                let Some(texts) = texts.as_ref().filter(|t| !t.is_empty()) else { continue };
                let path = path.field(field);
                if self.custom && not_for_custom(attribute) {
                    self.refuse_custom(&path, line);
                }
                let matchers = self.values(attribute, texts, &path);
                let first = texts.first().map_or(line, |t| t.line);
                let (values, not_values) =
                    if negated { (Vec::new(), matchers) } else { (matchers, Vec::new()) };
                out.push(Condition {
                    attribute: attribute.clone(),
                    field: (*field).to_owned(),
                    values,
                    not_values,
                    place: self.document.at(first),
                });
            }
        }
        if out.is_empty() {
            self.checks.missing(path, line, "at least one field is needed");
        }
        out
    }

    fn refuse_custom(&mut self, path: &Path<'_>, line: u32) {
        self.checks.invalid(path, line, "currently not supported with CUSTOM action");
    }

    fn values(
        &mut self,
        attribute: &Attribute,
        texts: &[Spanned<String>],
        path: &Path<'_>,
    ) -> Vec<(crate::model::authz::Matcher, String)> {
        let mut out = Vec::new();
        for (n, text) in texts.iter().enumerate() {
            let path = path.item(n);
            if text.value.is_empty() && !matches!(attribute, Attribute::Header(_)) {
                self.checks.invalid(&path, text.line, "an empty value is not accepted");
                continue;
            }
            match value::matcher(attribute, &text.value, self.namespace) {
                Ok(matcher) => out.push((matcher, text.value.clone())),
                Err(message) => self.checks.invalid(&path, text.line, message),
            }
        }
        out
    }

    fn when(&mut self, conditions: &[Spanned<When>], path: &Path<'_>) -> Vec<Condition> {
        let mut out = Vec::new();
        for (n, condition) in conditions.iter().enumerate() {
            let When { key, values, not_values } = &condition.value;
            let path = path.item(n);
            let line = condition.line;
            let Some(key) = key.as_ref().filter(|k| !k.value.is_empty()) else {
                self.checks.missing(&path.field("key"), line, "a condition needs a key");
                continue;
            };
            let attribute = match when::attribute(&key.value) {
                Ok(attribute) => attribute,
                Err(message) => {
                    self.checks.invalid(&path.field("key"), key.line, message);
                    continue;
                }
            };
            if self.custom && not_for_custom(&attribute) {
                self.refuse_custom(&path.field("key"), key.line);
            }
            let values = values.as_deref().unwrap_or_default();
            let not_values = not_values.as_deref().unwrap_or_default();
            if values.is_empty() && not_values.is_empty() {
                self.checks.missing(&path, line, "a condition needs `values` or `notValues`");
            }
            out.push(Condition {
                field: key.value.clone(),
                values: self.values(&attribute, values, &path.field("values")),
                not_values: self.values(&attribute, not_values, &path.field("notValues")),
                attribute,
                place: self.document.at(key.line),
            });
        }
        out
    }
}

/// What CUSTOM rules may not ask, as their filter runs before identity and tokens are known to it.
fn not_for_custom(attribute: &Attribute) -> bool {
    matches!(
        attribute,
        Attribute::Namespace
            | Attribute::ServiceAccount
            | Attribute::TrustDomain
            | Attribute::Principal
            | Attribute::RequestPrincipal
            | Attribute::Audiences
            | Attribute::Presenter
            | Attribute::Claim(_)
    )
}
