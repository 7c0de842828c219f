//! Text as writers of JSON escape it, each in its own way.

use memchr::memchr;

/// The bytes without this text in any escaped form; `hidden` replaces it.
pub(crate) fn without_escaped(bytes: Vec<u8>, text: &[u8], hidden: &[u8]) -> Vec<u8> {
    let (mut clean, mut kept, mut from) = (Vec::new(), 0, 0);
    while let Some(at) = bytes.get(from..).and_then(|rest| memchr(b'\\', rest)).map(|found| from + found) {
        let found = spans(&bytes, kept, at, text);
        if let Some((begin, end)) = found {
            clean.extend_from_slice(bytes.get(kept..begin).unwrap_or_default());
            clean.extend_from_slice(hidden);
            (kept, from) = (end, end);
        } else {
            from = at + unescaped(&bytes, at).map_or(1, |(_, length)| length);
        }
    }
    if kept == 0 {
        return bytes;
    }
    clean.extend_from_slice(bytes.get(kept..).unwrap_or_default());
    clean
}

/// The range of the text whose first escape is at `at`, not before `earliest`.
fn spans(bytes: &[u8], earliest: usize, at: usize, text: &[u8]) -> Option<(usize, usize)> {
    let (first, _) = unescaped(bytes, at)?;
    let mut utf8 = [0; 4];
    let first = first.encode_utf8(&mut utf8).as_bytes();
    let before = bytes.get(earliest..at)?;
    (0..text.len()).find_map(|plain| {
        let (head, tail) = text.split_at_checked(plain)?;
        if !tail.starts_with(first) || !before.ends_with(head) {
            return None;
        }
        Some((at - plain, ends(bytes, at, tail)?))
    })
}

/// The end of the text that starts here.
fn ends(bytes: &[u8], at: usize, text: &[u8]) -> Option<usize> {
    let (mut at, mut text) = (at, text);
    while let Some(next) = text.first() {
        if let Some((one, length)) = unescaped(bytes, at) {
            let mut utf8 = [0; 4];
            text = text.strip_prefix(one.encode_utf8(&mut utf8).as_bytes())?;
            at += length;
        } else if bytes.get(at) == Some(next) {
            text = text.get(1..)?;
            at += 1;
        } else {
            return None;
        }
    }
    Some(at)
}

/// The character that is escaped here, and the length of the escape.
fn unescaped(bytes: &[u8], at: usize) -> Option<(char, usize)> {
    let [b'\\', kind, ..] = bytes.get(at..)? else { return None };
    let one = match kind {
        b'"' | b'\\' | b'/' => char::from(*kind),
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return of_units(unit(bytes, at)?, || unit(bytes, at + 6)),
        _ => return None,
    };
    Some((one, 2))
}

fn of_units(first: u16, second: impl FnOnce() -> Option<u16>) -> Option<(char, usize)> {
    if let Some(one) = char::from_u32(first.into()) {
        return Some((one, 6));
    }
    let one = char::decode_utf16([first, second()?]).next()?.ok()?;
    Some((one, 12))
}

/// `\uXXXX`.
fn unit(bytes: &[u8], at: usize) -> Option<u16> {
    let [b'\\', b'u', digits @ ..] = bytes.get(at..at + 6)? else { return None };
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}
