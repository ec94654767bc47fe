//! A list of which a changed copy costs little, however long it is: a tree three levels deep, of
//! which a copy shares all but the way to what it changes.

use std::sync::Arc;

/// Items of a node. The root takes as many nodes as there are.
const WIDE: usize = 32;

type Leaf<T> = Vec<Option<Arc<T>>>;
type Branch<T> = Vec<Arc<Leaf<T>>>;

/// A list that copies share, item by item. What is taken away leaves its number unused.
#[derive(Clone, Debug)]
pub(crate) struct List<T> {
    root: Vec<Arc<Branch<T>>>,
    len: usize,
    gone: usize,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { root: Vec::new(), len: 0, gone: 0 }
    }
}

impl<T> List<T> {
    /// How many numbers there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// How many of them are unused.
    pub(crate) fn gone(&self) -> usize {
        self.gone
    }

    fn shared(&self, index: usize) -> Option<&Arc<T>> {
        let leaf = self.root.get(index / (WIDE * WIDE))?.get(index / WIDE % WIDE)?;
        leaf.get(index % WIDE)?.as_ref()
    }

    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        self.shared(index).map(AsRef::as_ref)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> + Clone {
        (0..self.len).filter_map(|index| self.get(index))
    }

    /// Items with their numbers.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (u32, &T)> {
        (0_u32..).zip(0..self.len).filter_map(|(n, index)| Some((n, self.get(index)?)))
    }

    fn leaf_mut(&mut self, index: usize) -> Option<&mut Leaf<T>> {
        let branch = Arc::make_mut(self.root.get_mut(index / (WIDE * WIDE))?);
        Some(Arc::make_mut(branch.get_mut(index / WIDE % WIDE)?))
    }

    /// Another item in the place of one; `false` if there is none.
    pub(crate) fn set(&mut self, index: usize, item: T) -> bool {
        let slot = self.leaf_mut(index).and_then(|leaf| leaf.get_mut(index % WIDE));
        slot.and_then(Option::as_mut).map(|slot| *slot = Arc::new(item)).is_some()
    }

    /// Takes an item away; `false` if there is none.
    pub(crate) fn remove(&mut self, index: usize) -> bool {
        let slot = self.leaf_mut(index).and_then(|leaf| leaf.get_mut(index % WIDE));
        let removed = slot.and_then(Option::take).is_some();
        self.gone = self.gone.saturating_add(usize::from(removed));
        removed
    }

    pub(crate) fn push(&mut self, item: T) {
        self.push_shared(Arc::new(item));
    }

    /// Leaves out what `keep` does not want, and numbers the rest anew.
    pub(crate) fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        let all = std::mem::take(self);
        let items = (0..all.len).filter_map(|index| all.shared(index));
        items.filter(|item| keep(item)).for_each(|item| self.push_shared(item.clone()));
    }

    fn push_shared(&mut self, item: Arc<T>) {
        let index = self.len;
        if index.is_multiple_of(WIDE * WIDE) {
            self.root.push(Arc::new(Vec::new()));
        }
        if let Some(branch) = self.root.last_mut() {
            let branch = Arc::make_mut(branch);
            if index.is_multiple_of(WIDE) {
                branch.push(Arc::new(Vec::new()));
            }
            if let Some(leaf) = branch.last_mut() {
                Arc::make_mut(leaf).push(Some(item));
                self.len = index.saturating_add(1);
            }
        }
    }
}

impl<T: Clone> List<T> {
    pub(crate) fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        self.leaf_mut(index)?.get_mut(index % WIDE)?.as_mut().map(Arc::make_mut)
    }

    pub(crate) fn for_each_mut(&mut self, mut change: impl FnMut(&mut T)) {
        for branch in &mut self.root {
            for leaf in Arc::make_mut(branch) {
                for item in Arc::make_mut(leaf).iter_mut().flatten() {
                    change(Arc::make_mut(item));
                }
            }
        }
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut list = Self::default();
        items.into_iter().for_each(|item| list.push(item));
        list
    }
}

#[cfg(test)]
impl<T> std::ops::Index<usize> for List<T> {
    type Output = T;

    fn index(&self, index: usize) -> &T {
        self.get(index).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_copy_leaves_the_other_alone() {
        let count = WIDE * WIDE * 2 + WIDE + 3;
        let mut list: List<usize> = (0..count).collect();
        let before = list.clone();
        assert!(list.set(WIDE * WIDE + 1, 7));
        assert!(!list.set(count, 7));
        list.push(9);
        *list.get_mut(0).unwrap() = 5;
        assert!(before.iter().copied().eq(0..count));
        assert_eq!((list.len(), list.iter().count()), (count + 1, count + 1));
        let found = [0, WIDE * WIDE + 1, WIDE * WIDE, count].map(|at| list.get(at).copied());
        assert_eq!(found, [Some(5), Some(7), Some(WIDE * WIDE), Some(9)]);
        assert_eq!(list.get(count + 1), None);
    }

    #[test]
    fn what_is_taken_away_leaves_the_numbers_of_the_rest() {
        let mut list: List<usize> = (0..WIDE * 3).collect();
        let before = list.clone();
        assert!(list.remove(WIDE) && !list.remove(WIDE) && !list.remove(WIDE * 3));
        assert!(!list.set(WIDE, 7) && list.get(WIDE).is_none());
        list.push(9);
        assert_eq!((list.len(), list.gone(), before.gone()), (WIDE * 3 + 1, 1, 0));
        let known = list.numbered().all(|(n, item)| n as usize == *item || *item == 9);
        assert!(known && before.iter().count() == list.iter().count());
        list.retain(|_| true);
        assert_eq!((list.len(), list.gone()), (WIDE * 3, 0));
    }

    #[test]
    fn what_is_kept_moves_up() {
        let mut list: List<usize> = (0..WIDE * 3).collect();
        list.retain(|item| item % 2 == 1);
        assert!(list.iter().copied().eq((0..WIDE * 3).filter(|item| item % 2 == 1)));
    }

    #[test]
    fn every_item_changes() {
        let mut list: List<usize> = (0..WIDE * 3).collect();
        list.for_each_mut(|item| *item += 1);
        assert!(list.iter().copied().eq(1..=WIDE * 3));
    }
}
