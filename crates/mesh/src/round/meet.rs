//! The first contact with a server over HTTP: find where it answers if that is not known, then take over all it offers.

use mcp::{Ailment, ProbeOptions, Remote, Session, Target, probe, resolve};
use model::{Outcome, Transport};
use registry::{Contents, News, Reason};
use tokio::time::Instant;

use super::{Asking, Evidence};
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
        let session = match Session::connect(&target, self.left()).await {
            Ok(session) => session.brief(&self.plan.tasks),
            Err(error) => match self.elsewhere(&target).await {
                Some((session, stream)) => {
                    moved = Some((Transport::Sse, stream));
                    session.brief(&self.plan.tasks)
                }
                None => return Evidence::failed(self.finding("connect", began, Err(&error))),
            },
        };
        let mut evidence = self.introduced(&session).await;
        evidence.news.endpoint = moved;
        evidence
    }

    /// The conversation at the other place where a server may be that asked who we are before it said what it is.
    async fn elsewhere(&self, target: &Target) -> Option<(Session, String)> {
        let guess = target.other_guess().filter(|_| self.info.auth_required)?;
        let Target::Sse(remote) = &guess else { return None };
        let session = Session::connect(&guess, self.left()).await.ok()?;
        Some((session, remote.url.clone()))
    }

    /// All that a server offers, of a session that has just begun. How long it took to begin is no response time: a child
    /// may have fetched its packages first.
    pub(super) async fn introduced(&self, session: &Session) -> Evidence {
        let reached = self.sign_of_life(session).await;
        if reached.trouble.is_some() {
            return Evidence::failed(reached);
        }
        let listing = Instant::now();
        let contents = session.contents(self.left()).await;
        let listed = self.finding("tools/list", listing, contents.as_ref().map(|_| ()));
        let adopted = contents.ok().map(|contents| Contents {
            identity: contents.identity,
            tools: contents.tools.into(),
            resources: contents.resources,
            prompts: contents.prompts,
        });
        Evidence { news: News { adopted, ..News::default() }, ..Evidence::new(reached, listed) }
    }

    async fn find(&self, remote: &Remote) -> Result<(Transport, String), Box<Evidence>> {
        let mut target = resolve(&remote.url).await.map_err(|error| {
            Box::new(Evidence::missing(Trouble::Ill(Reason::new(error.to_string(), "No address"))))
        })?;
        if let Some(pinned) = remote.address {
            (target.host, target.alternatives) = (pinned, Vec::new());
        }
        let options =
            ProbeOptions { budget: self.left(), tasks: self.plan.tasks.clone(), ..ProbeOptions::default() };
        let report = probe(&target, &options).await;
        let may_go_on = report.outcome == Outcome::Mcp
            || (report.outcome == Outcome::NeedsSignIn
                && (remote.bearer.is_some() || !remote.headers.is_empty()));
        if let Some(endpoint) = report.endpoint.filter(|_| may_go_on) {
            return Ok((report.transport.unwrap_or(Transport::Http), endpoint));
        }
        let why = report.reason.unwrap_or_else(|| "it does not answer as an MCP server".to_owned());
        let trouble = match report.outcome {
            Outcome::NeedsSignIn => words::sign_in(&why),
            _ if report.open => Trouble::Ill(words::not_mcp(&why, self.context)),
            _ if why.contains("refused") => words::of_ailment(&Ailment::Refused, self.context),
            _ => words::of_ailment(&Ailment::Unreachable(why), self.context),
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
