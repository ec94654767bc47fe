//! The handle that Envoy gives a script, and what hangs on it (wrappers.cc).
//!
//! Names that Envoy 1.39 has and this does not are refused; any other name is nil, as in Envoy.

#![allow(
    clippy::disallowed_types,
    clippy::float_cmp,
    reason = "lives as long as one run of one script, which counts in floats"
)]

use std::{cell::RefCell, rc::Rc};

use mlua::{
    AnyUserData, Error, FromLua, Function, Lua, MetaMethod, MultiValue, Result, Table, UserData,
    UserDataMethods, Value,
};

use super::{
    super::{End, Facts},
    request::Request,
};
use crate::{decision::mesh::Identity, model::Attributes};

type Shared = Rc<RefCell<Request>>;

/// "Script log" calls: they take a string and say nothing to the request.
const LOGS: &[&str] = &["logTrace", "logDebug", "logInfo", "logWarn", "logErr", "logCritical"];

/// `envoy_on_request(handle)`.
pub(super) struct Handle {
    pub(super) request: Shared,
    pub(super) facts: Rc<Facts>,
}

struct Headers(Shared);
struct StreamInfo(Shared, Rc<Facts>);
struct Wrapper(Shared, Rc<Facts>);
struct Tls(Shared, Rc<Facts>);
/// Of the route: nothing, unless somebody patches routes.
struct Metadata(Shared);

/// What objects share: the calls that log, and how names that are not known are taken.
fn common<T: AsRef<RefCell<Request>> + 'static, M: UserDataMethods<T>>(
    methods: &mut M,
    refused: &'static [&'static str],
) {
    for log in LOGS {
        methods.add_method(*log, |_, this, _: Text| this.as_ref().borrow().running());
    }
    methods.add_meta_method(MetaMethod::Index, |_, this, name: Value| {
        let name = name.to_string().unwrap_or_default();
        if refused.contains(&"*") || refused.contains(&name.as_str()) {
            return Err(this.as_ref().borrow_mut().refuse(&format!("the call `{name}`")));
        }
        Ok(Value::Nil)
    });
}

macro_rules! shares {
    ($($object:ident . $field:tt),*) => {
        $(impl AsRef<RefCell<Request>> for $object {
            fn as_ref(&self) -> &RefCell<Request> {
                &self.$field
            }
        })*
    };
}
shares!(Handle.request, Headers.0, StreamInfo.0, Wrapper.0, Tls.0, Metadata.0);

/// `luaL_checkstring`: a string, or a number as one.
struct Text(std::result::Result<String, ()>);

impl FromLua for Text {
    fn from_lua(value: Value, lua: &Lua) -> Result<Self> {
        let wrong = |kind| Error::RuntimeError(format!("string expected, got {kind}"));
        let kind = value.type_name();
        let text = match value {
            Value::String(_) | Value::Integer(_) | Value::Number(_) => lua.coerce_string(value)?,
            _ => None,
        };
        let text = text.ok_or_else(|| wrong(kind))?;
        Ok(Self(String::from_utf8(text.as_bytes().to_vec()).map_err(|_| ())))
    }
}

impl Text {
    fn read(self, request: &Shared) -> Result<String> {
        self.0.map_err(|()| request.borrow_mut().refuse("text that is not UTF-8"))
    }

    /// `LowerCaseString`.
    fn name(self, request: &Shared) -> Result<String> {
        self.read(request).map(|text| text.to_ascii_lowercase())
    }
}

