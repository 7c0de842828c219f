//! What clients do with each server, and what must come of it.
//!
//! In the steps `tool:`, `prompt:`, `uri:` and `template:` stand before a server's own name for something, in whose place the client
//! says what the gateway calls it; `filled:` is a URI of a template; `$nonce` is a text of one client and one server.

/// The era of a client.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Era {
    Legacy,
    Modern,
}

/// What must come of the last step. None before it may fail.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Expected {
    /// All tools of the server.
    Tools,
    /// A result that has exactly this text somewhere.
    Lists(&'static str),
    /// A result that holds this text.
    Says(&'static str),
    /// The same, after reports of progress.
    Progress(&'static str),
    /// The call was given up, and its server was told.
    Cancelled,
    /// A log message was heard that holds this text.
    Logged(&'static str),
    /// The resource of the first step that names one was said to have changed.
    Updated,
}

use Expected::{Cancelled, Lists, Logged, Progress, Says, Tools, Updated};

/// One thing that clients do with a server: those of one era, or all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell {
    pub(crate) what: &'static str,
    pub(crate) of: Option<Era>,
    /// At the endpoint of its server alone, by its own names: what it has for clients alone that can be asked, no list for all has.
    pub(crate) is_alone: bool,
    pub(crate) expected: Expected,
    pub(crate) steps: &'static str,
}

/// Of all clients.
const fn all(what: &'static str, expected: Expected, steps: &'static str) -> Cell {
    Cell { what, of: None, is_alone: false, expected, steps }
}

/// Of those of the legacy era.
const fn legacy(what: &'static str, expected: Expected, steps: &'static str) -> Cell {
    Cell { what, of: Some(Era::Legacy), is_alone: false, expected, steps }
}

/// Of those of the legacy era, at the endpoint of the server alone.
const fn alone(what: &'static str, expected: Expected, steps: &'static str) -> Cell {
    Cell { is_alone: true, ..legacy(what, expected, steps) }
}

/// The servers by name.
pub(crate) const SERVERS: [(&str, &[Cell]); 9] = [
    ("everything-http", EVERYTHING),
    ("everything-sse", EVERYTHING),
    ("everything-stdio", EVERYTHING),
    ("memory", MEMORY),
    ("fastmcp4", FASTMCP),
    ("mcp1", ADDS_AND_WAITS),
    ("mcp2", ADDS_AND_WAITS),
    ("time", TIME),
    ("conformance", CONFORMANCE),
];

/// Legacy, and it asks its clients by requests of its own.
const EVERYTHING: &[Cell] = &[
    LIST,
    all(
        "call",
        Says("Grüße 12345678901234567890 $nonce"),
        r#"[{"do":"call","name":"tool:echo","arguments":{"message":"Grüße 12345678901234567890 $nonce"}}]"#,
    ),
    all(
        "structured",
        Says(r#""structuredContent":{"#),
        r#"[{"do":"call","name":"tool:get-structured-content","arguments":{"location":"Chicago"}}]"#,
    ),
    all(
        "progress",
        Progress("Long running operation completed"),
        r#"[{"do":"call","name":"tool:trigger-long-running-operation","arguments":{"duration":1,"steps":4},"progress":true}]"#,
    ),
    all(
        "cancel",
        Cancelled,
        r#"[{"do":"call","name":"tool:trigger-long-running-operation","arguments":{"duration":30,"steps":60},"cancel":true}]"#,
    ),
    all("resources", Lists("uri:demo://resource/static/document/features.md"), r#"[{"do":"resources"}]"#),
    all("templates", Lists("template:demo://resource/dynamic/text/{resourceId}"), r#"[{"do":"templates"}]"#),
    all(
        "read",
        Says("Everything Server"),
        r#"[{"do":"read","uri":"uri:demo://resource/static/document/features.md"}]"#,
    ),
    all(
        "read of a template",
        Says("Resource 7: This is a plaintext resource"),
        r#"[{"do":"read","uri":"filled:demo://resource/dynamic/text/{resourceId}"}]"#,
    ),
    all("prompts", Lists("prompt:completable-prompt"), r#"[{"do":"prompts"}]"#),
    all(
        "prompt",
        Says("What's weather in $nonce?"),
        r#"[{"do":"prompt","name":"prompt:args-prompt","arguments":{"city":"$nonce"}}]"#,
    ),
    all(
        "complete a prompt",
        Lists("Engineering"),
        r#"[{"do":"complete","ref":{"type":"ref/prompt","name":"prompt:completable-prompt"},"argument":{"name":"department","value":"En"}}]"#,
    ),
    all(
        "complete a template",
        Lists("4711"),
        r#"[{"do":"complete","ref":{"type":"ref/resource","uri":"template:demo://resource/dynamic/text/{resourceId}"},"argument":{"name":"resourceId","value":"4711"}}]"#,
    ),
    legacy(
        "log",
        Logged("Received Subscribe Resource request"),
        r#"[{"do":"level","level":"debug"},{"do":"subscribe","uri":"uri:demo://resource/static/document/features.md"},{"do":"hear","method":"notifications/message","words":"Received Subscribe"}]"#,
    ),
    legacy(
        "updates",
        Updated,
        r#"[{"do":"subscribe","uri":"filled:demo://resource/dynamic/text/{resourceId}"},{"do":"call","name":"tool:toggle-subscriber-updates"},{"do":"hear","method":"notifications/resources/updated"}]"#,
    ),
    alone(
        "sampling",
        Says("sampled $nonce"),
        r#"[{"do":"call","name":"trigger-sampling-request","arguments":{"prompt":"Anything"}}]"#,
    ),
    alone("elicitation", Says("Name: $nonce"), r#"[{"do":"call","name":"trigger-elicitation-request"}]"#),
    alone("roots", Says("file:///$nonce"), r#"[{"do":"call","name":"get-roots-list"}]"#),
];

const MEMORY: &[Cell] = &[LIST, all("call", Says("entities"), r#"[{"do":"call","name":"tool:read_graph"}]"#)];

const TIME: &[Cell] = &[
    LIST,
    all(
        "call",
        Says("UTC"),
        r#"[{"do":"call","name":"tool:get_current_time","arguments":{"timezone":"UTC"}}]"#,
    ),
];

const LIST: Cell = all("list", Tools, r#"[{"do":"list"}]"#);
const ADD: Cell =
    all("call", Says("1234567"), r#"[{"do":"call","name":"tool:add","arguments":{"a":1234560,"b":7}}]"#);
const WAIT: Cell = all(
    "progress",
    Progress("waited"),
    r#"[{"do":"call","name":"tool:wait","arguments":{"seconds":0.3},"progress":true}]"#,
);
const GIVE_UP: Cell = all(
    "cancel",
    Cancelled,
    r#"[{"do":"call","name":"tool:wait","arguments":{"seconds":30},"cancel":true}]"#,
);

const ADDS_AND_WAITS: &[Cell] = &[LIST, WAIT, GIVE_UP, ADD];

const FASTMCP: &[Cell] = &[
    LIST,
    WAIT,
    GIVE_UP,
    ADD,
    all("resources", Lists("uri:memo://hello"), r#"[{"do":"resources"}]"#),
    all("read", Says("hello"), r#"[{"do":"read","uri":"uri:memo://hello"}]"#),
    all("prompts", Lists("prompt:greet"), r#"[{"do":"prompts"}]"#),
    all(
        "prompt",
        Says("Say hello to $nonce"),
        r#"[{"do":"prompt","name":"prompt:greet","arguments":{"name":"$nonce"}}]"#,
    ),
];

/// Of both eras, and in the modern one it asks its clients in its results.
const CONFORMANCE: &[Cell] = &[
    LIST,
    all("call", Says("Plain text of"), r#"[{"do":"call","name":"tool:test_simple_text"}]"#),
    all(
        "progress",
        Progress("Done."),
        r#"[{"do":"call","name":"tool:test_tool_with_progress","progress":true}]"#,
    ),
    all("resources", Lists("uri:test://static-text"), r#"[{"do":"resources"}]"#),
    all("templates", Lists("template:test://template/{id}/data"), r#"[{"do":"templates"}]"#),
    all("read", Says("The static text."), r#"[{"do":"read","uri":"uri:test://static-text"}]"#),
    all(
        "read of a template",
        Says(r#"{\"id\":\"7\"}"#),
        r#"[{"do":"read","uri":"filled:test://template/{id}/data"}]"#,
    ),
    all("prompts", Lists("prompt:test_prompt_with_arguments"), r#"[{"do":"prompts"}]"#),
    all(
        "prompt",
        Says("The first is '$nonce', the second is 'b'."),
        r#"[{"do":"prompt","name":"prompt:test_prompt_with_arguments","arguments":{"arg1":"$nonce","arg2":"b"}}]"#,
    ),
    all(
        "complete a prompt",
        Lists("paris"),
        r#"[{"do":"complete","ref":{"type":"ref/prompt","name":"prompt:test_prompt_with_arguments"},"argument":{"name":"arg1","value":"par"}}]"#,
    ),
    all(
        "complete a template",
        Lists("testing"),
        r#"[{"do":"complete","ref":{"type":"ref/resource","uri":"template:test://template/{id}/data"},"argument":{"name":"id","value":"te"}}]"#,
    ),
    all(
        "log",
        Logged("half way"),
        r#"[{"do":"level","level":"info"},{"do":"call","name":"tool:test_tool_with_logging"},{"do":"hear","method":"notifications/message","words":"half way"}]"#,
    ),
    all(
        "sampling",
        Says("sampled $nonce"),
        r#"[{"do":"call","name":"tool:test_input_required_result_sampling"}]"#,
    ),
    all(
        "elicitation",
        Says("Hello, $nonce!"),
        r#"[{"do":"call","name":"tool:test_input_required_result_elicitation"}]"#,
    ),
    all(
        "roots",
        Says("Roots: file:///$nonce"),
        r#"[{"do":"call","name":"tool:test_input_required_result_list_roots"}]"#,
    ),
    all(
        "three questions at once",
        Says("sampled $nonce $nonce has 1 roots."),
        r#"[{"do":"call","name":"tool:test_input_required_result_multiple_inputs"}]"#,
    ),
    all(
        "one question after the other",
        Says("$nonce likes $nonce."),
        r#"[{"do":"call","name":"tool:test_input_required_result_multi_round"}]"#,
    ),
    all(
        "a prompt that asks",
        Says("In the context of $nonce."),
        r#"[{"do":"prompt","name":"prompt:test_input_required_result_prompt"}]"#,
    ),
];
