use std::borrow::Cow;

/// The longest label, in characters.
const LONGEST: usize = 64;

/// A server's text as the value of a label: one line of at most [`LONGEST`] characters, without control and direction
/// characters. If it is cut, it ends with `…`.
pub fn tamed(text: &str) -> Cow<'_, str> {
    if text.chars().take(LONGEST + 1).count() <= LONGEST && text.chars().all(is_harmless) {
        return Cow::Borrowed(text);
    }
    let mut fit = text.chars().filter(|c| is_harmless(*c));
    let mut tamed: String = fit.by_ref().take(LONGEST).collect();
    if fit.next().is_some() {
        tamed.pop();
        tamed.push('…');
    }
    Cow::Owned(tamed)
}

/// Direction marks can make a name read as another one.
fn is_harmless(c: char) -> bool {
    let direction = matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !c.is_control() && !direction && !matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_fit_stays_and_the_rest_is_cut() {
        assert!(matches!(tamed("weather.current"), Cow::Borrowed("weather.current")));
        assert_eq!(tamed("a\nb\u{202e}\"c\\ 🦊"), "ab\"c\\ 🦊");
        let long = tamed(&"é".repeat(10_000)).into_owned();
        assert_eq!((long.chars().count(), long.ends_with('…')), (LONGEST, true));
        assert_eq!(tamed(&"e".repeat(LONGEST)).chars().count(), LONGEST);
    }
}
