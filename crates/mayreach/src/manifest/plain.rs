//! YAML or JSON that is no Kubernetes object: settings written beside manifests, read the same way.

use serde_json::{Map, Number, Value as Json};

use super::{Limits, Node, Source, Value, budget::Budget, read::documents};
use crate::error::{Error, SourceId};

/// Every document of a text, as JSON values.
///
/// # Errors
/// What is wrong with the text, with file and line.
pub fn values(source: &Source, limits: &Limits) -> Result<Vec<Json>, Error> {
    let mut budget = Budget::new(limits);
    let found = documents(source, &mut budget).map_err(|failure| {
        let problem = failure.of(SourceId(0), source.name());
        Error::new(vec![problem.named(&[source.name().to_owned()])])
    })?;
    Ok(found.into_iter().map(json).collect())
}

fn json(node: Node) -> Json {
    match node.value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(value),
        Value::Int(value) => Json::Number(value.into()),
        Value::Float(value) => Number::from_f64(value).map_or(Json::Null, Json::Number),
        Value::String(text) => Json::String(text),
        Value::List(items) => Json::Array(items.into_iter().map(json).collect()),
        Value::Map(entries) => {
            let entries = entries.into_iter().map(|e| (e.key, json(e.value)));
            Json::Object(entries.collect::<Map<_, _>>())
        }
    }
}
