//! What is said over HTTP, and how it is told where a message ends.

/// The result of every call, but for the first member in the modern era.
const CALLED: &str = r#""content":[{"type":"text","text":"Rain in the morning, wind from the west, then dry; 4 °C, on Sunday 6 °C."}],"structuredContent":{"sky":"rain","wind":"W","celsius":[4,4,6]},"isError":false}"#;
/// What stands in the answer to every call, whoever passed it on.
pub(crate) const MARK: &[u8] = b"Rain in the morning";
const MODERN: &str = "2026-07-28";
const LEGACY: &str = "2025-11-25";

/// The generation of the protocol that is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Era {
    Modern,
    Legacy,
}

impl Era {
    /// The result of every call.
    pub(crate) fn called(self) -> String {
        let first = if self == Self::Modern { r#""resultType":"complete","# } else { "" };
        format!("{{{first}{CALLED}")
    }
}

/// Where a client asks, and as whom.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    pub(crate) port: u16,
    pub(crate) era: Era,
    pub(crate) token: Option<String>,
}

impl Way {
    /// A request that is called `id`, in a session if there is one.
    pub(crate) fn request(&self, id: u32, method: &str, params: &str, session: Option<&str>) -> Vec<u8> {
        let params = match (self.era, params.strip_suffix('}')) {
            (Era::Modern, Some(params)) => {
                let comma = if params == "{" { "" } else { "," };
                format!(
                    r#"{params}{comma}"_meta":{{"io.modelcontextprotocol/protocolVersion":"{MODERN}","io.modelcontextprotocol/clientCapabilities":{{}},"io.modelcontextprotocol/clientInfo":{{"name":"bench","version":"1.0"}}}}}}"#
                )
            }
            _ => params.to_owned(),
        };
        let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#);
        self.post(method, params_name(&params), session, &body)
    }

    pub(crate) fn call(&self, id: u32, tool: &str, session: Option<&str>) -> Vec<u8> {
        let params = format!(r#"{{"name":"{tool}","arguments":{{"city":"Reykjavík","days":3}}}}"#);
        self.request(id, "tools/call", &params, session)
    }

    /// The first word of a legacy client.
    pub(crate) fn initialize(&self) -> Vec<u8> {
        let params = format!(
            r#"{{"protocolVersion":"{LEGACY}","capabilities":{{}},"clientInfo":{{"name":"bench","version":"1.0"}}}}"#
        );
        self.request(0, "initialize", &params, None)
    }

    pub(crate) fn initialized(&self, session: &str) -> Vec<u8> {
        let method = "notifications/initialized";
        let body = format!(r#"{{"jsonrpc":"2.0","method":"{method}"}}"#);
        self.post(method, None, Some(session), &body)
    }

    /// Ends a session.
    pub(crate) fn delete(&self, session: &str) -> Vec<u8> {
        let head = self.head("DELETE");
        format!("{head}mcp-session-id: {session}\r\n\r\n").into_bytes()
    }

    fn post(&self, method: &str, name: Option<&str>, session: Option<&str>, body: &str) -> Vec<u8> {
        let (modern, legacy) = match self.era {
            Era::Modern => (Some(MODERN), None),
            Era::Legacy => (None, session.map(|_| LEGACY)),
        };
        let headers = [
            ("content-type", Some("application/json")),
            ("accept", Some("application/json, text/event-stream")),
            ("mcp-protocol-version", modern.or(legacy)),
            ("mcp-method", modern.map(|_| method)),
            ("mcp-name", name.filter(|_| modern.is_some())),
            ("mcp-session-id", session),
            ("content-length", Some(&body.len().to_string())),
        ];
        let written =
            headers.iter().filter_map(|(name, value)| Some([*name, ": ", (*value)?, "\r\n"].concat()));
        [&self.head("POST"), &written.collect::<String>(), "\r\n", body].concat().into_bytes()
    }

    fn head(&self, verb: &str) -> String {
        let token = self.token.as_ref().map(|token| format!("authorization: Bearer {token}\r\n"));
        format!("{verb} /mcp HTTP/1.1\r\nhost: 127.0.0.1:{}\r\n{}", self.port, token.unwrap_or_default())
    }
}

/// The name in params that begin with one.
fn params_name(params: &str) -> Option<&str> {
    params.strip_prefix(r#"{"name":""#)?.split('"').next()
}

/// A message that is here as a whole: how long its head is, and how long it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whole {
    pub(crate) head: usize,
    pub(crate) end: usize,
}

/// The first message of these bytes; nothing as long as it is not whole.
pub(crate) fn whole(bytes: &[u8]) -> Option<Whole> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let end = match header(&bytes[..head], "content-length") {
        Some(length) => head + length.parse::<usize>().unwrap(),
        None if header(&bytes[..head], "transfer-encoding").is_some() => {
            let last = b"0\r\n\r\n";
            if !bytes[head..].ends_with(last) {
                return None;
            }
            bytes.len()
        }
        None => head,
    };
    (bytes.len() >= end).then_some(Whole { head, end })
}

/// The value of a header.
pub(crate) fn header<'a>(head: &'a [u8], wanted: &str) -> Option<&'a str> {
    let lines = std::str::from_utf8(head).unwrap().split("\r\n");
    lines.skip(1).find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case(wanted).then(|| value.trim())
    })
}
