//! Checks a known server, cheaply enough for ten thousand servers every ten seconds: one connection, the probe's small HTTP
//! client, and no parsing of an answer that is, byte for byte, the same as last time.
//!
//! Unlike the probe it sends the server's credentials and verifies certificates, as a session does. A legacy session is kept
//! by its id alone: no connection stays open for it.

mod alive;
mod asked;
mod health;
mod join;
mod site;

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::OnceLock;

use http::StatusCode;
use model::{Era, Identity, Tool};
use serde_json::value::RawValue;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use super::words;
use crate::wire::answer::{Answer, BodyEnd, LONG, Limits, NoAnswer};
use crate::wire::beside::beside;
use crate::wire::forgotten::has_forgotten_us;
use crate::wire::id::Id;
use crate::wire::list::{List, Tools, in_short, page};
use crate::wire::message::{Reply, RpcError};
use crate::wire::place::ConversationPlace;
use crate::wire::redirect;
use crate::wire::refusal::may_want_another_name;
use crate::wire::terms::{self, Params, Question, Terms};
use crate::{McpError, Remote, failure, names};

pub use asked::Asked;
use join::{Joined, Joining};
use site::{KeptConnection, VisitedSite};

/// How much of an answer that is not a list is read, in bytes.
const ANSWER_LIMIT: usize = 1024 * 1024;
/// How much of a list is read, all pages of it, in bytes: as much as a session reads.
const PAGE_LIMIT: usize = crate::wire::ANSWER_LIMIT;
/// How many pages of a list are read.
const MOST_PAGES: usize = 100;
/// How many tools are kept of a list.
const MOST_TOOLS: usize = 10_000;

/// What is remembered of a server from one visit to the next.
#[derive(Debug)]
pub struct Kept {
    /// The id of every request to this server: unique, and the same each time, so that the same answer is the same bytes.
    /// There is never more than one request under way.
    id: Id,
    session: Option<Joined>,
    joining: Option<Joining>,
    /// Whether it answers `ping` as if it had forgotten the session, in one that it has just opened.
    is_pingless: bool,
    discovered: Option<u64>,
    listed: Option<u64>,
    /// The name and the path that it requires, where those of its record do not work.
    authority: Option<Box<str>>,
    path: Option<Box<str>>,
    /// What of the last list is not kept, in a sentence.
    left_out: Option<Box<str>>,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            id: Id::random(),
            session: None,
            joining: None,
            is_pingless: false,
            discovered: None,
            listed: None,
            authority: None,
            path: None,
            left_out: None,
        }
    }
}

/// The tools of a server.
#[derive(Debug, Clone, PartialEq)]
pub enum Listing {
    /// Byte for byte the same as at the last visit.
    Same,
    /// All of them.
    Tools(Vec<Tool>),
}

/// A visit to a known server: requests over one connection as long as the server keeps it.
pub struct Visit<'a> {
    site: VisitedSite<'a>,
    kept: &'a mut Kept,
    line: Option<KeptConnection>,
    identity: Option<Identity>,
}

/// An answer, and the hash of its body when that was complete.
type Hashed = (Answer, Option<u64>);

impl Kept {
    /// Forgets the last list, so that the next visit returns all of it.
    pub fn forget_listing(&mut self) {
        self.listed = None;
    }

    /// Whether a server keeps a session for us, or is about to.
    pub fn has_session(&self) -> bool {
        self.joining.is_some() || self.session.as_ref().is_some_and(|joined| joined.terms.session.is_some())
    }

    /// Ends the session that a legacy server keeps for us, if there is one.
    pub async fn leave(mut self, remote: &Remote, deadline: Instant) {
        if let Some(joining) = &mut self.joining
            && let Some(Asked { outcome: Ok((joined, _)), .. }) = joining.answer(deadline).await
        {
            joined.leave(remote, deadline).await;
        }
        if let Some(joined) = self.session {
            joined.leave(remote, deadline).await;
        }
    }
}

impl<'a> Visit<'a> {
    /// Nothing is sent yet. All requests together have until `deadline`.
    pub fn begin(remote: &'a Remote, kept: &'a mut Kept, deadline: Instant) -> Result<Self, McpError> {
        Ok(Self { site: VisitedSite::new(remote, deadline)?, kept, line: None, identity: None })
    }

    /// What the server has reported about itself during this visit.
    pub fn identity(&mut self) -> Option<Identity> {
        self.identity.take()
    }

    /// What of its list is not kept, in a sentence.
    pub fn left_out(&self) -> Option<&str> {
        self.kept.left_out.as_deref()
    }

