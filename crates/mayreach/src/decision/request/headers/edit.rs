//! What a filter does to header lines (Envoy's header_map_impl.cc): nothing is stripped or trimmed.

use super::{Found, Headers, JOINED, Line, Shape};

impl Headers {
    /// `addCopy`: one more line, joined to the one that is there where Envoy joins.
    pub(crate) fn append(&mut self, name: &str, value: &str) {
        let Found::Lines(lines) = self.get(name) else {
            // One line is surely there now, and perhaps others.
            return self.doubt(name);
        };
        if lines.is_empty() || !JOINED.contains(&name) {
            self.lines.push(Line { name: name.to_owned(), value: Ok(value.to_owned()) });
            return;
        }
        if let Some(line) = self.lines.iter_mut().find(|l| l.name == name) {
            line.value = match &line.value {
                // appendToHeader: nothing is joined to nothing.
                Ok(old) if old.is_empty() || value.is_empty() => Ok(format!("{old}{value}")),
                Ok(old) => Ok(format!("{old},{value}")),
                Err(_) => Err(Shape::Any),
            };
        }
    }

    /// `setCopy`: this line and no other of the name.
    pub(crate) fn replace(&mut self, name: &str, value: &str) {
        self.remove(name);
        self.lines.push(Line { name: name.to_owned(), value: Ok(value.to_owned()) });
    }

    /// The name of every line in order, if all of them are known.
    pub(crate) fn names(&self) -> Option<Vec<String>> {
        let whole = self.complete && self.unsure.is_empty();
        whole.then(|| self.lines.iter().map(|line| line.name.clone()).collect())
    }
}
