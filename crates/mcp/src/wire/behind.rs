//! Bridges: commands that lead to a server at a URL. If that server does not answer, the bridge is not at fault, and reports
//! it in the words of its library.

use model::secrets::redact_url;

use crate::McpError;

/// The messages of libraries when a server does not answer.
const AWAY: [&str; 12] = [
    "fetch failed",
    "econnrefused",
    "econnreset",
    "enotfound",
    "etimedout",
    "ehostunreach",
    "socket hang up",
    "connection refused",
    "connection attempts failed",
    "connecterror",
    "name or service not known",
    "network is unreachable",
];

/// The address that a command leads to, in a form that can be shown: the first of its arguments that is a URL.
pub fn behind(args: &[String]) -> Option<String> {
    let is_url = |arg: &&String| arg.starts_with("http://") || arg.starts_with("https://");
    args.iter().find(is_url).map(|url| redact_url(url))
}

/// An error of a bridge whose server does not answer.
pub(crate) fn explained(error: McpError, url: Option<&str>) -> McpError {
    let Some(url) = url else { return error };
    match error {
        McpError::Protocol { ref message, .. } if is_away(message) => McpError::Behind {
            message: format!("the bridge runs, `{url}` behind it does not answer; it reported `{message}`"),
        },
        McpError::Ended { message, stderr } if stderr.iter().any(|line| is_away(line)) => {
            McpError::Ended { message: format!("{message}; `{url}` behind it does not answer"), stderr }
        }
        error => error,
    }
}

fn is_away(words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    AWAY.iter().any(|away| words.contains(away))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(message: &str, args: &[&str]) -> String {
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let error = McpError::Protocol { code: -32000, message: message.to_owned(), data: None };
        explained(error, behind(&args).as_deref()).to_string()
    }

    #[test]
    fn only_a_bridge_that_reaches_nobody_is_told_as_one() {
        let bridge = ["-y", "mcp-remote", "http://10.0.0.5/mcp?key=hunter2"];
        let away = said("mcp-remote: fetch failed", &bridge);
        assert!(away.starts_with("the bridge runs, `http://10.0.0.5/mcp"), "{away}");
        assert!(
            away.ends_with("` behind it does not answer; it reported `mcp-remote: fetch failed`"),
            "{away}"
        );
        assert!(!away.contains("hunter2"), "{away}");
        for (message, args) in [("no such tool", &bridge[..]), ("fetch failed", &bridge[..2])] {
            assert_eq!(said(message, args), format!("the server answered with error -32000: {message}"));
        }
    }

    #[test]
    fn one_that_ends_for_that_says_so_as_well() {
        let ended =
            |line: &str| McpError::Ended { message: "`npx` ended".to_owned(), stderr: vec![line.to_owned()] };
        let url = Some("http://10.0.0.5/mcp");
        assert_eq!(
            explained(ended("  code: 'ECONNREFUSED',"), url).to_string(),
            "`npx` ended; `http://10.0.0.5/mcp` behind it does not answer"
        );
        assert_eq!(explained(ended("unknown flag"), url).to_string(), "`npx` ended");
    }
}