    /// The tools it lists, all pages.
    pub async fn tools(&mut self, era: Era, tasks: &TaskTracker) -> Asked<Listing> {
        let first = |terms: &Terms, id| terms.request(id, List::Tools.method(), &Params::default());
        let known = self.kept.listed;
        let (asked, terms) = match era {
            Era::Modern => {
                let terms = Terms::plain().clone();
                let question = first(&terms, self.kept.id);
                (self.hashed(&question, PAGE_LIMIT, known).await, terms)
            }
            Era::Legacy => {
                let asked = Box::pin(self.hashed_in_session(tasks, first, PAGE_LIMIT, known)).await;
                let terms = self.kept.session.as_ref().map(|joined| joined.terms.clone());
                (asked, terms.unwrap_or_else(|| Terms::legacy(terms::LEGACY, None)))
            }
        };
        let Asked { sent, received, ms, outcome } = asked;
        let outcome = match outcome {
            Err(error) => Err(error),
            Ok((_, hash)) if hash.is_some() && hash == known => Ok(Listing::Same),
            Ok((answer, hash)) => Box::pin(self.all_pages(&terms, answer, hash)).await,
        };
        Asked { sent, received, ms, outcome }
    }

    async fn all_pages(
        &mut self,
        terms: &Terms,
        answer: Answer,
        hash: Option<u64>,
    ) -> Result<Listing, McpError> {
        let place = self.site.place();
        let (mut tools, mut seen) = (Tools::default(), HashSet::new());
        let mut bytes = length(&answer);
        let Some(result) = listed(answer, &place)? else { return Ok(Listing::Tools(Vec::new())) };
        let mut next = add(&mut tools, result, terms, &place).await?;
        // Only a list of one page is known by its bytes.
        self.kept.listed = hash.filter(|_| next.is_none());
        for _ in 1..MOST_PAGES {
            let Some(cursor) = next.filter(|next| seen.insert(next.clone())) else { break };
            let params = Params::page(Some(&cursor));
            let question = terms.request(self.kept.id, List::Tools.method(), &params);
            // A later page that fails leaves what came before it.
            let Ok(answer) = self.ask(&question, PAGE_LIMIT).await.outcome else { break };
            bytes += length(&answer);
            if bytes > PAGE_LIMIT {
                let what = format!("the list of tools of {}", place.name());
                return Err(McpError::TooLarge { what, limit: PAGE_LIMIT });
            }
            let Ok(Some(result)) = listed(answer, &place) else { break };
            next = add(&mut tools, result, terms, &place).await.unwrap_or_default();
            next = next.filter(|_| tools.kept.len() < MOST_TOOLS);
        }
        self.kept.left_out = in_short(&tools.left_out).map(Into::into);
        tools.kept.truncate(MOST_TOOLS);
        Ok(Listing::Tools(tools.kept))
    }

    async fn in_session(
        &mut self,
        tasks: &TaskTracker,
        question: impl Fn(&Terms, Id) -> Question,
        limit: usize,
    ) -> Asked<Answer> {
        self.hashed_in_session(tasks, question, limit, None).await.and_then(|(answer, _)| Ok(answer))
    }

    /// Sends a request to a legacy server in the session that it keeps for us. One that it has forgotten, as a restarted
    /// server has, is opened again once: that is not a failure.
    async fn hashed_in_session(
        &mut self,
        tasks: &TaskTracker,
        question: impl Fn(&Terms, Id) -> Question,
        limit: usize,
        known: Option<u64>,
    ) -> Asked<Hashed> {
        let mut turn = 0;
        loop {
            turn += 1;
            let terms = match self.joined(tasks).await {
                Ok(terms) => terms,
                Err(asked) => return asked.and_then(|never| match never {}),
            };
            let asked = self.hashed(&question(&terms, self.kept.id), limit, known).await;
            match &asked.outcome {
                Ok((answer, _)) if turn == 1 && has_forgotten_us(answer, &terms) => {
                    self.kept.session = None;
                }
                _ => return asked,
            }
        }
    }

    /// Asks, and parses the answer unless it is known by its hash. `None` means: the same as then.
    async fn ask_unless(
        &mut self,
        question: &Question,
        limit: usize,
        known: Option<u64>,
    ) -> (Asked<Option<Answer>>, Option<u64>) {
        let asked = self.hashed(question, limit, known).await;
        let hash = asked.outcome.as_ref().ok().and_then(|(_, hash)| *hash);
        let is_known = hash.is_some() && hash == known;
        (asked.and_then(|(answer, _)| Ok((!is_known).then_some(answer))), hash)
    }

    async fn ask(&mut self, question: &Question, limit: usize) -> Asked<Answer> {
        self.hashed(question, limit, None).await.and_then(|(answer, _)| Ok(answer))
    }

    async fn hashed(&mut self, question: &Question, limit: usize, known: Option<u64>) -> Asked<Hashed> {
        let began = Instant::now();
        let answered = self.exchange(question, limit, known).await;
        let noted = self.noted(question, began, answered.as_ref().map(|(answer, _)| answer));
        let outcome = answered.map_err(|why| failure::no_answer(&why, &self.site.place()));
        Asked { sent: noted.sent, received: noted.received, ms: noted.ms, outcome }
    }

