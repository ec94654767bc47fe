//! Nothing panics; if something did, it would be an error in JavaScript and not the end of the process.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mayreach_wire::{ProblemOut, Problems};

/// What went well, or what is wrong, as JSON text.
pub(crate) type Answered<T> = Result<T, String>;

/// Runs `work` and spells out its problems.
///
/// # Errors
/// The problems of `work` as a JSON array.
pub(crate) fn guard<T>(work: impl FnOnce() -> Result<T, Problems>) -> Answered<T> {
    let done = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<&str>().copied().map(str::to_owned);
        let said = said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        let mut problem = ProblemOut::invalid("", format!("a fault of mayreach: {said}"))
            .help("please report it, with the manifests and the flow");
        problem.code = "internal";
        problem.field = None;
        Err(Problems(vec![problem]))
    });
    done.map_err(|problems| text(&problems.0))
}

/// JSON text of what the wire made.
pub(crate) fn text<T: serde::Serialize + ?Sized>(value: &T) -> String {
    // Every key is text and no number is infinite, so there is nothing that JSON cannot say.
    serde_json::to_string(value).unwrap_or_else(|error| {
        format!(r#"[{{"code":"internal","message":{}}}]"#, serde_json::json!(error.to_string()))
    })
}