impl UserData for Handle {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_method("headers", |_, this, ()| Ok(Headers(Rc::clone(&this.request))));
        methods.add_method("streamInfo", |_, this, ()| {
            Ok(StreamInfo(Rc::clone(&this.request), Rc::clone(&this.facts)))
        });
        methods.add_method("connection", |_, this, ()| {
            Ok(Wrapper(Rc::clone(&this.request), Rc::clone(&this.facts)))
        });
        methods.add_method("metadata", |_, this, ()| Ok(Metadata(Rc::clone(&this.request))));
        // The route is chosen after all that is asked here.
        methods.add_method("clearRouteCache", |_, this, ()| this.request.borrow().running());
        methods.add_method("base64Escape", |_, this, text: Text| {
            Ok(base64(text.read(&this.request)?.as_bytes()))
        });
        methods.add_method("respond", |_, this, (headers, body): (Table, Option<Text>)| {
            respond(&this.request, &headers, body)
        });
        common(
            methods,
            &[
                "body",
                "bodyChunks",
                "connectionStreamInfo",
                "filterContext",
                "httpCall",
                "importPublicKey",
                "route",
                "setUpstreamOverrideHost",
                "stats",
                "timestamp",
                "timestampString",
                "trailers",
                "verifySignature",
                "virtualHost",
            ],
        );
    }
}

/// ":status must be between 200-599"; the script yields and is never resumed.
fn respond(request: &Shared, headers: &Table, body: Option<Text>) -> Result<()> {
    request.borrow().running()?;
    let status = match headers.get::<Value>(":status")? {
        Value::Table(_) => return Err(request.borrow_mut().refuse("a list of statuses")),
        Value::Nil => String::new(),
        // Headers are built with lua_tostring.
        value => value.to_string().unwrap_or_default(),
    };
    let status: u16 = status.trim().parse().unwrap_or_default();
    if !(200..600).contains(&status) {
        return Err(Error::RuntimeError(":status must be between 200-599".to_owned()));
    }
    let bare = match body {
        Some(text) => text.read(request)?.is_empty(),
        None => true,
    };
    Err(request.borrow_mut().stop(End::Responded { status, bare }))
}

impl UserData for Headers {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        // getAllOfHeaderAsString: nothing at all where there is no line, not even nil.
        methods.add_method("get", |lua, this, name: Text| {
            let values = this.0.borrow_mut().values(&name.name(&this.0)?)?;
            if values.is_empty() { Ok(MultiValue::new()) } else { one(lua, &values.join(",")) }
        });
        methods.add_method("getAtIndex", |lua, this, (name, index): (Text, f64)| {
            let values = this.0.borrow_mut().values(&name.name(&this.0)?)?;
            // Cut to an integer.
            let found = (0_u32..).zip(&values).find(|(n, _)| f64::from(*n) == index.trunc());
            found.map_or(Ok(MultiValue::new()), |(_, value)| one(lua, value))
        });
        methods.add_method("getNumValues", |_, this, name: Text| {
            this.0.borrow_mut().count(&name.name(&this.0)?)
        });
        methods.add_method("add", |_, this, (name, value): (Text, Text)| {
            let (name, value) = (name.name(&this.0)?, value.read(&this.0)?);
            this.0.borrow_mut().append(&name, &value)
        });
        methods.add_method("replace", |_, this, (name, value): (Text, Text)| {
            let (name, value) = (name.name(&this.0)?, value.read(&this.0)?);
            this.0.borrow_mut().replace(&name, &value)
        });
        methods.add_method("remove", |_, this, name: Text| {
            let name = name.name(&this.0)?;
            this.0.borrow_mut().remove(&name)
        });
        common(methods, &["setHttp1ReasonPhrase"]);
    }
}

fn one(lua: &Lua, text: &str) -> Result<MultiValue> {
    Ok(MultiValue::from_iter([Value::String(lua.create_string(text)?)]))
}

impl UserData for StreamInfo {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_method("downstreamSslConnection", |lua, this, ()| tls(lua, &this.0, &this.1));
        methods.add_method("requestedServerName", |_, this, ()| match (this.1.tls, &this.1.sni) {
            (Some(false), _) => Ok(String::new()),
            (Some(true), Some(name)) => Ok(name.clone()),
            _ => Err(this.0.borrow_mut().missing(Attributes::SNI)),
        });
        common(
            methods,
            &[
                "downstreamDirectLocalAddress",
                "downstreamDirectRemoteAddress",
                "downstreamLocalAddress",
                "downstreamRemoteAddress",
                "drainConnectionUponCompletion",
                "dynamicMetadata",
                "dynamicTypedMetadata",
                "filterState",
                "protocol",
                "routeName",
                "virtualClusterName",
            ],
        );
    }
}

