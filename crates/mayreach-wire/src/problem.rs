//! What is wrong, as data: a stable code, a sentence, where, and the likely fix.

use std::fmt;

use mayreach::{ErrorCode, Problem};
use serde::Serialize;

/// One thing that is wrong with a manifest, a flow or an option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProblemOut {
    /// The stable code.
    pub code: &'static str,
    /// One sentence, small letter, no full stop, user text in backticks.
    pub message: String,
    /// The file, as the caller named it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Column, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// Path of the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// Everything that is wrong; at least one problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<ProblemOut>);

impl ProblemOut {
    /// A problem of one code.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code: code.as_str(),
            message: message.into(),
            file: None,
            line: None,
            column: None,
            field: None,
            help: None,
        }
    }

    /// A value that no flow can have.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidFlow, message).field(field)
    }

    /// Says which field it is.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Says what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says where it is written.
    #[must_use]
    pub fn at(mut self, file: impl Into<String>, line: u32) -> Self {
        self.file = Some(file.into());
        self.line = Some(line);
        self
    }

    /// Says in which input it stands, if nothing else is known.
    pub(crate) fn named(mut self, file: &str) -> Self {
        self.file.get_or_insert_with(|| file.to_owned());
        self
    }

    /// From JSON text, whose errors know their line and column.
    pub(crate) fn of_json(error: &serde_path_to_error::Error<serde_json::Error>) -> Self {
        let path = error.path().to_string();
        let mut problem = Self::of_json_text(error.inner());
        if problem.field.is_none() {
            problem.field = known_path(&path);
        } else if let (Some(prefix), Some(field)) = (known_path(&path), &problem.field) {
            // A missing field's path is that of the object that lacks it.
            problem.field = Some(format!("{prefix}.{field}"));
        }
        let is_end = matches!(problem.field.as_deref(), Some("source" | "destination"));
        if is_end && problem.message.contains("not the text") {
            return problem.help(r#"write `{"workload": "shop/web"}`"#);
        }
        problem
    }

    pub(crate) fn of_json_text(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let text = text.strip_suffix(&place).unwrap_or(&text);
        let mut problem = Self::of_serde(text);
        if error.is_syntax() || error.is_eof() {
            problem.code = ErrorCode::Syntax.as_str();
            problem.message = format!("not JSON: {text}");
        }
        problem.line = u32::try_from(error.line()).ok();
        problem.column = u32::try_from(error.column()).ok();
        problem
    }

    /// From any other form.
    pub(crate) fn of_value<E: fmt::Display>(error: &serde_path_to_error::Error<E>) -> Self {
        let mut problem = Self::of_serde(&error.inner().to_string());
        let path = known_path(&error.path().to_string());
        problem.field = match (path, problem.field.take()) {
            (Some(path), Some(field)) => Some(format!("{path}.{field}")),
            (path, field) => field.or(path),
        };
        problem
    }

    /// serde says what is wrong in words that are the same for every format.
    fn of_serde(text: &str) -> Self {
        let mut quoted = text.split('`').skip(1).step_by(2);
        if text.starts_with("unknown field") {
            let field = quoted.next().unwrap_or_default();
            let help = closest(field, quoted.clone()).map_or_else(
                || format!("it has {}", quoted.collect::<Vec<_>>().join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            return Self::new(ErrorCode::UnknownField, format!("unknown field `{field}`"))
                .help(help);
        }
        if text.starts_with("missing field") {
            let field = quoted.next().unwrap_or_default();
            return Self::new(ErrorCode::MissingField, format!("missing field `{field}`"))
                .field(field);
        }
        let code = match text {
            _ if text.starts_with("duplicate field") => ErrorCode::Duplicate,
            _ if text.starts_with("invalid type") => ErrorCode::WrongType,
            _ => ErrorCode::InvalidValue,
        };
        let text = text.replace(['\n', '\r'], " ");
        let Some((found, wanted)) = text
            .strip_prefix("invalid type: ")
            .or_else(|| text.strip_prefix("invalid value: "))
            .and_then(|text| text.rsplit_once(", expected "))
        else {
            return Self::new(code, text);
        };
        let message = format!("{} is wanted, not {}", plain_wanted(wanted), plain_found(found));
        let problem = Self::new(code, message);
        match found.strip_prefix("string \"").map(|text| text.trim_end_matches('"')) {
            Some(number) if number.parse::<f64>().is_ok() => {
                problem.help("write a number without quotes")
            }
            _ => problem,
        }
    }
}

/// serde's name for what would fit, in plain words.
fn plain_wanted(wanted: &str) -> &str {
    match wanted {
        "a string" | "a borrowed string" => "text",
        "a boolean" => "`true` or `false`",
        "a map" => "an object",
        "a sequence" => "a list",
        _ if wanted.starts_with("struct ") => "an object",
        _ => wanted,
    }
}

/// serde's name for what is there, in plain words.
fn plain_found(found: &str) -> String {
    match (found, found.split_once(' ')) {
        ("map", _) => "an object".to_owned(),
        ("sequence", _) => "a list".to_owned(),
        ("null" | "unit value" | "Option value", _) => "null".to_owned(),
        (_, Some(("string", text))) => format!("the text `{}`", text.trim_matches('"')),
        (_, Some(("integer" | "boolean", value))) => value.to_owned(),
        _ => found.trim_start_matches("floating point ").to_owned(),
    }
}

/// The path of a field as serde tells it; nothing for the top.
fn known_path(path: &str) -> Option<String> {
    (path != "." && path != "?" && !path.is_empty()).then(|| path.to_owned())
}

/// The candidate nearest to a word, if it is near at all.
pub(crate) fn closest<'c>(
    word: &str,
    candidates: impl Iterator<Item = &'c str>,
) -> Option<&'c str> {
    let limit = (word.chars().count() / 3).clamp(1, 3);
    candidates
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance; case alone counts as one.
fn distance(left: &str, right: &str) -> usize {
    if left.eq_ignore_ascii_case(right) {
        return usize::from(left != right);
    }
    let left: Vec<char> = left.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=left.len()).collect();
    for (index, there) in right.chars().take(64).enumerate() {
        let mut corner = index;
        let mut last = index + 1;
        let mut next = vec![last];
        for (here, above) in left.iter().zip(row.iter().skip(1)) {
            last = (corner + usize::from(*here != there)).min(last + 1).min(above + 1);
            corner = *above;
            next.push(last);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

impl From<&Problem> for ProblemOut {
    fn from(problem: &Problem) -> Self {
        let known = |n: u32| (n > 0).then_some(n);
        Self {
            code: problem.code.as_str(),
            message: problem.message.clone(),
            file: problem.file.clone(),
            line: known(problem.line),
            column: known(problem.column),
            field: problem.field.clone(),
            help: problem.help.clone(),
        }
    }
}

impl From<&mayreach::Error> for Problems {
    fn from(error: &mayreach::Error) -> Self {
        Self(error.problems().iter().map(ProblemOut::from).collect())
    }
}

impl From<ProblemOut> for Problems {
    fn from(problem: ProblemOut) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for ProblemOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}")?;
            for number in [self.line, self.column].into_iter().flatten() {
                write!(f, ":{number}")?;
            }
            f.write_str(": ")?;
        }
        if let Some(field) = &self.field {
            write!(f, "{field}: ")?;
        }
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ProblemOut {}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
