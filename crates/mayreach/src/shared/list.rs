//! A list of which a changed copy costs little, however long it is: a tree three levels deep, of
//! which a copy shares all but the way to what it changes.

use std::sync::Arc;

/// Items of a node. The root takes as many nodes as there are.
const WIDE: usize = 64;

type Leaf<T> = Vec<Arc<T>>;
type Branch<T> = Vec<Arc<Leaf<T>>>;

/// A list that copies share, item by item.
#[derive(Clone, Debug)]
pub(crate) struct List<T> {
    root: Vec<Arc<Branch<T>>>,
    len: usize,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { root: Vec::new(), len: 0 }
    }
}

impl<T> List<T> {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    fn shared(&self, index: usize) -> Option<&Arc<T>> {
        let leaf = self.root.get(index / (WIDE * WIDE))?.get(index / WIDE % WIDE)?;
        leaf.get(index % WIDE)
    }

    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        self.shared(index).map(AsRef::as_ref)
    }

    pub(crate) fn iter(&self) -> Items<'_, T> {
        Items { list: self, next: 0 }
    }

    fn leaf_mut(&mut self, index: usize) -> Option<&mut Leaf<T>> {
        let branch = Arc::make_mut(self.root.get_mut(index / (WIDE * WIDE))?);
        Some(Arc::make_mut(branch.get_mut(index / WIDE % WIDE)?))
    }

    /// Another item in the place of one; `false` if there is none.
    pub(crate) fn set(&mut self, index: usize, item: T) -> bool {
        let slot = self.leaf_mut(index).and_then(|leaf| leaf.get_mut(index % WIDE));
        slot.map(|slot| *slot = Arc::new(item)).is_some()
    }

    pub(crate) fn push(&mut self, item: T) {
        self.push_shared(Arc::new(item));
    }

    /// Leaves out what `keep` does not want.
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
                Arc::make_mut(leaf).push(item);
                self.len = index.saturating_add(1);
            }
        }
    }
}

impl<T: Clone> List<T> {
    pub(crate) fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        self.leaf_mut(index)?.get_mut(index % WIDE).map(Arc::make_mut)
    }

    pub(crate) fn for_each_mut(&mut self, mut change: impl FnMut(&mut T)) {
        for branch in &mut self.root {
            for leaf in Arc::make_mut(branch) {
                for item in Arc::make_mut(leaf) {
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

/// The items of a list, one after the other.
#[derive(Debug)]
pub(crate) struct Items<'l, T> {
    list: &'l List<T>,
    next: usize,
}

impl<T> Clone for Items<'_, T> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<'l, T> Iterator for Items<'l, T> {
    type Item = &'l T;

    fn next(&mut self) -> Option<&'l T> {
        let item = self.list.get(self.next)?;
        self.next = self.next.saturating_add(1);
        Some(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.list.len.saturating_sub(self.next);
        (left, Some(left))
    }
}

impl<T> ExactSizeIterator for Items<'_, T> {}

impl<'l, T> IntoIterator for &'l List<T> {
    type Item = &'l T;
    type IntoIter = Items<'l, T>;

    fn into_iter(self) -> Items<'l, T> {
        self.iter()
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
        assert_eq!((list.len(), list.iter().len()), (count + 1, count + 1));
        let found = [0, WIDE * WIDE + 1, WIDE * WIDE, count].map(|at| list.get(at).copied());
        assert_eq!(found, [Some(5), Some(7), Some(WIDE * WIDE), Some(9)]);
        assert_eq!(list.get(count + 1), None);
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
