//! Lists of objects: `kind: List`, `PodList`, lists in lists. Each item becomes a document.

use super::{
    Document, Node, Value,
    budget::Budget,
    fail::{Failure, Result},
    node::Entry,
    suggest,
};
use crate::error::{ErrorCode, SourceId};

/// Turns an object, or each item of a list, into documents.
pub(super) fn open(
    node: Node,
    source: SourceId,
    budget: &mut Budget<'_>,
    out: &mut Vec<Document>,
) -> Result<()> {
    object(node, &TypeHint::default(), source, budget, out)
}

/// The type that a list gives to items which name none.
#[derive(Clone, Debug, Default)]
struct TypeHint {
    api_version: Option<String>,
    kind: Option<String>,
}

fn object(
    mut node: Node,
    hint: &TypeHint,
    source: SourceId,
    budget: &mut Budget<'_>,
    out: &mut Vec<Document>,
) -> Result<()> {
    let api_version = type_field(&node, "apiVersion", hint.api_version.as_deref())?;
    let kind = type_field(&node, "kind", hint.kind.as_deref())?;
    if !kind.ends_with("List") || (kind != "List" && node.entry("items").is_none()) {
        budget.object(node.at())?;
        out.push(Document::from_node(api_version, kind, node, source)?);
        return Ok(());
    }
    // A typed list, such as PodList, gives its type to items without one.
    let item_kind = kind.strip_suffix("List").filter(|kind| !kind.is_empty());
    let hint = TypeHint {
        api_version: item_kind.map(|_| api_version),
        kind: item_kind.map(ToOwned::to_owned),
    };
    for (index, item) in take_items(&mut node)?.into_iter().enumerate() {
        object(item, &hint, source, budget, out).map_err(|failure| failure.in_item(index))?;
    }
    Ok(())
}

fn take_items(node: &mut Node) -> Result<Vec<Node>> {
    let Value::Map(entries) = &mut node.value else { return Ok(Vec::new()) };
    let Some(Entry { value, .. }) = entries.iter_mut().find(|entry| entry.key == "items") else {
        return Ok(Vec::new());
    };
    match std::mem::replace(&mut value.value, Value::Null) {
        Value::List(items) => Ok(items),
        Value::Null => Ok(Vec::new()),
        other => {
            value.value = other;
            let message = format!("expected a list, found {}", value.describe());
            Err(Failure::new(ErrorCode::WrongType, message, value.at()).field("items"))
        }
    }
}

/// `apiVersion` or `kind`, from the object or else from its list.
fn type_field(node: &Node, name: &str, hint: Option<&str>) -> Result<String> {
    let Value::Map(_) = node.value else {
        let message = format!("expected a Kubernetes object, found {}", node.describe());
        return Err(Failure::new(ErrorCode::NotAnObject, message, node.at())
            .help("an object is a map with `apiVersion`, `kind` and `metadata`"));
    };
    let found = node.get(name).filter(|value| value.value != Value::Null);
    match (found, hint) {
        (Some(value), _) => match value.as_str() {
            Some("") => Err(not_an_object(node, name)),
            Some(text) => Ok(text.to_owned()),
            None => {
                let message = format!("expected a string, found {}", value.describe());
                let failure = Failure::new(ErrorCode::WrongType, message, value.at());
                Err(failure.field(name).help("put it in quotes"))
            }
        },
        (None, Some(hint)) => Ok(hint.to_owned()),
        (None, None) => Err(not_an_object(node, name)),
    }
}

fn not_an_object(node: &Node, name: &str) -> Failure {
    let near = match &node.value {
        Value::Map(entries) => suggest::closest(name, entries.iter().map(|e| e.key.as_str())),
        _ => None,
    };
    let help = match near {
        Some(near) => format!("did you mean `{name}` where `{near}` is written?"),
        None => "every Kubernetes object says its `apiVersion` and `kind`".to_owned(),
    };
    let message = format!("the object has no `{name}`");
    Failure::new(ErrorCode::NotAnObject, message, node.at()).help(help)
}
