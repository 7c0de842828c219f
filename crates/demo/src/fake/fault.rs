use std::time::Duration;

/// How a server misbehaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Takes the request and never answers.
    Hang,
    /// Resets the connection in the middle of the answer.
    Reset,
    /// Answers this status and nothing else.
    Status(u16),
    /// Answers this status, and when to come back, in seconds.
    Busy(u16, u64),
    /// Answers 200 and broken JSON.
    BadJson,
    /// Sends half of the answer, then ends the connection.
    HalfAnswer,
    /// Opens an event stream with a priming event and half of the answer, then breaks the connection.
    HalfStream,
    /// Answers after a while.
    Slow(Duration),
    /// Sends an answer that has no end.
    Endless,
    /// Fails with 503 every other time, beginning with the first.
    Flap,
    /// Fails with 503 one time in this many, beginning with the second; many is 2 or more.
    OnceIn(usize),
    /// Answers a web page.
    Html,
    /// Answers 400 and an error without an id.
    NoId,
    /// Answers with the id of another request.
    OtherId,
}