impl UserData for Wrapper {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_method("ssl", |lua, this, ()| tls(lua, &this.0, &this.1));
        common(methods, &[]);
    }
}

/// nil without TLS.
fn tls(lua: &Lua, request: &Shared, facts: &Rc<Facts>) -> Result<Value> {
    request.borrow().running()?;
    match facts.tls {
        Some(true) => {
            let object = lua.create_userdata(Tls(Rc::clone(request), Rc::clone(facts)))?;
            Ok(Value::UserData(object))
        }
        Some(false) => Ok(Value::Nil),
        None => Err(request.borrow_mut().missing(Attributes::MTLS)),
    }
}

impl Tls {
    /// The client's identity, if it shows a certificate.
    fn peer(&self) -> Result<Option<String>> {
        self.0.borrow().running()?;
        match &self.1.identity {
            Identity::None => Ok(None),
            Identity::Known(id) => Ok(Some(id.clone())),
            Identity::Perhaps(_, missing) | Identity::Unknown(missing) => {
                Err(self.0.borrow_mut().missing(missing.union(Attributes::PRINCIPAL)))
            }
        }
    }
}

impl UserData for Tls {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        for name in ["peerCertificatePresented", "peerCertificateValidated"] {
            methods.add_method(name, |_, this, ()| Ok(this.peer()?.is_some()));
        }
        // A table, whose first entry is the identity.
        methods.add_method("uriSanPeerCertificate", |lua, this, ()| {
            lua.create_sequence_from(this.peer()?)
        });
        methods.add_method("uriSanLocalCertificate", |lua, this, ()| {
            this.0.borrow().running()?;
            lua.create_sequence_from([this.1.own.clone()])
        });
        // Certificates of the mesh name nothing but the identity.
        methods
            .add_method("subjectPeerCertificate", |_, this, ()| this.peer().map(|_| String::new()));
        methods.add_method("dnsSansPeerCertificate", |lua, this, ()| {
            this.peer()?;
            lua.create_table()
        });
        common(methods, &["*"]);
    }
}

impl UserData for Metadata {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_method("get", |_, this, _: Text| {
            this.0.borrow().running().map(|()| MultiValue::new())
        });
        common(methods, &[]);
    }
}

/// `pairs` of an object.
pub(super) fn pairs(lua: &Lua, object: AnyUserData) -> Result<Function> {
    if object.is::<Metadata>() {
        return lua.create_function(|_, _: MultiValue| Ok(MultiValue::new()));
    }
    let Ok(headers) = object.borrow::<Headers>() else {
        return Err(Error::RuntimeError("table expected, got userdata".to_owned()));
    };
    let request = Rc::clone(&headers.0);
    let all = request.borrow_mut().all()?;
    let next = RefCell::new(all.into_iter());
    lua.create_function(move |lua, _: MultiValue| match next.borrow_mut().next() {
        Some((name, value)) => {
            let (name, value) = (lua.create_string(name)?, lua.create_string(value)?);
            Ok(MultiValue::from_iter([Value::String(name), Value::String(value)]))
        }
        None => {
            request.borrow_mut().walking = false;
            Ok(MultiValue::new())
        }
    })
}

/// Base64 with padding (RFC 4648).
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letter = |bits: u32| LETTERS.get((bits & 63) as usize).copied().unwrap_or(b'=') as char;
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let byte = |n: usize| three.get(n).copied().map_or(0, u32::from);
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for n in 0..4_u32 {
            let padded = n as usize > three.len();
            out.push(if padded { '=' } else { letter(bits >> (18 - 6 * n)) });
        }
    }
    out
}
