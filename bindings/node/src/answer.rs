//! Answers: a small code for the hot path, JSON text for everything else.

use std::sync::Arc;

use mayreach_wire::{
    Engine, FlowIn, ProblemOut, Problems,
    mayreach::{Decision, Layer, Verdict},
};
use napi::bindgen_prelude::{Either, External};
use napi_derive::napi;

use crate::{Handle, guard::Answered};

/// The code of a question that cannot be asked; what is wrong is asked apart.
pub(crate) const WRONG: u8 = u8::MAX;

/// JSON text of an answer, or of what is wrong.
#[napi(object, object_from_js = false)]
pub struct Said {
    /// The answer.
    pub answer: Option<String>,
    /// Problems, a JSON array.
    pub problems: Option<String>,
}

impl From<Answered<String>> for Said {
    fn from(answered: Answered<String>) -> Self {
        match answered {
            Ok(answer) => Self { answer: Some(answer), problems: None },
            Err(problems) => Self { answer: None, problems: Some(problems) },
        }
    }
}

/// A program, or what is wrong.
#[napi(object, object_from_js = false)]
pub struct Made {
    /// The program.
    pub program: Option<Handle>,
    /// Problems, a JSON array.
    pub problems: Option<String>,
}

impl From<Answered<Arc<Engine>>> for Made {
    fn from(answered: Answered<Arc<Engine>>) -> Self {
        match answered {
            Ok(engine) => Self { program: Some(External::new(engine)), problems: None },
            Err(problems) => Self { program: None, problems: Some(problems) },
        }
    }
}

/// A value, or problems as a JSON array.
pub(crate) fn either<T>(answered: Answered<T>) -> Either<T, String> {
    match answered {
        Ok(value) => Either::A(value),
        Err(problems) => Either::B(problems),
    }
}

/// Asks for the verdict alone.
///
/// # Errors
/// As [`Engine::judge`].
pub(crate) fn verdict(engine: &Engine, flow: &FlowIn) -> Result<u8, ProblemOut> {
    engine.judge(flow).map(|decision| code(&decision))
}

/// Verdict in the low two bits, the deciding layer above, 0 for none.
pub(crate) fn code(decision: &Decision) -> u8 {
    let layer = decision.decided_by.and_then(|by| Layer::ALL.iter().position(|one| *one == by));
    let layer = layer.and_then(|place| u8::try_from(place + 1).ok()).unwrap_or_default();
    let verdict = match decision.verdict {
        Verdict::Allow => 0,
        Verdict::Deny => 1,
        Verdict::Undetermined => 2,
    };
    (layer << 2) | verdict
}

/// The words of the codes, so that they are written down once.
#[napi]
pub fn words() -> Vec<&'static str> {
    Layer::ALL.iter().map(|layer| layer.as_str()).collect()
}

/// Without a line and column of the text that JavaScript's objects were handed over as.
pub(crate) fn unplaced(problem: ProblemOut) -> ProblemOut {
    ProblemOut { line: None, column: None, ..problem }
}

/// Puts the place of a flow in a list before the field that is wrong.
pub(crate) fn of_flow(number: u64, mut problem: ProblemOut) -> Problems {
    let flow = format!("flows[{number}]");
    problem.field = Some(problem.field.map_or_else(|| flow.clone(), |f| format!("{flow}.{f}")));
    Problems(vec![problem])
}