    /// The request and the answer, in words.
    fn noted(&self, question: &Question, began: Instant, answered: Result<&Answer, &NoAnswer>) -> Asked<()> {
        let ms = began.elapsed().as_secs_f64() * 1000.0;
        let received = match answered {
            Ok(answer) => self.site.secrets.text(words::answer(answer)),
            Err(why) => words::no_answer(why),
        };
        Asked { sent: self.site.words_for(question), received, ms, outcome: Ok(()) }
    }

    /// One request under the name and at the path that the server requires.
    async fn exchange(
        &mut self,
        question: &Question,
        limit: usize,
        known: Option<u64>,
    ) -> Result<Hashed, NoAnswer> {
        let mut answered = self.once(question, limit, known).await?;
        if may_want_another_name(&answered.0)
            && self.kept.authority.is_none()
            && let Some(host) = self.site.loopback()
            && let Some(other) = names::other_loopback_name(&self.site.authority(), host)
        {
            self.kept.authority = Some(other.into());
            answered = self.once(question, limit, known).await?;
        }
        if let Some(path) = redirect::target(&self.site.url, &answered.0).filter(|path| *path != self.path())
        {
            self.kept.path = Some(path.into());
            answered = self.once(question, limit, known).await?;
        }
        Ok(answered)
    }

    fn path(&self) -> String {
        self.kept.path.as_deref().map_or_else(|| self.site.path(), str::to_owned)
    }

    async fn once(
        &mut self,
        question: &Question,
        limit: usize,
        known: Option<u64>,
    ) -> Result<Hashed, NoAnswer> {
        let is_fresh = self.line.is_none();
        let limits = Limits { deadline: self.site.deadline, body: limit.min(LONG), message: limit };
        match self.over_line(question, limits, known).await {
            // A server may close a connection that was idle at the moment we use it again, or have more to say to the last
            // question than it announced.
            Err(NoAnswer::HungUp | NoAnswer::NotHttp(_)) if !is_fresh => {}
            answered => return answered,
        }
        self.line = None;
        Box::pin(self.over_line(question, limits, known)).await
    }

    async fn over_line(
        &mut self,
        question: &Question,
        limits: Limits,
        known: Option<u64>,
    ) -> Result<Hashed, NoAnswer> {
        let authority = self.kept.authority.as_deref().map_or_else(|| self.site.authority(), str::to_owned);
        let request = self.site.request(question, &authority, &self.path())?;
        let mut line = match self.line.take() {
            Some(line) => line,
            None => self.site.open().await?,
        };
        let (answered, is_open) = line.talk(request, question.id, limits, &self.site.secrets).await;
        let answer = answered?;
        let is_whole = answer.reply.is_none() && answer.end == BodyEnd::Complete;
        // The rest of an event stream is not waited for.
        if is_open && is_whole {
            self.line = Some(line);
        }
        let hash = (answer.status == StatusCode::OK && is_whole).then(|| hash(&answer.body));
        if hash.is_some() && hash == known {
            return Ok((answer, hash));
        }
        Ok((answer.parsed(question.id).await, hash))
    }
}

/// The result of a list; nothing when the server does not know the method.
fn listed(answer: Answer, place: &ConversationPlace) -> Result<Option<Box<RawValue>>, McpError> {
    match failure::result(answer, place, PAGE_LIMIT) {
        Ok(result) => Ok(Some(result)),
        Err(McpError::Protocol { code: RpcError::METHOD_NOT_FOUND, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Adds a page, and returns the cursor of the next one.
async fn add(
    tools: &mut Tools,
    result: Box<RawValue>,
    terms: &Terms,
    place: &ConversationPlace,
) -> Result<Option<String>, McpError> {
    let (mut before, era) = (std::mem::take(tools), terms.era);
    let reading = beside(result.get().len(), move || {
        let next = page(&result, List::Tools, era).map(|page| {
            before.add(&page.entries, true);
            page.next
        });
        (before, next)
    });
    let (after, next) = reading.await.ok_or(McpError::Cancelled)?;
    *tools = after;
    next.map_err(|why| failure::bad_list(List::Tools, &why, place))
}

/// The size of an answer, in bytes; of an event stream only that of its message.
fn length(answer: &Answer) -> usize {
    match &answer.reply {
        Some(Reply::Result(result)) if answer.body.is_empty() => result.get().len(),
        _ => answer.body.len(),
    }
}

/// With a key of this process: two lists with the same hash cannot be constructed from outside.
fn hash(bytes: &[u8]) -> u64 {
    static KEY: OnceLock<RandomState> = OnceLock::new();
    KEY.get_or_init(RandomState::new).hash_one(bytes)
}
