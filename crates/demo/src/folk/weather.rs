//! Weather by city. It is made up, and the same on every replica.

use std::time::Duration;

use serde_json::{Value, json};

use super::{pick, reads, seed, text};
use crate::persona::{Act, Persona, Prompt, Resource, Steps, answer, refusal, tool};

/// Name, country, and the mean temperature of the year in degrees Celsius.
const CITIES: &[(&str, &str, f64)] = &[
    ("Amsterdam", "NL", 10.5),
    ("Berlin", "DE", 10.0),
    ("Dublin", "IE", 9.8),
    ("Lisbon", "PT", 17.5),
    ("Nairobi", "KE", 19.0),
    ("New York", "US", 12.9),
    ("Oslo", "NO", 6.4),
    ("Portland", "US", 12.4),
    ("San Francisco", "US", 14.6),
    ("Seattle", "US", 11.6),
    ("Singapore", "SG", 27.5),
    ("Tokyo", "JP", 15.8),
];

const SKIES: &[&str] = &["Clear", "Fair", "Cloudy", "Overcast", "Light rain", "Rain", "Showers", "Fog"];

/// 160 × 120 pixels, drawn for this.
const RADAR: &str = include_str!("radar.png.base64");

const STORM: Resource = Resource {
    uri: "weather://alerts/storm-4",
    name: "Storm warning, coast of Oregon",
    text: "Storm warning for the coast of Oregon.\nGusts up to 95 km/h from Friday evening to Saturday noon. A \
     demo: none of this is real.",
};

const FROST: Resource = Resource {
    uri: "weather://alerts/frost-2",
    name: "Frost warning, Brandenburg",
    text: "Frost warning for Brandenburg.\nDown to -4 °C near the ground on Sunday night. A demo: none of this \
     is real.",
};

/// A replica, in its version.
pub(crate) fn weather(version: &'static str) -> Persona {
    Persona {
        name: "weather",
        title: "Weather (demo)",
        version,
        instructions: "Made-up weather for twelve cities. Ask weather.current first; weather.history takes its time.",
        tools: vec![
            tool("weather.current", current_definition(), current),
            tool("weather.forecast", forecast_definition(), forecast),
            tool("weather.alerts", alerts_definition(), alerts),
            tool("weather.radar", radar_definition(), radar),
            tool("weather.history", history_definition(), history),
        ],
        resources: vec![STORM, FROST],
        prompts: vec![Prompt {
            name: "pack-my-bag",
            description: "What to pack for a journey",
            text: "Ask for the forecast of the city I travel to, then say what to pack.",
        }],
    }
}

fn city_schema() -> Value {
    let names: Vec<&str> = CITIES.iter().map(|(name, ..)| *name).collect();
    json!({ "type": "string", "title": "City", "enum": names })
}

fn unit_schema() -> Value {
    json!({
        "title": "Unit",
        "oneOf": [{ "const": "celsius", "title": "°C" }, { "const": "fahrenheit", "title": "°F" }],
        "default": "celsius",
    })
}

fn current_definition() -> Value {
    json!({
        "title": "Current weather",
        "description": "The weather in a city now.",
        "inputSchema": {
            "type": "object",
            "properties": { "city": city_schema(), "unit": unit_schema() },
            "required": ["city"],
        },
        "outputSchema": {
            "type": "object",
            "properties": {
                "city": { "type": "string" },
                "country": { "type": "string" },
                "sky": { "type": "string" },
                "temperature": { "type": "number" },
                "unit": { "type": "string" },
                "humidity_percent": { "type": "integer" },
                "wind_kmh": { "type": "integer" },
            },
            "required": ["city", "sky", "temperature", "unit"],
        },
        "annotations": reads(),
    })
}

fn current(arguments: &Value) -> Act {
    let Some((name, country, mean)) = city(arguments) else { return unknown_city(arguments) };
    let (at, unit) = (seed(name), unit(arguments));
    Act::Answer(answer(&json!({
        "city": name,
        "country": country,
        "sky": pick(SKIES, at),
        "temperature": degrees(mean + swing(at, 9), unit),
        "unit": unit,
        "humidity_percent": 40 + at % 55,
        "wind_kmh": 2 + at / 7 % 38,
    })))
}

fn forecast_definition() -> Value {
    json!({
        "title": "Forecast",
        "description": "The weather in a city on the next days, as a table. Day 1 is tomorrow.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "city": city_schema(),
                "days": { "type": "integer", "title": "Days", "minimum": 1, "maximum": 7, "default": 3 },
                "unit": unit_schema(),
            },
            "required": ["city"],
        },
        "annotations": reads(),
    })
}

fn forecast(arguments: &Value) -> Act {
    let Some((name, _, mean)) = city(arguments) else { return unknown_city(arguments) };
    let Some(days @ 1..=7) = arguments.get("days").map_or(Some(3), Value::as_u64) else {
        return refusal("days must be a whole number from 1 to 7.");
    };
    let unit = unit(arguments);
    let rows: Vec<Value> = (1..=days)
        .map(|day| {
            let at = seed(&format!("{name} {day}"));
            let noon = mean + swing(at, 9);
            json!({
                "day": day,
                "sky": pick(SKIES, at),
                "high": degrees(noon + 3.0, unit),
                "low": degrees(noon - 4.0, unit),
                "rain_mm": at / 11 % 13,
            })
        })
        .collect();
    Act::Answer(answer(&json!({ "city": name, "unit": unit, "days": rows })))
}

