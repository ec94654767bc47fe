//! How long a pattern may take, before it is tried: matching goes back and forth without end in
//! sight of any limit on instructions.

/// The longest pattern; the matcher calls itself for every part.
const LONGEST: usize = 400;

/// At most so many steps.
///
/// # Errors
/// What Lua 5.1 and `LuaJIT` read differently, and patterns beyond measure.
pub(super) fn weigh(text: &[u8], pattern: &[u8]) -> Result<u64, &'static str> {
    if pattern.len() > LONGEST {
        return Err("a pattern that is long");
    }
    if text.contains(&0) || pattern.contains(&0) {
        return Err("a zero in a string");
    }
    let mut free: u32 = u32::from(pattern.first() != Some(&b'^'));
    let mut rest = pattern.iter();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => match rest.next() {
                // A class of Lua 5.2.
                Some(b'g' | b'G') => return Err("the class `%g` in a pattern"),
                Some(b'b') => free += 1,
                _ => {}
            },
            b'*' | b'+' | b'-' | b'?' => free += 1,
            _ => {}
        }
    }
    let length = u64::try_from(text.len()).unwrap_or(u64::MAX).saturating_add(2);
    Ok(length.saturating_pow(free).saturating_mul(4))
}
