//! Units: the server that still speaks HTTP + SSE, the transport of 2024-11-05.

use serde_json::{Value, json};

use super::{reads, text};
use crate::persona::{Act, Persona, answer, refusal, tool};

/// Name, title, what it measures, and how many of the base unit one is.
const UNITS: &[(&str, &str, &str, f64)] = &[
    ("m", "Metre", "length", 1.0),
    ("km", "Kilometre", "length", 1_000.0),
    ("mi", "Mile", "length", 1_609.344),
    ("ft", "Foot", "length", 0.3048),
    ("kg", "Kilogram", "mass", 1.0),
    ("lb", "Pound", "mass", 0.453_592_37),
    ("oz", "Ounce", "mass", 0.028_349_523_125),
    ("l", "Litre", "volume", 1.0),
    ("gal", "Gallon (US)", "volume", 3.785_411_784),
];

pub(crate) fn units() -> Persona {
    let of = |title: &str| {
        let choices: Vec<Value> =
            UNITS.iter().map(|(name, title, ..)| json!({ "const": name, "title": title })).collect();
        json!({ "title": title, "oneOf": choices })
    };
    Persona {
        name: "units",
        title: "Units (demo, HTTP + SSE)",
        version: "1.4.0",
        instructions: "Converts lengths, masses and volumes.",
        tools: vec![
            tool(
                "units.convert",
                json!({
                    "title": "Convert",
                    "description": "Converts a value from one unit into another.",
                    "inputSchema": {
                        "type": "object",
                        "properties": {
                            "value": { "type": "number", "title": "Value" },
                            "from": of("From"),
                            "to": of("Into"),
                        },
                        "required": ["value", "from", "to"],
                    },
                    "annotations": reads(),
                }),
                convert,
            ),
            tool(
                "units.list",
                json!({
                    "title": "List the units",
                    "description": "Every unit this server knows, as a table.",
                    "inputSchema": { "type": "object", "properties": {} },
                    "annotations": reads(),
                }),
                list,
            ),
        ],
        ..Persona::default()
    }
}

fn convert(arguments: &Value) -> Act {
    let unit = |key: &str| UNITS.iter().find(|(name, ..)| *name == text(arguments, key));
    let Some(value) = arguments.get("value").and_then(Value::as_f64) else {
        return refusal("value must be a number.");
    };
    let (Some(from), Some(to)) = (unit("from"), unit("to")) else {
        return refusal("Give two units that units.list knows.");
    };
    if from.2 != to.2 {
        return refusal(format!("A {} is no {}: it cannot be converted.", from.2, to.2));
    }
    let result = (value * from.3 / to.3 * 1e6).round() / 1e6;
    Act::Answer(answer(&json!({ "value": value, "from": from.0, "result": result, "to": to.0 })))
}

fn list(_: &Value) -> Act {
    let rows: Vec<Value> = UNITS
        .iter()
        .map(|(name, title, measures, _)| json!({ "unit": name, "name": title, "measures": measures }))
        .collect();
    Act::Answer(answer(&json!({ "units": rows })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_measures_the_same_is_converted_and_nothing_else() {
        let asked = |from: &str, to: &str| match convert(&json!({ "value": 26.2, "from": from, "to": to })) {
            Act::Answer(result) => result,
            other => panic!("{other:?}"),
        };
        assert_eq!(asked("mi", "km")["structuredContent"]["result"], 42.164_813);
        assert_eq!(asked("mi", "kg")["isError"], true);
    }
}
