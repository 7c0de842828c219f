//! The odd servers: one process for all rows over HTTP, one for each over standard input and output.

use mcp::Target;
use testkit::odd::Odd;
use testkit::real::ServedCommand;

use crate::rows::{Over, Row, folder};

/// Every row.
pub(crate) struct OddServer(Odd);

impl OddServer {
    pub(crate) async fn start() -> Self {
        Self(Odd::start(&folder()).await)
    }

    /// Where a row is; `None` for a child.
    pub(crate) fn url(&self, row: &Row) -> Option<String> {
        match row.over {
            Over::Http => Some(self.0.url(&row.name, "mcp")),
            Over::Sse => Some(self.0.url(&row.name, "sse")),
            Over::Stdio => None,
        }
    }

    pub(crate) fn target(&self, row: &Row) -> Target {
        match (row.over, self.url(row)) {
            (Over::Http, Some(url)) => Target::http(url),
            (_, Some(url)) => Target::sse(url),
            (_, None) => {
                let ServedCommand { program, args } = self.child(row);
                Target::stdio(program, args)
            }
        }
    }

    /// The command that is a row's server.
    pub(crate) fn child(&self, row: &Row) -> ServedCommand {
        self.0.child(&row.name)
    }
}
