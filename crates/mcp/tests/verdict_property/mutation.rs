//! What may go wrong with an answer on its way.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::{Change, VALUES};

/// One thing that is not as it was recorded.
#[derive(Debug, Clone)]
pub(crate) enum Mutation {
    /// Another status.
    Status(u16),
    /// One more header.
    Header((&'static str, &'static str)),
    /// One header less.
    NoHeader(Index),
    /// A member or item of the message.
    Part(Index, Change),
    /// What stands around the message.
    Around((&'static str, &'static str)),
    /// How its event stream is written.
    Stream(Stream),
    /// A byte that became another one.
    Flip(Index, u8),
    /// The end is missing.
    Cut(Index),
}

/// How an event stream may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    /// A body becomes a stream of one event.
    FromBody,
    /// A stream becomes the body of its first event.
    ToBody,
    /// Lines end otherwise.
    Crlf,
    Cr,
    /// Something comes before it.
    Ping,
    Notification,
    OtherAnswer,
    Comment,
    /// The event has another name.
    Named,
    /// The last blank line is missing.
    NoEnd,
}

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Gzip,
    XGzip,
    Zlib,
    RawDeflate,
    Brotli,
    Zstd,
    /// One over the other.
    GzipThenBrotli,
}

/// How its end is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    Length,
    Chunks(usize),
    /// By hanging up.
    Close,
    /// By a length that is wrong by so much.
    Wrong(i8),
}

/// How an answer is sent.
#[derive(Debug, Clone)]
pub(crate) struct Manner {
    pub(crate) mutations: Vec<Mutation>,
    pub(crate) framing: Framing,
    pub(crate) coding: Option<Coding>,
    /// It is written in pieces of so many bytes.
    pub(crate) piece: usize,
}

const HEADERS: &[(&str, &str)] = &[
    ("content-type", "application/json"),
    ("content-type", "application/json; charset=utf-8"),
    ("content-type", "Text/Event-Stream;charset=UTF-8"),
    ("content-type", "text/html"),
    ("content-type", "image/png"),
    ("content-type", ""),
    ("location", "/mcp/"),
    ("location", "/mcp"),
    ("location", "//elsewhere.invalid/mcp"),
    ("location", "http://localhost/mcp"),
    ("mcp-session-id", "0123456789abcdef"),
    ("mcp-session-id", ""),
    ("mcp-session-id", "two words"),
    ("www-authenticate", "Bearer resource_metadata=\"http://127.0.0.1/x\""),
    ("www-authenticate", "Basic realm=\"x\""),
    ("content-encoding", "identity"),
    ("content-encoding", "rot13"),
    ("content-encoding", "gzip"),
    ("transfer-encoding", "chunked"),
    ("content-length", "7"),
    ("connection", "close"),
    ("connection", "upgrade"),
    ("keep-alive", "timeout=1"),
    ("retry-after", "120"),
    ("server", "uvicorn"),
    ("x-odd", "\u{e9}"),
];

const AROUND: &[(&str, &str)] = &[
    ("[", "]"),
    ("[{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"},", "]"),
    ("[{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}},", "]"),
    ("\u{feff}", ""),
    ("\r\n  ", "\n\n"),
    ("", "garbage"),
    (")]}',\n", ""),
    ("", "}"),
    ("{\"jsonrpc\":\"2.0\",\"id\":10203040506070,\"result\":", "}"),
];

const STATUSES: &[u16] = &[
    200, 200, 201, 202, 203, 204, 205, 206, 301, 302, 303, 304, 307, 308, 400, 401, 402, 403, 404, 405, 406,
    408, 409, 410, 415, 421, 422, 426, 429, 500, 501, 502, 503, 504,
];

const STREAMS: &[Stream] = &[
    Stream::FromBody,
    Stream::ToBody,
    Stream::Crlf,
    Stream::Cr,
    Stream::Ping,
    Stream::Notification,
    Stream::OtherAnswer,
    Stream::Comment,
    Stream::Named,
    Stream::NoEnd,
];

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        3 => prop_oneof![9 => select(STATUSES), 1 => 100_u16..600].prop_map(Mutation::Status),
        3 => select(HEADERS).prop_map(Mutation::Header),
        1 => any::<Index>().prop_map(Mutation::NoHeader),
        8 => (any::<Index>(), change()).prop_map(|(place, change)| Mutation::Part(place, change)),
        1 => select(AROUND).prop_map(Mutation::Around),
        2 => select(STREAMS).prop_map(Mutation::Stream),
        2 => (any::<Index>(), 1_u8..).prop_map(|(place, bits)| Mutation::Flip(place, bits)),
        1 => any::<Index>().prop_map(Mutation::Cut),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        2 => Just(Change::Drop),
        2 => Just(Change::Become("null")),
        4 => select(VALUES).prop_map(Change::Become),
        1 => select(VALUES).prop_map(Change::TwiceFirst),
        1 => select(VALUES).prop_map(Change::TwiceLast),
    ]
}

fn framing() -> impl Strategy<Value = Framing> {
    prop_oneof![
        6 => Just(Framing::Length),
        3 => (1_usize..2_000).prop_map(Framing::Chunks),
        1 => Just(Framing::Close),
        1 => any::<i8>().prop_map(Framing::Wrong),
    ]
}

fn coding() -> impl Strategy<Value = Coding> {
    select(&[
        Coding::Gzip,
        Coding::XGzip,
        Coding::Zlib,
        Coding::RawDeflate,
        Coding::Brotli,
        Coding::Zstd,
        Coding::GzipThenBrotli,
    ])
}

/// Most answers come as they were recorded, so that one that does not is met by all three.
pub(crate) fn manner() -> impl Strategy<Value = Manner> {
    let mutations = prop_oneof![
        5 => proptest::collection::vec(mutation(), 0..1),
        4 => proptest::collection::vec(mutation(), 1..2),
        2 => proptest::collection::vec(mutation(), 2..5),
    ];
    let framing = prop_oneof![4 => Just(Framing::Length), 3 => framing()];
    let piece = prop_oneof![4 => Just(usize::MAX), 1 => 1_usize..400];
    (mutations, framing, proptest::option::weighted(0.08, coding()), piece)
        .prop_map(|(mutations, framing, coding, piece)| Manner { mutations, framing, coding, piece })
}
