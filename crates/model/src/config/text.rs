use super::problem::{Problem, Severity};
use super::tree::Place;

/// A configuration is some screens long; larger is a mistake. In bytes.
pub const LARGEST_FILE: usize = 1024 * 1024;

/// A file's bytes as text, without a byte order mark, or the place of the first that is none.
pub fn decode(bytes: &[u8]) -> Result<&str, Problem> {
    if bytes.len() > LARGEST_FILE {
        let message = format!(
            "the file is larger than {} KiB: name the right file, or shorten it",
            LARGEST_FILE / 1024
        );
        return Err(whole_file(Place { line: 1, column: 1 }, message));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => {
            let place = end_of(bytes.get(..error.valid_up_to()).unwrap_or_default());
            Err(whole_file(place, "this byte is no UTF-8 text: save the file as UTF-8".into()))
        }
    }
}

/// An error of the file as a whole.
pub(super) fn whole_file(place: Place, message: String) -> Problem {
    let Place { line, column } = place;
    Problem { line, column, path: String::new(), severity: Severity::Error, message }
}

/// The place behind the last character.
fn end_of(bytes: &[u8]) -> Place {
    let text = String::from_utf8_lossy(bytes);
    let line = text.rsplit('\n').next().unwrap_or_default();
    Place { line: text.matches('\n').count() + 1, column: line.chars().count() + 1 }
}
