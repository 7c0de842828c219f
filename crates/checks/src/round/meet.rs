//! The first contact with a server over HTTP: find where it answers if that is not known, then take over all it offers.

use mcp::{Brief, Credentials, Depth, ProbeOptions, Remote, Session, Target, TargetError, probe, resolve};
use model::{Outcome, Transport};
use registry::{News, Reason};
use tokio::time::Instant;

use super::{Asking, Evidence};
use crate::first::kept;
use crate::words::{self, Trouble};

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

    /// The conversation at the other place where a server may be that asked who we are before it said what it is.
    async fn elsewhere(&self, target: &Target) -> Option<(Brief, String)> {
        let guess = target.other_guess().filter(|_| self.info.auth_required)?;
        let Target::Sse(remote) = &guess else { return None };
        let session = Session::connect_briefly(&guess, self.left(), &self.plan.tasks).await.ok()?;
        Some((session, remote.url.clone()))
    }

    /// All that a server offers, of a session that has just begun. How long it took to begin is no response time: a child
    /// may have fetched its packages first.
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
