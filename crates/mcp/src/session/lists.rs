//! What a server lists, all pages. Each list has its own time limit, so that one that hangs does not affect the others.

use std::collections::HashSet;
use std::time::Duration;

use model::{Definitions, Schema, Tool};
use serde_json::value::RawValue;
use tokio::time::{Instant, timeout_at};

use super::{Channel, Contents, Headers, Session};
use crate::wire::ANSWER_LIMIT;
use crate::wire::RpcError;
use crate::wire::beside::beside;
use crate::wire::list::{List, Page, Tools, definitions, names, page};
use crate::wire::mirror;
use crate::wire::request::{Again, Request, Wait};
use crate::wire::terms::Params;
use crate::{McpError, failure};

/// The most pages of one list that are read.
const MOST_PAGES: usize = 100;
/// The most entries of one list that are kept.
const MOST_ENTRIES: usize = 10_000;
/// The time limit of a list of resources or prompts, which no call needs.
const ASIDE: Duration = Duration::from_secs(5);

/// The tools of a server, and what was left out.
pub(super) struct Listed {
    pub(super) tools: Vec<Tool>,
    pub(super) left_out: Vec<String>,
    round_trip_ms: f64,
}

pub(super) async fn contents(session: &Session, deadline: Duration) -> Result<Contents, McpError> {
    let until = Instant::now() + deadline;
    let Listed { tools, left_out, round_trip_ms } = tools(session, deadline).await?;
    let aside = until.min(Instant::now() + ASIDE);
    let (resources, templates, prompts) = tokio::join!(
        optional(session, List::Resources, session.offers.resources, aside),
        optional(session, List::Templates, session.offers.resources, aside),
        optional(session, List::Prompts, session.offers.prompts, aside),
    );
    let reasons = [resources.missing, templates.missing, prompts.missing];
    let left_out_beside: Vec<String> =
        session.left_out.iter().cloned().chain(reasons.into_iter().flatten()).collect();
    for why in left_out.iter().chain(&left_out_beside) {
        tracing::debug!(server = session.place.name(), "{why}");
    }
    let identity = session.identity.clone();
    Ok(Contents {
        identity,
        tools,
        resources: resources.names,
        prompts: prompts.names,
        definitions: Definitions {
            resources: resources.definitions,
            templates: templates.definitions,
            prompts: prompts.definitions,
        },
        left_out,
        left_out_beside,
        round_trip_ms,
    })
}

/// What a server lists besides tools.
#[derive(Default)]
struct ListedBeside {
    names: Vec<String>,
    definitions: Vec<Schema>,
    /// What is missing of it.
    missing: Option<String>,
}

/// A list that may fail.
async fn optional(session: &Session, list: List, is_declared: bool, until: Instant) -> ListedBeside {
    if !is_declared {
        return ListedBeside::default();
    }
    let mut found = ListSoFar { list, ..ListSoFar::default() };
    let listed = timeout_at(until, walk(session, until, &mut found)).await;
    let reading = move || (names(&found.entries, list), definitions(&found.entries));
    let ((names, is_cut), definitions) = beside(found.bytes, reading).await.unwrap_or_default();
    let missing = match listed {
        Ok(Ok(None)) if is_cut => Some(unfinished(list, "it is too large to be kept")),
        Ok(Ok(rest)) => rest,
        // Many servers that have resources do not know what templates are, and say so in many ways.
        Ok(Err(_)) if list == List::Templates => None,
        Ok(Err(error)) => Some(format!("its list of {} could not be read: {error}", list.key())),
        Err(_) => Some(format!("its list of {} did not come in time", list.key())),
    };
    ListedBeside { names, definitions, missing }
}

