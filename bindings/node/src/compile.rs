//! Sources to a program, here and away from the event loop.

use std::sync::Arc;

use mayreach_wire::{
    Engine, OptionsIn, ProblemOut, Problems, load_within,
    mayreach::{ErrorCode, Limits, Source},
};
use napi::{
    Env, Task,
    bindgen_prelude::{AsyncTask, Buffer},
};
use napi_derive::napi;

use crate::{
    answer::{Made, unplaced},
    guard::{Answered, guard},
};

/// Where manifests come from.
#[napi(object, object_to_js = false)]
pub struct Sources {
    /// Files, folders, patterns, `-`.
    pub paths: Vec<String>,
    /// What each of `texts` is called.
    pub names: Vec<String>,
    /// Manifests.
    pub texts: Vec<Buffer>,
}

/// Owned, so that another thread may read it.
pub(crate) struct Input {
    paths: Vec<String>,
    texts: Vec<Source>,
}

impl From<Sources> for Input {
    fn from(sources: Sources) -> Self {
        let texts = sources.names.into_iter().zip(&sources.texts);
        let texts = texts.map(|(name, text)| Source::new(name, text.to_vec())).collect();
        Self { paths: sources.paths, texts }
    }
}

impl Input {
    /// Reads the files; what was given as text comes after them.
    ///
    /// # Errors
    /// Everything that cannot be read.
    pub(crate) fn load(&self) -> Result<Vec<Source>, Problems> {
        let limits = Limits::default();
        let mut all = load_within(&self.paths, &mut std::io::stdin(), &limits)?;
        all.extend(self.texts.iter().cloned());
        Ok(all)
    }
}

fn engine(input: &Input, json: &str) -> Answered<Arc<Engine>> {
    guard(|| {
        let options = OptionsIn::from_json(json).map_err(unplaced)?.build()?;
        let sources = input.load()?;
        if sources.is_empty() {
            let problem = ProblemOut::new(ErrorCode::Empty, "no manifests were given");
            return Err(problem.field("sources").into());
        }
        Ok(Arc::new(Engine::compile(&sources, &options)?))
    })
}

/// Compiles, or says what is wrong as a JSON array.
#[napi]
pub fn compile(sources: Sources, options: String) -> Made {
    engine(&sources.into(), &options).into()
}

/// Compiles away from the event loop.
pub struct Compiling {
    input: Input,
    options: String,
}

impl Task for Compiling {
    type Output = Answered<Arc<Engine>>;
    type JsValue = Made;

    fn compute(&mut self) -> napi::Result<Self::Output> {
        Ok(engine(&self.input, &self.options))
    }

    fn resolve(&mut self, _: Env, compiled: Self::Output) -> napi::Result<Self::JsValue> {
        Ok(compiled.into())
    }
}

/// As [`compile`], away from the event loop.
#[napi]
pub fn compile_async(sources: Sources, options: String) -> AsyncTask<Compiling> {
    AsyncTask::new(Compiling { input: sources.into(), options })
}
