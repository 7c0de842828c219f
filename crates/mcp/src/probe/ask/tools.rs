//! What a server offers, all pages of it, read as a session would read it. So it need not be asked again when the server is
//! kept.

use std::collections::HashSet;

use model::{Definitions, Era};
use serde_json::value::RawValue;

use super::super::ProbeReport;
use super::super::exchange::OpenStream;
use super::Asker;
use crate::Contents;
use crate::wire::greet::Met;
use crate::wire::id::Id;
use crate::wire::list::{self, List, Tools, names, page};
use crate::wire::message::{Reply, RpcError};
use crate::wire::refusal::refusal;
use crate::wire::terms::{Params, Question, Terms};

/// How much of a page is read once the server is known to be MCP, in bytes.
const LIST_LIMIT: usize = 1024 * 1024;
/// How many pages of a list are read.
const MOST_PAGES: usize = 20;

/// The path and the terms of a list.
pub(super) enum Lister<'a> {
    Posted { path: &'a str },
    Stream { stream: &'a mut OpenStream, messages: &'a str },
}

impl Asker {
    /// Ends the handshake of a legacy server, and lists.
    pub(super) async fn list(&mut self, path: &str, met: &Met, report: &mut ProbeReport) {
        self.end_handshake(path, &met.terms).await;
        self.contents(met, Lister::Posted { path }, report).await;
    }

    /// Its answer has no meaning, if there is one at all.
    pub(super) async fn end_handshake(&mut self, path: &str, terms: &Terms) {
        if terms.era == Era::Legacy {
            self.quietly(path, &terms.notification("notifications/initialized", None)).await;
        }
    }

    /// How many tools it has, and everything that it offers: without the latter a list ended too early, or did not come in
    /// time.
    pub(super) async fn contents(&mut self, met: &Met, mut lister: Lister<'_>, report: &mut ProbeReport) {
        let Some((entries, is_whole)) = self.entries(&met.terms, List::Tools, &mut lister).await else {
            return;
        };
        let round_trip_ms = self.line.steps.last().map_or(self.line.last_ms, |step| step.ms);
        let mut tools = Tools::default();
        tools.add(&entries.iter().map(|entry| &**entry).collect::<Vec<_>>(), true);
        report.tools = u32::try_from(tools.kept.len()).ok();
        if is_whole && self.line.is_vouched_for() {
            let rest = self.rest(met, tools, round_trip_ms, &mut lister).await;
            report.contents = rest.map(Box::new);
        }
    }

    async fn rest(
        &mut self,
        met: &Met,
        tools: Tools,
        round_trip_ms: f64,
        lister: &mut Lister<'_>,
    ) -> Option<Contents> {
        let (terms, offers) = (&met.terms, &met.said.offers);
        let (mut resources, mut prompts) = (Vec::new(), Vec::new());
        let mut defined = Definitions::default();
        for (list, is_declared, kept, definitions) in [
            (List::Resources, offers.resources, Some(&mut resources), &mut defined.resources),
            (List::Templates, offers.resources, None, &mut defined.templates),
            (List::Prompts, offers.prompts, Some(&mut prompts), &mut defined.prompts),
        ] {
            if !is_declared {
                continue;
            }
            let listed = self.entries(terms, list, lister).await;
            // Many servers that have resources do not know what templates are, and say so in many ways.
            let (entries, is_whole) =
                if list == List::Templates { listed.unwrap_or_default() } else { listed? };
            *definitions = list::definitions(&entries);
            if let Some(kept) = kept {
                let (names, is_cut) = names(&entries, list);
                *kept = Some(names).filter(|_| is_whole && !is_cut)?;
            }
        }
        let identity = met.said.identity.clone();
        let left_out_beside = met.said.left_out.clone().into_iter().collect();
        let Tools { kept: tools, left_out, .. } = tools;
        Some(Contents {
            identity,
            tools,
            resources,
            prompts,
            definitions: defined,
            left_out,
            left_out_beside,
            round_trip_ms,
        })
    }

    /// The entries of a list, and whether they are all: a page that fails leaves the entries before it.
    async fn entries(
        &mut self,
        terms: &Terms,
        list: List,
        lister: &mut Lister<'_>,
    ) -> Option<(Vec<Box<RawValue>>, bool)> {
        let mut entries = Vec::new();
        let (mut cursor, mut seen) = (None, HashSet::new());
        for turn in 0..MOST_PAGES {
            if self.line.is_over() {
                return None;
            }
            let params = Params::page(cursor.as_deref());
            let question = terms.request(Id::random(), list.method(), &params);
            let next = match self.answer(lister, &question).await {
                Some(Reply::Result(result)) => match page(&result, list, terms.era) {
                    Ok(page) => {
                        entries.extend(page.entries.into_iter().map(ToOwned::to_owned));
                        page.next
                    }
                    Err(_) if turn > 0 => return Some((entries, false)),
                    Err(_) => return None,
                },
                // A server that does not know the method has none.
                Some(Reply::Error(RpcError { code: RpcError::METHOD_NOT_FOUND, .. })) => None,
                _ if turn > 0 => return Some((entries, false)),
                _ => return None,
            };
            // A cursor that was there before is the end: what follows is what came after it then.
            cursor = next.filter(|next| seen.insert(next.clone()));
            if cursor.is_none() {
                return Some((entries, true));
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

    /// A request after the verdict: its round trip does not count.
    async fn quietly(&mut self, path: &str, question: &Question) -> Option<Reply> {
        let deciding_ms = self.line.last_ms;
        let answer = self.line.ask_within(path, question, LIST_LIMIT).await;
        self.line.last_ms = deciding_ms;
        answer.ok().filter(|answer| refusal(answer).is_none())?.reply
    }
}
