//! A map by text of which a changed copy costs little: copies share the drawers that stay.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::List;

/// Entries of a drawer, about.
const FULL: usize = 16;

/// A map that copies share, drawer by drawer.
#[derive(Clone, Debug)]
pub(crate) struct Map<V> {
    drawers: List<Vec<(String, V)>>,
}

impl<V: Clone> Map<V> {
    pub(crate) fn with_capacity(entries: usize) -> Self {
        let drawers = (0..=entries / FULL).map(|_| Vec::new());
        Self { drawers: drawers.collect() }
    }

    fn drawer(&self, key: &str) -> usize {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let count = u64::try_from(self.drawers.len()).unwrap_or(u64::MAX).max(1);
        usize::try_from(hasher.finish() % count).unwrap_or(0)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&V> {
        let drawer = self.drawers.get(self.drawer(key))?;
        drawer.iter().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    /// Puts a value in the place of the one of that key, if there is one; `None` takes it away.
    pub(crate) fn put(&mut self, key: String, value: Option<V>) {
        let at = self.drawer(&key);
        let Some(drawer) = self.drawers.get_mut(at) else { return };
        drawer.retain(|(known, _)| *known != key);
        drawer.extend(value.map(|value| (key, value)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_copy_leaves_the_other_alone() {
        let mut map = Map::with_capacity(100);
        (0..300).for_each(|n| map.put(n.to_string(), Some(n)));
        let before = map.clone();
        map.put("7".into(), Some(8));
        map.put("9".into(), None);
        map.put("300".into(), Some(1));
        assert_eq!(
            ["7", "9", "10", "300"].map(|n| map.get(n)),
            [Some(&8), None, Some(&10), Some(&1)]
        );
        assert_eq!(["7", "9", "300"].map(|n| before.get(n)), [Some(&7), Some(&9), None]);
    }
}
