//! A corpus in one file: a line for each input, its name and its bytes as ASCII with escapes.

/// The inputs of a file, with their names.
pub fn read(text: &str) -> impl Iterator<Item = (&str, Vec<u8>)> {
    text.lines().map(|line| {
        let (name, escaped) = line.split_once(' ').expect("a line is a name and an input");
        (name, unescaped(escaped.as_bytes()).expect("an escape is one of Rust's"))
    })
}

/// The line of an input.
pub fn line(name: &str, input: &[u8]) -> String {
    format!("{name} {}\n", input.escape_ascii())
}

fn unescaped(mut escaped: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(escaped.len());
    while let Some((&first, rest)) = escaped.split_first() {
        escaped = rest;
        if first != b'\\' {
            bytes.push(first);
            continue;
        }
        let (&kind, rest) = escaped.split_first()?;
        escaped = rest;
        bytes.push(match kind {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'x' => {
                let (digits, rest) = escaped.split_at_checked(2)?;
                escaped = rest;
                u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?
            }
            b'\\' | b'"' | b'\'' => kind,
            _ => return None,
        });
    }
    Some(bytes)
}
