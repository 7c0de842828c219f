//! A server whose answer holds what a tree of values rounds or drops: it must reach every caller as it is.

use demo::fake::Fake;
use demo::{Act, Persona, PersonaTool};
use serde_json::json;

/// What the tool `digits` answers, byte for byte: whole numbers beyond 64 bits, more decimals than a double has, a
/// number beyond its range, notations that readers like to tidy, and unknown fields.
pub const RESULT: &str = concat!(
    r#"{"content":[{"type":"text","text":"see the data","priority":0.10,"later":{"n":-98765432109876543210}}],"#,
    r#""structuredContent":{"n":12345678901234567890123,"odd":9007199254740993,"d":0.1234567890123456789,"#,
    r#""huge":1e400,"tidy":1.0,"zero":-0,"unknownField":{"x":1}},"#,
    r#""_meta":{"example.org/trace":18446744073709551617},"futureField":[1E2,null]}"#
);

/// The server.
pub fn server() -> Fake {
    let listed = json!({ "name": "digits", "description": "A tool.", "inputSchema": { "type": "object" } });
    let digits = PersonaTool { name: "digits", listed: Some(listed), act: |_| Act::Exactly(RESULT) };
    let persona = Persona { name: "digits", version: "1.0", tools: vec![digits], ..Persona::default() };
    Fake::legacy().with_persona(persona)
}
