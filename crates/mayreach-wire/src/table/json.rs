//! A row as the JSON of a flow: what rows mean, and how the rare ones are asked.

use serde_json::{Map, Value};

use super::input::{Either, Input, boolean, number, text};
use crate::{FlowIn, ProblemOut, flow::PeerIn};

/// The flow of a row.
///
/// # Errors
/// What is wrong with the row, with the column.
pub(super) fn flow(input: &Input<'_>, row: usize) -> Result<FlowIn, ProblemOut> {
    let mut flow = Map::new();
    let mut source = end(input.source.get(row), "source")?;
    let words = |column| text(column, row).map(Value::from);
    let bools = |column| boolean(column, row).map(Value::from);
    put(&mut source, "principal", words(input.principal.as_ref()), "principal")?;
    put(&mut source, "mtls", bools(input.mtls), "mtls")?;
    let without = bools(input.tls_without_certificate);
    put(&mut source, "tls_without_certificate", without, "tls_without_certificate")?;
    flow.insert("source".to_owned(), Value::Object(source));
    let destination = end(input.destination.get(row), "destination")?;
    flow.insert("destination".to_owned(), Value::Object(destination));
    let mut add = |name: &str, value: Option<Value>| {
        value.map(|value| flow.insert(name.to_owned(), value));
    };
    add("port", either(input.port.as_ref(), row));
    add("protocol", either(input.protocol.as_ref(), row));
    add("ip_version", number(input.ip_version.as_ref(), row).map(Value::from));
    add("source_port", number(input.source_port.as_ref(), row).map(Value::from));
    add("icmp", icmp(input, row));
    add("http", http(input, row)?);
    add("tls", words(input.sni.as_ref()).map(|sni| serde_json::json!({ "sni": sni })));
    let token = text(input.token.as_ref(), row);
    add("token", token.map(|t| if t.is_empty() { Value::Null } else { t.into() }));
    add("claims", parsed(text(input.claims.as_ref(), row), "claims")?);
    add("now", either(input.now.as_ref(), row));
    add("ext_authz", parsed(text(input.ext_authz.as_ref(), row), "ext_authz")?);
    FlowIn::from_value(Value::Object(flow))
}

fn either(column: Option<&Either<'_>>, row: usize) -> Option<Value> {
    match column? {
        Either::Number(numbers) => numbers.get(row).map(Value::from),
        Either::Text(text) => text.get(row).map(Value::from),
    }
}

/// An end as one word, or as JSON.
fn end(said: Option<&str>, name: &str) -> Result<Map<String, Value>, ProblemOut> {
    let said = said.ok_or_else(|| ProblemOut::invalid(name, "nothing says who this is"))?;
    if said.starts_with('{') {
        return match parsed(Some(said), name)? {
            Some(Value::Object(fields)) => Ok(fields),
            _ => Err(ProblemOut::invalid(name, "not an object")),
        };
    }
    let peer = PeerIn::parse(said).map_err(|help| not_an_end(name, said, help))?;
    let fields = [("workload", peer.workload), ("service", peer.service), ("ip", peer.ip)];
    let said = fields.into_iter().filter_map(|(k, v)| Some((k.to_owned(), v?.into())));
    Ok(said.collect())
}

/// A word that names no end.
pub(super) fn not_an_end(name: &str, said: &str, help: &str) -> ProblemOut {
    ProblemOut::invalid(name, format!("`{said}` names nobody")).help(help)
}

fn icmp(input: &Input<'_>, row: usize) -> Option<Value> {
    let kind = number(input.icmp_type.as_ref(), row);
    let code = number(input.icmp_code.as_ref(), row);
    let mut icmp = Map::new();
    kind.map(|kind| icmp.insert("type".to_owned(), kind.into()));
    code.map(|code| icmp.insert("code".to_owned(), code.into()));
    (!icmp.is_empty()).then_some(Value::Object(icmp))
}

fn http(input: &Input<'_>, row: usize) -> Result<Option<Value>, ProblemOut> {
    let mut request = Map::new();
    for (name, column) in [("method", &input.method), ("path", &input.path), ("host", &input.host)]
    {
        let said = text(column.as_ref(), row);
        said.map(|said| request.insert(name.to_owned(), said.into()));
    }
    let headers = parsed(text(input.headers.as_ref(), row), "headers")?;
    headers.map(|headers| request.insert("headers".to_owned(), headers));
    match boolean(input.http, row) {
        Some(false) if request.is_empty() => Ok(Some(Value::Null)),
        Some(false) => Err(both_http()),
        None if request.is_empty() => Ok(None),
        _ => Ok(Some(Value::Object(request))),
    }
}

/// A row that says that it is no request, and describes one.
pub(super) fn both_http() -> ProblemOut {
    ProblemOut::invalid("http", "the connection is not HTTP, and a request is described")
        .help("leave `method`, `path`, `host` and `headers` empty, or `http`")
}

fn parsed(said: Option<&str>, name: &str) -> Result<Option<Value>, ProblemOut> {
    let parse =
        |text| serde_json::from_str(text).map_err(|e| ProblemOut::of_json_text(&e).field(name));
    said.map(parse).transpose()
}

/// Adds what its own column says to what the JSON of an end says.
fn put(
    end: &mut Map<String, Value>,
    field: &str,
    value: Option<Value>,
    column: &str,
) -> Result<(), ProblemOut> {
    let Some(value) = value else { return Ok(()) };
    match end.insert(field.to_owned(), value) {
        None => Ok(()),
        Some(_) => Err(ProblemOut::invalid(column, "said in `source` as well")),
    }
}
