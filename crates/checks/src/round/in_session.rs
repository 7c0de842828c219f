//! Children of ours, and servers over HTTP + SSE: one conversation is kept, shared with calls, and made anew when it was lost.

use std::time::Duration;

use mcp::{McpError, Session, Target};
use model::{Era, Tool, Transport};
use tokio::time::Instant;

use super::{Asking, Evidence, not_asked};
use crate::check::{CheckQuestion, Finding};
use crate::memory::BetweenRounds;
use crate::words::{self, Trouble};

impl Asking<'_> {
    pub(super) async fn in_session(&self, target: &Target, memory: &mut BetweenRounds) -> Evidence {
        let sessions = &self.plan.sessions;
        let was_open = sessions.is_open(self.info.id);
        let mut evidence = self.in_one(target).await;
        let is_lost = matches!(evidence.reached.trouble, Some(Trouble::Ill(_))) || self.is_stale(&evidence);
        if is_lost && was_open && !sessions.is_in_use(self.info.id) {
            // A conversation that was lost is no failure of the server; the next one tells.
            sessions.end(self.info.id);
            evidence = self.in_one(target).await;
        }
        memory.listed.clone_from(&evidence.tools);
        evidence
    }

    /// A bridge may hold a session with somebody who has forgotten it: only a new bridge opens another.
    fn is_stale(&self, evidence: &Evidence) -> bool {
        mcp::behind(&self.info.args).is_some() && matches!(evidence.listed.trouble, Some(Trouble::Ill(_)))
    }

    async fn in_one(&self, target: &Target) -> Evidence {
        let began = Instant::now();
        match self.plan.sessions.get(self.info, target, self.beyond()).await {
            Ok(session) if self.info.identity.is_none() => self.introduced(&session).await,
            Ok(session) => self.asked(&session).await,
            Err(error) => Evidence::failed(self.finding("connect", began, Err(&error))),
        }
    }

    pub(super) async fn sign_of_life(&self, session: &Session) -> Finding {
        let name = if session.identity().era == Era::Legacy { "ping" } else { "server/discover" };
        let began = Instant::now();
        let sign = session.ping(self.beyond()).await;
        self.finding(name, began, sign.as_ref().copied())
    }

    /// Where the list is wanted it is the sign of life as well.
    async fn asked(&self, session: &Session) -> Evidence {
        let identity = Some(session.identity().clone());
        if !self.plan.wants(CheckQuestion::Tools) {
            let reached = self.sign_of_life(session).await;
            let listed = not_asked(Some(&reached));
            return Evidence { identity, ..Evidence::new(reached, listed) };
        }
        let (reached, listed, tools) = self.listed(session).await;
        let (tools, left_out) = tools.map_or((None, None), |(tools, left_out)| (Some(tools), left_out));
        let tools = tools.map(|tools| self.shared(tools));
        Evidence { tools, identity, left_out, ..Evidence::new(reached, listed) }
    }

    async fn listed(&self, session: &Session) -> (Finding, Finding, Option<(Vec<Tool>, Option<String>)>) {
        let began = Instant::now();
        let tools = session.tools_and_missing(self.beyond()).await;
        let listed = self.finding("tools/list", began, tools.as_ref().map(|_| ()));
        // Any JSON-RPC answer shows that the server is there, whatever it says of the list.
        let is_life = matches!(tools, Ok(_) | Err(McpError::Protocol { .. }));
        let reached = if is_life { Finding { trouble: None, ..listed.clone() } } else { listed.clone() };
        (reached, listed, tools.ok())
    }

    /// The round's own deadline is what ends it.
    fn beyond(&self) -> Duration {
        self.left() + Duration::from_secs(1)
    }

    /// The round is over and there is no answer. A child that only reads when its work is done is at work while a call to it
    /// is under way: it must not be ended for that. One that is silent for no reason gets a new conversation next time.
    pub(super) fn too_late(&self) -> Trouble {
        let (sessions, id) = (&self.plan.sessions, self.info.id);
        if sessions.is_beginning(id) {
            let why = words::starting(self.plan.timeout);
            let is_child = self.info.transport == Transport::Stdio;
            return if is_child { Trouble::Starting(why) } else { Trouble::Ill(why) };
        }
        if sessions.is_in_use(id) {
            return Trouble::Busy(words::at_work(self.plan.timeout));
        }
        sessions.end(id);
        Trouble::Ill(words::silent(self.plan.timeout))
    }
}
