//! AuthorizationPolicy, lowered: conditions on named attributes, never closures, so that
//! analyses can read them.

use ipnet::IpNet;

use super::PolicyId;
use crate::error::Place;

/// One AuthorizationPolicy.
#[derive(Clone, Debug)]
pub(crate) struct AuthzPolicy {
    pub(crate) id: PolicyId,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) action: AuthzAction,
    /// `istio.io/dry-run: true`: reported, never enforced.
    pub(crate) dry_run: bool,
    pub(crate) attach: Attach,
    pub(crate) rules: Vec<AuthzRule>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AuthzAction {
    Allow,
    Deny,
    Audit,
    /// Asks the provider of that name.
    Custom(String),
}

/// What a policy attaches to (policyattachment.go).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Attach {
    /// No selector and no target.
    Namespace,
    /// `matchLabels`; may be empty (sidecars: the namespace; ambient: nothing).
    Labels(Vec<(String, String)>),
    Targets(Vec<Target>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) kind: TargetKind,
    pub(crate) name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TargetKind {
    Service,
    ServiceEntry,
    Gateway,
    GatewayClass,
}

/// `OR(from) AND OR(to) AND all(when)`; an empty `from` or `to` is "any".
#[derive(Clone, Debug)]
pub(crate) struct AuthzRule {
    pub(crate) place: Place,
    pub(crate) from: Vec<Vec<Condition>>,
    pub(crate) to: Vec<Vec<Condition>>,
    pub(crate) when: Vec<Condition>,
}

/// One attribute against values: `(values empty or any matches) and (no not_value matches)`.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    pub(crate) attribute: Attribute,
    /// The field as written, such as `principals` or `request.headers[x-id]`.
    pub(crate) field: String,
    /// Matchers with the text they were written as.
    pub(crate) values: Vec<(Matcher, String)>,
    pub(crate) not_values: Vec<(Matcher, String)>,
    pub(crate) place: Place,
}

/// What of a request a condition reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Attribute {
    Principal,
    Namespace,
    ServiceAccount,
    TrustDomain,
    /// `iss/sub` of a verified token.
    RequestPrincipal,
    /// The physical peer.
    SourceIp,
    /// After X-Forwarded-For.
    RemoteIp,
    DestinationIp,
    DestinationPort,
    Host,
    Method,
    Path,
    /// Lower-cased name.
    Header(String),
    Audiences,
    Presenter,
    Claim(Vec<String>),
    Sni,
    /// Filter name and key.
    Metadata(String, String),
}

impl Attribute {
    /// Whether TCP connections have no such attribute (model.go checkError).
    pub(crate) const fn http_only(&self) -> bool {
        matches!(
            self,
            Self::RequestPrincipal
                | Self::Host
                | Self::Method
                | Self::Path
                | Self::Header(_)
                | Self::Audiences
                | Self::Presenter
                | Self::Claim(_)
        )
    }
}

/// How one value matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Matcher {
    Text(TextMatch),
    /// `/ns/<pattern>/` anywhere in the identity; `*` spans anything.
    NamespacePattern(Vec<String>),
    /// Namespace and service account.
    ServiceAccount(String, String),
    TrustDomain(TextMatch),
    /// The identity must begin `spiffe://` and the rest match.
    Identity(TextMatch),
    Net(IpNet),
    Port(u16),
    PathTemplate(Vec<TemplatePart>),
    RequestPrincipal {
        issuer: TextMatch,
        subject: TextMatch,
    },
}

/// A plain string condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TextMatch {
    /// The attribute is there, be it empty.
    Present,
    /// Not empty.
    NonEmpty,
    Exact(String),
    Prefix(String),
    Suffix(String),
    /// Any of the three, compared without case (hosts).
    ExactFold(String),
    PrefixFold(String),
    SuffixFold(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TemplatePart {
    Literal(String),
    /// `{*}`: one segment, one or more characters.
    One,
    /// `{**}`: any number of characters, `/` included.
    Many,
}

impl TextMatch {
    /// A plain value: `*` is "not empty", `*x` a suffix, `x*` a prefix, all else exact; a star in
    /// the middle is a star (authz/matcher/string.go StringMatcherWithPrefix).
    pub(crate) fn plain(text: &str) -> Self {
        Self::wildcard(text, Self::NonEmpty, Self::Exact, Self::Prefix, Self::Suffix)
    }

    /// A header value: as a plain one, but `*` is presence (authz/matcher/header.go HeaderMatcher).
    pub(crate) fn header(text: &str) -> Self {
        Self::wildcard(text, Self::Present, Self::Exact, Self::Prefix, Self::Suffix)
    }

    /// A host: as a header value, compared without case (authz/matcher/header.go HostMatcher).
    pub(crate) fn host(text: &str) -> Self {
        Self::wildcard(text, Self::Present, Self::ExactFold, Self::PrefixFold, Self::SuffixFold)
    }

    fn wildcard(
        text: &str,
        star: Self,
        exact: fn(String) -> Self,
        prefix: fn(String) -> Self,
        suffix: fn(String) -> Self,
    ) -> Self {
        if text == "*" {
            star
        } else if let Some(rest) = text.strip_prefix('*') {
            suffix(rest.to_owned())
        } else if let Some(rest) = text.strip_suffix('*') {
            prefix(rest.to_owned())
        } else {
            exact(text.to_owned())
        }
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Present => true,
            // `.+` of RE2, whose `.` is no line feed.
            Self::NonEmpty => !text.is_empty() && !text.contains('\n'),
            Self::Exact(v) => text == v,
            Self::Prefix(v) => text.starts_with(v.as_str()),
            Self::Suffix(v) => text.ends_with(v.as_str()),
            Self::ExactFold(v) => text.eq_ignore_ascii_case(v),
            Self::PrefixFold(v) => {
                text.get(..v.len()).is_some_and(|head| head.eq_ignore_ascii_case(v))
            }
            Self::SuffixFold(v) => text
                .len()
                .checked_sub(v.len())
                .and_then(|start| text.get(start..))
                .is_some_and(|tail| tail.eq_ignore_ascii_case(v)),
        }
    }
}
