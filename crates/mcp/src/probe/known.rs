//! Asking a server that is known how it is, cheaply enough for ten thousand servers every ten seconds: one connection, the
//! probe's small HTTP client, and no parsing of an answer that is, byte for byte, the one of the last time.
//!
//! Unlike the probe it sends the server's credentials and verifies certificates, as a session does. A legacy session is
//! kept by its id alone: no connection stays open for it.

mod ailment;
mod health;
mod join;
mod site;
mod trust;
mod written;

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::OnceLock;

use http::StatusCode;
use model::{Era, Identity, Tool};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use super::exchange::{Answer, End, Limits, NoAnswer};
use super::question::{ID, LEGACY, MODERN, Question};
use super::words;
use crate::frame::Frame;
use crate::{Remote, session};

pub use ailment::{Ailment, Asked};
use ailment::{ailment, alive_in_session, discovered, page};
use join::{Joined, Joining};
use site::{Line, Site};
use written::{Written, discover, modern_tools};

/// How much of an answer that is not a list is read, in bytes.
const ANSWER_LIMIT: usize = 1024 * 1024;
/// How much of a list is read, all pages of it, in bytes: a record takes no more.
const PAGE_LIMIT: usize = 4 * 1024 * 1024;
/// How many pages of a list are read.
const MOST_PAGES: usize = 100;
/// How many tools are kept of a list.
const MOST_TOOLS: usize = 10_000;
/// What is remembered of a server from one visit to the next.
#[derive(Debug, Default)]
pub struct Kept {
    session: Option<Joined>,
    joining: Option<Joining>,
    discovered: Option<u64>,
    listed: Option<u64>,
}

/// The tools of a server.
#[derive(Debug, Clone, PartialEq)]
pub enum Listing {
    /// Byte for byte what it was at the last visit.
    Same,
    /// All of them.
    Tools(Vec<Tool>),
}

/// A visit to a known server: questions over one connection as long as the server keeps it.
pub struct Visit<'a> {
    site: Site<'a>,
    kept: &'a mut Kept,
    line: Option<Line>,
}

impl Kept {
    /// Forgets what was listed, so that the next visit gives all of it.
    pub fn forget_listing(&mut self) {
        self.listed = None;
    }

