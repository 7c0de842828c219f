//! Whether an MCP server is there.

use model::{Era, Identity};
use tokio_util::task::TaskTracker;

use super::{ANSWER_LIMIT, Asked, PAGE_LIMIT, Visit};
use crate::wire::answer::{Answer, BodyEnd};
use crate::wire::forgotten::has_forgotten_us;
use crate::wire::greet::{self, Greeting, newest_legacy};
use crate::wire::list::List;
use crate::wire::place::ConversationPlace;
use crate::wire::terms::{MODERN, Params, Terms};
use crate::wire::verdict::{self, Discovered};
use crate::{McpError, failure};

impl Visit<'_> {
    /// Whether an MCP server is there. `server/discover` in the modern era, `ping` in the legacy one. A handshake runs on
    /// `tasks`, beyond this visit if need be.
    pub async fn alive(&mut self, era: Era, tasks: &TaskTracker) -> Asked<()> {
        match era {
            Era::Modern => self.discover().await,
            Era::Legacy => Box::pin(self.ping(tasks)).await,
        }
    }

    async fn discover(&mut self) -> Asked<()> {
        let question = Terms::plain().request(self.kept.id, "server/discover", &Params::default());
        let (mut asked, mut hash) = self.ask_unless(&question, ANSWER_LIMIT, self.kept.discovered).await;
        // As when it was met: who refuses the revision and names the same one is asked again.
        if matches!(&asked.outcome, Ok(Some(answer)) if names_ours(answer)) {
            (asked, hash) = self.ask_unless(&question, ANSWER_LIMIT, None).await;
        }
        let Asked { sent, received, ms, outcome } = asked;
        let outcome = match outcome {
            Err(error) => Err(error),
            Ok(None) => Ok(()),
            Ok(Some(answer)) if matches!(verdict::discovered(&answer), Discovered::NoSuchMethod) => {
                self.confirmed().await
            }
            Ok(Some(answer)) => discovered(&answer, &self.site.place()).map(|identity| {
                self.kept.discovered = hash;
                self.identity = identity;
            }),
        };
        Asked { sent, received, ms, outcome }
    }

    /// It knows no handshake, so its list decides.
    async fn confirmed(&mut self) -> Result<(), McpError> {
        let question = Terms::plain().request(self.kept.id, List::Tools.method(), &Params::default());
        let answer = self.ask(&question, PAGE_LIMIT).await.outcome?;
        greet::confirmed(&answer).map(drop).ok_or_else(|| other_era(&self.site.place()))
    }

    /// Any JSON-RPC answer is a sign of life, whatever it says about the method. Where even that is missing, a list is
    /// enough.
    async fn ping(&mut self, tasks: &TaskTracker) -> Asked<()> {
        let ping = |terms: &Terms, id| terms.request(id, "ping", &Params::default());
        let list = |terms: &Terms, id| terms.request(id, List::Tools.method(), &Params::default());
        let place = self.site.place();
        let is_alive = |answer: Answer| match answer.reply {
            Some(_) => Ok(()),
            None => Err(failure::of_answer(&answer, &place, ANSWER_LIMIT)),
        };
        if !self.kept.is_pingless {
            let asked = self.in_session(tasks, ping, ANSWER_LIMIT).await;
            let answer = asked.outcome.as_ref().ok();
            let terms = self.kept.session.as_ref().map(|joined| &joined.terms);
            let is_refused =
                answer.is_some_and(|answer| answer.reply.is_none() && answer.end == BodyEnd::Complete);
            self.kept.is_pingless =
                answer.zip(terms).is_some_and(|(answer, terms)| has_forgotten_us(answer, terms));
            if !self.kept.is_pingless && !is_refused {
                return asked.and_then(is_alive);
            }
        }
        self.in_session(tasks, list, PAGE_LIMIT).await.and_then(is_alive)
    }
}

fn names_ours(answer: &Answer) -> bool {
    matches!(verdict::discovered(answer), Discovered::OtherVersions(versions) if versions.iter().any(|one| one == MODERN))
}

fn other_era(place: &ConversationPlace) -> McpError {
    McpError::OtherEra { message: format!("{} is of the other era", place.name()) }
}

fn discovered(answer: &Answer, place: &ConversationPlace) -> Result<Option<Identity>, McpError> {
    match verdict::discovered(answer) {
        Discovered::Modern(result) => {
            let said = verdict::modern(&result, &verdict::best_version(&result));
            Ok(Some(said.identity).filter(|identity| !identity.name.is_empty()))
        }
        Discovered::OtherVersions(versions) if versions.is_empty() || newest_legacy(&versions).is_some() => {
            Err(other_era(place))
        }
        Discovered::OtherVersions(versions) => Err(failure::of_greeting(Greeting::Stranger(versions), place)),
        // It is MCP; what it lists decides.
        Discovered::Modest | Discovered::NoSuchMethod => Ok(None),
        Discovered::MaybeLegacy if answer.end == BodyEnd::Complete => Err(other_era(place)),
        Discovered::MaybeLegacy | Discovered::Other(_) => {
            Err(failure::of_answer(answer, place, ANSWER_LIMIT))
        }
    }
}
