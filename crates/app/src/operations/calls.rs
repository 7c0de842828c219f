//! The calls that were made, and where they would have gone.

use std::sync::Arc;

use api::{
    CallList, CallRecord, CallRecordArgs, CallsArgs, Replay, ReplayArgs, ServerPlace, Traffic, TrafficArgs,
};
use ledger::{Draft, Which};
use model::{Millis, ServerId};

use super::find::{find, find_down, pattern};
use super::route::rules_of;
use crate::error::OperationError;
use crate::{App, now};

const HOUR: Millis = 60 * 60 * 1_000;

impl App {
    pub(super) async fn calls(&self, args: CallsArgs) -> Result<CallList, OperationError> {
        let limit = within("rows", args.limit, 200, 1_000)?;
        let CallsArgs { before, client, outcome, .. } = args;
        let which = self.which(args.capability, args.server)?;
        let which = Which { limit, before, client, outcome, ..which };
        Ok(self.0.ledger.calls(which, self.names()).await?)
    }

    pub(super) async fn call_record(&self, args: CallRecordArgs) -> Result<CallRecord, OperationError> {
        Ok(self.0.ledger.record(args.id, self.names()).await?)
    }

    pub(super) async fn traffic(&self, args: TrafficArgs) -> Result<Traffic, OperationError> {
        let until = now();
        let since = args.since.unwrap_or(until - HOUR).clamp(0, until);
        let which = self.which(args.capability, args.server)?;
        Ok(self.0.ledger.traffic(which, (since, until), self.names()).await?)
    }

    pub(super) async fn replay(&self, args: ReplayArgs) -> Result<Replay, OperationError> {
        let rows = within("calls", args.calls, 100, 10_000)?;
        let routes = self.0.mesh.routes.clone();
        let config = args.rules.as_deref().map_or_else(|| Ok(routes.config()), rules_of)?;
        let down = find_down(&self.0.registry.snapshot(), args.down.as_deref())?;
        Ok(self.0.ledger.replay(Draft { config, down, rows }, routes, self.names()).await?)
    }

    /// Of a server that is gone its id is enough.
    fn which(&self, capability: Option<String>, server: Option<String>) -> Result<Which, OperationError> {
        let snapshot = self.0.registry.snapshot();
        let id = |key: String| {
            ServerId::parse(&key).map_or_else(|| find(&snapshot, &key).map(|server| server.info.id), Ok)
        };
        let capability = capability.map(|text| pattern(&text)).transpose()?;
        Ok(Which { capability, server: server.map(id).transpose()?, ..Which::default() })
    }

    /// What servers are called now.
    fn names(&self) -> impl Fn(ServerId) -> Option<ServerPlace> + Send + use<> {
        let snapshot: Arc<_> = self.0.registry.snapshot();
        move |id| snapshot.get(id).map(|server| ledger::place_of(&server.info))
    }
}

fn within(what: &str, asked: Option<u32>, usual: u32, most: u32) -> Result<usize, OperationError> {
    let count = asked.unwrap_or(usual);
    if (1..=most).contains(&count) {
        return Ok(usize::try_from(count).unwrap_or(usize::MAX));
    }
    Err(OperationError::arguments(format!("{count} {what} cannot be asked for: give 1 to {most}")))
}
