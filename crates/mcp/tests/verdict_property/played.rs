//! Answers of real servers as they came, a line `### NAME` before each, with one number in the place of the request's id; and how one is
//! sent: with all that is wrong with it, the same bytes for whoever asks, but for the id.

use std::path::Path;
use std::sync::LazyLock;
use std::{fmt, fs};

use async_compression::Level;
use async_compression::tokio::write::{BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};
use tokio::io::AsyncWriteExt as _;

use crate::mutation::{Coding, Framing, Manner, Mutation, Stream};

const MOST_PIECES: usize = 5;

/// An answer that can be sent again and again.
#[derive(Debug, Clone)]
pub(crate) struct Played {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
    manner: Manner,
}

impl Played {
    /// What is wrong with the message is done here, what is wrong with the bytes when they are sent.
    pub(crate) fn new(recorded: &Recorded, manner: &Manner) -> Self {
        let Recorded { status, headers, body, .. } = recorded.clone();
        let mut played = Self { status, headers, body, manner: manner.clone() };
        for mutation in &manner.mutations {
            played.apply(mutation);
        }
        played
    }

    fn apply(&mut self, mutation: &Mutation) {
        match mutation {
            Mutation::Status(status) => self.status = *status,
            Mutation::Header((name, value)) => {
                self.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
                self.headers.push(((*name).to_owned(), (*value).to_owned()));
            }
            Mutation::NoHeader(place) if !self.headers.is_empty() => {
                self.headers.remove(place.index(self.headers.len()));
            }
            Mutation::Part(place, change) => {
                self.with_message(|message| crate::changed(message, *place, *change));
            }
            Mutation::Around((before, after)) => {
                self.with_message(|message| Some(format!("{before}{message}{after}")));
            }
            Mutation::Stream(stream) => self.written_as(*stream),
            Mutation::NoHeader(_) | Mutation::Flip(..) | Mutation::Cut(_) => {}
        }
    }

    /// The message: the data of the last event, or the body.
    fn with_message(&mut self, change: impl FnOnce(&str) -> Option<String>) {
        let start = self.body.rfind("data: {").map(|start| start + "data: ".len());
        let end =
            start.and_then(|start| self.body.get(start..)?.find(['\n', '\r']).map(|length| start + length));
        let (start, end) = (start.unwrap_or(0), end.unwrap_or(self.body.len()));
        if let Some(changed) = self.body.get(start..end).and_then(change) {
            self.body.replace_range(start..end, &changed);
        }
    }

    fn is_stream(&self) -> bool {
        self.body.contains("data: ")
    }

