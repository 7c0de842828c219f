//! The servers of the demo fleet: their names, tools and answers.

mod weather;

use serde_json::{Value, json};

use crate::persona::{Act, Persona, answer, refusal, said, tool};

pub(crate) use weather::weather;

/// A tool that changes nothing and reaches nothing outside.
fn reads() -> Value {
    json!({ "readOnlyHint": true, "idempotentHint": true, "openWorldHint": false })
}

/// The text under a key, without spaces around it.
fn text<'a>(arguments: &'a Value, key: &str) -> &'a str {
    arguments.get(key).and_then(Value::as_str).unwrap_or_default().trim()
}

/// A number that only this text has: where a demo would otherwise throw dice (FNV-1a).
fn seed(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// An element of a list, chosen by a number.
fn pick<T: Copy + Default>(list: &[T], number: u64) -> T {
    let at = usize::try_from(number % list.len().max(1) as u64).unwrap_or(0);
    list.get(at).copied().unwrap_or_default()
}

const NOTES: &[(&str, &str)] = &[
    ("Rate limits", "Each tenant may make 600 calls a minute; bursts of 50 are fine."),
    ("On call", "Mondays at ten. Bring the list of alerts that nobody understood."),
    ("Naming", "A server is named after what it knows, then its region, then a letter."),
];

pub(crate) fn notes() -> Persona {
    Persona {
        name: "notes",
        title: "Team notes (demo)",
        version: "3.2.0",
        instructions: "Notes of a team that does not exist.",
        tools: vec![tool(
            "notes.search",
            json!({
                "title": "Search the notes",
                "description": "Notes whose title or text has these words.",
                "inputSchema": {
                    "type": "object",
                    "properties": { "words": { "type": "string", "title": "Words" } },
                },
                "annotations": reads(),
            }),
            search,
        )],
        ..Persona::default()
    }
}

fn search(arguments: &Value) -> Act {
    let words = text(arguments, "words").to_lowercase();
    let fits = |note: &str| words.split_whitespace().all(|word| note.to_lowercase().contains(word));
    let found: Vec<Value> = NOTES
        .iter()
        .filter(|(title, body)| fits(&format!("{title} {body}")))
        .map(|(title, body)| json!({ "title": title, "text": body }))
        .collect();
    Act::Answer(answer(&json!({ "notes": found })))
}

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

const STATES: &[&str] = &["Announced", "Collected", "In transit", "Out for delivery", "Delivered"];
const PLACES: &[&str] = &["Leipzig", "Rotterdam", "Lyon", "Bergamo", "Gdańsk", "Porto"];

pub(crate) fn parcels() -> Persona {
    Persona {
        name: "parcels",
        title: "Parcels (demo, flaky)",
        version: "0.9.1",
        instructions: "Made-up parcels. One request in three to the tools fails: this server shows what a flaky one looks like.",
        tools: vec![
            tool("parcel.track", track_definition(), track),
            tool("parcel.redirect", redirect_definition(), redirect),
        ],
        ..Persona::default()
    }
}

fn number_schema() -> Value {
    json!({ "type": "string", "title": "Parcel number", "pattern": "^[A-Z]{2}[0-9]{6}$", "examples": ["DP204816"] })
}

fn track_definition() -> Value {
    json!({
        "title": "Track a parcel",
        "description": "Where a parcel was and is. Any number of two letters and six digits is a parcel.",
        "inputSchema": { "type": "object", "properties": { "number": number_schema() }, "required": ["number"] },
        "annotations": reads(),
    })
}

fn track(arguments: &Value) -> Act {
    let number = text(arguments, "number");
    if !is_number(number) {
        return refusal("A parcel number is two capital letters and six digits, such as DP204816.");
    }
    let at = seed(number);
    let reached = usize::try_from(1 + at % STATES.len() as u64).unwrap_or(1);
    let events: Vec<Value> = STATES
        .iter()
        .take(reached)
        .zip(at..)
        .map(|(state, place)| json!({ "state": state, "place": pick(PLACES, place / 3) }))
        .collect();
    Act::Answer(answer(&json!({ "number": number, "events": events })))
}

fn redirect_definition() -> Value {
    json!({
        "title": "Send a parcel elsewhere",
        "description": "Gives a parcel another address. Nothing is kept: this is a demo.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "number": number_schema(),
                "address": {
                    "type": "object",
                    "title": "New address",
                    "properties": {
                        "street": { "type": "string", "title": "Street and number" },
                        "postcode": { "type": "string", "title": "Postcode" },
                        "city": { "type": "string", "title": "City" },
                    },
                    "required": ["street", "city"],
                },
                "notify": { "type": "boolean", "title": "Tell the recipient", "default": true },
            },
            "required": ["number", "address"],
        },
        "annotations": { "readOnlyHint": false, "destructiveHint": true, "idempotentHint": true, "openWorldHint": false },
    })
}

fn redirect(arguments: &Value) -> Act {
    let number = text(arguments, "number");
    if !is_number(number) {
        return refusal("A parcel number is two capital letters and six digits, such as DP204816.");
    }
    let city = arguments.get("address").map(|address| text(address, "city")).unwrap_or_default();
    if city.is_empty() {
        return refusal("Where to? The address needs a city.");
    }
    let city: String = city.chars().take(60).collect();
    Act::Answer(said(format!("{number} goes to {city} now. It would, that is: this is a demo.")))
}

fn is_number(text: &str) -> bool {
    let (letters, digits) = (text.bytes().take(2), text.bytes().skip(2));
    text.len() == 8
        && letters.into_iter().all(|byte| byte.is_ascii_uppercase())
        && digits.into_iter().all(|byte| byte.is_ascii_digit())
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

    #[test]
    fn numbers_are_two_letters_and_six_digits() {
        assert!(is_number("DP204816"));
        for wrong in ["", "DP20481", "dp204816", "DP2048161", "D2048167", "ÄP20481"] {
            assert!(!is_number(wrong), "{wrong}");
        }
    }
}
