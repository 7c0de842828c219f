use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use model::{Era, Tls};
use url::Url;

use crate::wire::query;
use crate::{McpError, Secret};

/// A server to talk to: its place and what it needs from us.
#[derive(Debug, Clone)]
pub enum Target {
    /// Streamable HTTP (both eras); the URL includes the MCP path.
    Http(Remote),
    /// HTTP + SSE of revision 2024-11-05; the URL is that of the event stream.
    Sse(Remote),
    /// A child process. The caller has the user's consent to exactly this command.
    Stdio(Launch),
}

impl Target {
    /// Streamable HTTP without credentials.
    pub fn http(url: impl Into<String>) -> Self {
        Self::Http(Remote::new(url))
    }

    /// HTTP + SSE without credentials.
    pub fn sse(url: impl Into<String>) -> Self {
        Self::Sse(Remote::new(url))
    }

    /// The server is asked in this era first, whatever is known of it.
    pub fn meet_first_in(&mut self, era: Era) {
        match self {
            Self::Http(remote) | Self::Sse(remote) => remote.era = Some(era),
            Self::Stdio(launch) => launch.era = Some(era),
        }
    }

    /// The other possible endpoint of a server that required sign-in before it said what it is: event streams of revision
    /// 2024-11-05 look like anything else behind a 401. At the same origin, with the same credentials.
    pub fn other_guess(&self) -> Option<Self> {
        let Self::Http(remote) = self else { return None };
        let mut url = url::Url::parse(&remote.url).ok()?;
        let path = url.path().trim_end_matches('/');
        let path = if path.ends_with("/sse") {
            path.to_owned()
        } else {
            format!("{}/sse", path.strip_suffix("/mcp")?)
        };
        url.set_path(&path);
        Some(Self::Sse(Remote { url: url.into(), era: None, ..remote.clone() }))
    }

    /// A child process with our environment and folder.
    pub fn stdio<A: Into<String>>(command: impl Into<String>, args: impl IntoIterator<Item = A>) -> Self {
        Self::Stdio(Launch::new(command, args))
    }
}

/// A server behind a URL.
#[derive(Debug, Clone)]
pub struct Remote {
    /// `http` or `https`, with the path.
    pub url: String,
    /// Sent as `Authorization: Bearer …`, to the origin of `url` and nowhere else.
    pub bearer: Option<Secret>,
    /// More headers, by name.
    pub headers: Vec<(String, Secret)>,
    /// Keys that the server requires in the query of its URL, by name. They are added where a request is written, so that no
    /// message, log or evidence that shows `url` contains them.
    pub query: Vec<(String, Secret)>,
    /// Connect to this address, whatever the name in `url` resolves to: it was checked, and DNS may answer differently the
    /// second time. Without it the name is resolved once, when the session starts.
    pub address: Option<IpAddr>,
    /// The trust for its certificate; absent means the CAs that this computer trusts.
    pub tls: Option<Tls>,
    /// What a probe found. Without it, or when it is no longer true, the server is asked once more.
    pub era: Option<Era>,
}

impl Remote {
    /// The URL, if a conversation can take place there.
    pub(crate) fn parsed(&self) -> Result<Url, McpError> {
        let invalid = |message: String| Err(McpError::InvalidTarget { message });
        let url = match Url::parse(&self.url) {
            Ok(url) => url,
            Err(error) => return invalid(format!("the URL cannot be read: {error}")),
        };
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return invalid("the URL is not `http` or `https`".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return invalid("the URL has a user name or password in it; use a token".to_owned());
        }
        Ok(url)
    }

    /// Whether a credential would be sent.
    pub fn is_signed(&self) -> bool {
        self.bearer.is_some() || !self.headers.is_empty() || !self.query.is_empty()
    }

    /// Whether two are asked with the same credentials.
    pub fn is_signed_as(&self, other: &Self) -> bool {
        self.bearer == other.bearer && self.headers == other.headers && self.query == other.query
    }

    /// A path and query of this server as they are requested: with its keys. Only for the request itself.
    pub(crate) fn asked(&self, path: &str) -> String {
        query::signed(path, &self.query)
    }

    /// A server without credentials.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            bearer: None,
            headers: Vec::new(),
            query: Vec::new(),
            address: None,
            tls: None,
            era: None,
        }
    }
}

/// A command to start. Environment values are secrets: only their names are ever shown.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The program, as a path or a name on `PATH`.
    pub command: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// Added to our own environment.
    pub env: Vec<(String, Secret)>,
    /// The folder it starts in; the default is our own.
    pub cwd: Option<PathBuf>,
    /// What an earlier session found. Without it the modern era is tried first, on the same process.
    pub era: Option<Era>,
    /// Receives the lines of its standard error, besides the few that the session itself keeps.
    pub stderr: Option<LineSink>,
}

/// Somebody who hears lines, without control characters, as they come. Must not block.
#[derive(Clone)]
pub struct LineSink(Arc<dyn Fn(&str) + Send + Sync>);

impl LineSink {
    /// Calls this for each line.
    pub fn new(hear: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(hear))
    }

    /// Passes a line on.
    pub fn hear(&self, line: &str) {
        (self.0)(line);
    }
}

impl std::fmt::Debug for LineSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LineSink")
    }
}

impl Launch {
    /// A command with our environment and folder.
    pub fn new<A: Into<String>>(command: impl Into<String>, args: impl IntoIterator<Item = A>) -> Self {
        let args = args.into_iter().map(Into::into).collect();
        Self { command: command.into(), args, env: Vec::new(), cwd: None, era: None, stderr: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_stream_is_looked_for_where_it_would_be() {
        for (asked, expected) in [
            ("http://a:1/sse", Some("http://a:1/sse")),
            ("http://a:1/mcp", Some("http://a:1/sse")),
            ("https://a/x/mcp/?k=1", Some("https://a/x/sse?k=1")),
            ("http://a:1/other", None),
        ] {
            let guess = Target::http(asked).other_guess();
            let url = guess.map(|guess| match guess {
                Target::Sse(remote) => remote.url,
                other => panic!("{other:?}"),
            });
            assert_eq!(url.as_deref(), expected);
        }
        assert!(Target::sse("http://a:1/sse").other_guess().is_none());
    }
}