    fn written_as(&mut self, stream: Stream) {
        let media = match stream {
            Stream::FromBody if !self.is_stream() => "text/event-stream",
            Stream::ToBody if self.is_stream() => "application/json",
            _ => "",
        };
        if !media.is_empty() {
            self.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
            self.headers.push(("content-type".to_owned(), media.to_owned()));
        }
        let before = |event: &str, body: &str| format!("{event}\n\n{body}");
        let is_stream = self.is_stream();
        let body = &self.body;
        self.body = match stream {
            Stream::FromBody if !is_stream => {
                format!("event: message\ndata: {}\n\n", body.replace('\n', " "))
            }
            Stream::ToBody if is_stream => {
                let data = body.lines().rfind(|line| line.starts_with("data: ")).unwrap_or_default();
                data.trim_start_matches("data: ").to_owned()
            }
            Stream::Crlf if is_stream => body.replace('\n', "\r\n"),
            Stream::Cr if is_stream => body.replace('\n', "\r"),
            Stream::Ping if is_stream => before(r#"data: {"jsonrpc":"2.0","id":1,"method":"ping"}"#, body),
            Stream::Notification if is_stream => {
                before(r#"data: {"jsonrpc":"2.0","method":"notifications/message","params":{}}"#, body)
            }
            Stream::OtherAnswer if is_stream => before(r#"data: {"jsonrpc":"2.0","id":1,"result":{}}"#, body),
            Stream::Comment if is_stream => before(": here\nretry: 5", body),
            Stream::Named if is_stream => body.replace("event: message", "event: other"),
            Stream::NoEnd if is_stream => body.trim_end().to_owned(),
            _ => return,
        };
    }

    /// The bytes that answer the request with this id, and whether the connection can be used again.
    pub(crate) async fn bytes(&self, id: &str) -> (Vec<u8>, bool) {
        let mut body = self.body.replace(ID, id).into_bytes();
        let mut headers = self.headers.clone();
        if let Some(coding) = self.manner.coding {
            body = encoded(coding, &body).await;
            headers.push(("content-encoding".to_owned(), coding.name().to_owned()));
        }
        let mut bytes = self.head(&headers, body.len());
        let is_sound = self.is_sound();
        match self.manner.framing {
            Framing::Chunks(size) => {
                for chunk in body.chunks(few(size, body.len())) {
                    bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                    bytes.extend_from_slice(chunk);
                    bytes.extend_from_slice(b"\r\n");
                }
                bytes.extend_from_slice(b"0\r\n\r\n");
            }
            Framing::Length | Framing::Close | Framing::Wrong(_) => bytes.extend_from_slice(&body),
        }
        // Compressed bytes depend on the id, so the same mutation would do something else each time.
        if self.manner.coding.is_none() {
            self.break_bytes(&mut bytes);
        }
        (bytes, is_sound)
    }

    fn head(&self, headers: &[(String, String)], length: usize) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Whatever\r\n", self.status);
        for (name, value) in headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        match self.manner.framing {
            Framing::Length => head.extend(["content-length: ", &length.to_string(), "\r\n"]),
            Framing::Wrong(by) => {
                let length = length.saturating_add_signed(by.into());
                head.extend(["content-length: ", &length.to_string(), "\r\n"]);
            }
            Framing::Chunks(_) => head.push_str("transfer-encoding: chunked\r\n"),
            Framing::Close => {}
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    fn break_bytes(&self, bytes: &mut Vec<u8>) {
        for mutation in &self.manner.mutations {
            match mutation {
                Mutation::Flip(place, bits) if !bytes.is_empty() => {
                    let place = place.index(bytes.len());
                    bytes[place] ^= bits;
                }
                Mutation::Cut(place) if !bytes.is_empty() => bytes.truncate(place.index(bytes.len())),
                _ => {}
            }
        }
    }

    /// Where the answer ends is clear to everybody. Else the connection is closed behind it.
    fn is_sound(&self) -> bool {
        let is_framed = matches!(self.manner.framing, Framing::Length | Framing::Chunks(_));
        let has_body = !matches!(self.status, 100..=199 | 204 | 205 | 304);
        let breaks = |mutation: &Mutation| match mutation {
            Mutation::Flip(..) | Mutation::Cut(_) => true,
            Mutation::Header((name, _)) => {
                matches!(*name, "connection" | "transfer-encoding" | "content-length")
            }
            _ => false,
        };
        is_framed && has_body && !self.manner.mutations.iter().any(breaks)
    }

    /// How much of so many bytes is written at once; a few pieces are enough.
    pub(crate) fn piece(&self, length: usize) -> usize {
        few(self.manner.piece, length)
    }
}

impl Coding {
    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::XGzip => "X-GZIP",
            Self::Zlib | Self::RawDeflate => "deflate",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
            Self::GzipThenBrotli => "gzip, br",
        }
    }
}

/// The size of pieces of which there are not too many.
fn few(size: usize, length: usize) -> usize {
    size.max(length / MOST_PIECES).max(1)
}

async fn encoded(coding: Coding, body: &[u8]) -> Vec<u8> {
    macro_rules! with {
        ($encoder:ident, $body:expr) => {{
            let mut encoder = $encoder::with_quality(Vec::new(), Level::Fastest);
            encoder.write_all($body).await.unwrap();
            encoder.shutdown().await.unwrap();
            encoder.into_inner()
        }};
    }
    match coding {
        Coding::Gzip | Coding::XGzip => with!(GzipEncoder, body),
        Coding::Zlib => with!(ZlibEncoder, body),
        Coding::RawDeflate => with!(DeflateEncoder, body),
        Coding::Brotli => with!(BrotliEncoder, body),
        Coding::Zstd => with!(ZstdEncoder, body),
        Coding::GzipThenBrotli => {
            let inner = with!(GzipEncoder, body);
            with!(BrotliEncoder, &inner)
        }
    }
}

/// Stands for the request's id, and is as long as one.
pub(crate) const ID: &str = "10203040506070";

/// One answer. The headers that say where its body ends are not recorded: they follow from how it is sent.
#[derive(Clone)]
pub(crate) struct Recorded {
    /// What it answers, then who said it. What answers `any` question says nothing of it.
    pub(crate) name: String,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

static ALL: LazyLock<Vec<Recorded>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verdict_property/recorded");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<_> = files.flat_map(|file| read(&file)).collect();
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
});

/// All of them, in an order that is the same everywhere.
pub(crate) fn all() -> &'static [Recorded] {
    &ALL
}

/// Those that answer this question.
pub(crate) fn answers(question: &str) -> Vec<&'static Recorded> {
    let kind = format!("{question}-");
    all().iter().filter(|one| one.name.starts_with(&kind)).collect()
}

/// The one with this name.
pub(crate) fn named(name: &str) -> &'static Recorded {
    all().iter().find(|one| one.name == name).unwrap_or_else(|| panic!("no answer `{name}`"))
}

/// The answers of one file. The end of the line before the next name is no part of a body.
fn read(file: &Path) -> Vec<Recorded> {
    // Some checkouts write CRLF.
    let text = format!("\n{}", fs::read_to_string(file).unwrap().replace("\r\n", "\n"));
    text.strip_suffix('\n').unwrap().split("\n### ").skip(1).map(answer).collect()
}

fn answer(text: &str) -> Recorded {
    let (name, text) = text.split_once('\n').unwrap();
    let (head, body) = text.split_once("\n\n").unwrap();
    let (status, headers) = head.split_once('\n').unwrap_or((head, ""));
    let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
    Recorded {
        name: name.to_owned(),
        status: status.split(' ').nth(1).unwrap().parse().unwrap(),
        headers: headers.lines().map(|line| header(line).unwrap()).collect(),
        body: body.to_owned(),
    }
}
