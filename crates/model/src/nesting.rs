use serde_json::Value;

/// How deep one value of a record's metadata may nest: the record must fit into the JSON of stores and peers, whose readers
/// stop at 128 levels.
pub const DEEPEST_VALUE: usize = 100;

/// Whether lists and objects stand in one another at most so often.
pub fn nests_within(value: &Value, levels: usize) -> bool {
    let Some(below) = levels.checked_sub(1) else { return !value.is_object() && !value.is_array() };
    match value {
        Value::Object(fields) => fields.values().all(|value| nests_within(value, below)),
        Value::Array(items) => items.iter().all(|value| nests_within(value, below)),
        _ => true,
    }
}
