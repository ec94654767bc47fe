//! How far a long answer is.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// A bar on the standard error of a terminal, once something takes longer than a second.
pub(super) struct Progress {
    what: &'static str,
    since: Instant,
    bar: Option<ProgressBar>,
}

impl Progress {
    pub(super) fn new(what: &'static str) -> Self {
        Self { what, since: Instant::now(), bar: None }
    }

    pub(super) fn tell(&mut self, done: usize, all: usize) {
        if self.bar.is_none() && self.since.elapsed() < Duration::from_secs(1) {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let template = format!("{{bar:40}} {{pos}} of {{len}} {}, {{eta}} left", self.what);
            let style = ProgressStyle::with_template(&template);
            let bar = ProgressBar::new(all as u64);
            style.map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style))
        });
        bar.set_position(done as u64);
    }

    pub(super) fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
