//! Base64url as Envoy reads it (absl `WebSafeBase64Unescape`): white space is skipped, padding may
//! be left out, bits past the last byte are not looked at.

/// The bytes behind base64url text.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    let mut rest = text.bytes().filter(|byte| !is_space(*byte));
    let mut padding = 0;
    for byte in rest.by_ref() {
        let Some(value) = value_of(byte) else {
            if !is_padding(byte) {
                return None;
            }
            padding = 1;
            break;
        };
        bits = (bits << 6) | value;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from((bits >> held) & 0xFF).unwrap_or_default());
            bits &= (1 << held) - 1;
        }
    }
    for byte in rest {
        if !is_padding(byte) {
            return None;
        }
        padding += 1;
    }
    // Bits left over say how many characters the last group has: 0, 2 or 3; one is too few.
    let expected = match held {
        0 => 0,
        4 => 2,
        2 => 1,
        _ => return None,
    };
    (padding == 0 || padding == expected).then_some(out)
}

/// ASCII white space, as absl skips it.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Absl takes a dot for an equals sign.
fn is_padding(byte: u8) -> bool {
    matches!(byte, b'=' | b'.')
}

fn value_of(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'-' => 62,
        b'_' => 63,
        _ => return None,
    }))
}

/// Base64url without padding.
pub(crate) fn encode_url(bytes: &[u8]) -> String {
    encode(bytes, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
}

/// Plain base64 with padding.
pub(crate) fn encode_padded(bytes: &[u8]) -> String {
    let mut text =
        encode(bytes, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

fn encode(bytes: &[u8], alphabet: &[u8; 64]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let word = group.iter().fold(0_usize, |word, byte| (word << 8) | usize::from(*byte));
        let word = word << (8 * (3 - group.len()));
        for place in 0..=group.len() {
            let index = (word >> (18 - 6 * place)) & 63;
            out.push(alphabet.get(index).map_or('=', |byte| char::from(*byte)));
        }
    }
    out
}
