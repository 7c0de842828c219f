//! `config show --explain`: every key there is.

use api::{ConfigKey, ConfigKeys, ConfigKind, ConfigUnit, Empty, Operations};
use model::config::{in_effect, value};
use serde::Serialize;
use serde_json::Value;

use super::CommandSession;
use crate::failure::CommandFailure;
use crate::print::Column;

/// A key with what it is now.
#[derive(Serialize)]
struct Explained {
    #[serde(flatten)]
    key: ConfigKey,
    /// Absent where people choose names above it, or where nothing is set.
    value: Option<Value>,
    /// `file`, `default`, or nothing.
    source: Option<&'static str>,
}

pub(super) async fn explain(session: &CommandSession) -> Result<(), CommandFailure> {
    let columns: [Column<Explained>; 4] = [
        Column { heading: "SETTING", cell: |row| row.key.path.clone() },
        Column {
            heading: "VALUE",
            cell: |row| row.value.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
        },
        Column { heading: "FROM", cell: |row| row.source.unwrap_or("-").to_owned() },
        Column { heading: "WHAT", cell: |row| meaning(&row.key) },
    ];
    let status = session.core.config(Empty {}).await?;
    let file = status.text.and_then(|text| value(&text).ok()).unwrap_or_default();
    let rows: Vec<Explained> =
        ConfigKeys::all().keys.into_iter().map(|key| explained(key, &status.effective, &file)).collect();
    session.print.list(&rows, &columns)?;
    Ok(())
}

fn explained(key: ConfigKey, effective: &Value, file: &Value) -> Explained {
    let names: Vec<&str> = key.path.split('.').collect();
    let is_one = !names.iter().any(|name| *name == "*" || name.ends_with("[]"));
    let in_file =
        names.iter().try_fold(file, |value, name| value.get(name)).is_some_and(|value| !value.is_null());
    let holds_keys = key.kind == ConfigKind::Section;
    let value = in_effect(effective, &names).filter(|value| is_one && !holds_keys && !value.is_null());
    let source = match (in_file && is_one, value) {
        (true, _) => Some("file"),
        (false, Some(_)) => Some("default"),
        (false, None) => None,
    };
    Explained { value: value.cloned(), source, key }
}

/// Its meaning, and what it may be.
fn meaning(key: &ConfigKey) -> String {
    let unit = match key.unit {
        Some(ConfigUnit::Seconds) => " seconds",
        Some(ConfigUnit::Milliseconds) => " milliseconds",
        None => "",
    };
    let number = |value: f64| format!("{value}");
    let range = match (key.low, key.high) {
        (Some(low), Some(high)) => format!(" ({} to {}{unit})", number(low), number(high)),
        (Some(low), None) => format!(" ({} or more{unit})", number(low)),
        _ if key.words.is_empty() => String::new(),
        _ => format!(" ({})", key.words.join(", ")),
    };
    let only = key.only.as_ref().map(|only| format!("; for {only}")).unwrap_or_default();
    let restart = if key.restart { "; takes effect at the next start" } else { "" };
    let idle = if key.no_effect { "; no effect yet" } else { "" };
    format!("{}{range}{only}{restart}{idle}", key.meaning)
}
