//! Texts of servers, made fit to be shown: short, one line, no control characters.

const LONGEST: usize = 200;

/// A server's text on one line, cut at 200 characters, without control and direction characters.
pub fn tame(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut tamed: String = line.chars().filter(|c| is_harmless(*c)).take(LONGEST + 1).collect();
    if tamed.chars().count() > LONGEST {
        tamed = tamed.chars().take(LONGEST - 1).chain(['…']).collect();
    }
    tamed
}

/// A name as it was given, cut at 200 characters: it is in lists, many thousand times.
pub(crate) fn name(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

/// Direction marks can make a name read as another one.
fn is_harmless(c: char) -> bool {
    let direction = matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !c.is_control() && !direction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_words_become_one_short_line() {
        let tamed = tame(&format!("a\r\n\u{1b}[31mb\u{202e}c {}", "x".repeat(500)));
        assert!(tamed.starts_with("a [31mbc x") && tamed.ends_with('…'), "{tamed}");
        assert_eq!(tamed.chars().count(), LONGEST);
    }
}
