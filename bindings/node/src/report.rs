//! Questions about all requests at once, here and away from the event loop.

use std::sync::Arc;

use mayreach_report::{Format, Report};
use mayreach_wire::{Engine, IsolateIn, ProblemOut, Problems, Question, mayreach::ErrorCode};
use napi::{
    Env, Task,
    bindgen_prelude::{AsyncTask, External},
};
use napi_derive::napi;

use crate::{
    Handle,
    answer::{Said, unplaced},
    guard::{Answered, guard, text},
};

/// An answer and the program that gave it, as JavaScript holds it.
type Kept = External<Arc<Report>>;

/// An answer as JSON text and what renders it, or what is wrong.
#[napi(object, object_from_js = false)]
pub struct Analysed {
    /// The answer.
    pub answer: Option<String>,
    /// What renders it.
    pub report: Option<Kept>,
    /// Problems, a JSON array.
    pub problems: Option<String>,
}

impl From<Answered<(String, Arc<Report>)>> for Analysed {
    fn from(answered: Answered<(String, Arc<Report>)>) -> Self {
        match answered {
            Ok((answer, report)) => {
                Self { answer: Some(answer), report: Some(External::new(report)), problems: None }
            }
            Err(problems) => Self { answer: None, report: None, problems: Some(problems) },
        }
    }
}

/// The question `kind`, as JSON text that the face made.
fn question(kind: &str, asked: &str, other: Option<&Arc<Engine>>) -> Result<Question, ProblemOut> {
    let wrong = |message: &str| ProblemOut::new(ErrorCode::InvalidValue, message);
    let texts = || -> Result<Vec<String>, ProblemOut> {
        serde_json::from_str(asked).map_err(|_| wrong("a list of text is wanted"))
    };
    let one = || texts()?.pop().ok_or_else(|| wrong("a name is missing"));
    let new = || other.map(|new| new.as_ref().clone()).ok_or_else(|| wrong("no other program"));
    match kind {
        "matrix" | "declared" => Question::matrix(&one()?, kind == "declared"),
        "isolate" => IsolateIn::from_json(asked).map(Question::Isolate).map_err(|problem| {
            let field = problem.field.clone().unwrap_or_else(|| "question".to_owned());
            unplaced(problem.field(field))
        }),
        "can" => match texts()?.as_slice() {
            [from, to] => Ok(Question::Can { from: from.clone(), to: to.clone() }),
            _ => Err(wrong("two workloads are wanted")),
        },
        "callers" => Ok(Question::Callers(one()?)),
        "reaches" => Ok(Question::Reaches(one()?)),
        "diff" => Ok(Question::Diff(new()?)),
        "change" => Question::change(new()?, &texts()?),
        _ => Err(wrong("no such question")),
    }
}

/// One question, so that another thread may ask it.
pub struct Asking {
    engine: Arc<Engine>,
    other: Option<Arc<Engine>>,
    kind: String,
    asked: String,
}

impl Asking {
    fn ask(&self) -> Answered<(String, Arc<Report>)> {
        guard(|| {
            let question = question(&self.kind, &self.asked, self.other.as_ref())?;
            let report = Report::ask(&self.engine, &question, |_, _| ())?;
            Ok((text(report.found()), Arc::new(report)))
        })
    }
}

impl Task for Asking {
    type Output = Answered<(String, Arc<Report>)>;
    type JsValue = Analysed;

    fn compute(&mut self) -> napi::Result<Self::Output> {
        Ok(self.ask())
    }

    fn resolve(&mut self, _: Env, answered: Self::Output) -> napi::Result<Self::JsValue> {
        Ok(answered.into())
    }
}

/// Asks about all requests; `other` is the new program of a difference.
#[napi]
pub fn analyse(program: &Handle, kind: String, asked: String, other: Option<&Handle>) -> Analysed {
    let other = other.map(|other| Arc::clone(other));
    Asking { engine: Arc::clone(program), other, kind, asked }.ask().into()
}

/// As [`analyse`], away from the event loop.
#[napi]
pub fn analyse_async(
    program: &Handle,
    kind: String,
    asked: String,
    other: Option<&Handle>,
) -> AsyncTask<Asking> {
    let other = other.map(|other| Arc::clone(other));
    AsyncTask::new(Asking { engine: Arc::clone(program), other, kind, asked })
}

fn rendered(report: &Report, format: &str) -> Answered<String> {
    guard(|| {
        let format = Format::parse(format)?;
        report.render(format, |_, _| ()).map_err(Problems::from)
    })
}

/// A report in a format of the command's.
#[napi]
pub fn render(report: &Kept, format: String) -> Said {
    rendered(report, &format).into()
}

/// Renders away from the event loop.
pub struct Rendering {
    report: Arc<Report>,
    format: String,
}

impl Task for Rendering {
    type Output = Answered<String>;
    type JsValue = Said;

    fn compute(&mut self) -> napi::Result<Self::Output> {
        Ok(rendered(&self.report, &self.format))
    }

    fn resolve(&mut self, _: Env, answered: Self::Output) -> napi::Result<Self::JsValue> {
        Ok(answered.into())
    }
}

/// As [`render`], away from the event loop.
#[napi]
pub fn render_async(report: &Kept, format: String) -> AsyncTask<Rendering> {
    AsyncTask::new(Rendering { report: Arc::clone(report), format })
}
