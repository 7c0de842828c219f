//! Signs of life of a server that a session is kept with.

use std::time::Duration;

use model::{Era, Tool};
use rmcp::model::{ClientRequest, DiscoverRequest, PingRequest};
use tokio::time::timeout;

use super::{Session, list};
use crate::McpError;

/// JSON-RPC's code for a method the server does not know.
const METHOD_NOT_FOUND: i64 = -32601;

impl Session {
    /// Asks for a sign of life: `ping`, which the modern era has not, so there it is `server/discover`.
    pub async fn ping(&self, deadline: Duration) -> Result<(), McpError> {
        let question = match self.identity.era {
            Era::Legacy => ClientRequest::PingRequest(PingRequest::default()),
            Era::Modern => ClientRequest::DiscoverRequest(DiscoverRequest::default()),
        };
        let answer = timeout(deadline, self.ask(question)).await;
        match answer.map_err(|_| McpError::Timeout { after: deadline })? {
            // Not to know the question is an answer as well.
            Ok(_) | Err(McpError::Protocol { code: METHOD_NOT_FOUND, .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Lists the tools alone, all pages.
    pub async fn tools(&self, deadline: Duration) -> Result<Vec<Tool>, McpError> {
        timeout(deadline, list::tools(self)).await.map_err(|_| McpError::Timeout { after: deadline })?
    }
}
