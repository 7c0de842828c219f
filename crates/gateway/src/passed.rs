//! A list of one server as it gives it to this very client. The list of a server may depend on what its client can be asked,
//! and at the endpoint of one server a client of its era sees the server's own.

use std::sync::Arc;
use std::time::Duration;

use mcp::wire::raw::members;
use mcp::{CallOptions, McpError, Session};
use mesh::Sessions;
use model::{Era, ServerInfo, Tool};
use serde_json::value::RawValue;
use tokio_util::sync::CancellationToken;

use crate::Gateway;
use crate::catalog::unavailable;
use crate::conversations::LiveSession;
use crate::endpoint::GatewayPath;
use crate::post::{ClientRequest, PostedRequest};
use crate::sealed::ClientSession;

/// The time limit: clients wait for lists, and drop a server whose list does not come.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

struct PassedList<'a> {
    live: &'a LiveSession,
    method: &'static str,
    params: &'a RawValue,
}

impl mesh::Sending for PassedList<'_> {
    type Answer = Option<Box<RawValue>>;

    fn goes_to(&mut self, _: &Arc<ServerInfo>, _: &Arc<Tool>) {}

    fn sessions(&self, _: &ServerInfo) -> Option<&Sessions> {
        Some(&self.live.sessions)
    }

    async fn send(&mut self, session: &Session, left: Duration) -> Result<Self::Answer, McpError> {
        if session.identity().era != Era::Legacy {
            return Ok(None);
        }
        let options = CallOptions { deadline: left, ..CallOptions::default() };
        session.request(self.method, self.params, options).await.map(Some)
    }
}

impl Gateway {
    /// What the server of this endpoint lists to a legacy client, where that has its own conversation and no policy removes
    /// anything from the list. Otherwise, and when it does not come, the list is that of the registry.
    pub(crate) async fn passed_list(
        &self,
        method: &'static str,
        ask: &PostedRequest,
        question: &ClientRequest<'_>,
        session: &ClientSession,
    ) -> Option<String> {
        let GatewayPath::Server(_) = ask.to else { return None };
        if !self.sees_all(ask) {
            return None;
        }
        let config = self.config();
        let server = self.with_server(&ask.to, |server| {
            Ok((unavailable(server).is_none() && config.allowed().is_open()).then(|| server.info.clone()))
        });
        let server = server.ok()??;
        if !crate::call::has_own(&server, &config.gateway.per_client) {
            return None;
        }
        let live = self.0.live.of(session, &self.0.parts.mesh.sessions, &ask.caller.revoked);
        let _in_use = live.begins(false);
        let none = RawValue::from_string("{}".to_owned()).ok()?;
        let mut passed = PassedList { live: &live, method, params: question.params.unwrap_or(&none) };
        let cancel = CancellationToken::new();
        let listed = self.0.parts.mesh.ask(&server, ANSWER_WITHIN, &cancel, &mut passed).await;
        let listed = listed.ok().flatten()?;
        members(&listed).is_some().then(|| listed.get().to_owned())
    }
}
