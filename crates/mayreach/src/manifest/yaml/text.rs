//! Scalars, keys and tags: what they mean, by [`scalar`]'s rules.

use granit_parser::{ScalarStyle, Tag};

use crate::manifest::{
    Value,
    fail::{Failure, Result, syntax},
    node::{At, shorten},
    scalar,
};

/// What a scalar is; `None` if it is text. Floats are as written.
pub(super) fn value(
    text: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
    at: At,
) -> Result<Option<Value>> {
    let Some(tag) = tag else {
        return if style == ScalarStyle::Plain { resolve(text, at) } else { Ok(None) };
    };
    let name = match tag.core_suffix() {
        Some("str") => return Ok(None),
        Some(name @ ("int" | "float" | "bool" | "null")) => name,
        _ => return Err(unread_tag(tag, at)),
    };
    let value = resolve(text, at)?;
    let fits = match &value {
        Some(Value::Int(_)) => name == "int" || name == "float",
        Some(Value::Float(_)) => name == "float",
        Some(Value::Bool(_)) => name == "bool",
        Some(Value::Null) => name == "null",
        _ => false,
    };
    if fits {
        return Ok(value);
    }
    let tag = tag.original();
    Err(syntax(format!("`{}` does not fit its tag `{}`", shorten(text), shorten(&tag)), at))
}

fn resolve(text: &str, at: At) -> Result<Option<Value>> {
    scalar::resolve(text)
        .map_err(|why| syntax(format!("`{}` is not a value: {why}", shorten(text)), at))
}

/// The text of a key; sigs.k8s.io/yaml, `convertToJSONableObject`, makes all keys strings.
pub(super) fn key(written: &str, style: ScalarStyle, tag: Option<&Tag>, at: At) -> Result<String> {
    let text = match value(written, style, tag, at)? {
        None => Some(written.to_owned()),
        Some(Value::Int(number)) => Some(number.to_string()),
        Some(Value::Float(number)) => scalar::float_key(number),
        Some(Value::Bool(flag)) => Some(flag.to_string()),
        Some(_) => None,
    };
    text.ok_or_else(|| {
        syntax(format!("`{}` cannot be a key", shorten(written)), at).help("put the key in quotes")
    })
}

/// A list or map bears no tag but its own.
pub(super) fn check_collection_tag(tag: Option<&Tag>, name: &str, at: At) -> Result<()> {
    match tag {
        Some(tag) if tag.core_suffix() != Some(name) => Err(unread_tag(tag, at)),
        _ => Ok(()),
    }
}

fn unread_tag(tag: &Tag, at: At) -> Failure {
    syntax(format!("the tag `{}` is not read", shorten(&tag.original())), at)
        .help("remove the tag; Kubernetes objects need none")
}