/// The tools of a server. One that does not know the method has none.
pub(super) async fn tools(session: &Session, deadline: Duration) -> Result<Listed, McpError> {
    let until = Instant::now() + deadline;
    let mut found = ListSoFar { list: List::Tools, ..ListSoFar::default() };
    let walked = timeout_at(until, walk(session, until, &mut found)).await;
    let rest = walked.map_err(|_| McpError::Timeout { after: deadline })??;
    let is_http = matches!(session.channel, Channel::Http(_));
    let round_trip_ms = found.round_trip_ms;
    // Reading thousands of schemas must not block a thread that others wait for.
    let reading = tokio::task::spawn_blocking(move || {
        let mut tools = Tools::default();
        tools.add(&found.entries.iter().map(|entry| &**entry).collect::<Vec<_>>(), is_http);
        tools
    });
    let Tools { kept: tools, mut left_out, .. } = reading.await.unwrap_or_default();
    left_out.extend(rest);
    if is_http && session.identity.era == model::Era::Modern {
        session.mirror(headers(&tools));
    }
    Ok(Listed { tools, left_out, round_trip_ms })
}

fn headers(tools: &[Tool]) -> Headers {
    let wanted = |tool: &Tool| {
        let wanted = mirror::headers(&tool.input_schema.to_value()).unwrap_or_default();
        (!wanted.is_empty()).then(|| (tool.name.clone(), wanted))
    };
    tools.iter().filter_map(wanted).collect()
}

/// What was found of a list so far.
struct ListSoFar {
    list: List,
    entries: Vec<Box<RawValue>>,
    bytes: usize,
    cursors: HashSet<String>,
    round_trip_ms: f64,
}

impl Default for ListSoFar {
    fn default() -> Self {
        Self { list: List::Tools, entries: Vec::new(), bytes: 0, cursors: HashSet::new(), round_trip_ms: 0.0 }
    }
}

/// All pages of a list. Returns why the rest of it is missing, if it is.
async fn walk(session: &Session, until: Instant, found: &mut ListSoFar) -> Result<Option<String>, McpError> {
    let list = found.list;
    let mut cursor: Option<String> = None;
    for turn in 0..MOST_PAGES {
        let wait = Wait::at_most(until.saturating_duration_since(Instant::now()));
        let params = Params::page(cursor.as_deref());
        let request = Request { method: list.method(), params, again: Again::Harmless, wait };
        let began = Instant::now();
        let asked = session.ask(request).await;
        if turn == 0 {
            found.round_trip_ms = began.elapsed().as_secs_f64() * 1000.0;
        }
        let result = match asked {
            Ok(result) => result,
            Err(McpError::Protocol { code: RpcError::METHOD_NOT_FOUND, .. }) => return Ok(None),
            // A later page that fails leaves what came before it.
            Err(error) if turn > 0 => return Ok(Some(unfinished(list, &error.to_string()))),
            Err(error) => return Err(error),
        };
        found.bytes += result.get().len();
        if found.bytes > ANSWER_LIMIT {
            let what = format!("the list of {} of {}", list.key(), session.place.name());
            return Err(McpError::TooLarge { what, limit: ANSWER_LIMIT });
        }
        let (era, room) = (session.identity.era, MOST_ENTRIES - found.entries.len());
        let reading = beside(result.get().len(), move || {
            let Page { entries, next } = page(&result, list, era)?;
            let entries = entries.into_iter().take(room).map(ToOwned::to_owned);
            Ok::<_, String>((entries.collect::<Vec<Box<RawValue>>>(), next))
        });
        let (entries, next) = match reading.await.ok_or(McpError::Cancelled)? {
            Ok(page) => page,
            Err(why) if turn > 0 => return Ok(Some(unfinished(list, &why))),
            Err(why) => return Err(failure::bad_list(list, &why, &session.place)),
        };
        found.entries.extend(entries);
        // A cursor that was there before is the end: what follows is what came after it then.
        cursor = next.filter(|next| found.cursors.insert(next.clone()));
        if cursor.is_none() || found.entries.len() >= MOST_ENTRIES {
            return Ok(None);
        }
    }
    Ok(None)
}

fn unfinished(list: List, why: &str) -> String {
    format!("the rest of its list of {} is missing: {why}", list.key())
}
