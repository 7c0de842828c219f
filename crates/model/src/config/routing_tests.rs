//! What rules must do, as the file says it: a change that breaks one of these is not saved.

use serde::Serialize;

use super::describe::{Branch, KeyDoc, KeyKind, leaf, section};
use super::section::Section;
use super::tree::Place;

/// A call, and where it must go.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RoutingTest {
    /// What is called.
    pub capability: String,
    /// The client, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// Servers that are assumed to be down, by name or id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub down: Vec<String>,
    /// What must come of it.
    pub expect: Expected,
    /// Its line in the file, from 1.
    #[serde(skip)]
    pub line: usize,
    /// Its column, from 1.
    #[serde(skip)]
    pub column: usize,
}

impl RoutingTest {
    /// Whether both ask the same, whatever their positions.
    pub fn is_same(&self, other: &Self) -> bool {
        let place = |test: &Self| Self { line: 0, column: 0, ..test.clone() };
        place(self) == place(other)
    }
}

/// What must come of a call.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Expected {
    /// This server takes it, by name or id.
    Server(String),
    /// A server of this region takes it.
    Region(String),
    /// It is refused with this code.
    Error(String),
}

/// The codes that a routing test can expect.
const CODES: [&str; 5] =
    ["no_server", "no_healthy_server", "no_server_meets_rule", "capability_not_allowed", "overloaded"];

/// Every key of a test.
pub(super) const KEYS: &[Branch] = &[
    leaf(
        KeyDoc::new("capability", KeyKind::Text, "weather.current", "The capability that is called").needed(),
    ),
    leaf(KeyDoc::new("client", KeyKind::Text, "editor", "The client that calls")),
    leaf(KeyDoc::new(
        "down",
        KeyKind::List(&KeyKind::Text),
        "[weather-eu]",
        "Servers that are assumed to be down, by name or id",
    )),
    section(
        KeyDoc::new("expect", KeyKind::Section, "{ region: us-west-2 }", "The expected result").needed(),
        EXPECT_KEYS,
    ),
];

const EXPECT_KEYS: &[Branch] = &[
    leaf(KeyDoc::new("server", KeyKind::Text, "weather-us", "This server takes it, by name or id")),
    leaf(KeyDoc::new("region", KeyKind::Text, "us-west-2", "A server of this region takes it")),
    leaf(KeyDoc::new("error", KeyKind::Word(&CODES), "no_healthy_server", "It is refused with this code")),
];

pub(super) fn read(root: &mut Section<'_>) -> Vec<RoutingTest> {
    let Some(items) = root.list("routing_tests") else { return Vec::new() };
    let tests = items.into_iter().enumerate().filter_map(|(at, node)| {
        let place = node.place;
        test(root.below(&format!("routing_tests[{at}]"), node), place)
    });
    tests.collect()
}

fn test(mut section: Section<'_>, place: Place) -> Option<RoutingTest> {
    let capability = section.text("capability");
    let client = section.text("client");
    let down = section.texts("down").unwrap_or_default();
    if capability.is_none() {
        section.error(place, "capability", "which call? Write `capability: weather.current`");
    }
    let expect = section.take("expect");
    let expect = match expect {
        None => {
            section.error(place, "expect", "which result is expected? Write `expect: { region: us-west-2 }`");
            None
        }
        Some(node) => {
            let place = node.place;
            expected(section.below("expect", node), place)
        }
    };
    section.finish();
    let Place { line, column } = place;
    Some(RoutingTest { capability: capability?, client, down, expect: expect?, line, column })
}

fn expected(mut section: Section<'_>, place: Place) -> Option<Expected> {
    let server = section.text("server").map(Expected::Server);
    let region = section.text("region").map(Expected::Region);
    let codes = CODES.map(|code| (code, code));
    let error = section.one_of("error", &codes).map(|code| Expected::Error(code.to_owned()));
    let mut said = [server, region, error].into_iter().flatten();
    let (first, second) = (said.next(), said.next());
    if first.is_none() || second.is_some() {
        let message = "one of `server`, `region` and `error`: write `expect: { region: us-west-2 }`";
        section.error(place, "", message);
    }
    section.finish();
    first.filter(|_| second.is_none())
}
