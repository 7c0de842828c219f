//! The cheap way, for servers over Streamable HTTP that were reached before: one or two requests on a kept connection.

use std::sync::Arc;

use mcp::{Asked, Kept, Listing, McpError, Remote, Visit};
use model::{Era, Reach, Tool};

use super::{Asking, Evidence, not_asked};
use crate::check::{CheckQuestion, Finding};
use crate::round::BetweenRounds;
use crate::words;

impl Asking<'_> {
    pub(super) async fn visit(&self, remote: &Remote, memory: &mut BetweenRounds) -> Evidence {
        let era = self.info.identity.as_ref().map_or(Era::Modern, |identity| identity.era);
        if !memory.is_signed_as(remote) {
            std::mem::take(memory).leave().await;
        }
        let listed_before = memory.listed.clone();
        if listed_before.is_none() {
            memory.kept.forget_listing();
        }
        let kept = memory.kept_for(remote, era);
        let mut evidence = self.visited(remote, kept, era, listed_before).await;
        if evidence.is_of_other_era {
            let other = if era == Era::Modern { Era::Legacy } else { Era::Modern };
            let kept = memory.kept_for(remote, other);
            let again = Box::pin(self.visited(remote, kept, other, None)).await;
            if again.reached.trouble.is_none() {
                evidence = again;
            }
        }
        memory.listed = evidence.tools.clone().or(memory.listed.take());
        evidence
    }

    async fn visited(
        &self,
        remote: &Remote,
        kept: &mut Kept,
        era: Era,
        listed_before: Option<Arc<[Tool]>>,
    ) -> Evidence {
        let health = match &self.info.health_endpoint {
            Some(place) if self.plan.wants(CheckQuestion::Alive) => {
                let farthest = self.info.reach.or(remote.address.map(mcp::reach)).unwrap_or(Reach::Loopback);
                let asked = Box::pin(Visit::health(remote, place, farthest, self.deadline)).await;
                Some(self.health(asked))
            }
            _ => None,
        };
        let mut visit = match Visit::begin(remote, kept, self.deadline) {
            Ok(visit) => visit,
            Err(error) => return Evidence::missing(words::of_error(&error, self.context)),
        };
        let wants_list = self.plan.wants(CheckQuestion::Tools);
        // One question a round does for a legacy server: its list is a sign of life as well.
        let wants_sign = match era {
            Era::Modern => health.is_none() && self.plan.wants(CheckQuestion::Alive),
            Era::Legacy => !wants_list,
        };
        let alive = if wants_sign { Some(visit.alive(era, &self.plan.tasks).await) } else { None };
        let mut is_other = alive.as_ref().is_some_and(|asked| is_of_other_era(era, &asked.outcome));
        let alive = alive.map(|asked| self.split(asked).0);
        let is_ill = alive.as_ref().is_some_and(|alive| alive.trouble.is_some());
        let mut listed_is_life = None;
        let (listed, tools) = if wants_list && !is_ill {
            let asked = visit.tools(era, &self.plan.tasks).await;
            is_other |= is_of_other_era(era, &asked.outcome);
            listed_is_life = Some(is_sign_of_life(&asked.outcome));
            let (listed, listing) = self.split(asked);
            let tools = listing.and_then(|listing| match listing {
                Listing::Same => listed_before,
                Listing::Tools(tools) => Some(self.shared(tools)),
            });
            (listed, tools)
        } else {
            (not_asked(alive.as_ref()), None)
        };
        let reached = health.or(alive).unwrap_or_else(|| match listed_is_life {
            Some(true) => Finding { trouble: None, ..listed.clone() },
            _ => listed.clone(),
        });
        let identity = visit.identity();
        let left_out = visit.left_out().map(str::to_owned);
        Evidence { tools, identity, is_of_other_era: is_other, left_out, ..Evidence::new(reached, listed) }
    }

    fn split<T>(&self, asked: Asked<T>) -> (Finding, Option<T>) {
        let Asked { sent, received, ms, outcome } = asked;
        let (trouble, good) = match outcome {
            Ok(good) => (None, Some(good)),
            Err(error) => (Some(words::of_error(&error, self.context)), None),
        };
        (Finding { sent, received, ms: Some(ms), trouble }, good)
    }

    /// A health endpoint is not MCP, so only its status counts: 2xx, 429, the rest.
    fn health(&self, asked: Asked<u16>) -> Finding {
        let outcome = match asked.outcome {
            Ok(200..=299) => Ok(()),
            Ok(status) => {
                let message = format!("its health endpoint answers HTTP {status}");
                Err(McpError::Status { status, retry_after: None, message })
            }
            Err(error) => Err(error),
        };
        self.split(Asked { sent: asked.sent, received: asked.received, ms: asked.ms, outcome }).0
    }
}

/// It answers, but not to this request. A legacy server does not always say so.
fn is_of_other_era<T>(era: Era, outcome: &Result<T, McpError>) -> bool {
    match outcome {
        Err(McpError::OtherEra { .. }) => true,
        Err(
            McpError::Protocol { .. } | McpError::NotMcp { .. } | McpError::Status { status: 400..=428, .. },
        ) => era == Era::Legacy,
        _ => false,
    }
}

/// Any JSON-RPC answer shows that the server is alive, whatever it says about the list.
fn is_sign_of_life<T>(outcome: &Result<T, McpError>) -> bool {
    matches!(outcome, Ok(_) | Err(McpError::Protocol { .. }))
}
