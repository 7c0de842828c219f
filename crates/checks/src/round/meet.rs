//! The conversations of rounds: first contact over HTTP, which finds out where a server answers and what it offers; child
//! processes and servers over HTTP + SSE, whose conversation is kept, shared with calls, and opened again when it was lost.

use std::time::Duration;

use mcp::{
    Brief, Credentials, Depth, McpError, ProbeOptions, Remote, Session, Target, TargetError, probe, resolve,
};
use model::{Era, Outcome, Tool, Transport};
use registry::{News, Reason};
use tokio::time::Instant;

use super::{Asking, Evidence, not_asked};
use crate::check::{CheckQuestion, Finding};
use crate::first::kept;
use crate::round::BetweenRounds;
use crate::words;
use crate::words::Trouble;

impl Asking<'_> {
    pub(super) async fn meet(&self, target: &Target, remote: &Remote) -> Evidence {
        let (mut target, mut moved) = (target.clone(), None);
        if self.info.endpoint.is_none() {
            let (transport, endpoint) = match self.find(remote).await {
                Ok(found) => found,
                Err(evidence) => return *evidence,
            };
            let found = Remote { url: endpoint.clone(), ..remote.clone() };
            target = if transport == Transport::Sse { Target::Sse(found) } else { Target::Http(found) };
            moved = Some((transport, endpoint));
        }
        let began = Instant::now();
        let session = match Session::connect_briefly(&target, self.left(), &self.plan.tasks).await {
            Ok(session) => session,
            Err(error) => match self.elsewhere(&target).await {
                Some((session, stream)) => {
                    moved = Some((Transport::Sse, stream));
                    session
                }
                None => return Evidence::failed(self.finding("connect", began, Err(&error))),
            },
        };
        let mut evidence = self.introduced(&session).await;
        evidence.news.endpoint = moved;
        evidence
    }

    /// The conversation at the other possible endpoint of a server that asked for sign-in before it said what it is.
    async fn elsewhere(&self, target: &Target) -> Option<(Brief, String)> {
        let guess = target.other_guess().filter(|_| self.info.auth_required)?;
        let Target::Sse(remote) = &guess else { return None };
        let session = Session::connect_briefly(&guess, self.left(), &self.plan.tasks).await.ok()?;
        Some((session, remote.url.clone()))
    }

    /// Everything that a server offers, from a session that has just started. The time of its start is not a response time:
    /// a child process may have fetched its packages first.
    pub(super) async fn introduced(&self, session: &Session) -> Evidence {
        let listing = Instant::now();
        let contents = session.contents(self.left()).await;
        let mut listed = self.finding("tools/list", listing, contents.as_ref().map(|_| ()));
        listed.ms = contents.as_ref().map_or(listed.ms, |contents| Some(contents.round_trip_ms));
        if contents.is_err() {
            return Evidence::failed(listed);
        }
        let reached = listed.clone();
        let left_out = contents.as_ref().ok().and_then(mcp::Contents::missing);
        let adopted = contents.ok().map(kept);
        Evidence { news: News { adopted, ..News::default() }, left_out, ..Evidence::new(reached, listed) }
    }

    async fn find(&self, remote: &Remote) -> Result<(Transport, String), Box<Evidence>> {
        let mut target = resolve(&remote.url).await.map_err(|error| {
            Box::new(Evidence::missing(match error {
                TargetError::Lacking(lack) => words::lacking(lack),
                error => Trouble::Ill(Reason::new(error.to_string(), "No address")),
            }))
        })?;
        if let Some(pinned) = remote.address {
            (target.host, target.alternatives) = (pinned, Vec::new());
        }
        let options = ProbeOptions {
            budget: self.left(),
            depth: Depth::Named,
            tasks: self.plan.tasks.clone(),
            credentials: Credentials::of(remote),
            ..ProbeOptions::default()
        };
        let report = probe(&target, &options).await;
        let may_go_on =
            report.outcome == Outcome::Mcp || (report.outcome == Outcome::NeedsSignIn && remote.is_signed());
        if let Some(endpoint) = report.endpoint.filter(|_| may_go_on) {
            return Ok((report.transport.unwrap_or(Transport::Http), endpoint));
        }
        let why = report.reason.unwrap_or_else(|| "it does not answer as an MCP server".to_owned());
        let trouble = match report.outcome {
            _ if let Some(refused) = &report.untrusted => {
                Trouble::Ill(Reason::new(why, refused.summary()).about(refused))
            }
            _ if let Some(lack) = report.lack => words::lacking(lack),
            Outcome::NeedsSignIn => words::sign_in(&why),
            _ if report.open => Trouble::Ill(words::not_mcp(&why, self.context)),
            _ => Trouble::Ill(words::closed(report.refused, &why)),
        };
        let mut evidence = Evidence::missing(trouble);
        if let Some(step) = report.evidence.last() {
            evidence.reached.sent.clone_from(&step.sent);
            evidence.reached.received.clone_from(&step.received);
            evidence.reached.ms = Some(step.ms);
        }
        Err(Box::new(evidence))
    }
}

impl Asking<'_> {
    pub(super) async fn in_session(&self, target: &Target, memory: &mut BetweenRounds) -> Evidence {
        let sessions = &self.plan.sessions;
        let was_open = sessions.is_open(self.info.id);
        let mut evidence = self.in_one(target).await;
        let is_lost = matches!(evidence.reached.trouble, Some(Trouble::Ill(_))) || self.is_stale(&evidence);
        if is_lost && was_open && !sessions.is_in_use(self.info.id) {
            // A lost conversation is not a failure of the server; the next one will show.
            sessions.end(self.info.id);
            evidence = self.in_one(target).await;
        }
        memory.listed.clone_from(&evidence.tools);
        evidence
    }

    /// A bridge may keep a session with a server that has forgotten it: only a new bridge opens another.
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

    /// Where the list is requested, it is the sign of life as well.
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

    /// The deadline of the round ends it.
    fn beyond(&self) -> Duration {
        self.left() + Duration::from_secs(1)
    }

    /// The round is over and there is no answer. A child process that reads only when its work is done is busy while a call
    /// to it is under way: it must not be ended for that. One that is silent for no reason gets a new conversation next
    /// time.
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
