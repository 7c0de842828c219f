//! How many tools a server lists, all pages of them, counted as a session would keep them.

use std::collections::HashSet;

use super::super::exchange::OpenStream;
use super::Asker;
use crate::wire::id::Id;
use crate::wire::list::{List, Tools, page};
use crate::wire::message::{Reply, RpcError};
use crate::wire::refusal::refusal;
use crate::wire::terms::{Params, Question, Terms};

/// How much of a list of tools is read once the server is known to be MCP, in bytes.
const LIST_LIMIT: usize = 1024 * 1024;
/// How many pages are counted.
const MOST_PAGES: usize = 20;

/// Where and how the list is asked for.
pub(super) enum Lister<'a> {
    Posted { path: &'a str },
    Stream { stream: &'a mut OpenStream, messages: &'a str },
}

impl Asker {
    /// Ends the handshake of a legacy server, and counts. `None` when the server did not say, or not in time.
    pub(super) async fn list(&mut self, path: &str, terms: &Terms) -> Option<u32> {
        self.end_handshake(path, terms).await;
        self.count_tools(terms, Lister::Posted { path }).await
    }

    /// What it answers to that is of no meaning, if it is anything at all.
    pub(super) async fn end_handshake(&mut self, path: &str, terms: &Terms) {
        if terms.era == model::Era::Legacy {
            self.quietly(path, &terms.notification("notifications/initialized", None)).await;
        }
    }

    pub(super) async fn count_tools(&mut self, terms: &Terms, mut lister: Lister<'_>) -> Option<u32> {
        let mut tools = Tools::default();
        let (mut cursor, mut seen) = (None, HashSet::new());
        for turn in 0..MOST_PAGES {
            if self.line.is_over() {
                return None;
            }
            let params = Params::page(cursor.as_deref());
            let question = terms.request(Id::random(), List::Tools.method(), &params);
            let next = match self.answer(&mut lister, &question).await {
                Some(Reply::Result(result)) => match page(&result, List::Tools, terms.era) {
                    Ok(page) => {
                        tools.add(&page.entries, true);
                        page.next
                    }
                    Err(_) if turn > 0 => None,
                    Err(_) => return None,
                },
                // A server that does not know the method has no tools.
                Some(Reply::Error(RpcError { code: RpcError::METHOD_NOT_FOUND, .. })) => None,
                // A page that fails leaves what came before it.
                _ if turn > 0 => None,
                _ => return None,
            };
            // A cursor that was there before is the end: what follows is what came after it then.
            cursor = next.filter(|next| seen.insert(next.clone()));
            if cursor.is_none() {
                return u32::try_from(tools.kept.len()).ok();
            }
        }
        None
    }

    async fn answer(&mut self, lister: &mut Lister<'_>, question: &Question) -> Option<Reply> {
        match lister {
            Lister::Posted { path } => self.quietly(path, question).await,
            Lister::Stream { stream, messages } => self.ask_over(stream, messages, question).await,
        }
    }

    /// Asks something after the verdict: its round trip does not count.
    async fn quietly(&mut self, path: &str, question: &Question) -> Option<Reply> {
        let deciding_ms = self.line.last_ms;
        let answer = self.line.ask_within(path, question, LIST_LIMIT).await;
        self.line.last_ms = deciding_ms;
        answer.ok().filter(|answer| refusal(answer).is_none())?.reply
    }
}
