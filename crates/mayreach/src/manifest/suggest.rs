//! "Did you mean": the known word closest to an unknown one.

#[cfg(test)]
mod tests;

/// The candidate within a small edit distance of `word`, the first of equals.
pub(crate) fn closest<'c>(
    word: &str,
    candidates: impl Iterator<Item = &'c str>,
) -> Option<&'c str> {
    let limit = (word.chars().count() / 3).clamp(1, 3);
    candidates
        .filter(|candidate| *candidate != word)
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be changed, added, dropped or swapped with their neighbour; a change of
/// case alone counts as one.
fn distance(left: &str, right: &str) -> usize {
    if left.eq_ignore_ascii_case(right) {
        return usize::from(left != right);
    }
    let left: Vec<char> = left.chars().take(64).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=left.len()).collect();
    let mut last = None;
    for (index, there) in right.chars().take(64).enumerate() {
        let mut next = vec![index + 1];
        for (place, here) in left.iter().enumerate() {
            let cost = |row: &[usize], place: usize| row.get(place).copied().unwrap_or(usize::MAX);
            let mut best = cost(&row, place) + usize::from(*here != there);
            best = best.min(cost(&row, place + 1) + 1).min(cost(&next, place) + 1);
            let previous = place.checked_sub(1).and_then(|previous| left.get(previous));
            if last == Some(*here) && previous == Some(&there) {
                best = best.min(cost(&before, place - 1) + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
        last = Some(there);
    }
    row.last().copied().unwrap_or_default()
}
