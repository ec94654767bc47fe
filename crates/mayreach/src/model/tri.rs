//! Yes, no, or "depends on what the question leaves out".

/// The attributes of a flow (or facts of the cluster) that a question can leave out.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Attributes(u32);

macro_rules! attributes {
    ($($konst:ident = $bit:literal, $name:literal;)*) => {
        impl Attributes {
            $(#[doc = concat!("`", $name, "`")] pub const $konst: Self = Self(1 << $bit);)*
            const NAMES: &'static [(Self, &'static str)] = &[$((Self::$konst, $name)),*];
        }
    };
}

attributes! {
    PORT = 0, "port";
    SOURCE_ADDRESS = 1, "source.ip";
    DESTINATION_ADDRESS = 2, "destination.ip";
    HTTP = 3, "http";
    METHOD = 4, "http.method";
    PATH = 5, "http.path";
    HOST = 6, "http.host";
    HEADERS = 7, "http.headers";
    SNI = 8, "tls.sni";
    PRINCIPAL = 9, "source.principal";
    TOKEN = 10, "token";
    NOW = 11, "now";
    EXT_AUTHZ = 12, "ext_authz";
    NODE = 13, "node";
    BACKEND = 14, "backend";
    ICMP = 15, "icmp";
    SOURCE_PORT = 16, "source.port";
    JWKS = 17, "jwks";
    METADATA = 18, "dynamic_metadata";
    MTLS = 19, "source.mtls";
    NAMESPACE = 20, "namespace";
    FQDN = 21, "domain_names";
    WORKLOAD = 22, "workload";
    UNEVALUATED = 23, "unevaluated_kind";
    SERVICE = 24, "service";
    INTERFACE = 25, "interface";
}

impl Attributes {
    /// Nothing is missing.
    pub const NONE: Self = Self(0);

    /// Whether nothing is missing.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Both sets together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is in here.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The names, as the flow's JSON spells them.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.iter().filter(move |(bit, _)| self.contains(*bit)).map(|(_, name)| *name)
    }
}

impl std::fmt::Debug for Attributes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

/// Three-valued truth (Kleene): `Unknown` says which attributes would settle it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tri {
    Yes,
    #[default]
    No,
    Unknown(Attributes),
}

impl Tri {
    /// Unknown if anything is missing, else `value`.
    pub(crate) fn of(value: bool) -> Self {
        if value { Self::Yes } else { Self::No }
    }

    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, x) | (x, Self::Yes) => x,
            (Self::Unknown(a), Self::Unknown(b)) => Self::Unknown(a.union(b)),
        }
    }

    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::No, x) | (x, Self::No) => x,
            (Self::Unknown(a), Self::Unknown(b)) => Self::Unknown(a.union(b)),
        }
    }

    pub(crate) fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            unknown @ Self::Unknown(_) => unknown,
        }
    }

    /// `No` for an empty list.
    pub(crate) fn any(items: impl IntoIterator<Item = Self>) -> Self {
        items.into_iter().fold(Self::No, Self::or)
    }

    /// `Yes` for an empty list.
    pub(crate) fn all(items: impl IntoIterator<Item = Self>) -> Self {
        items.into_iter().fold(Self::Yes, Self::and)
    }

    pub(crate) fn is_yes(self) -> bool {
        self == Self::Yes
    }

    pub(crate) fn is_no(self) -> bool {
        self == Self::No
    }

    /// What is missing, if anything.
    pub(crate) fn missing(self) -> Attributes {
        match self {
            Self::Unknown(missing) => missing,
            Self::Yes | Self::No => Attributes::NONE,
        }
    }
}