    /// Whether a server keeps a session for us, or is about to.
    pub fn has_session(&self) -> bool {
        self.joining.is_some() || self.session.as_ref().is_some_and(|joined| joined.id.is_some())
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
    /// Nothing is sent yet. All questions together have until `deadline`.
    pub fn begin(remote: &'a Remote, kept: &'a mut Kept, deadline: Instant) -> Result<Self, Ailment> {
        Ok(Self { site: Site::new(remote, deadline)?, kept, line: None })
    }

    /// Is it there, as an MCP server? `server/discover` in the modern era, `ping` (after `initialize`) in the legacy one.
    /// Says who it is when that is not known from the last time. A handshake runs on `tasks`, beyond this visit if need be.
    pub async fn alive(&mut self, era: Era, tasks: &TaskTracker) -> Asked<Option<Identity>> {
        match era {
            Era::Modern => self.discover().await,
            Era::Legacy => Box::pin(self.ping(tasks)).await,
        }
    }

    async fn discover(&mut self) -> Asked<Option<Identity>> {
        let (asked, hash) = self.ask_json(discover(), ANSWER_LIMIT, self.kept.discovered).await;
        asked.and_then(|answer| match answer {
            None => Ok(None),
            Some(answer) => {
                let identity = discovered(&answer)?;
                self.kept.discovered = hash;
                Ok(identity)
            }
        })
    }

    async fn ping(&mut self, tasks: &TaskTracker) -> Asked<Option<Identity>> {
        let Some(joined) = self.kept.session.clone() else { return self.join(tasks).await };
        let written = Written::of(&Question::ping(&joined.version, joined.id.as_deref()));
        let asked = self.ask(&written, ANSWER_LIMIT).await;
        let asked = asked.and_then(|answer| alive_in_session(&answer));
        // It has forgotten us, as a restarted server has: that is no failure.
        if matches!(asked.outcome, Err(Ailment::Status(400 | 404) | Ailment::Error { .. })) {
            self.kept.session = None;
            // One that it still keeps must not pile up.
            if matches!(asked.outcome, Err(Ailment::Error { .. })) {
                joined.leave(self.site.remote, self.site.deadline).await;
            }
            return self.join(tasks).await;
        }
        asked
    }

    /// The tools it lists, all pages.
    pub async fn tools(&mut self, era: Era) -> Asked<Listing> {
        let first = match era {
            Era::Modern => modern_tools().clone(),
            Era::Legacy => self.legacy_tools(None),
        };
        let (asked, hash) = self.ask_json(&first, PAGE_LIMIT, self.kept.listed).await;
        let Asked { sent, received, ms, outcome } = asked;
        let outcome = match outcome {
            Err(ailment) => Err(ailment),
            Ok(None) => Ok(Listing::Same),
            Ok(Some(answer)) => Box::pin(self.all_pages(era, answer, hash)).await,
        };
        Asked { sent, received, ms, outcome }
    }

    async fn all_pages(&mut self, era: Era, answer: Answer, hash: Option<u64>) -> Result<Listing, Ailment> {
        let mut bytes = length(&answer);
        let (mut tools, mut next) = page(&answer)?;
        // Only a list of one page is known by its bytes.
        self.kept.listed = hash.filter(|_| next.is_none());
        for _ in 1..MOST_PAGES {
            let Some(cursor) = next else { break };
            let written = match era {
                Era::Modern => Written::of(&Question::modern_tools(MODERN, Some(&cursor))),
                Era::Legacy => self.legacy_tools(Some(&cursor)),
            };
            let answer = self.ask(&written, PAGE_LIMIT).await.outcome?;
            bytes += length(&answer);
            if bytes > PAGE_LIMIT {
                return Err(Ailment::NotMcp("its list of tools has no end".to_owned()));
            }
            let (more, then) = page(&answer)?;
            tools.extend(more);
            next = then.filter(|_| tools.len() < MOST_TOOLS);
        }
        tools.truncate(MOST_TOOLS);
        Ok(Listing::Tools(tools))
    }

    fn legacy_tools(&self, cursor: Option<&str>) -> Written {
        let joined = self.kept.session.as_ref();
        let version = joined.map_or(LEGACY, |joined| joined.version.as_str());
        let id = joined.and_then(|joined| joined.id.as_deref());
        Written::of(&Question::legacy_tools(version, id, cursor))
    }

    /// Asks, and parses the answer unless it is known by its hash. `None` means: the same as then.
    async fn ask_json(
        &mut self,
        written: &Written,
        limit: usize,
        known: Option<u64>,
    ) -> (Asked<Option<Answer>>, Option<u64>) {
        let mut asked = self.exchange(written, limit, known).await;
        let hash = match &mut asked.outcome {
            Ok((_, hash)) => *hash,
            Err(_) => None,
        };
        let is_known = hash.is_some() && hash == known;
        (asked.and_then(|(answer, _)| Ok((!is_known).then_some(answer))), hash)
    }

    async fn ask(&mut self, written: &Written, limit: usize) -> Asked<Answer> {
        self.exchange(written, limit, None).await.and_then(|(answer, _)| Ok(answer))
    }

    async fn exchange(
        &mut self,
        written: &Written,
        limit: usize,
        known: Option<u64>,
    ) -> Asked<(Answer, Option<u64>)> {
        let began = Instant::now();
        let answered = self.answer(written, limit, known).await;
        let ms = began.elapsed().as_secs_f64() * 1000.0;
        let sent = self.site.words_for(written);
        let received = match &answered {
            Ok((answer, _)) => words::answer(answer),
            Err(ailment) => words::tame(&ailment.to_string()),
        };
        Asked { sent, received, ms, outcome: answered }
    }

    async fn answer(
        &mut self,
        written: &Written,
        limit: usize,
        known: Option<u64>,
    ) -> Result<(Answer, Option<u64>), Ailment> {
        let is_fresh = self.line.is_none();
        let limits = Limits { deadline: self.site.deadline, body: limit, message: limit };
        match self.over_line(written, limits, known).await {
            // A server may close a connection that was idle at the moment we use it again.
            Err(NoAnswer::HungUp) if !is_fresh => {}
            answered => return answered.map_err(|why| ailment(&why)),
        }
        self.line = None;
        Box::pin(self.over_line(written, limits, known)).await.map_err(|why| ailment(&why))
    }

    async fn over_line(
        &mut self,
        written: &Written,
        limits: Limits,
        known: Option<u64>,
    ) -> Result<(Answer, Option<u64>), NoAnswer> {
        let mut line = match self.line.take() {
            Some(line) => line,
            None => self.site.open().await?,
        };
        let request = self.site.request(written)?;
        let (answered, is_open) = line.talk(request, limits).await;
        let mut answer = answered?;
        // The rest of an event stream is not waited for.
        if is_open && answer.frame.is_none() && answer.end == End::Complete {
            self.line = Some(line);
        }
        let hash = (answer.status == StatusCode::OK && answer.frame.is_none() && answer.end == End::Complete)
            .then(|| hash(&answer.body));
        if answer.frame.is_none() && (hash.is_none() || hash != known) {
            answer.frame =
                Frame::parse(&answer.body).filter(|frame| answer.end == End::Complete && frame.answers(ID));
        }
        if let Some(Frame::Error { message, .. }) = &mut answer.frame {
            *message = self.site.remote.scrub(std::mem::take(message));
        }
        Ok((answer, hash))
    }
}

/// Of an answer, in bytes; an event stream keeps only its message.
fn length(answer: &Answer) -> usize {
    match &answer.frame {
        Some(Frame::Result { result, .. }) if answer.body.is_empty() => session::size(result),
        _ => answer.body.len(),
    }
}

/// With a key of this process: nobody outside can make two lists that look the same.
fn hash(bytes: &[u8]) -> u64 {
    static KEY: OnceLock<RandomState> = OnceLock::new();
    KEY.get_or_init(RandomState::new).hash_one(bytes)
}
