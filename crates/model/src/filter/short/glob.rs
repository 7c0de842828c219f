//! `name:zoo*`: a value with a star and without quotes matches every text of that pattern.

use super::super::ast::{Filter, FilterError, Operand, Regexp, Test};
use super::super::eval;
use super::super::field::{Field, Own};

/// The value after `:`.
pub(super) enum Value {
    /// An exact value.
    Exact(Operand),
    /// A pattern in which a star is any run of characters.
    Glob(String),
}

impl Value {
    /// A word as it was written, without quotes.
    pub(super) fn of_word(word: &str) -> Self {
        if word.contains('*') { Self::Glob(word.to_owned()) } else { Self::Exact(Operand::of_word(word)) }
    }
}

/// A field that has any of these values.
pub(super) fn any_of(field: &Field, values: Vec<Value>) -> Result<Filter, String> {
    let (mut exact, mut globs) = (Vec::new(), Vec::new());
    for value in values {
        match value {
            Value::Exact(operand) => exact.push(operand),
            Value::Glob(glob) => globs.push(shaped(field, &glob)?),
        }
    }
    if globs.is_empty() || !exact.is_empty() {
        globs.insert(0, eval::join(field.clone(), Test::In(exact))?);
    }
    Ok(Filter::any(globs))
}

/// A field whose text matches this pattern, whatever its case. Capabilities are compared after folding.
pub(super) fn shaped(field: &Field, glob: &str) -> Result<Filter, String> {
    if let Field::Own(own) = field
        && let Some(why) = shapeless(*own)
    {
        return Err(format!("{why}: a star matches letters of a text"));
    }
    let folds = *field == Field::Own(Own::Capabilities);
    let piece = |c: char| match c {
        '*' => ".*".to_owned(),
        '_' | '-' | '/' | '.' if folds => "[._/-]".to_owned(),
        c => regex::escape(c.encode_utf8(&mut [0; 4])),
    };
    let pattern: String = glob.chars().map(piece).collect();
    eval::join(field.clone(), Test::Regex(Regexp::new(&format!("(?si)^{pattern}$"))?))
}

/// Why stars cannot be used with a field.
fn shapeless(own: Own) -> Option<String> {
    match own {
        Own::HealthStatus => Some("a status is written whole, such as `is:down`".to_owned()),
        Own::Tools
        | Own::Resources
        | Own::Prompts
        | Own::LastSeen
        | Own::ResponseTime
        | Own::Score
        | Own::CreatedAt
        | Own::UpdatedAt
        | Own::AuthRequired
        | Own::Paused => Some(format!("`{}` is not text", own.word())),
        _ => None,
    }
}

/// Operators of other languages, and what they mean here.
const FOREIGN: [(&str, &str); 7] =
    [("=>", ">="), ("=<", "<="), ("<>", "!="), ("><", "!="), ("~=", "~"), ("===", "="), ("!==", "!=")];

/// An error for an unknown operator, with the nearest one. `position` is that of its first character.
pub(super) fn complain(signs: &str, position: usize) -> FilterError {
    let meant = FOREIGN.iter().find(|(foreign, _)| *foreign == signs).map(|(_, meant)| *meant);
    let hint = match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if signs.starts_with('!') => {
            "to leave out what matches, write `-` before the field, or `!=`".to_owned()
        }
        None => "there are `:`, `!=`, `>`, `>=`, `<`, `<=` and `~`".to_owned(),
    };
    FilterError::at_character(position, format!("unknown operator `{signs}`: {hint}"))
}

/// Signs between a field and its value that mean nothing.
pub(super) fn is_foreign(signs: &str) -> bool {
    FOREIGN.iter().any(|(foreign, _)| *foreign == signs)
        || matches!(signs, ">>" | "<<" | "~~" | "!~" | "!:" | "!>" | "!<")
}
