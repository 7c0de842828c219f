//! Where a parcel is: the server that fails now and then.

use serde_json::{Value, json};

use super::{pick, reads, seed, text};
use crate::persona::{Act, Persona, answer, refusal, said, tool};

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
    fn numbers_are_two_letters_and_six_digits() {
        assert!(is_number("DP204816"));
        for wrong in ["", "DP20481", "dp204816", "DP2048161", "D2048167", "ÄP20481"] {
            assert!(!is_number(wrong), "{wrong}");
        }
    }
}
