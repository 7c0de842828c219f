use regex::{Regex, RegexBuilder};

/// A pattern longer than this is a mistake or an attack.
const LONGEST: usize = 512;
/// The most memory that a compiled pattern may take, in bytes. `\w{50}` takes about half of it.
const LARGEST: usize = 1 << 20;

/// A compiled `$regex`. Matching takes time linear in the text, whatever the pattern.
#[derive(Debug, Clone)]
pub struct Regexp(Regex);

impl Regexp {
    /// Compiles a pattern; the error says why not.
    pub fn new(pattern: &str) -> Result<Self, String> {
        if pattern.len() > LONGEST {
            return Err(format!("the pattern is longer than {LONGEST} bytes"));
        }
        let built = RegexBuilder::new(pattern).size_limit(LARGEST).nest_limit(32).build();
        built.map(Self).map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => {
                "the pattern is too large when compiled: use smaller repetitions".into()
            }
            other => format!("`{pattern}` is no regular expression: {}", last_line(&other.to_string())),
        })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether it is found in a text.
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

impl PartialEq for Regexp {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

/// The parser draws its errors over several lines; the last one says it.
fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or(text).trim_start_matches("error: ")
}
