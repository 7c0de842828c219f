//! Children of ours, and servers over HTTP + SSE: one conversation is kept, shared with calls, and made anew when it was lost.

use std::time::Duration;

use mcp::{Session, Target};
use model::Era;
use model::config::BuiltInCheck;
use tokio::time::Instant;

use super::{Asking, Evidence, not_asked};
use crate::check::Finding;
use crate::memory::Memory;
use crate::words::{self, Trouble};

impl Asking<'_> {
    pub(super) async fn in_session(&self, target: &Target, memory: &mut Memory) -> Evidence {
        let sessions = &self.plan.sessions;
        let was_open = sessions.is_open(self.info.id);
        let mut evidence = self.in_one(target).await;
        let is_ill = matches!(evidence.reached.trouble, Some(Trouble::Ill(_)));
        if is_ill && was_open && !sessions.is_in_use(self.info.id) {
            // A conversation that was lost is no failure of the server; the next one tells.
            sessions.end(self.info.id);
            evidence = self.in_one(target).await;
        }
        memory.listed.clone_from(&evidence.tools);
        evidence
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

    async fn asked(&self, session: &Session) -> Evidence {
        let reached = self.sign_of_life(session).await;
        let is_good = reached.trouble.is_none();
        let (listed, tools) = if is_good && self.plan.wants(BuiltInCheck::ToolAvailability) {
            let listing = Instant::now();
            let tools = session.tools(self.beyond()).await;
            (self.finding("tools/list", listing, tools.as_ref().map(|_| ())), tools.ok())
        } else {
            (not_asked(Some(&reached)), None)
        };
        let tools = tools.map(|tools| self.shared(tools));
        let identity = Some(session.identity().clone());
        Evidence { tools, identity, ..Evidence::new(reached, listed) }
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
            return Trouble::Ill(words::starting(self.plan.timeout));
        }
        if sessions.is_in_use(id) {
            return Trouble::Busy(words::at_work(self.plan.timeout));
        }
        sessions.end(id);
        Trouble::Ill(words::silent(self.plan.timeout))
    }
}