fn alerts_definition() -> Value {
    json!({
        "title": "Alerts",
        "description": "Warnings that are in force, as links to resources.",
        "inputSchema": { "type": "object", "properties": {} },
        "annotations": reads(),
    })
}

fn alerts(_: &Value) -> Act {
    let link = |alert: &Resource| {
        let about = alert.text.lines().nth(1).unwrap_or_default();
        json!({ "type": "resource_link", "uri": alert.uri, "name": alert.name, "mimeType": "text/plain", "description": about })
    };
    let content = json!([{ "type": "text", "text": "2 warnings are in force." }, link(&STORM), link(&FROST)]);
    Act::Answer(json!({ "content": content, "isError": false }))
}

fn radar_definition() -> Value {
    json!({
        "title": "Radar",
        "description": "A picture of the rain around a city.",
        "inputSchema": { "type": "object", "properties": { "city": city_schema() }, "required": ["city"] },
        "annotations": reads(),
    })
}

fn radar(arguments: &Value) -> Act {
    let Some((name, ..)) = city(arguments) else { return unknown_city(arguments) };
    let picture = json!({ "type": "image", "mimeType": "image/png", "data": RADAR.trim() });
    let text = json!({ "type": "text", "text": format!("Rain within 60 km of {name}. The picture is the same everywhere: a demo.") });
    Act::Answer(json!({ "content": [picture, text], "isError": false }))
}

fn history_definition() -> Value {
    json!({
        "title": "Weather of past days",
        "description": "Collects the weather of past days, slowly, four days a second: try its progress, and cancel it.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "city": city_schema(),
                "days": { "type": "integer", "title": "Days", "minimum": 1, "maximum": 365, "default": 40 },
            },
            "required": ["city"],
        },
        "annotations": reads(),
    })
}

fn history(arguments: &Value) -> Act {
    let Some((name, country, mean)) = city(arguments) else { return unknown_city(arguments) };
    let Some(days @ 1..=365) = arguments.get("days").map_or(Some(40), Value::as_u64) else {
        return refusal("days must be a whole number from 1 to 365.");
    };
    let noon = |day: u64| mean + swing(seed(&format!("{name} {day} days ago")), 9);
    let warmest = (1..=days).map(noon).fold(f64::MIN, f64::max);
    let coldest = (1..=days).map(noon).fold(f64::MAX, f64::min);
    Act::Steps(Steps {
        every: Duration::from_millis(250),
        count: days,
        message: |day| format!("Reading the weather of {} days ago", day + 1),
        result: answer(&json!({
            "city": name,
            "country": country,
            "days": days,
            "warmest": degrees(warmest, "celsius"),
            "coldest": degrees(coldest, "celsius"),
            "unit": "celsius",
        })),
    })
}

fn city(arguments: &Value) -> Option<(&'static str, &'static str, f64)> {
    let asked = text(arguments, "city");
    CITIES.iter().copied().find(|(name, ..)| name.eq_ignore_ascii_case(asked))
}

fn unknown_city(arguments: &Value) -> Act {
    let names: Vec<&str> = CITIES.iter().map(|(name, ..)| *name).collect();
    let asked: String = text(arguments, "city").chars().take(60).collect();
    let said = if asked.is_empty() {
        "Which city?".to_owned()
    } else {
        format!("There is no weather for “{asked}”.")
    };
    refusal(format!("{said} There is for {}.", names.join(", ")))
}

fn unit(arguments: &Value) -> &'static str {
    if text(arguments, "unit") == "fahrenheit" { "fahrenheit" } else { "celsius" }
}

/// In tenths.
fn degrees(celsius: f64, unit: &str) -> f64 {
    let degrees = if unit == "fahrenheit" { celsius * 1.8 + 32.0 } else { celsius };
    (degrees * 10.0).round() / 10.0
}

/// From `-most` to `most` degrees.
fn swing(number: u64, most: u32) -> f64 {
    let tenths = u32::try_from(number / 13 % u64::from(most * 20 + 1)).unwrap_or(0);
    f64::from(tenths) / 10.0 - f64::from(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(act: Act) -> Value {
        match act {
            Act::Answer(result) => result,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_same_city_has_the_same_weather_in_either_unit_and_spelling() {
        let asked = |arguments: Value| answered(current(&arguments))["structuredContent"].clone();
        let celsius = asked(json!({ "city": "Seattle" }));
        assert_eq!(celsius, asked(json!({ "city": " seattle ", "unit": "celsius" })));
        let fahrenheit =
            asked(json!({ "city": "Seattle", "unit": "fahrenheit" }))["temperature"].as_f64().unwrap();
        let degrees = celsius["temperature"].as_f64().unwrap();
        assert!((degrees * 1.8 + 32.0 - fahrenheit).abs() < 0.11, "{degrees} {fahrenheit}");
    }

    #[test]
    fn a_city_that_is_not_there_is_refused_with_those_that_are() {
        let said = answered(current(&json!({ "city": "Atlantis" })));
        assert_eq!(said["isError"], true);
        let text = said["content"][0]["text"].as_str().unwrap();
        assert!(text.contains("“Atlantis”") && text.contains("San Francisco"), "{text}");
    }

    #[test]
    fn a_forecast_has_a_row_for_each_day() {
        let rows = |days: Value| answered(forecast(&json!({ "city": "Oslo", "days": days })));
        assert_eq!(rows(json!(7))["structuredContent"]["days"].as_array().unwrap().len(), 7);
        for wrong in [json!(0), json!(8), json!(1.5), json!("3")] {
            assert_eq!(rows(wrong)["isError"], true);
        }
    }
}
