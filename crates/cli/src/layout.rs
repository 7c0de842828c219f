//! Changes the whitespace of JSON text. Nothing is parsed and written again: each number, text and name keeps its text,
//! whatever its length.

use std::iter;

/// The whitespace of JSON.
const BLANK: [char; 4] = [' ', '\n', '\r', '\t'];

/// For people: each entry on a line of its own.
pub(crate) fn indented(json: &str) -> String {
    let mut text = String::with_capacity(json.len() * 2);
    let (mut depth, mut before) = (0_usize, "");
    for token in tokens(json) {
        let opened = matches!(before, "{" | "[");
        match token {
            "}" | "]" => {
                depth = depth.saturating_sub(1);
                if !opened {
                    new_line(&mut text, depth);
                }
            }
            "," | ":" => {}
            _ if opened || before == "," => new_line(&mut text, depth),
            _ => {}
        }
        text.push_str(token);
        match token {
            "{" | "[" => depth += 1,
            ":" => text.push(' '),
            _ => {}
        }
        before = token;
    }
    text
}

/// For programs that read lines.
pub(crate) fn on_one_line(json: &str) -> String {
    tokens(json).collect()
}

fn new_line(text: &mut String, depth: usize) {
    text.push('\n');
    text.extend(iter::repeat_n("  ", depth));
}

fn tokens(json: &str) -> impl Iterator<Item = &str> {
    let mut rest = json;
    iter::from_fn(move || {
        rest = rest.trim_start_matches(BLANK);
        let end = match rest.chars().next()? {
            '"' => end_of_text(rest),
            '{' | '}' | '[' | ']' | ',' | ':' => 1,
            _ => rest.find(['{', '}', '[', ']', ',', ':', '"', ' ', '\n', '\r', '\t']).unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at_checked(end)?;
        rest = after;
        Some(token)
    })
}

/// The end of the text that starts with a quote.
fn end_of_text(json: &str) -> usize {
    let mut escaped = false;
    let quote = json.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    quote.map_or(json.len(), |quote| quote + 2)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_document_looks_as_any_other_does() {
        let documents = [
            json!({}),
            json!([]),
            json!(null),
            json!({ "a": [], "b": {}, "c": [1, [2, { "d": "é, [\"x\"]: {\\" }]], "": null }),
            json!([[[]], "a\\", "\\\"", true]),
        ];
        for document in documents {
            let pretty = serde_json::to_string_pretty(&document).unwrap();
            let compact = document.to_string();
            assert_eq!(indented(&compact), pretty);
            assert_eq!(on_one_line(&pretty), compact);
            assert_eq!(serde_json::from_str::<Value>(&indented(&pretty)).unwrap(), document);
        }
    }

    #[test]
    fn numbers_escapes_and_repeated_names_stay_as_they_are() {
        let json = r#"{"n":12345678901234567890123,"d":1.0,"e":1E400,"e":-0,"t":"\u00e9\/"}"#;
        assert_eq!(on_one_line(&indented(json)), json);
        assert_eq!(on_one_line("[ 1\r\n,\t2 ]"), "[1,2]");
    }

    #[test]
    fn what_is_no_json_has_an_end_as_well() {
        for broken in ["\"a", "\"a\\", "]]]", "{:,", "a b", ""] {
            let _ = indented(broken);
        }
    }
}
