//! Equal values in a row, as value and count.

use serde::{Serialize, Serializer, ser::SerializeSeq};

/// A list of numbers, most of which equal their neighbour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Runs(Vec<(u32, u32)>);

impl Runs {
    pub(crate) fn push(&mut self, value: u32) {
        match self.0.last_mut() {
            Some((last, count)) if *last == value => *count += 1,
            _ => self.0.push((value, 1)),
        }
    }
}

impl Serialize for Runs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut flat = serializer.serialize_seq(Some(self.0.len() * 2))?;
        for (value, count) in &self.0 {
            flat.serialize_element(value)?;
            flat.serialize_element(count)?;
        }
        flat.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_neighbours_are_counted() {
        let mut runs = Runs::default();
        for value in [7, 7, 7, 2, 7] {
            runs.push(value);
        }
        assert_eq!(serde_json::to_string(&runs).unwrap_or_default(), "[7,3,2,1,7,1]");
    }
}
