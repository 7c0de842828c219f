//! The filter language: text is read or refused, and what is read is written so that it reads the same.

use model::Filter;

use super::valid;

/// Reads the text at the beginning of the bytes.
pub fn run(data: &[u8]) {
    let text = valid(data);
    if let Ok(filter) = Filter::parse(text) {
        reads_back(&filter);
    }
    if let Ok(value) = serde_json::from_str(text)
        && let Ok(filter) = Filter::from_value(&value)
    {
        reads_back(&filter);
    }
}

fn reads_back(filter: &Filter) {
    let short = filter.to_string();
    assert_eq!(Filter::parse(&short).as_ref(), Ok(filter), "{short}");
    let json = filter.to_json();
    assert_eq!(Filter::from_json(&json).as_ref(), Ok(filter), "{json}");
}
